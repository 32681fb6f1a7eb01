"""What is wrong with the store, told in the log once while it lasts, not once a request."""

import threading
import time
from collections.abc import Callable

from cablewatch.errors import CablewatchError

QUIET_S = 60.0  # without it, an error is over; when it comes again it is told again
MOST = 64  # errors that are remembered


class Troubles:
    """Errors that came lately; it may be used from any thread."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last_s: dict[tuple[str, str], float] = {}  # from the one that came first

    def is_new(self, error: CablewatchError) -> bool:
        """Whether an error that came just now is to be told."""
        key, at_s = (error.where, error.what), self._clock()
        with self._lock:
            before_s = self._last_s.pop(key, None)
            self._last_s[key] = at_s
            if len(self._last_s) > MOST:
                del self._last_s[next(iter(self._last_s))]
        return before_s is None or at_s - before_s >= QUIET_S
