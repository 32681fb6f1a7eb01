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
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from cablewatch.errors import CablewatchError, StoreError, UsageError

CONNECT_S, READ_S = 10, 60
AGAIN = 1  # of the AWS SDK; s3fs makes five tries of its own
OPTIONS: dict[str, dict[str, Any]] = {  # by kind of URL, beyond what the environment says
    "s3": {
        "max_concurrency": 1,  # or each read would ask for the size first
        "config_kwargs": {
            "connect_timeout": CONNECT_S,
            "read_timeout": READ_S,
            "retries": {"max_attempts": AGAIN},
        },
    }
}
MOMENTS = ("LastModified", "last_modified", "updated", "mtime", "created")  # as listings call it
LOUD = ("aiobotocore", "botocore", "fsspec", "s3fs")  # tell whole requests when they debug
_GIVE = "give a folder, or a URL such as s3://BUCKET/PREFIX"


@dataclass(frozen=True, order=True)
class ObjectPath:
    """An object, or all that lies below a key."""

    url: str
    key: str = field(compare=False)
    fs: Any = field(compare=False, repr=False)
    size: int | None = field(default=None, compare=False)  # bytes, where a listing told it
    modified: datetime | None = field(default=None, compare=False)  # by the clock of the server

    def __str__(self) -> str:
        return self.url

    def __truediv__(self, name: str) -> "ObjectPath":
        return ObjectPath(f"{self.url}/{name}", f"{self.key}/{name}", self.fs)

    @property
    def name(self) -> str:
        """The last part of the key."""
        return self.url.rpartition("/")[2]

    @property
    def parent(self) -> "ObjectPath":
        """What it lies below."""
        url, key = self.url.rpartition("/")[0], self.key.rpartition("/")[0]
        return ObjectPath(url, key, self.fs)

    @property
    def parents(self) -> Iterator["ObjectPath"]:
        """All that it lies below, its bucket among them."""
        above = self.parent
        while not above.url.endswith("/"):
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
            if said["name"].strip("/") != self.key.strip("/"):
                yield self._below(said)

    def found(self) -> "ObjectPath | None":
        """The object of this very key, with its size; None where there is none."""
        try:
            with _told(self.url):
                said = self.fs.info(self.key)
        except FileNotFoundError:
            return None
        if said["type"] != "file":
            return None
        return ObjectPath(self.url, self.key, self.fs, said["size"], _moment(said))

    def all_below(self) -> Iterator["ObjectPath"]:
        """All objects below, however deep; a request for every 1000."""
        try:
            with _told(self.url):
                found = self.fs.find(self.key, detail=True)
        except FileNotFoundError:
            return
        yield from map(self._below, found.values())

    def matches(self, pattern: str) -> Iterator["ObjectPath"]:
        """Objects, and keys that others lie below, that match a pattern below this key."""
        with _told(self.url):
            found = self.fs.glob(f"{self.key}/{pattern}", detail=True)
        yield from map(self._below, found.values())

    def _below(self, said: dict[str, Any]) -> "ObjectPath":
        """An object below, of which a listing told."""
        name = said["name"].strip("/").removeprefix(self.key.strip("/")).strip("/")
        below = self / name
        return ObjectPath(below.url, below.key, self.fs, said["size"], _moment(said))

    def total_bytes(self) -> int:
        """Size of all that lies below."""
        with _told(self.url):
            return int(self.fs.du(self.key))

    def stamp(self) -> object:
        """Changes when the object does; None where there is none."""
        try:
            with _told(self.url):
                said = self.fs.info(self.key)
        except FileNotFoundError:
            return None
        return said.get("ETag"), said["size"], _moment(said)

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
    """Reads ranges of an object, a request for each."""

    def __init__(self, path: ObjectPath) -> None:
        self._path, self._at = path, 0
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
        """Fill `room`, up to the end of the object."""
        after = min(self._at + len(room), self._size)
        if after <= self._at:
            return 0
        said = self._path.read_bytes(self._at, after)
        room[: len(said)] = said
        self._at += len(said)
        return len(said)


Place = Path | ObjectPath
"""A path of this machine, or one of objects."""


def place_of(said: str | Path) -> Place:
    """Place that a text names: a path, or a URL; ``file://`` is a path.

    >>> place_of("file:///var/store"), place_of("november")
    (PosixPath('/var/store'), PosixPath('november'))

    Raises
    ------
    UsageError
        A URL cannot be used, or the text is empty.
    """
    if not str(said).strip():
        raise UsageError("store", "names no folder", "give one; . is the one you are in")
    if isinstance(said, Path) or "://" not in said:
        return Path(said)
    parts = urlsplit(said)
    if parts.scheme != "file":
        return object_path(said)
    if parts.netloc not in ("", "localhost"):
        raise UsageError("file://...", "names another machine", "give file:///FOLDER")
    return Path(unquote(parts.path))


def object_path(url: str) -> ObjectPath:
    """Return the path of a URL; nothing is asked of the server.

    Raises
    ------
    UsageError
        What reads such URLs is not installed, the URL is of no kind that is known, or it holds a
        user, a password or options.
    """
    scheme, _, rest = url.partition("://")
    where = f"{scheme}://..."
    if not rest.strip("/"):
        raise UsageError(where, "names no bucket", _GIVE)
    if "@" in rest.partition("/")[0] or "?" in rest:
        do = "give keys and passwords by the environment"
        raise UsageError(where, "a URL of objects holds no user, password or options", do)
    try:
        import fsspec  # type: ignore[import-untyped, unused-ignore]

        options = OPTIONS.get(scheme, {})
        fs, key = fsspec.core.url_to_fs(url.rstrip("/"), use_listings_cache=False, **options)
    except ImportError as error:
        ours = scheme in ("s3", "memory")
        do = "pip install 'cablewatch[s3]'" if ours else str(error)
        raise UsageError(where, "what reads such URLs is not installed", do) from None
    except ValueError:
        raise UsageError(where, "not a URL of objects", _GIVE) from None
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    return ObjectPath(url.rstrip("/"), key.rstrip("/"), fs)


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
