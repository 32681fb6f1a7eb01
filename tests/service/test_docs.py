"""The examples of docs/api.md: every request is answered, with what the document shows."""

import json
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs" / "api.md"
HERE = "http://127.0.0.1:8000"
NAMES = {  # of the document, in the store of the tests
    "5b0c...": "alert000",
    "c-lion1": "east",
    "at=712": "at=112",
}
BLOCK = re.compile(r"```console\n(.*?)```", re.DOTALL)
ELSEWHERE = re.compile(r"/stream|/webhooks|/ogc|/metrics|/ready|\$KEY|f=cap|f=cot|\.xml")
"""Requests that tests of their own answer: they never end, or need more than a store."""


def examples():
    """Each request with what is shown below it."""
    for block in BLOCK.findall(DOCS.read_text(encoding="utf-8")):
        starts = [found.start() for found in re.finditer(r"^\$ ", block, re.MULTILINE)]
        for start, end in pairwise([*starts, len(block)]):
            command, _, shown = block[start + 2 : end].replace("\\\n", " ").partition("\n")
            if command.startswith("curl") and HERE in command and not ELSEWHERE.search(command):
                yield command, shown


def sent(client, command):
    """Send what a line of curl sends."""
    for name, ours in NAMES.items():
        command = command.replace(name, ours)
    words = shlex.split(command)
    (url,) = [word.removeprefix(HERE) for word in words if word.startswith(HERE)]
    options = list(pairwise(words))
    headers = dict(value.split(": ", 1) for name, value in options if name == "-H")
    bodies = [value for name, value in options if name == "-d"]
    if bodies:
        return client.post(url, content=bodies[0], headers=headers)
    return client.get(url, headers=headers)


def whole(shown):
    """JSON that is shown with `...` in the place of what is left out."""
    parts = re.split(r'("(?:[^"\\]|\\.)*")', shown)
    parts[::2] = [re.sub(r",?\s*\.\.\.", "", part) for part in parts[::2]]
    return json.loads("".join(parts))


def missing(shown, said, place=""):
    """Members that are shown and not answered, or of another kind."""
    if isinstance(shown, dict) and isinstance(said, dict):
        for name, value in shown.items():
            if name not in said:
                yield f"{place}/{name}"
            else:
                yield from missing(value, said[name], f"{place}/{name}")
    elif isinstance(shown, list) and isinstance(said, list):
        if shown and said:
            yield from missing(shown[0], said[0], f"{place}[]")
    elif (
        shown is not None
        and said is not None
        and isinstance(shown, dict | list | str) != isinstance(said, dict | list | str)
    ):
        yield f"{place}: {said!r}"


@pytest.mark.parametrize(("command", "shown"), list(examples()))
def test_an_example_is_answered_as_it_is_shown(client, command, shown):
    answer = sent(client, command)
    if not shown.startswith("{"):
        assert answer.status_code == 200, answer.text
        return
    shown = whole(shown)
    assert answer.status_code == shown["status"] if "errors" in shown else answer.is_success
    assert list(missing(shown, answer.json())) == []


def test_the_examples_are_found():
    assert len(list(examples())) >= 15
