"""Keys that hold, looked up without a wait for the database at each request."""

import hashlib
import time
from collections.abc import Callable

import anyio
from anyio.to_thread import run_sync

from cablewatch.stores.keys import Key

FRESH_S = 2.0  # for which a revoked key may still pass


class Keyring:
    """Keys that were said lately, by hash.

    Parameters
    ----------
    check : callable
        The key that a text is if it may be used, else None; it may take its time.
    """

    def __init__(self, check: Callable[[str], Key | None]) -> None:
        self._check = check
        self._found: dict[bytes, tuple[float, Key]] = {}
        self._reader = anyio.CapacityLimiter(1)

    def known(self, token: str) -> Key | None:
        """The key of a text if it was looked up lately, and found."""
        until, key = self._found.get(_digest(token), (0.0, None))
        return key if time.monotonic() < until else None

    async def find(self, token: str) -> Key | None:
        """Look the key of a text up; StoreError where keys cannot be read."""
        key = await run_sync(self._check, token, limiter=self._reader)
        if key is None:
            self._found.pop(_digest(token), None)
        else:  # no more than there are keys
            self._found[_digest(token)] = (time.monotonic() + FRESH_S, key)
        return key


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
