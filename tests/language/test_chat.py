"""The client of language models, against a small server of ours."""

from __future__ import annotations

import base64
import logging
import re
import socket
import sys
import time
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from chat_stub import Reply, said, served

from handhold.errors import HandholdError, InputError
from handhold.language import ChatClient, ChatConfig, ChatError, chat
from handhold.language.chat import mismatch
from handhold.optional import MissingPackageError

KEY = "sk-never-to-be-seen-0123456789"
SCHEMA = {
    "type": "object",
    "properties": {"part": {"type": "string"}, "sure": {"type": "boolean"}},
    "required": ["part"],
    "additionalProperties": False,
}
GOOD = said({"part": "handle", "sure": True})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A key of ours, no proxy, no endpoint, and no long pauses."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name in (chat.URL_VARIABLE, chat.MODEL_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv(chat.KEY_VARIABLE, KEY)
    monkeypatch.setattr(chat, "_FIRST_PAUSE", 0.01)
    yield


def client(url: str, *, timeout: float = 30.0, retries: int = 2) -> ChatClient:
    return ChatClient(ChatConfig(url, "tiny", timeout, retries))


def test_a_good_answer_comes_back_as_a_dictionary() -> None:
    with served(GOOD) as stub:
        answer = client(stub.url).ask("You find parts.", "Which one?", b"\x89PNG...", SCHEMA)
    assert answer == {"part": "handle", "sure": True}
    (request,) = stub.requests
    system, user = request["messages"]
    assert request["model"] == "tiny"
    assert system["content"].startswith("You find parts.") and '"part"' in system["content"]
    assert user["content"][0] == {"type": "text", "text": "Which one?"}
    picture = user["content"][1]["image_url"]["url"].removeprefix("data:image/png;base64,")
    assert base64.b64decode(picture) == b"\x89PNG..."
    assert request["response_format"]["json_schema"]["schema"] == SCHEMA


def test_without_a_picture_and_a_schema_plain_text_is_sent() -> None:
    with served(said('```json\n{"a": 1}\n```')) as stub:
        assert client(stub.url).ask("s", "t") == {"a": 1}
    assert stub.requests[0]["messages"][1]["content"] == "t"
    assert "response_format" not in stub.requests[0]


@pytest.mark.parametrize(
    "bad",
    [
        said("I think it is the handle."),
        said({"part": 3}),
        said({"sure": True}),
        said({"part": "lid", "why": "so"}),
        said(["handle"]),
        said(""),
        Reply("<html><body>Welcome to the proxy</body></html>", kind="text/html"),
        Reply(""),
        Reply('{"choices": []}'),
        Reply("null"),
        Reply("[" * 100_000),
        Reply("Internal error", status=500),
        Reply("slow down", status=429),
        Reply(GOOD.body, cut=50),
    ],
)
def test_a_bad_answer_is_asked_for_again(bad: Reply) -> None:
    with served(bad, GOOD) as stub:
        assert client(stub.url).ask("s", "t", schema=SCHEMA)["part"] == "handle"
    assert len(stub.requests) == 2


def test_a_late_answer_is_not_waited_for() -> None:
    start = time.monotonic()
    with served(Reply(GOOD.body, delay=30.0)) as stub, pytest.raises(ChatError, match=r"0.3 s"):
        client(stub.url, timeout=0.3, retries=1).ask("s", "t")
    assert time.monotonic() - start < 15.0 and len(stub.requests) == 2


def test_an_answer_that_drips_is_not_waited_for_either() -> None:
    start = time.monotonic()
    with served(Reply(GOOD.body, drip=0.2)) as stub, pytest.raises(ChatError, match="too slow"):
        client(stub.url, timeout=0.4, retries=0).ask("s", "t")
    assert time.monotonic() - start < 15.0


def test_when_nothing_helps_the_error_says_what_to_do() -> None:
    with served(Reply("down", status=503)) as stub, pytest.raises(ChatError) as caught:
        client(stub.url).ask("s", "t")
    assert len(stub.requests) == 3
    assert isinstance(caught.value, HandholdError)
    assert "503" in caught.value.message and "HANDHOLD_LLM_URL" in caught.value.advice


def test_pauses_double() -> None:
    pauses: list[float] = []
    with pytest.MonkeyPatch.context() as patch, served(Reply("down", status=503)) as stub:
        # Not time.sleep itself: other threads sleep, too.
        watched = SimpleNamespace(sleep=pauses.append, monotonic=time.monotonic)
        patch.setattr(chat, "time", watched)
        with pytest.raises(ChatError):
            client(stub.url, retries=3).ask("s", "t")
    assert pauses == pytest.approx([0.01, 0.02, 0.04])


@pytest.mark.parametrize("status", [401, 403, 404])
def test_a_refusal_is_not_asked_again(status: int) -> None:
    with served(Reply('{"error": {"message": "no"}}', status=status)) as stub:
        with pytest.raises(ChatError, match=str(status)):
            client(stub.url).ask("s", "t", schema=SCHEMA)
        assert len(stub.requests) == 1


def test_a_server_that_knows_no_schemas_is_asked_without() -> None:
    with served(Reply('{"error": "response_format"}', status=400), GOOD) as stub:
        assert client(stub.url, retries=0).ask("s", "t", schema=SCHEMA)["sure"] is True
    assert ["response_format" in request for request in stub.requests] == [True, False]


def test_nobody_there_is_an_error_with_advice() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ChatError, match="No connection"):
        client(f"http://127.0.0.1:{port}/v1", retries=1).ask("s", "t")


def test_the_key_goes_to_the_server_and_nowhere_else(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    monkeypatch.setenv("OPENAI_ADMIN_KEY", "sk-of-an-administrator")
    echo = Reply(f'{{"error": {{"message": "wrong key {KEY}"}}}}', status=500)
    with served(echo, said({"part": KEY}), Reply(f"no: {KEY}", status=401)) as stub:
        asked = client(stub.url)
        assert asked.ask("s", "t", schema=SCHEMA) == {"part": "[key]"}
        with pytest.raises(ChatError) as caught:
            asked.ask("s", "t")
    assert {headers["authorization"] for headers in stub.headers} == {f"Bearer {KEY}"}
    assert not any("sk-of" in str(headers) for headers in stub.headers)
    chain = [caught.value, caught.value.__cause__, caught.value.__context__]
    for text in (caplog.text, repr(asked), str(vars(asked)), *map(repr, chain), *map(str, chain)):
        assert KEY not in text
    assert "12 tokens in, 34 out" in caplog.text and "500" in caplog.text


def test_a_key_that_no_header_can_hold_is_refused_unseen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(chat.KEY_VARIABLE, f"{KEY}\N{EN DASH}")
    with pytest.raises(InputError, match="not ASCII") as caught:
        client("http://127.0.0.1:9/v1").ask("s", "t")
    assert KEY not in str(caught.value) and caught.value.__context__ is None


def test_whatever_the_transport_raises_is_one_error() -> None:
    with pytest.raises(ChatError, match="The request failed"):
        client("http://a\x7fb/v1", retries=0).ask("s", "t")


def test_without_a_key_nobody_elses_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(chat.KEY_VARIABLE)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-somebody-else")
    with served(GOOD) as stub:
        client(stub.url).ask("s", "t")
    assert "sk-of" not in str(stub.headers)


def test_the_environment_configures_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert ChatConfig.from_environment() is None
    monkeypatch.setenv(chat.URL_VARIABLE, " http://localhost:1/v1 ")
    with pytest.raises(InputError, match="no name"):
        ChatConfig.from_environment()
    monkeypatch.setenv(chat.MODEL_VARIABLE, "tiny")
    config = ChatConfig.from_environment()
    assert config == ChatConfig("http://localhost:1/v1", "tiny")
    assert KEY not in repr(config)


@pytest.mark.parametrize(
    "url",
    [
        "localhost:8000",
        "ftp://a/b",
        "http://",
        "http://me:secret@a/v1",
        "http://a/v1?key=1",
        "http://localhost:port/v1",
        "http://a:99999/v1",
    ],
)
def test_what_is_no_plain_url_is_refused(url: str) -> None:
    with pytest.raises(InputError) as caught:
        ChatConfig(url, "tiny")
    assert "secret" not in str(caught.value)


def test_impossible_patience_is_refused() -> None:
    for timeout, retries in ((0.0, 1), (1.0, -1), (float("nan"), 1)):
        with pytest.raises(InputError, match="impossible"):
            ChatConfig("http://a/v1", "tiny", timeout, retries)


def test_without_the_package_the_install_line_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "openai", None)
    with pytest.raises(MissingPackageError, match=r"handhold\[llm\]"):
        client("http://127.0.0.1:9/v1").ask("s", "t")


@pytest.mark.parametrize(
    ("value", "schema", "wrong"),
    [
        (1, {"type": "integer"}, None),
        (True, {"type": "integer"}, "no integer"),
        (1.5, {"type": "number"}, None),
        ("a", {"enum": ["a", "b"]}, None),
        ("c", {"enum": ["a", "b"]}, "none of a, b"),
        ([1, "x"], {"type": "array", "items": {"type": "integer"}}, r"answer\[1\] is no integer"),
        ([1], {"type": "array", "minItems": 2}, "length 1"),
        ("abc", {"type": "string", "maxLength": 2}, "length 3"),
        ({"a": {"b": 1}}, {"properties": {"a": {"required": ["c"]}}}, "answer.a lacks c"),
        ({"a": 1}, {"type": "object"}, None),
        (None, {"type": "null"}, None),
    ],
)
def test_answers_are_held_against_their_schema(
    value: object, schema: dict[str, object], wrong: str | None
) -> None:
    found = mismatch(value, schema)
    if wrong is None:
        assert found is None
    else:
        assert found is not None and re.search(wrong, found)


def test_a_schema_word_that_would_not_be_checked_is_refused() -> None:
    with pytest.raises(ValueError, match="pattern"):
        client("http://127.0.0.1:9/v1").ask("s", "t", schema={"items": {"pattern": "x"}})
