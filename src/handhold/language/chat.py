"""A small client for language models behind an OpenAI-compatible endpoint.

Off unless the user names an endpoint in the environment. The key is read from the environment
for each question and kept nowhere else: in no field, file, log line or message.
"""

from __future__ import annotations

import base64
import json
import logging
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from handhold.errors import HandholdError, InputError
from handhold.language.price import Prices
from handhold.optional import require

_LOG = logging.getLogger(__name__)

URL_VARIABLE = "HANDHOLD_LLM_URL"
MODEL_VARIABLE = "HANDHOLD_LLM_MODEL"
KEY_VARIABLE = "HANDHOLD_LLM_KEY"

_NO_KEY = "none"  # local servers want a header, and no key
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 20.0  # seconds, ours
_LONGEST_ANSWER = 4 * 1024**2  # bytes, ours
_WORTH_RETRYING = frozenset({408, 409, 425, 429})  # and every 5xx
_SHORTEST_KEY = 8  # characters, ours
_SHOWN = 200  # characters of a server's complaint
_ADVICE = (
    f"Check that the endpoint runs, {URL_VARIABLE}, {MODEL_VARIABLE} and {KEY_VARIABLE};"
    f" unset {URL_VARIABLE} to work without a language model."
)


class ChatError(HandholdError):
    """The endpoint gave no usable answer, however often it was asked."""


@dataclass(frozen=True)
class ChatConfig:
    """Where a language model is served.

    base_url: up to and with the version, such as http://localhost:11434/v1; no key in it.
    model: its name there. timeout: seconds for one whole answer. retries: how often a question
    is asked again after a failure that may pass. prices: what tokens cost, to be logged.
    """

    base_url: str
    model: str
    timeout: float = 60.0
    retries: int = 3
    prices: Prices | None = None

    def __post_init__(self) -> None:
        _check_url(self.base_url)
        if not self.model.strip():
            raise InputError(
                "The language model has no name.",
                f"Set {MODEL_VARIABLE} to a model that the endpoint serves.",
            )
        if not self.timeout > 0 or self.retries < 0:
            raise InputError(
                f"A timeout of {self.timeout} s with {self.retries} retries is impossible.",
                "Give a timeout above 0 and 0 or more retries.",
            )

    @classmethod
    def from_environment(cls) -> ChatConfig | None:
        """What HANDHOLD_LLM_URL, _MODEL, _PRICE_IN and _PRICE_OUT say; None if there is no URL.

        Raises InputError for a URL without a model, for what is no URL, and for what is no price.
        """
        url = os.environ.get(URL_VARIABLE, "").strip()
        if not url:
            return None
        model = os.environ.get(MODEL_VARIABLE, "").strip()
        return cls(url, model, prices=Prices.from_environment())


@dataclass(frozen=True)
class ChatClient:
    """Asks one question at a time and returns answers that are JSON objects."""

    config: ChatConfig

    def ask(
        self,
        system: str,
        text: str,
        image_png: bytes | None = None,
        schema: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The model's answer to `text`, a JSON object that fits the JSON schema.

        system: what the model is to be and do. image_png: a picture to go with the text.
        schema: see `mismatch`; None allows any object. An answer that is late, broken or does
        not fit is asked for again, after pauses that double. Raises ChatError when `retries`
        are used up or the endpoint refuses, MissingPackageError without the extra `llm`.
        """
        openai = require("openai", extra="llm")
        _check_keywords(schema or {})
        question = _Question(_told_schema(system, schema), text, image_png, schema)
        return _answered(openai, self.config, question)


@dataclass(frozen=True)
class _Question:
    system: str
    text: str
    image_png: bytes | None
    schema: Mapping[str, Any] | None
    enforced: bool = True

    def unenforced(self) -> _Question:
        """The same for a server that knows no schemas: only the prompt asks for one then."""
        return _Question(self.system, self.text, self.image_png, self.schema, enforced=False)

    def body(self) -> dict[str, Any]:
        """The part of the request that is the question."""
        body: dict[str, Any] = {
            "messages": [
                {"role": "system", "content": self.system},
                {"role": "user", "content": _content(self.text, self.image_png)},
            ]
        }
        if self.schema is not None and self.enforced:
            wanted = {"name": "answer", "schema": dict(self.schema), "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": wanted}
        return body


class _AttemptError(Exception):
    """One attempt that failed. may_pass: whether asking again can help."""

    def __init__(self, reason: str, *, may_pass: bool, is_about_schema: bool = False) -> None:
        super().__init__(" ".join(reason.split()))
        self.may_pass = may_pass
        self.is_about_schema = is_about_schema


def _answered(openai: Any, config: ChatConfig, question: _Question) -> dict[str, Any]:
    """The first usable answer."""
    for attempt in range(1, config.retries + 2):
        try:
            return _ask_once(openai, config, question, attempt)
        except _AttemptError as error:
            failure = error
        _LOG.info("%s, attempt %d: %s", config.model, attempt, failure)
        if failure.is_about_schema:
            return _answered(openai, config, question.unenforced())
        if not failure.may_pass or attempt > config.retries:
            break
        time.sleep(min(_FIRST_PAUSE * 2 ** (attempt - 1), _LONGEST_PAUSE))
    raise ChatError(
        f"The language model {config.model} at {config.base_url} gave no usable answer"
        f" (asked {attempt} times; last: {failure})",
        _ADVICE,
    )


def _ask_once(openai: Any, config: ChatConfig, question: _Question, attempt: int) -> dict[str, Any]:
    key = _key()
    start = time.monotonic()
    raw = _received(openai, config, question, key, start + config.timeout)
    reply = _json_object(_without(key, raw.decode("utf-8", "replace")), "The endpoint's reply")
    answer = _json_object(_unfenced(_said(reply)), "The model's answer")
    wrong = mismatch(answer, question.schema or {})
    if wrong:
        raise _AttemptError(f"The model's answer does not fit: {wrong}.", may_pass=True)
    _log_success(config, attempt, time.monotonic() - start, reply.get("usage"))
    return answer


def _key() -> str:
    """The key in the environment; InputError, without it, where no header can hold it."""
    key = os.environ.get(KEY_VARIABLE, "").strip()
    if not key.isascii():
        raise InputError(
            f"The key in {KEY_VARIABLE} holds a letter that is not ASCII.", "Copy the key again."
        )
    return key


def _received(
    openai: Any, config: ChatConfig, question: _Question, key: str, deadline: float
) -> bytes:
    """The bytes of the endpoint's reply."""
    try:
        with (
            openai.OpenAI(
                base_url=config.base_url,
                api_key=key or _NO_KEY,
                timeout=config.timeout,
                max_retries=0,  # the retries here also cover answers that do not fit
            ) as client,
            client.chat.completions.with_streaming_response.create(
                model=config.model, **question.body()
            ) as response,
        ):
            return _read(response, deadline)
    except openai.APITimeoutError:
        failure = _AttemptError(f"No answer within {config.timeout:g} s.", may_pass=True)
    except openai.APIStatusError as error:
        enforced = question.enforced and question.schema is not None
        failure = _refusal(error.status_code, _without(key, str(error.message)), enforced)
    except openai.APIConnectionError as error:
        cause = type(error.__cause__ or error).__name__
        failure = _AttemptError(f"No connection ({cause}).", may_pass=True)
    except _AttemptError as error:
        failure = error
    except Exception as error:  # of openai, or of its transport
        failure = _AttemptError(f"The request failed ({type(error).__name__}).", may_pass=False)
    # Outside of the handlers: what they caught may hold headers, and would be chained to this.
    raise failure


def _read(response: Any, deadline: float) -> bytes:
    """All of a reply, in pieces, so that its time and size have limits whatever is sent."""
    pieces, size = [], 0
    try:
        for piece in response.iter_bytes():
            pieces.append(piece)
            size += len(piece)
            if size > _LONGEST_ANSWER or time.monotonic() > deadline:
                break
        else:
            return b"".join(pieces)
        reason = "The reply is too long or too slow."
    except Exception as error:  # openai passes on whatever its transport raises here
        reason = f"The reply broke off ({type(error).__name__})."
    raise _AttemptError(reason, may_pass=True)


def _refusal(status: int, said: str, enforced: bool) -> _AttemptError:
    """A status that is no success, with the start of what the server says about it."""
    return _AttemptError(
        f"HTTP {status}: {' '.join(said.split())[:_SHOWN]}",
        may_pass=status in _WORTH_RETRYING or status >= 500,
        is_about_schema=enforced and status in (400, 422),
    )


def _without(key: str, text: str) -> str:
    """The text without the key, should a server send it back; short words are no keys."""
    return text.replace(key, "[key]") if len(key) >= _SHORTEST_KEY else text


def _content(text: str, image_png: bytes | None) -> str | list[dict[str, Any]]:
    if image_png is None:
        return text
    url = "data:image/png;base64," + base64.b64encode(image_png).decode()
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": url}}]


def _told_schema(system: str, schema: Mapping[str, Any] | None) -> str:
    if schema is None:
        return f"{system}\nAnswer with one JSON object and nothing else."
    wanted = json.dumps(schema, sort_keys=True)
    return f"{system}\nAnswer with one JSON object of this JSON schema and nothing else: {wanted}"


def _said(reply: Mapping[str, Any]) -> str:
    """The text of the first choice in a chat completion."""
    try:
        content = reply["choices"][0]["message"]["content"]
    except (KeyError, IndexError, TypeError):
        content = None
    if not isinstance(content, str) or not content.strip():
        raise _AttemptError("The endpoint's reply holds no answer.", may_pass=True)
    return content


def _unfenced(text: str) -> str:
    """Without the ``` fence that models like to put round JSON."""
    lines = text.strip().splitlines()
    if len(lines) > 2 and lines[0].startswith("```") and lines[-1].strip() == "```":
        return "\n".join(lines[1:-1])
    return text


def _json_object(text: str, what: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise _AttemptError(f"{what} is no JSON object but {text[:40]!r}.", may_pass=True)
    return value


def _log_success(config: ChatConfig, attempt: int, seconds: float, usage: object) -> None:
    counts = usage if isinstance(usage, dict) else {}
    cost = config.prices.cost(usage) if config.prices else None
    _LOG.info(
        "%s answered in %.2f s, attempt %d, %s tokens in, %s out%s",
        config.model,
        seconds,
        attempt,
        counts.get("prompt_tokens", "?"),
        counts.get("completion_tokens", "?"),
        "" if cost is None else f", cost {cost:.6f}",
    )


def _check_url(url: str) -> None:
    """InputError unless http(s) with a host, and without a user or key in it."""
    try:
        parts = urlsplit(url)
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        parts, sound = urlsplit(""), False
    if parts.username or parts.password or parts.query:
        raise InputError(
            "The language model's URL holds a user, a password or a query.",
            f"Give the bare URL, and the key in {KEY_VARIABLE}.",
        )
    if not sound:
        raise InputError(
            f"'{url}' is no URL of a language model.",
            f"Set {URL_VARIABLE} to something like http://localhost:11434/v1.",
        )


# -- The JSON schemas that answers are held against ----------------------------------------------

_TYPES: Mapping[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}
_KEYWORDS = frozenset(
    {"type", "enum", "properties", "required", "additionalProperties", "items"}
    | {"minItems", "maxItems", "minLength", "maxLength", "description"}
)


def mismatch(value: object, schema: Mapping[str, Any], where: str = "answer") -> str | None:
    """What of `value` does not fit a JSON schema, in words; None if it fits.

    The part of JSON Schema that answers need: type (one), enum, properties, required,
    additionalProperties (false or true), items (one schema), and the lengths of lists and texts.
    """
    wanted = schema.get("type")
    if wanted is not None and not _is_type(value, wanted):
        return f"{where} is no {wanted}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{where} is none of {', '.join(map(str, schema['enum']))}"
    if isinstance(value, dict):
        return _object_mismatch(value, schema, where)
    if isinstance(value, list):
        return _array_mismatch(value, schema, where)
    if isinstance(value, str):
        return _length_mismatch(len(value), schema, "Length", where)
    return None


def _object_mismatch(value: Mapping[str, Any], schema: Mapping[str, Any], where: str) -> str | None:
    properties: Mapping[str, Any] = schema.get("properties", {})
    missing = [name for name in schema.get("required", ()) if name not in value]
    if missing:
        return f"{where} lacks {', '.join(missing)}"
    unknown = [name for name in value if name not in properties]
    if unknown and schema.get("additionalProperties") is False:
        return f"{where} has the unknown {', '.join(unknown)}"
    found = (mismatch(value[n], s, f"{where}.{n}") for n, s in properties.items() if n in value)
    return next((wrong for wrong in found if wrong), None)


def _array_mismatch(value: list[Any], schema: Mapping[str, Any], where: str) -> str | None:
    wrong = _length_mismatch(len(value), schema, "Items", where)
    if wrong or "items" not in schema:
        return wrong
    found = (mismatch(item, schema["items"], f"{where}[{at}]") for at, item in enumerate(value))
    return next((wrong for wrong in found if wrong), None)


def _length_mismatch(length: int, schema: Mapping[str, Any], unit: str, where: str) -> str | None:
    low, high = schema.get(f"min{unit}", 0), schema.get(f"max{unit}", length)
    return None if low <= length <= high else f"{where} is of length {length}"


def _is_type(value: object, wanted: str) -> bool:
    if isinstance(value, bool):
        return wanted == "boolean"
    return isinstance(value, _TYPES[wanted])


def _check_keywords(schema: Mapping[str, Any]) -> None:
    """ValueError for a keyword that would silently not be checked."""
    unknown = set(schema) - _KEYWORDS
    if unknown or schema.get("type", "object") not in _TYPES:
        raise ValueError(f"not understood in a schema: {sorted(unknown) or schema['type']}")
    inner = list(schema.get("properties", {}).values())
    for part in [*inner, schema["items"]] if "items" in schema else inner:
        _check_keywords(part)
