"""Where a text leads: a path of this machine, or objects under a URL."""

import logging
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from cablewatch.errors import UsageError
from cablewatch.objects import ObjectPath

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
ALIASES = {"s3a": "s3", "s3n": "s3"}  # as Hadoop calls it
LOUD = ("aiobotocore", "botocore", "fsspec", "s3fs")  # tell whole requests when they debug
_GIVE = "give a folder, or a URL such as s3://BUCKET/PREFIX"


Place = Path | ObjectPath
"""A path of this machine, or one of objects."""


def place_of(said: str | Path, subject: str = "store") -> Place:
    """Place that a text names: a path, or a URL; ``file://`` is a path.

    >>> place_of("file:///var/store"), place_of("november")
    (PosixPath('/var/store'), PosixPath('november'))

    Raises
    ------
    UsageError
        A URL cannot be used, or the text, which names the `subject`, is empty.
    """
    if not str(said).strip():
        raise UsageError(subject, "names no folder", "give one; . is the one you are in")
    if isinstance(said, Path) or "://" not in said:
        return Path(said)
    scheme, _, rest = said.partition("://")
    if scheme != "file":
        return object_path(said)
    machine, slash, path = rest.partition("/")
    if machine not in ("", "localhost"):
        raise UsageError("file://...", "names another machine", "give file:///FOLDER")
    return Path(unquote(slash + path))


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
    scheme = ALIASES.get(scheme, scheme)
    if scheme in ("http", "https"):
        do = "fetch the file and name that"
        raise UsageError(where, "nothing is read or written in place on the web", do)
    bucket = rest.strip("/").partition("/")[0]
    if not bucket or set(bucket) & set("*[]"):
        raise UsageError(where, "names no bucket", _GIVE)
    if "@" in rest.partition("/")[0] or "?" in rest:
        do = "give keys and passwords by the environment"
        raise UsageError(where, "a URL of objects holds no user, password or options", do)
    try:
        import fsspec  # type: ignore[import-untyped, unused-ignore]

        plain = f"{scheme}://{rest.rstrip('/')}"
        options = OPTIONS.get(scheme, {})
        fs, key = fsspec.core.url_to_fs(plain, use_listings_cache=False, **options)
    except ImportError as error:
        ours = scheme in ("s3", "memory")
        do = "pip install 'cablewatch[s3]'" if ours else str(error)
        raise UsageError(where, "what reads such URLs is not installed", do) from None
    except ValueError:
        raise UsageError(where, "not a URL of objects", _GIVE) from None
    for name in LOUD:
        logging.getLogger(name).setLevel(logging.WARNING)
    return ObjectPath(plain, key.rstrip("/"), fs)
