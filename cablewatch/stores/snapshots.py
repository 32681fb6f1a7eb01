"""Snapshots: all that a run needs to go on.

A snapshot is written whole or not at all, behind the alerts that came of what it holds; what came
after it stands in the journal, or in archives, and is judged again. Versions of alerts that are
there already add nothing, so a crash at any moment loses none and doubles none.
"""

import hashlib
import pickle
from pathlib import Path
from typing import Any, BinaryIO

from cablewatch.errors import StoreError
from cablewatch.places import Place
from cablewatch.stores.places import write, writing

FILE = "live.snapshot"
SIGN = b"cablewatch snapshot 3\n"
HEAD = len(SIGN) + hashlib.sha256().digest_size
LIVE = "remove it: the journal is judged from its start"


def save(folder: Place, state: Any, name: str = FILE) -> None:
    """Replace a snapshot in a folder.

    Raises
    ------
    StoreError
        It cannot be written.
    """

    def made(path: Path) -> None:
        with path.open("wb") as file:
            file.write(bytes(HEAD))
            body = _Hashing(file)
            pickle.dump(state, body, protocol=5)
            file.seek(0)
            file.write(SIGN + body.hash.digest())

    with writing(folder):
        write(folder / name, made)


class _Hashing:
    """Writes to a file, and hashes what it writes: no copy of a state is made in memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.hash = file, hashlib.sha256()

    def write(self, data: bytes) -> int:
        """Add some bytes."""
        self.hash.update(data)
        return self._file.write(data)


def load(folder: Place, name: str = FILE, otherwise: str = LIVE) -> Any | None:
    """A snapshot in a folder, None where there is none; `otherwise` is what else can be done.

    Only snapshots of one's own store are to be trusted: they are pickles.

    Raises
    ------
    StoreError
        It is damaged, or of another version.
    """
    path = folder / name
    try:
        said = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise StoreError(str(path), what, "make it readable") from error
    head, body = said[:HEAD], said[HEAD:]
    do = f"go on with the version that wrote it, or {otherwise}"
    if not head.startswith(SIGN) or head[len(SIGN) :] != hashlib.sha256(body).digest():
        raise StoreError(str(path), "damaged, or of another version", do)
    try:
        return pickle.loads(body)
    except Exception as error:
        raise StoreError(str(path), f"of another version ({type(error).__name__})", do) from error
