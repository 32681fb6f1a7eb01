"""Which files and objects are meant: names, folders and patterns, each of them once."""

import glob
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from cablewatch.errors import UsageError
from cablewatch.objects import ObjectPath, Place

DO = "name a folder with archives"
PATTERN = re.compile(r"[*?\[]")


class Found(NamedTuple):
    """A file, and whether it was named (by a pattern also) or only lay in a folder."""

    path: Place
    named: bool


def find(paths: Sequence[Place], beside: Collection[Place] = ()) -> list[Found]:
    """Files named, matched by patterns (``*``, ``?``, ``[a-z]``, ``**``) and inside folders.

    Hidden files in folders are passed over, and what is or lies in one of the paths `beside`. A
    name that exists is never taken for a pattern. So it is with objects; a URL has no ``?``.

    Raises
    ------
    UsageError
        Nothing is named, a pattern matches nothing, or a folder holds no file.
    """
    if not paths:
        raise UsageError("archives", "none is named", "name files, folders or patterns")
    once: dict[Place, Found] = {}
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


def size_of(path: Place) -> int:
    """Bytes of a file or an object; 0 where there is none."""
    if isinstance(path, Path):
        return path.stat().st_size if path.is_file() else 0
    told = path if path.size is not None else path.found()
    return told.size or 0 if told else 0


def _all(paths: Sequence[Place]) -> Iterator[Found]:
    for path in paths:
        if isinstance(path, ObjectPath):
            yield from _objects(path)
            continue
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


def _objects(path: ObjectPath) -> Iterator[Found]:
    """An object; where there is none, those that a pattern means, or all below the key."""
    if found := path.found():
        yield Found(found, named=True)
    elif PATTERN.search(path.key):
        root = next(above for above in path.parents if not PATTERN.search(above.key))
        matches = sorted(root.matches(path.url.removeprefix(f"{root.url}/")))
        if not matches:
            raise UsageError(str(path), "no object matches", "check the pattern and the bucket")
        for match in matches:
            yield from _objects(match)
    else:
        below = sorted(one for one in path.all_below() if not _is_hidden(one.url, path.url))
        yield from (Found(one, named=False) for one in below) if below else [Found(path, True)]


def _is_hidden(name: str, folder: str) -> bool:
    return "/." in name.removeprefix(folder)


def _inside(folder: Path) -> list[Found]:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(p[0] == "." for p in path.relative_to(folder).parts)
    )
    if not files:
        raise UsageError(str(folder), "the folder is empty", DO)
    return [Found(path, named=False) for path in files]
