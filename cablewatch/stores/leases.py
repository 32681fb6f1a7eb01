"""Who writes into a store of objects: one at a time, by leases.

Nothing tells a server that a process has ended. Who writes therefore keeps an object
``.writing-*.lock`` in the folder and writes it again every quarter of :data:`LEASE_S`. Who wants to
write puts its own first and looks at all of them second: where there is another that is not older
than its own by more than :data:`LEASE_S`, it withdraws. Two that begin at the same moment may both
withdraw; both never stay, for a server that lists what was written before (S3 does). All times
are those of the server, so that clocks need not agree.

Who could not renew for half of :data:`LEASE_S` writes nothing more (:func:`check`); a write that
was under way then has the other half to end. Nor does who finds its lock gone: another run took
over from one that stood still, its clock too. A killed run is held against the next one until its
lease is over.
"""

import json
import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from uuid import uuid4

from cablewatch.errors import CablewatchError, StoreError
from cablewatch.objects import ObjectPath

LEASE_S = 60.0
LOCK = re.compile(r"\.writing-[0-9a-f]{32}\.lock")
_leases: dict[str, "Lease"] = {}  # by the URL of the lock


class Lease:
    """The right to write below a folder, for as long as it is renewed."""

    def __init__(self, folder: ObjectPath) -> None:
        self.folder = folder
        self.lock = folder / f".writing-{uuid4().hex}.lock"
        self._over = threading.Event()
        self._until = 0.0
        self._thread = threading.Thread(target=self._keep, name="lease", daemon=True)

    def take(self) -> None:
        """Take it, or raise a StoreError where another has it."""
        self._renew()
        try:
            locks = [path for path in self.folder.iterdir() if LOCK.fullmatch(path.name)]
            mine = next((path for path in locks if path == self.lock), None)
            others = [path for path in locks if path != self.lock]
            if mine is None or any(_lives(other, mine) for other in others):
                what = "another run is writing into it, or was cut off a moment ago"
                do = f"wait for it ({LEASE_S:.0f} s where it was cut off) or choose another folder"
                raise StoreError(str(self.folder), what, do)
        except BaseException:
            self.lock.unlink()
            raise
        for other in others:
            other.unlink()
        _leases[self.lock.url] = self
        self._thread.start()

    def end(self) -> None:
        """Give it back."""
        self._over.set()
        self._thread.join(LEASE_S)
        del _leases[self.lock.url]
        with suppress(CablewatchError):  # it runs out by itself
            self.lock.unlink()

    def check(self) -> None:
        """StoreError where it may have run out, or another run has taken over."""
        if time.monotonic() > self._until or self._gone():
            what = "it could not be held for so long that another run may write into it"
            raise StoreError(str(self.folder), what, "run it again")

    def _keep(self) -> None:
        while not self._over.wait(LEASE_S / 4) and time.monotonic() < self._until:
            with suppress(CablewatchError):
                if self._gone():
                    return
                self._renew()

    def _gone(self) -> bool:
        return self.lock.stamp() is None

    def _renew(self) -> None:
        until = time.monotonic() + LEASE_S / 2
        self.lock.write_bytes(
            json.dumps({"host": socket.gethostname(), "process": os.getpid()}).encode()
        )
        self._until = until


@contextmanager
def leased(folder: ObjectPath) -> Iterator[None]:
    """Hold a folder of objects for writing; StoreError where another run does."""
    lease = Lease(folder)
    lease.take()
    try:
        yield
    finally:
        lease.end()


def check(path: ObjectPath) -> None:
    """StoreError where a lease of this process on what `path` lies in may have run out."""
    for lease in list(_leases.values()):
        if path.url.startswith(f"{lease.folder.url}/"):
            lease.check()


def _lives(other: ObjectPath, mine: ObjectPath) -> bool:
    if other.modified is None or mine.modified is None:
        return True
    return (mine.modified - other.modified).total_seconds() <= LEASE_S
