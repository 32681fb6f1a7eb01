"""The tail: positions as they are received, for whoever shows ships as they move.

A watcher appends records of :data:`cablewatch.fixes.FIX_DTYPE` to a file that readers follow. It is
no store: of what is older than the newest two files nothing is kept, nothing is sorted, and what a
crash cuts is lost. Parts of the track store hold the same fixes minutes later, in order.
"""

from contextlib import suppress
from pathlib import Path
from typing import IO

import numpy as np

from cablewatch.fixes import FIX_DTYPE, Fixes

FOLDER = "positions"
FILE_BYTES = 16 << 20  # some 370,000 fixes
KEPT = 2  # files; a reader that is further behind goes on with what there is


class TailWriter:
    """Appends fixes; the folder is made when it is absent."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER
        self._folder.mkdir(parents=True, exist_ok=True)
        known = _files(self._folder)
        self._number = int(known[-1].stem) if known else 0
        self._file: IO[bytes] | None = None

    def append(self, fixes: Fixes) -> None:
        """Add fixes; readers see them at once. A full disk costs positions, and no alerts.

        A record that it cut is the last of its file: those behind it would be read from its middle.
        """
        rows = np.zeros(len(fixes), FIX_DTYPE)
        for name in FIX_DTYPE.names or ():
            rows[name] = getattr(fixes, name)
        rows["station"] = 0  # a code means nothing to others
        try:
            if self._file is None or self._file.tell() >= FILE_BYTES:
                self._begin()
            if self._file is not None and self._file.write(rows.tobytes()) != rows.nbytes:
                self.close()
        except OSError:
            self.close()

    def close(self) -> None:
        """End the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _begin(self) -> None:
        self.close()
        self._number += 1
        self._file = (self._folder / f"{self._number:012d}.fixes").open("ab", buffering=0)
        for path in _files(self._folder)[:-KEPT]:
            path.unlink(missing_ok=True)


class TailReader:
    """Follows a tail from where it is now."""

    def __init__(self, store: Path) -> None:
        self._folder = store / FOLDER
        self._path: Path | None = None
        self._at = 0
        self.skip()

    @property
    def there(self) -> bool:
        """Whether a watcher has ever written here."""
        return self._folder.is_dir()

    def skip(self) -> None:
        """Go on with what comes from now on."""
        files = _files(self._folder)
        self._path = files[-1] if files else None
        self._at = self._path.stat().st_size // FIX_DTYPE.itemsize if self._path else 0

    def read(self) -> Fixes:
        """What was added since, in the order it came."""
        parts = []
        for path in _files(self._folder):
            if self._path is not None and path.name < self._path.name:
                continue
            first = self._at if path == self._path else 0
            with suppress(FileNotFoundError):  # a writer has just removed it
                size = path.stat().st_size // FIX_DTYPE.itemsize
                count = max(0, size - first)
                offset = first * FIX_DTYPE.itemsize
                parts.append(np.fromfile(path, FIX_DTYPE, count, offset=offset))
                self._path, self._at = path, first + len(parts[-1])
        rows = np.concatenate([np.empty(0, FIX_DTYPE), *parts])
        return Fixes(**{name: np.ascontiguousarray(rows[name]) for name in FIX_DTYPE.names or ()})


def _files(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.fixes"))
