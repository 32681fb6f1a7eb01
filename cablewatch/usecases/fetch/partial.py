"""A file on its way: bytes in ``NAME.part``, and in ``NAME.part.json`` of which version they are.

Bytes are appended only to bytes of the same version (RFC 9110, 13.1.5 and 14.2: a strong ETag, or
else the date of the last change, and the size). Without a version there is no way to tell, and
the file starts anew.
"""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path

from cablewatch.errors import FetchError
from cablewatch.usecases.fetch.check import check

try:
    import fcntl
except ImportError:  # not on Windows; there two runs into one folder are not kept apart
    fcntl = None  # type: ignore[assignment]


@dataclass(frozen=True, slots=True)
class Version:
    """What tells one state of a file at its host from another."""

    etag: str = ""
    modified: str = ""
    size: int | None = None

    @classmethod
    def of(cls, headers: Mapping[str, str]) -> "Version":
        """The version that a whole response, or its head, speaks of."""
        length = headers.get("content-length", "")
        return cls(
            headers.get("etag", ""),
            headers.get("last-modified", ""),
            int(length) if length.isdigit() else None,
        )

    @property
    def condition(self) -> str:
        """For ``If-Range``; empty where no part can be relied on."""
        return self.modified if self.etag.startswith("W/") or not self.etag else self.etag

    def is_same(self, etag: str, modified: str, size: int | None) -> bool:
        """Whether a response that continues a file is of this version."""
        marks = [(self.etag, etag), (self.modified, modified)]
        return self.size == size and all(mine == other for mine, other in marks if other)

    @property
    def modified_s(self) -> float | None:
        """Seconds since 1970 of the last change, None where it is not said."""
        try:
            return parsedate_to_datetime(self.modified).timestamp()
        except ValueError:
            return None


class Partial:
    """The bytes of `target` so far."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(target.name + ".part")
        self.note = target.with_name(target.name + ".part.json")

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self) -> Version | None:
        """Of which version the bytes are; None where they cannot be continued."""
        try:
            version = Version(**json.loads(self.note.read_text(encoding="utf-8")))
        except (OSError, ValueError, TypeError):
            return None
        usable = version.condition and version.size is not None and self.size <= version.size
        return version if usable and self.size else None

    def size_of(self, version: Version) -> int:
        """Bytes that can be continued if the host holds `version`."""
        ours = self.version()
        if ours is None or not ours.is_same(version.etag, version.modified, version.size):
            return 0
        return self.size

    def restart(self, version: Version) -> None:
        """Drop all bytes; those to come are of `version`."""
        self.path.write_bytes(b"")
        self.note.write_text(json.dumps(asdict(version)), encoding="utf-8")

    def discard(self) -> None:
        """Drop all bytes; the empty file stays, for it is what a run holds."""
        self.path.write_bytes(b"")
        self.note.unlink(missing_ok=True)

    def finish(self, version: Version) -> None:
        """Give the file its name once it was looked at and is on the disk.

        Its time is that of the last change at the host, so that a newer version is known later.

        Raises
        ------
        FetchError
            It is no archive; the bytes are dropped.
        """
        try:
            check(self.path, self.target.name)
        except FetchError:
            self.discard()
            raise
        with self.path.open("rb") as file:
            os.fsync(file.fileno())
        if version.modified_s is not None:
            os.utime(self.path, (version.modified_s, version.modified_s))
        self.path.replace(self.target)
        self.note.unlink(missing_ok=True)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other runs away from these bytes.

        Raises
        ------
        FetchError
            Another run holds them.
        """
        with self.path.open("ab") as file:
            if fcntl is not None:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except OSError:
                    raise FetchError(
                        self.target.name, "another run is fetching it", "wait for that one"
                    ) from None
            try:
                yield
            finally:
                if not self.size:
                    self.path.unlink(missing_ok=True)


def is_complete(target: Path, version: Version) -> bool:
    """Whether `target` is there, whole, and not older than the host's version."""
    if not target.is_file():
        return False
    status = target.stat()
    newer = version.modified_s is not None and version.modified_s > status.st_mtime + 1
    if newer or (version.size is not None and version.size != status.st_size):
        return False
    try:
        check(target, target.name)
    except FetchError:
        return False
    return True
