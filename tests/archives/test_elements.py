"""Lists in JSON documents, cut anywhere."""

import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cablewatch.archives.elements import MAX_ELEMENT_CHARS, BrokenJson, elements

LIST = re.compile(r'"rows"\s*:\s*\[')
VALUES = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


def cut(data: bytes, at: list[int]) -> Iterator[bytes]:
    ends = [0, *sorted(a % (len(data) + 1) for a in at), len(data)]
    return (data[a:b] for a, b in pairwise(ends) if b > a)


@given(st.lists(st.lists(st.dictionaries(st.text(), VALUES, max_size=3), max_size=5)), st.data())
def test_any_cut_gives_the_same_elements(documents: list[list[Any]], data: st.DataObject) -> None:
    text = "\n".join(json.dumps({"n": 1, "rows": rows}) for rows in documents).encode()
    at = data.draw(st.lists(st.integers(0, len(text)), max_size=6))
    said = [row for rows in documents for row in rows]
    if '"rows"' in json.dumps(said):  # a list inside an element is part of it
        return
    assert list(elements(cut(text, at), LIST)) == said


def until(data: bytes) -> tuple[list[Any], str]:
    found: list[Any] = []
    try:
        for value in elements(cut(data, list(range(0, len(data), 1000))), LIST):
            found.append(value)
    except BrokenJson as error:
        return found, str(error)
    return found, ""


@pytest.mark.parametrize(
    ("tail", "reason"),
    [
        (b"", "cut off"),
        (b', {"b', "Unterminated"),
        (b", {b: 1}]}", "Expecting"),
        (b', {"a": "' + b"x" * (2 * MAX_ELEMENT_CHARS) + b'"}]}', ""),
        (b', {"a": ' + b"[" * 100_000, "recursion"),
    ],
)
def test_what_is_before_the_damage_comes_first(tail: bytes, reason: str) -> None:
    found, said = until(b'{"rows": [{"a": 1}, {"a": 2}' + tail)
    assert found[:2] == [{"a": 1}, {"a": 2}]
    assert reason in said and (said or not reason)


def test_bytes_that_are_no_text_do_not_end_it() -> None:
    assert until(b'{"rows": [{"a": "\xff\xfe"}]}') == ([{"a": "\ufffd\ufffd"}], "")
