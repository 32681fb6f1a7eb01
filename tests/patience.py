"""How long tests wait for others: for long, since the machine may be busy with other things."""

import time
from collections.abc import Callable

LOOK_S, DEADLINE_S = 0.02, 180.0


def until(done: Callable[[], bool], what: str = "so") -> None:
    """Wait for something; an error where it does not come about."""
    end_s = time.monotonic() + DEADLINE_S
    while not done():
        assert time.monotonic() < end_s, f"never {what}"
        time.sleep(LOOK_S)
