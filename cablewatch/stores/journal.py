"""The journal: everything received, on disk before it is judged.

What was judged since the last snapshot is judged again after a crash, from here. A segment that no
snapshot needs any more is removed, or packed and kept as a recording, where one is asked for: both
are of the format of ``archives.recording``.

A process that is killed loses nothing that was written; of a machine that loses its power the last
second may be missing (:meth:`Journal.sync`). Of a disk that fails to take what the system had, the
next sync may say that all is well although it is gone: what is not synced yet is kept here, written
again after such a failure, and no more is taken until it is on disk.
"""

import gzip
import logging
import os
import re
import shutil
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from io import FileIO
from pathlib import Path
from typing import NamedTuple

from cablewatch.archives.compression import Container
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.recording import Entry, entries
from cablewatch.errors import ArchiveError
from cablewatch.output.text import rfc3339
from cablewatch.stores.places import to_disk, write, writing
from cablewatch.units import HOUR_MS

log = logging.getLogger(__name__)

SEGMENT = re.compile(r"(\d{8})-\d{8}T[\d.]+Z\.received")  # other files are none of the journal
SEGMENT_MS = HOUR_MS
SEGMENT_BYTES = 1 << 28
COPY_BYTES = 1 << 20


class Mark(NamedTuple):
    """How far the journal was taken: a segment, and entries of it."""

    segment: str
    entries: int


class Journal:
    """Segments of a folder, the newest of them open for writing.

    Parameters
    ----------
    folder : Path
        Made when it is absent.
    keep : Path, optional
        Where segments go that are needed no more; without it they are removed.

    Raises
    ------
    StoreError
        It cannot be made or written.
    """

    def __init__(self, folder: Path, keep: Path | None = None) -> None:
        self.folder, self.keep = folder, keep
        self._file: FileIO | None = None
        self._begun_ms = self._size = self._count = 0
        self._unsynced: list[bytes] = []  # the end of the open segment
        self._failed = False  # to sync it
        self._segment = ""
        self._packing = ThreadPoolExecutor(1, "recording")
        with writing(folder):
            for path in filter(None, (folder, keep)):
                path.mkdir(parents=True, exist_ok=True)
            for path in self._segments():  # one that was killed had not synced its last ones
                to_disk(path)
        # numbered, for a clock may be put back
        self._number = max((_number(path.name) for path in self._segments()), default=0)

    def follow(self, place: Mark) -> None:
        """Go on behind a place, also where its segment is gone."""
        self._segment, self._count = place
        self._number = max(self._number, _number(place.segment))

    @property
    def place(self) -> Mark:
        """Behind the newest entry that was written or followed."""
        return Mark(self._segment, self._count)

    def is_due(self, at_ms: int) -> bool:
        """Whether what comes now belongs into a segment of its own."""
        return (
            self._file is None
            or self._size >= SEGMENT_BYTES
            or at_ms // SEGMENT_MS != self._begun_ms // SEGMENT_MS
        )

    def begin(self, at_ms: int) -> None:
        """Begin a segment."""
        with writing(self.folder):
            self._end()
            self._number += 1
            time = rfc3339(at_ms).replace(":", "").replace("-", "")
            segment = f"{self._number:08d}-{time}.received"
            file = (self.folder / segment).open("xb", buffering=0)
            try:
                to_disk(self.folder)
            except OSError:
                file.close()
                raise
            self._file, self._segment = file, segment
            self._begun_ms, self._size, self._count = at_ms, 0, 0

    def write(self, received: Sequence[Entry]) -> None:
        """Add entries; the system has them on return. Where it cannot take all, it has none."""
        assert self._file is not None
        if self._failed:
            self.sync()
        data = b"".join(entry.packed() for entry in received)
        with writing(self.folder):
            try:
                _put(self._file, data)
            except OSError:
                self._file.truncate(self._size)
                self._file.seek(self._size)
                raise
        self._size += len(data)
        self._count += len(received)
        self._unsynced.append(data)

    def sync(self) -> None:
        """Bring to disk what was written."""
        if self._file is not None:
            with writing(self.folder):
                self._sync(self._file)

    def since(self, place: Mark | None) -> Iterator[tuple[Mark, Entry]]:
        """Entries behind a place and where each stands; all there are, where there is none.

        An entry that was cut by a crash is the end of its segment.
        """
        for path in self._segments():
            if place is not None and path.name < place.segment:
                continue
            behind = place.entries if place is not None and path.name == place.segment else 0
            with suppress(ArchiveError):
                for k, entry in enumerate(_entries(path), 1):
                    if k > behind:
                        yield Mark(path.name, k), entry

    def forget(self, place: Mark) -> None:
        """Let go of the segments before a place; they are packed meanwhile, where they are kept."""
        for path in self._segments():
            if path.name < place.segment:
                self._packing.submit(self._let_go, path)

    def close(self, done: bool) -> None:
        """End the open segment; where all is `done`, no segment is needed any more."""
        with writing(self.folder):
            self._end()
        if done:
            self.forget(Mark("~", 0))
        self._packing.shutdown()

    def _segments(self) -> list[Path]:
        return sorted(path for path in self.folder.iterdir() if SEGMENT.fullmatch(path.name))

    def _end(self) -> None:
        if self._file is not None:
            self._sync(self._file)
            self._file.close()
            self._file = None

    def _sync(self, file: FileIO) -> None:
        again, self._failed = self._failed, True
        if again:
            data = b"".join(self._unsynced)
            file.seek(self._size - len(data))
            _put(file, data)
        os.fdatasync(file.fileno())
        self._unsynced, self._failed = [], False

    def _let_go(self, path: Path) -> None:
        """Pack a segment where it is kept, then remove it; what fails is tried at the next call."""
        try:
            if not path.exists():
                return
            if self.keep is not None and path.stat().st_size:
                final = self.keep / f"{path.name}.gz"
                if not final.exists():
                    write(final, lambda temporary: _pack(path, temporary))
            path.unlink()
        except OSError as error:
            log.error("%s stays in the journal: %s", path.name, error)


def _put(file: FileIO, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[file.write(left) :]


def _pack(path: Path, packed: Path) -> None:
    with path.open("rb") as plain, gzip.open(packed, "wb", 6) as into:
        shutil.copyfileobj(plain, into, COPY_BYTES)


def _entries(path: Path) -> Iterator[Entry]:
    for member in Container(path, DEFAULTS).members():
        yield from entries(member)


def _number(segment: str) -> int:
    """Number of a segment; 0 before the first."""
    named = SEGMENT.fullmatch(segment)
    return int(named[1]) if named else 0
