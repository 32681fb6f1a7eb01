"""The snapshot of a live run: all it needs to go on, and how far of the journal that is.

A snapshot is written whole or not at all, behind the alerts that came of what it holds; what came
after it stands in the journal and is judged again. Versions of alerts that are there already add
nothing, so a crash at any moment loses none and doubles none.
"""

import hashlib
import io
import pickle
from pathlib import Path
from typing import Any

from cablewatch.errors import StoreError
from cablewatch.stores.places import write, writing

FILE = "live.snapshot"
SIGN = b"cablewatch live 2\n"


def save(folder: Path, state: Any) -> int:
    """Replace the snapshot of a store; its size in bytes.

    Raises
    ------
    StoreError
        It cannot be written.
    """
    buffer = io.BytesIO()
    pickle.dump(state, buffer, protocol=5)
    body = buffer.getbuffer()
    head = SIGN + hashlib.sha256(body).digest()

    def made(path: Path) -> None:
        with path.open("wb") as file:
            file.write(head)
            file.write(body)

    with writing(folder):
        write(folder / FILE, made)
    return len(head) + len(body)


def load(folder: Path) -> Any | None:
    """The snapshot of a store, None where there is none.

    Only snapshots of one's own store are to be trusted: they are pickles.

    Raises
    ------
    StoreError
        It is damaged, or of another version.
    """
    path = folder / FILE
    try:
        said = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        what = f"cannot be read ({error.strerror})"
        raise StoreError(str(path), what, "make it readable") from error
    head, body = said[: len(SIGN) + 32], said[len(SIGN) + 32 :]
    do = "go on with the version that wrote it, or remove it: the journal is judged from its start"
    if not head.startswith(SIGN) or head[len(SIGN) :] != hashlib.sha256(body).digest():
        raise StoreError(str(path), "damaged, or of another version", do)
    try:
        return pickle.loads(body)
    except Exception as error:
        raise StoreError(str(path), f"of another version ({type(error).__name__})", do) from error
