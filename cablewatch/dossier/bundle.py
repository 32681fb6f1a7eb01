"""The bundle: one zip that any system opens, its files listed in ``SHA256SUMS`` for any tool.

Members are stored by fixed times and in a fixed order: the same files make the same bytes.
"""

import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

from cablewatch.dossier.contents import sha256
from cablewatch.errors import UsageError

PAGE, SUMS = "report.html", "SHA256SUMS"
MAX_BYTES = 2 << 30  # unpacked; a year of one ship as sentences is about 300 MB
MAX_FILES = 10_000
DAMAGE = (zipfile.BadZipFile, zlib.error, RuntimeError, NotImplementedError, ValueError, EOFError)
TIME = (1980, 1, 1, 0, 0, 0)  # the first a zip can say


def sums(files: Mapping[str, bytes]) -> bytes:
    """Text that ``sha256sum -c`` reads."""
    return "".join(f"{sha256(data)}  {path}\n" for path, data in files.items()).encode()


def said_sums(text: bytes) -> dict[str, str]:
    """Hashes by path as ``SHA256SUMS`` states them."""
    lines = (line.split("  ", 1) for line in text.decode("utf-8", "replace").splitlines())
    return {parts[1]: parts[0] for parts in lines if len(parts) == 2}


def write_bundle(path: Path, files: Mapping[str, bytes]) -> None:
    """Write the files and their sums.

    Raises
    ------
    UsageError
        The file cannot be written.
    """
    try:
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as packed:
            for name, data in {**files, SUMS: sums(files)}.items():
                info = zipfile.ZipInfo(name, TIME)
                info.compress_type = zipfile.ZIP_DEFLATED
                packed.writestr(info, data)
    except OSError as error:
        what = f"cannot be written: {error.strerror}"
        raise UsageError(str(path), what, "choose another folder by --out") from error


def read_bundle(path: Path) -> dict[str, bytes]:
    """Files of a bundle by name; nothing is unpacked onto the disk.

    Raises
    ------
    UsageError
        It is no zip, is damaged, or unpacks to more than a report can be.
    """
    try:
        with zipfile.ZipFile(path) as packed:
            infos = packed.infolist()
            if len(infos) > MAX_FILES or sum(info.file_size for info in infos) > MAX_BYTES:
                raise UsageError(str(path), "unpacks to more than a report holds", "get it again")
            names = [info.filename for info in infos]
            if len(set(names)) < len(names):
                raise UsageError(str(path), "holds a file twice", "get the file again")
            return {info.filename: packed.read(info) for info in infos if not info.is_dir()}
    except OSError as error:
        raise UsageError(
            str(path), f"cannot be read: {error.strerror or error}", "give the path of a report"
        ) from error
    except DAMAGE as error:
        raise UsageError(str(path), f"is no sound zip: {error}", "get the file again") from error
