"""Which files are meant: names, folders and patterns, each file once."""

import glob
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cablewatch.errors import UsageError

DO = "name a folder with archives"
PATTERN = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """A file, and whether it was named (by a pattern also) or only lay in a folder."""

    path: Path
    named: bool


def find(paths: Sequence[Path], beside: Collection[Path] = ()) -> list[Found]:
    """Files named, matched by patterns (``*``, ``?``, ``[a-z]``, ``**``) and inside folders.

    Hidden files in folders are passed over, and what is or lies in one of the paths `beside`. A
    name that exists is never taken for a pattern.

    Raises
    ------
    UsageError
        Nothing is named, a pattern matches nothing, or a folder holds no file.
    """
    if not paths:
        raise UsageError("archives", "none is named", "name files, folders or patterns")
    once: dict[Path, Found] = {}
    others = {path.resolve() for path in beside}
    for found in _all(paths):
        same = found.path.resolve()
        if not found.named and not others.isdisjoint((same, *same.parents)):
            continue
        if same not in once or found.named:
            once[same] = found
    if not once:
        raise UsageError(str(paths[0]), "holds no archive beside the store's own files", DO)
    return list(once.values())


def _all(paths: Sequence[Path]) -> Iterator[Found]:
    for path in paths:
        for match in _matches(path):
            if match.is_dir():
                yield from _inside(match)
            else:
                yield Found(match, named=True)


def _matches(path: Path) -> list[Path]:
    if path.exists() or not PATTERN.search(str(path)):
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
    if not matches:
        raise UsageError(str(path), "no file matches", "check the pattern and the folder")
    return matches


def _inside(folder: Path) -> list[Found]:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(p[0] == "." for p in path.relative_to(folder).parts)
    )
    if not files:
        raise UsageError(str(folder), "the folder is empty", DO)
    return [Found(path, named=False) for path in files]
