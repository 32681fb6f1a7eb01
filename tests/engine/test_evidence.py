"""What single messages cannot do: hide evidence."""

import math

import numpy as np
import pytest
from laws import Scene
from tracks import (
    DRAG_FROM_S,
    DRAGGER,
    T0_MS,
    cable,
    dragging,
    lengths,
)

from cablewatch.engine import drag
from cablewatch.engine.episode import BANDS
from cablewatch.fixes import Array, Fixes
from cablewatch.units import MINUTE_MS
from cablewatch.vessels import Statics

WATCH = BANDS[1]
TOW_MS = T0_MS + int(DRAG_FROM_S * 1000)
MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
NAMED = lengths([(T0_MS, DRAGGER, 180)])


def with_messages(fixes: Fixes, every_s: float, after_s: float = 4.0, **said: float) -> Fixes:
    """A message more every so often, on the way the ship sails, that says something else."""
    t_ms = np.arange(fixes.t_ms[0] + after_s * 1000, fixes.t_ms[-1], every_s * 1000).astype("i8")
    made = {
        name: np.interp(t_ms, fixes.t_ms, getattr(fixes, name))
        for name in ("lon_deg", "lat_deg", "sog_kn", "cog_deg")
    }
    more = Fixes.from_columns(
        **{**made, "t_ms": t_ms, "mmsi": np.full(len(t_ms), fixes.mmsi[0]), "station": 1, **said}
    )
    both = Fixes.concat([fixes, more])
    return both.take(np.argsort(both.t_ms, kind="stable"))


def tow(seed: int = 1, **profile: float) -> Fixes:
    """A ship that tows its anchor over the meridian cable."""
    return dragging(np.random.default_rng(seed), DRAGGER, T0_MS, **profile)


def raised_ms(fixes: Fixes) -> int:
    """When a drag reached `watch`."""
    events = Scene(fixes, NAMED, (MERIDIAN,)).play().all.events
    found = events[(events["rule"] == drag.RULE) & (events["log_odds"] >= WATCH)]
    return int(found["t_ms"][0])


def minutes(fixes: Fixes) -> list[Array]:
    """The state of a ship at each whole minute, after its timer."""
    scene = Scene(fixes, Statics.empty(), (MERIDIAN,))
    engine, start_ms, found = scene.engine(), scene.span_ms[0] // MINUTE_MS * MINUTE_MS, []
    for now_ms in range(start_ms + MINUTE_MS, scene.span_ms[1], MINUTE_MS):
        engine.push(*scene.between(now_ms - MINUTE_MS, now_ms), now_ms)
        found.append(engine.state.ships[engine.state.ships["mmsi"] != 0].copy())
    return [ships[0] for ships in found if len(ships)]


# the course


@pytest.mark.parametrize("every_min", [19, 1])
def test_messages_without_a_course_hide_no_drag(every_min: int) -> None:
    fixes = with_messages(tow(), 60.0 * every_min, cog_deg=math.nan)
    assert abs(raised_ms(fixes) - raised_ms(tow())) <= 5 * MINUTE_MS


def test_a_minute_without_any_course_is_a_gap() -> None:
    """50 s within a cycle leave it known; 70 s begin both windows anew."""
    fixes = tow(hours=3.0)
    for missing_s, known in ((50, True), (70, False)):
        ended_ms = int(fixes.t_ms[-1])
        mute = fixes.take(slice(None))
        since = ended_ms - fixes.t_ms - 3 * MINUTE_MS
        mute.cog_deg[(since >= 0) & (since < missing_s * 1000 - 10_000)] = np.nan
        (ship,) = minutes(mute)[-1:]
        assert (ship["fine"]["n"] == 120) == known


def test_a_course_stands_over_a_message_without_one() -> None:
    """The next cable is named by it: here the only reason to raise."""
    far = cable("far", [(0.6, 54.0), (0.6, 56.0)])
    fixes = with_messages(tow(), 60.0, 59.0, cog_deg=math.nan)
    events = Scene(fixes, NAMED, (far,)).play().all.events
    assert len(events) and events["ahead_n"][0] == 1
