"""Recordings of a folder as the input of a stream: files that are whole, in the order they came.

A file gets a number when it is seen first; of those seen at once the names decide. The numbers are
written down (:class:`Ledger`) before anything is read by them, so that a micro-batch that is
repeated reads the same files, whatever lies in the folder by then. A file has to be whole when its
name appears: ``watch --record`` renames it; what others write may end with ``.tmp`` meanwhile.

Files follow one another in time: what lies behind the watermark of those before is late. Receivers
that were recorded side by side go into one recording, as a watch of them all makes it.
"""

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from time import sleep
from typing import NamedTuple

from cablewatch.archives import ReadOptions
from cablewatch.archives.files import find, size_of
from cablewatch.archives.options import DEFAULTS
from cablewatch.cluster.packing import packed
from cablewatch.cluster.tasks import Read, read
from cablewatch.errors import ArchiveError, StoreError, UsageError
from cablewatch.places import Place
from cablewatch.stores.places import write, writing

FILES = 16  # of a micro-batch, at most
GROWS_S = 0.2
BYTES = 1 << 28  # likewise, unless one is larger: the order has all of it in memory


class Taken(NamedTuple):
    """A file that has a number."""

    path: str
    size: int


class Ledger:
    """Files by number, in the order they were seen: texts that are written once and only read."""

    def __init__(self, folder: Place) -> None:
        self._folder = folder
        self.files: list[Taken] = []
        with writing(folder):
            folder.mkdir(parents=True, exist_ok=True)

    def look(self) -> "Ledger":
        """Read what has been written since it was looked at."""
        with suppress(FileNotFoundError):
            while True:
                text = (self._folder / _name(len(self.files))).read_bytes()
                self.files += [Taken(*one) for one in json.loads(text)]
        return self

    def add(self, files: Sequence[Taken]) -> None:
        """Give numbers to files."""
        text = json.dumps(files)
        with writing(self._folder):
            place = self._folder / _name(len(self.files))
            if isinstance(place, Path):
                write(place, lambda path: path.write_text(text, encoding="utf-8"))
            else:
                place.write_bytes(text.encode())
        self.files += files


@cache
def _ledger(folder: Place) -> Ledger:
    """The ledger of a folder, once a process."""
    return Ledger(folder)


def _name(number: int) -> str:
    return f"{number:09}.json"


class Part(NamedTuple):
    """What one task reads: a file."""

    number: int
    file: Taken


@dataclass(frozen=True)
class FolderInput:
    """A folder of recordings.

    Attributes
    ----------
    folder : Place
        The same on all machines.
    ledger : Place
        Folder of the :class:`Ledger`; part of the checkpoint.
    beside : tuple of Place
        What is no input: the store, say.
    most_files, most_bytes : int
        Of a micro-batch, at most.
    """

    folder: Place
    ledger: Place
    beside: tuple[Place, ...]
    most_files: int
    most_bytes: int
    options: ReadOptions = DEFAULTS

    def first(self) -> dict[str, int]:
        """The offset before the first file."""
        return {"files": 0}

    def is_empty(self) -> bool:
        """Whether no file is there yet."""
        return not self._there()

    def newest(self) -> dict[str, int]:
        """The offset behind all files that are there; those not seen before get their numbers.

        A name that comes again with another size is another file. One that grows between two looks
        waits.
        """
        ledger = _ledger(self.ledger).look()
        known = set(ledger.files)
        new = [file for file in self._there() if file not in known]
        if new:
            sleep(GROWS_S)
            still = set(self._there())
            new = [file for file in new if file in still]
        if new:
            ledger.add(new)
        return {"files": len(ledger.files)}

    def some(self, start: dict[str, int], newest: dict[str, int]) -> dict[str, int]:
        """The offset behind as many files as a micro-batch takes."""
        most, n, size = self.most_files, 0, 0
        for file in _ledger(self.ledger).look().files[start["files"] : newest["files"]][:most]:
            size += file.size
            n += n == 0 or size <= self.most_bytes
        return {"files": start["files"] + n}

    def parts(self, start: dict[str, int], end: dict[str, int]) -> list[Part]:
        """A part for each file between two offsets.

        Raises
        ------
        StoreError
            The ledger does not hold them.
        """
        files = _ledger(self.ledger).look().files
        if len(files) < end["files"]:
            what = f"holds {len(files)} files, of {end['files']} that were read"
            raise StoreError(str(self.ledger), what, "begin anew with an empty checkpoint")
        return [Part(k, files[k]) for k in range(start["files"], end["files"])]

    def read(self, part: Part) -> Iterator[Read]:
        """Rows of a file.

        Raises
        ------
        ArchiveError
            It is gone or is not what it was, or a server failed.
        """
        number, (name, taken) = part
        path = Path(name) if isinstance(self.folder, Path) else self.folder.child(name)
        size = size_of(path)
        if size != taken:
            what = "was not whole when it was taken" if size else "is gone, or empty"
            do = "put it back as it was; write files elsewhere and rename them when they are whole"
            raise ArchiveError(name, what, do)
        yield from read([(number, packed(path))], self.options, again=True)

    def _there(self) -> list[Taken]:
        """Files of the folder by name."""
        try:
            found = find([self.folder], self.beside)
        except UsageError:  # it is empty yet
            return []
        whole = [file.path.absolute() for file in found if not file.path.name.endswith(".tmp")]
        sized = [Taken(str(path), size_of(path)) for path in whole]
        return [file for file in sized if file.size]


def folder_input(folder: Place, checkpoint: Place, beside: Collection[Place]) -> FolderInput:
    """The input of a folder.

    Raises
    ------
    UsageError
        It is none.
    """
    if not folder.is_dir():
        do = "name a folder of recordings, a URL of one, nats:// or kafka://"
        raise UsageError(str(folder), "is no folder", do)
    own = tuple(place.absolute() for place in (*beside, checkpoint))
    return FolderInput(folder.absolute(), checkpoint / "taken", own, FILES, BYTES)
