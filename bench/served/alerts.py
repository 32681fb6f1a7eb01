"""Made-up alerts: a year of them, several versions each, of given ships and cables.

Each version is a function of its number alone, so that none need be held. Kinds, severities, ships,
cables and places are spread evenly enough that a filter finds a share of all, as it does of real
ones.
"""

import math
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cablewatch.alerts.model import KINDS, SEVERITIES, Alert, CableCrossing, Evidence, NextCable
from cablewatch.output.text import content_hash
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS

DAYS = 365
VERSIONS = (1, 1, 2, 2, 2, 3, 3, 5)  # of alerts in turn, 2.4 at the mean
TRACK = 24  # vertices of an excerpt
KIND_SHARES = (20, 10, 15, 25, 15, 10, 3, 2)  # of KINDS
SEVERITY_SHARES = (60, 25, 12, 3)  # of SEVERITIES
WEST, SOUTH, WIDE, HIGH = 9.0, 54.0, 15.0, 6.0  # degrees
TERMS = tuple(
    Evidence(name, 0.62, "kn", 1.4, f"{name}: a figure, and what it is held against")
    for name in ("speed_loss", "course_cycle", "cycle_held", "slow_hours")
)


@dataclass(frozen=True)
class Year:
    """`count` alerts of `ships` at `cables`, raised evenly up to `end_ms`."""

    count: int
    ships: Sequence[int]
    cables: Sequence[str]
    end_ms: int

    def versions(self) -> Iterator[Alert]:
        """All versions in the order of their times, but for some minutes."""
        waiting: list[tuple[int, int, int]] = []
        for number in range(self.count):
            waiting.extend(
                (self._raised_ms(number) + n * 20 * MINUTE_MS, number, n)
                for n in range(VERSIONS[number % len(VERSIONS)])
            )
        for updated_ms, number, n in sorted(waiting):
            yield self._alert(number, n, updated_ms)

    def _raised_ms(self, number: int) -> int:
        return self.end_ms - DAYS * DAY_MS * (self.count - number) // self.count

    def _alert(self, number: int, version: int, updated_ms: int) -> Alert:
        rng = random.Random(number)
        raised_ms = self._raised_ms(number)
        (kind,) = rng.choices(KINDS, KIND_SHARES)
        (rank,) = rng.choices(range(len(SEVERITIES)), SEVERITY_SHARES)
        met = rng.sample(self.cables, rng.randrange(3))
        ahead = rng.sample(self.cables, 1)
        last = version == VERSIONS[number % len(VERSIONS)] - 1
        mmsi = self.ships[rng.randrange(len(self.ships))]
        return Alert(
            id=content_hash({"alert": number})[:32],
            incident_id=content_hash({"incident": number // 2})[:32],
            kind=kind,
            mmsi=mmsi,
            name=f"SHIP {mmsi}",
            state="closed" if last and number < self.count - self.count // 200 else "open",
            review="new",
            severity=SEVERITIES[rank if last else max(rank - 1, 0)],
            probability=math.nan if rng.random() < 0.02 else round(rng.random(), 3),
            started_ms=raised_ms - HOUR_MS,
            raised_ms=raised_ms,
            updated_ms=updated_ms,
            ended_ms=updated_ms if last else None,
            cables=tuple(
                CableCrossing(name, 10.0 * n + 1.5, raised_ms, 71.0, 7.1, n == 2)
                for n, name in enumerate(met)
            ),
            next_cables=() if last else (NextCable(ahead[0], 12_345.0, updated_ms + HOUR_MS),),
            evidence=TERMS[: rng.randrange(1, 5)],
            suppressed_by=(),
            geometry_confidence="charted",
            stations=("made-up",),
            rule_version="1",
            config_hash="bench",
            source="bench",
            track=_track(rng, updated_ms),
        )


def _track(rng: random.Random, updated_ms: int) -> tuple[tuple[float, float, int], ...]:
    lon, lat = WEST + WIDE * rng.random(), SOUTH + HIGH * rng.random()
    east, north = rng.uniform(-0.03, 0.03), rng.uniform(-0.02, 0.02)
    since_ms = updated_ms - TRACK * 2 * MINUTE_MS
    return tuple(
        (round(lon + n * east, 5), round(lat + n * north, 5), since_ms + n * 2 * MINUTE_MS)
        for n in range(TRACK)
    )
