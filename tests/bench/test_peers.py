"""The rules of others on tracks that they are made for, and on those that they cannot see."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest

from bench.measures.change import change_odds
from bench.peers import grapnel, guardian, wachta
from cablewatch.fixes import Array, Fixes
from cablewatch.units import KNOT_M_S

METRES_DEG = 111_195.0


def track(sog: Array, cog: Array, status: int = 0) -> Fixes:
    """A ship that reports each minute, from speeds (kn) and courses (degrees)."""
    way = sog * KNOT_M_S * 60.0
    north, east = way * np.cos(np.radians(cog)), way * np.sin(np.radians(cog))
    n = len(sog)
    return Fixes.from_columns(
        t_ms=np.arange(n, dtype=np.int64) * 60_000,
        mmsi=np.full(n, 219_000_001),
        lon_deg=np.cumsum(east) / METRES_DEG,
        lat_deg=np.cumsum(north) / METRES_DEG,
        sog_kn=sog,
        cog_deg=cog % 360.0,
        heading_deg=np.full(n, np.nan),
        nav_status=np.full(n, status),
        station=np.zeros(n),
    )


def slowed(kn: float, wander_deg: float = 0.0, status: int = 0) -> Fixes:
    """Four hours at 12 kn, then two slower."""
    sog = np.r_[np.full(240, 12.0), np.full(120, kn)]
    cog = 10.0 + np.where(np.arange(360) >= 240, wander_deg * np.sin(np.arange(360)), 0.0)
    return track(sog, cog, status)


@pytest.mark.parametrize(
    ("rule", "made_for", "blind_to"),
    [
        (lambda t: grapnel(t, 0.55), slowed(4.0), slowed(8.0, 4.0)),
        (lambda t: wachta(t, 20.0), slowed(5.0, 60.0), slowed(8.0, 4.0)),
        (lambda t: guardian(t, 0.5), slowed(2.0, status=1), slowed(2.0)),
    ],
)
def test_each_rule_sees_its_own_case_and_no_drag_under_way(
    rule: Callable[[Fixes], Iterator[int]], made_for: Fixes, blind_to: Fixes
) -> None:
    assert list(rule(made_for))
    assert not list(rule(blind_to))


def test_a_change_of_speed_into_the_band_is_told() -> None:
    noise = np.random.default_rng(0).normal(0.0, 0.02, 175)
    steady, slow = np.full(175, 0.97), np.r_[np.full(150, 0.97), np.full(25, 0.7)]
    assert change_odds(steady + noise, 0.5, 0.85) < 0.0 < change_odds(slow + noise, 0.5, 0.85)
    assert change_odds(slow[:20], 0.5, 0.85) == -np.inf
