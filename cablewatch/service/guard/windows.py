"""How often someone may do something in any minute, exactly, in bounded room.

The moments of the last minute are kept of each caller, as many as are allowed. Of more callers than
:data:`MOST_CALLERS` the one that was quiet longest is forgotten.
"""

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from typing import NamedTuple

WINDOW_S = 60
MOST_CALLERS = 65_536


class Standing(NamedTuple):
    """Where a caller stands after an attempt."""

    admitted: bool
    left: int  # attempts that are admitted now
    seconds: float  # until one more is


class Windows:
    """Moving windows of one limit.

    >>> now = iter([0, 20, 40, 61])
    >>> windows = Windows(2, clock=lambda: next(now))
    >>> [windows.admit("a").admitted for _ in range(4)]
    [True, True, False, True]
    """

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.limit = limit
        self._clock = clock
        self._moments: OrderedDict[str, deque[float]] = OrderedDict()

    def admit(self, caller: str) -> Standing:
        """Count an attempt, unless there were too many in the last minute."""
        now = self._clock()
        moments = self._moments.setdefault(caller, deque())
        self._moments.move_to_end(caller)
        while moments and moments[0] <= now - WINDOW_S:
            moments.popleft()
        admitted = len(moments) < self.limit
        if admitted:
            moments.append(now)
        if len(self._moments) > MOST_CALLERS:
            self._moments.popitem(last=False)
        return Standing(admitted, self.limit - len(moments), moments[0] + WINDOW_S - now)
