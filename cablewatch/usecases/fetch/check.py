"""Whether what came is an archive: the directory of a zip, the first frame of a zst."""

import zipfile
from pathlib import Path

from cablewatch.errors import FetchError

ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # RFC 8878, 3.1.1
ZSTD_SKIPPABLE = b"\x2a\x4d\x18"  # RFC 8878, 3.1.2, behind a byte 0x50-0x5f
ZIP_MEMBER = b"PK\x03\x04"  # PKWARE APPNOTE 6.3.10, 4.3.7
HEAD_BYTES = 64


def check(path: Path, name: str) -> None:
    """Look at the file that is to be called `name`.

    The directory at a zip's end names every member and where it lies, so a zip that was cut or
    glued is seen without unpacking gigabytes.

    Raises
    ------
    FetchError
        It is no archive, or a part of one.
    """
    if name.endswith(".zip"):
        _check_zip(path, name)
    elif name.endswith(".zst"):
        with path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if not head.startswith(ZSTD_MAGIC) and head[1:4] != ZSTD_SKIPPABLE:
            raise _no(name, "no zst frame", head)


def _check_zip(path: Path, name: str) -> None:
    try:
        with zipfile.ZipFile(path) as archive, path.open("rb") as file:
            members = archive.infolist()
            if not members:
                raise zipfile.BadZipFile("it holds nothing")
            for member in members:
                file.seek(member.header_offset)
                if file.read(len(ZIP_MEMBER)) != ZIP_MEMBER:
                    raise zipfile.BadZipFile(f"{member.filename} is not where it should be")
    except (zipfile.BadZipFile, NotImplementedError, OSError, ValueError) as error:
        with path.open("rb") as file:
            raise _no(name, f"no sound zip ({error})", file.read(HEAD_BYTES)) from error


def _no(name: str, what: str, head: bytes) -> FetchError:
    begins = head.decode("ascii", "replace").split("\n")[0][:40]
    text = f", it begins {begins!r}" if begins.isprintable() and begins else ""
    return FetchError(
        name, f"came whole, but is {what}{text}", "fetch it again later, or look at it at its host"
    )
