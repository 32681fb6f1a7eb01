"""Which files and objects are meant: names, folders and patterns, each of them once."""

import glob
import re
from collections.abc import Collection, Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from cablewatch.errors import StoreError, UsageError
from cablewatch.objects import ObjectPath
from cablewatch.places import Place

DO = "name a folder with archives"
PATTERN = re.compile(r"[*?\[]")
URL = re.compile(r"[a-z][a-z0-9+.-]+:/[^/]")  # as a path, in which slashes are one


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
        Nothing is named, a pattern matches nothing, a folder holds no file, or a command of files
        is given a URL.
    StoreError
        Objects cannot be listed.
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
        if URL.match(str(path)) and not path.exists():
            raise UsageError(str(path), "is a URL, and files are read here", "name files")
        return [path]
    matches = [Path(match) for match in sorted(glob.glob(str(path), recursive=True))]
    if not matches:
        raise UsageError(str(path), "no file matches", "check the pattern and the folder")
    return matches


def _objects(path: ObjectPath) -> list[Found]:
    """An object, else all below the key, else what matches it as a pattern, by name."""
    try:
        found = path.found()
    except StoreError:  # it is said when it is opened
        found = path
    if found:
        return [Found(found, named=True)]
    inside = [Found(one, named=False) for one in path.all_below() if _is_shown(_parts(one, path))]
    if inside or not PATTERN.search(path.key):
        return sorted(inside, key=_parts_of) or [Found(path, named=True)]
    root = next(above for above in path.parents if not PATTERN.search(above.key))
    pattern = _parts(path, root)
    matches = [
        Found(one, named=not rest)
        for one in root.all_below()
        if (rest := _rest(_parts(one, root), pattern)) is not None and _is_shown(rest)
    ]
    if not matches:
        raise UsageError(str(path), "no object matches", "check the pattern and the bucket")
    return sorted(matches, key=_parts_of)


def _parts_of(found: Found) -> list[str]:
    """By which files are sorted too."""
    return str(found.path).split("/")


def _parts(path: ObjectPath, above: ObjectPath) -> list[str]:
    return path.url.removeprefix(f"{above.url}/").split("/")


def _is_shown(parts: list[str]) -> bool:
    return not any(part.startswith(".") for part in parts)


def _rest(parts: list[str], pattern: list[str]) -> list[str] | None:
    """What is left of a name behind the part that a pattern matches; None where it does not."""
    if not pattern:
        return parts
    first, *others = pattern
    if first == "**":
        until = next((k for k, part in enumerate(parts) if part.startswith(".")), len(parts))
        rests = (_rest(parts[k:], others) for k in range(until + 1))
        return next((rest for rest in rests if rest is not None), None)
    if not parts or not fnmatchcase(parts[0], first):
        return None
    if parts[0].startswith(".") and not first.startswith("."):
        return None
    return _rest(parts[1:], others)


def _inside(folder: Path) -> list[Found]:
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and not any(p[0] == "." for p in path.relative_to(folder).parts)
    )
    if not files:
        raise UsageError(str(folder), "the folder is empty", DO)
    return [Found(path, named=False) for path in files]
