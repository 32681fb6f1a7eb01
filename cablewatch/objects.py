r"""Objects under a URL, as paths: what stores and archives ask of a folder, in few requests.

::

    s3://bucket/prefix/tracks/day=2024-11-18/part-....parquet
    \_______/\____________________________________________/
      where                       key

An object is there whole or not at all: it is written by one request, and nothing is renamed. There
are no folders; one that nothing lies in is empty. fsspec knows the kinds of URL, and each kind has
its own errors: whatever is wrong becomes a :class:`~cablewatch.errors.StoreError` that repeats
nothing of a key or a password; what is absent stays a :class:`FileNotFoundError`.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from cablewatch.errors import CablewatchError, StoreError

MOMENTS = ("LastModified", "last_modified", "updated", "mtime", "created")  # as listings call it


@dataclass(frozen=True, order=True)
class ObjectPath:
    """An object, or all that lies below a key."""

    url: str
    key: str = field(compare=False)
    fs: Any = field(compare=False, repr=False)
    size: int | None = field(default=None, compare=False)  # bytes, where a listing told it
    modified: datetime | None = field(default=None, compare=False)  # by the clock of the server
    tag: str | None = field(default=None, compare=False)  # of its content, from the server

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(f"{self.url}/{name}", f"{self.key}/{name}", self.fs)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.url.rpartition("/")[2]

    @property
    def version(self) -> object:
        """What the server told, which changes when the object does."""
        return self.tag, self.size, self.modified

    @property
    def parent(self) -> "ObjectPath":
        """What it lies below."""
        url, key = self.url.rpartition("/")[0], self.key.rpartition("/")[0]
        return ObjectPath(url, key, self.fs)

    @property
    def parents(self) -> Iterator["ObjectPath"]:
        """All that it lies below, its bucket among them."""
        above = self.parent
        while above.url.partition("://")[2]:
            yield above
            above = above.parent

    def absolute(self) -> "ObjectPath":
        """Itself."""
        return self

    resolve = absolute

    def is_dir(self) -> bool:
        """Always: what nothing lies below is an empty folder."""
        return True

    def mkdir(self, parents: bool = False, exist_ok: bool = False) -> None:
        """There is nothing to make."""

    def iterdir(self) -> Iterator["ObjectPath"]:
        """What lies directly below; a request for every 1000."""
        try:
            with _told(self.url):
                found = self.fs.ls(self.key, detail=True)
        except FileNotFoundError:
            return
        for said in found:
            name = said["name"].rstrip("/").rpartition("/")[2]
            if name and said["name"].strip("/") != self.key.strip("/"):
                yield self._told_of(self / name, said)

    def child(self, url: str) -> "ObjectPath":
        """The object of a URL below this one."""
        return self / url.removeprefix(f"{self.url}/")

    def found(self) -> "ObjectPath | None":
        """The object of this very key, with its size; None where there is none."""
        try:
            with _told(self.url):
                said = self.fs.info(self.key)
        except FileNotFoundError:
            return None
        return self._told_of(self, said) if said["type"] == "file" else None

    def all_below(self) -> Iterator["ObjectPath"]:
        """All objects below, however deep, without those that stand for folders.

        It takes a request for every 1000.
        """
        try:
            with _told(self.url):
                found = self.fs.find(self.key, detail=True)
        except FileNotFoundError:
            return
        for key, said in found.items():
            if key.startswith(f"{self.key}/") and not key.endswith("/"):
                yield self._told_of(self / key.removeprefix(f"{self.key}/"), said)

    def _told_of(self, path: "ObjectPath", said: dict[str, Any]) -> "ObjectPath":
        """A path with what a listing says of it."""
        return ObjectPath(
            path.url, path.key, self.fs, said["size"], _moment(said), said.get("ETag")
        )

    def total_bytes(self) -> int:
        """Size of all that lies below."""
        with _told(self.url):
            return int(self.fs.du(self.key))

    def stamp(self) -> object:
        """Changes when the object does; None where there is none."""
        found = self.found()
        return found.version if found else None

    def read_bytes(self, first: int | None = None, after: int | None = None) -> bytes:
        """Read all of it, or from byte `first` up to but without `after`."""
        with _told(self.url):
            return bytes(self.fs.cat_file(self.key, start=first, end=after))

    def read_text(self, encoding: str = "utf-8") -> str:
        """Read all of it."""
        return self.read_bytes().decode(encoding)

    def write_bytes(self, data: bytes) -> None:
        """Write it whole or not at all, over what is there."""
        with _told(self.url):
            self.fs.pipe_file(self.key, data)

    def unlink(self) -> None:
        """Remove it; nothing where it is gone already."""
        try:
            with _told(self.url):
                self.fs.rm_file(self.key)
        except FileNotFoundError:
            return

    def open(self) -> "ObjectFile":
        """Open it to be read in ranges."""
        return ObjectFile(self)


class ObjectFile(io.RawIOBase):
    """Reads ranges of an object, a request for each.

    Attributes
    ----------
    ahead : int
        Bytes that each request asks for instead, if any; one such piece is kept. Reads end with it.
    """

    ahead = 0

    def __init__(self, path: ObjectPath) -> None:
        self._path, self._at = path, 0
        self._first, self._piece = 0, b""
        if path.size is None:
            with _told(path.url):
                self._size = int(path.fs.size(path.key))
        else:
            self._size = path.size

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def tell(self) -> int:
        """Where the next read begins."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Set where the next read begins."""
        self._at = offset + (0, self._at, self._size)[whence]
        return self._at

    def readinto(self, room: Any) -> int:
        """Fill `room`, up to the end of the object or piece."""
        if self.ahead:
            if not self._first <= self._at < self._first + len(self._piece):
                self._first, self._piece = self._at, self._range(self.ahead)
            start = self._at - self._first
            data = self._piece[start : start + len(room)]
        else:
            data = self._range(len(room))
        room[: len(data)] = data
        self._at += len(data)
        return len(data)

    def _range(self, size: int) -> bytes:
        """So many bytes from here, or up to the end."""
        after = min(self._at + size, self._size)
        if after <= self._at:
            return b""
        said = self._path.read_bytes(self._at, after)
        if len(said) != after - self._at:
            what = f"gave {len(said)} bytes of {after - self._at}: it is no longer what it was"
            raise StoreError(str(self._path), what, "run it again")
        return said


@contextmanager
def _told(url: str) -> Iterator[None]:
    """Let every error but that of an absent object be one of the store."""
    try:
        yield
    except CablewatchError:
        raise
    except FileNotFoundError as error:
        if _code(error) == "NoSuchBucket":
            do = "make it, or choose another URL"
            raise StoreError(url, "there is no such bucket", do) from None
        raise
    except Exception as error:  # of each kind of URL its own
        raise _fault(url, error) from None


def _fault(url: str, error: Exception) -> StoreError:
    """What went wrong, without the words of others: they may hold a key."""
    code = _code(error)
    kind = code or type(error).__name__
    if isinstance(error, PermissionError) or "Credentials" in kind:
        do = "check AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, and what this key may do"
        return StoreError(url, f"access is refused ({kind})", do)
    if code or isinstance(error, OSError):
        return StoreError(url, f"the server refuses ({kind})", "see what its log says")
    do = "check AWS_ENDPOINT_URL and the network"
    return StoreError(url, f"cannot be reached ({kind})", do)


def _code(error: BaseException) -> str | None:
    """Code of an answer of S3; None of other errors."""
    response = getattr(error.__cause__, "response", None) or getattr(error, "response", None)
    said = response.get("Error", {}).get("Code") if isinstance(response, dict) else None
    return None if said is None else str(said)


def _moment(said: dict[str, Any]) -> datetime | None:
    """When a listing says that an object was written."""
    value = next((said[name] for name in MOMENTS if said.get(name) is not None), None)
    if isinstance(value, int | float):
        return datetime.fromtimestamp(value, UTC)
    if isinstance(value, str):
        value = datetime.fromisoformat(value)
    return value if isinstance(value, datetime) else None
