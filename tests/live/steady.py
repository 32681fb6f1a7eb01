"""A watch under the load of a busy feed: what it holds, again and again, and what it leaves."""

import threading
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np

from bench.live import Feed, asked, lines_of, memory_mb, paced, tree, watching
from cablewatch.cables.model import load_cables
from cablewatch.engine.state import BIN_MS
from cablewatch.fixes import Array
from cablewatch.units import HOUR_MS

from .stored import ended

RATE = 750  # sentences a second; a feed of a whole coast
SHIPS = 4 * RATE  # each is heard every four seconds
WARM_UP = 2  # half of the time: after an hour a day's parts have been compacted once
BIN_H = BIN_MS / HOUR_MS
PARTS = 6  # looks near one another say the same


class Outcome(NamedTuple):
    """What a run came to; memory and descriptors are of the watch and all that it began."""

    sent: int
    judged: int
    refused: dict[str, int]
    shed: dict[str, int]
    hours: Array  # of the looks after the warm-up
    memory_mb: Array
    descriptors: Array

    def growth_mb_h(self) -> tuple[float, float]:
        """Growth of memory from one bin of event time to the next, and its standard error.

        Within a bin more and more is gathered, and let go of at its end.
        """
        later = np.searchsorted(self.hours, self.hours + BIN_H)
        before = np.flatnonzero(later < len(self.hours))
        after = later[before]
        grown = self.memory_mb[after] - self.memory_mb[before]
        parts = np.array_split(grown / (self.hours[after] - self.hours[before]), PARTS)
        means = np.array([part.mean() for part in parts])
        return float(means.mean()), float(means.std(ddof=1) / np.sqrt(PARTS))

    def more_descriptors(self) -> float:
        """By how many the median of the later half is above that of the earlier one."""
        earlier, later = np.array_split(self.descriptors, 2)
        return float(np.median(later) - np.median(earlier))

    def __str__(self) -> str:
        growth, error = self.growth_mb_h()
        memory, held = self.memory_mb, self.descriptors
        return (
            f"{self.sent:,} sent, {self.judged:,} judged, refused {self.refused}, "
            f"shed {self.shed}; after the warm-up {memory[0]:.1f} to {memory[-1]:.1f} MB, "
            f"{growth:+.2f} MB/h, standard error {error:.2f}, in {len(memory)} looks; "
            f"descriptors {held.min()} to {held.max()}"
        )


class Looks(threading.Thread):
    """Looks at a process and those it began, every so often, until it is stopped."""

    def __init__(self, pid: int, every_s: float) -> None:
        super().__init__(daemon=True)
        self._pid, self._every_s, self._done = pid, every_s, threading.Event()
        self.seen: list[tuple[float, float, int]] = []
        self.start()

    def run(self) -> None:
        """Look."""
        while not self._done.wait(self._every_s):
            held = sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in tree(self._pid))
            self.seen.append((time.monotonic() / 3600.0, memory_mb(self._pid), held))

    def stop(self) -> tuple[Array, Array, Array]:
        """What was seen after the warm-up."""
        self._done.set()
        self.join()
        hours, memory, held = np.array(self.seen[len(self.seen) // WARM_UP :]).T
        return hours, memory, held.astype(int)


def run(seconds: float, every_s: float, folder: Path) -> Outcome:
    """Send so long, then end the watch and let all that waits for the watermark be judged."""
    feed, rng, sent = Feed(), np.random.default_rng(1), round(RATE * seconds)

    def send(first: int, after: int) -> None:
        ships = np.arange(first, after) % SHIPS
        feed.send(b"".join(lines_of(rng, ships, int(time.time()))))

    with watching(folder, feed) as (process, port):
        looks = Looks(process.pid, every_s)
        paced(RATE, seconds, send)
        seen = looks.stop()
        until_s = time.monotonic() + 60
        while True:
            state = asked(port, "/api/v1/feeds")["feeds"]
            if (state and state[0]["fixes"] >= sent) or time.monotonic() > until_s:
                break
            time.sleep(0.5)
    feed.close()
    judged = ended(folder / "store", load_cables())
    return Outcome(sent, judged, state[0]["refused"], state[0]["shed"], *seen)
