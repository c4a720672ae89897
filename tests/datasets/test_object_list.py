"""Lists of objects: names, categories, comments, and the mistakes in them."""

from __future__ import annotations

from pathlib import Path

import pytest

from handhold.datasets.object_list import ListedObject, read_object_list
from handhold.errors import InputError


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "objects.txt"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def test_names_categories_and_comments(tmp_path: Path) -> None:
    text = "# ours\n\n45780\tStorage Furniture\r\n mug/3a92 # worn\nodd#name\t\n  \t \n"
    assert read_object_list(written(tmp_path, text)) == (
        ListedObject("45780", "Storage Furniture", 3),
        ListedObject("mug/3a92", "", 4),
        ListedObject("odd#name", "", 5),
    )


def test_names_may_hold_spaces_and_any_letters(tmp_path: Path) -> None:
    (found,) = read_object_list(written(tmp_path, "\ufeffTasse für Öl\tmug"))
    assert (found.name, found.category) == ("Tasse für Öl", "mug")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "lists no object"),
        ("# nothing\n", "lists no object"),
        ("a\nb\na\tmug\n", "line 3: 'a' stands in line 1 already"),
        ("a\tmug\tblue\n", "line 1: 3 columns"),
        ("ok\n../../etc/passwd\n", "line 2: .* is no name of an object"),
        ("/etc/passwd\n", "line 1: .* is no name"),
        ("a\\b\n", "line 1: .* is no name"),
        ("a//b\n", "line 1: .* is no name"),
        ("\tmug\nb\n", None),
        ("a\x00b\n", "line 1: .* cannot be shown"),
        (b"caf\xe9\n", "is not UTF-8 text"),
    ],
)
def test_mistakes_name_the_line(tmp_path: Path, text: str | bytes, message: str | None) -> None:
    path = written(tmp_path, text)
    if message is None:  # a line that begins with a tab is a name with spaces around it
        assert [each.name for each in read_object_list(path)] == ["mug", "b"]
        return
    with pytest.raises(InputError, match=message):
        read_object_list(path)


def test_a_list_that_is_not_there_is_named(tmp_path: Path) -> None:
    for path in (tmp_path / "none.txt", tmp_path):
        with pytest.raises(InputError, match="The object list .* cannot be read"):
            read_object_list(path)
