"""Circling: receivers that are misled together are noticed, ships that circle are not."""

import numpy as np
import pytest
from laws import Scene, ordered
from tracks import CABLES, FIRST_PASSING, T0_MS, sail, steady

from cablewatch.engine.transitions import INTERFERENCE
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS
from cablewatch.vessels.statics import Statics

PERIOD_S = 400.0


def circling(k: int, heading: str = "steady", period_s: float = PERIOD_S) -> Fixes:
    """An hour of circles at 18 kn, after an hour's straight way; ships lie a mile apart."""
    rng = np.random.default_rng(k)

    def course(s: Array) -> Array:
        return np.where(s < 3600.0, 90.0, (90.0 + 360.0 * (s - 3600.0) / period_s) % 360.0)

    lat = 54.9 + 0.02 * k
    fixes = sail(rng, FIRST_PASSING + k, T0_MS, 2.0, 0.1, lat, steady(18.0), course, 10.0)
    says = {"steady": 90.0, "turning": fixes.cog_deg, "none": np.nan}[heading]
    columns = {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}
    return Fixes.from_columns(**{**columns, "heading_deg": np.full(len(fixes), says)})


def noticed(*parts: Fixes) -> list[int]:
    """Ships noticed as misled."""
    said = scene(*parts).play().all.notices
    return sorted(set(said["mmsi"][said["code"] == INTERFERENCE].tolist()))


def scene(*parts: Fixes) -> Scene:
    return ordered(Fixes.concat(parts), Statics.empty(), CABLES)


def test_three_that_circle_against_their_compasses_are_noticed_at_the_end_of_the_bin() -> None:
    said = scene(*map(circling, range(3))).play().all.notices
    said = said[said["code"] == INTERFERENCE]
    assert set(said["mmsi"].tolist()) == {FIRST_PASSING + k for k in range(3)}
    assert said["t_ms"].min() == T0_MS + int(1.5 * HOUR_MS)
    assert (said["t_ms"] % (HOUR_MS // 2) == 0).all()


@pytest.mark.parametrize("ships", [1, 2])
def test_fewer_than_three_may_have_a_stuck_compass(ships: int) -> None:
    assert noticed(*map(circling, range(ships))) == []


@pytest.mark.parametrize("heading", ["turning", "none"])
def test_ships_that_circle_or_have_no_compass_are_not_noticed(heading: str) -> None:
    assert noticed(*(circling(k, heading) for k in range(5))) == []


def test_a_turn_to_and_fro_is_no_circle() -> None:
    rng = np.random.default_rng(1)

    def course(s: Array) -> Array:
        return 90.0 + 80.0 * np.sin(s / 60.0)

    parts = []
    for k in range(5):
        fixes = sail(rng, FIRST_PASSING + k, T0_MS, 2.0, 0.1, 54.9, steady(12.0), course, 10.0)
        columns = {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}
        parts.append(Fixes.from_columns(**{**columns, "heading_deg": np.full(len(fixes), 90.0)}))
    assert noticed(*parts) == []


def test_ships_far_apart_are_not_counted_together() -> None:
    def moved(k: int) -> Fixes:
        fixes = circling(k)
        columns = {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}
        return Fixes.from_columns(**{**columns, "lon_deg": fixes.lon_deg + 3.0 * k})

    assert noticed(*map(moved, range(4))) == []
