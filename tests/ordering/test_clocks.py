"""Station clocks: a slow one is named, what is sent again is not, and no cut matters."""

import numpy as np
import pytest

from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.clocks import AHEAD_MS, REPORT_MS
from cablewatch.ordering.order import Order
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

T0_MS = 1_732_000_000_000
SLOW, SHIP = 3, 219_000_000
CUTS = (1, 7, 10_000)


def traffic(minutes: float) -> Fixes:
    """Six ships every ten seconds, by two good stations in turn; the third hears two of them."""
    n = int(minutes * 36)
    k = np.arange(n)
    return Fixes.from_columns(
        t_ms=T0_MS + k * 10_000 // 6,
        mmsi=SHIP + k % 6,
        lon_deg=18.0 + k * 1e-5,
        lat_deg=np.full(n, 57.0),
        station=np.where(k % 6 < 4, k % 2 + 1, SLOW),
    )


def late_by(fixes: Fixes, late_ms: int, since_ms: int) -> Fixes:
    """The third station's clock falls back at a time."""
    wrong = (fixes.station == SLOW) & (fixes.t_ms >= since_ms)
    columns = {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}
    return Fixes.from_columns(**{**columns, "t_ms": fixes.t_ms - late_ms * wrong})


def run(fixes: Fixes, cut: int) -> tuple[dict[str, int], list[tuple[int, int]]]:
    """Counts, and the stations found slow."""
    stations = Stations()
    for name in ("a", "b", "slow"):
        stations.code(name)
    order = Order(stations)
    parts = [fixes.take(slice(k, k + cut)) for k in range(0, len(fixes), cut)]
    said = [order.push(part, Statics.empty()) for part in parts]
    said.append(order.flush())
    out = sum(len(o.fixes) for o in said)
    assert out + sum(order.counts.values()) == len(fixes)
    return {k: n for k, n in order.counts.items() if n}, [s for o in said for s in o.slow]


@pytest.mark.parametrize("cut", CUTS)
def test_a_station_never_in_time_is_named_from_its_first_fix(cut: int) -> None:
    fixes = late_by(traffic(30.0), 48 * HOUR_MS, T0_MS)
    counts, slow = run(fixes, cut)
    assert counts == {"station_clock_skew": int((fixes.station == SLOW).sum())}
    assert [mmsi for _, mmsi in slow] == [SHIP + 4]


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("late_ms", [5 * MINUTE_MS, 2 * HOUR_MS])
def test_a_clock_that_falls_back_is_named_after_six_minutes(cut: int, late_ms: int) -> None:
    since_ms = T0_MS + 10 * MINUTE_MS
    fixes = late_by(traffic(30.0), late_ms, since_ms)
    counts, slow = run(fixes, cut)
    wrong = int((fixes.station == SLOW).sum()) - 120  # of ten minutes
    assert counts["late"] + counts["station_clock_skew"] == wrong
    assert counts["late"] == pytest.approx(12 * AHEAD_MS / MINUTE_MS, abs=2)
    assert len(slow) == 1
    assert slow[0][0] == pytest.approx(since_ms + AHEAD_MS - 65_000, abs=10_000)


@pytest.mark.parametrize("cut", CUTS)
def test_a_station_that_comes_back_with_its_buffer_is_late_not_slow(cut: int) -> None:
    """An hour of it, sent over a quarter of an hour, beside what the others hear meanwhile."""
    fixes = traffic(90.0)
    kept = (fixes.station == SLOW) & (fixes.t_ms >= T0_MS + 10 * MINUTE_MS)
    kept &= fixes.t_ms < T0_MS + 70 * MINUTE_MS
    arrival = np.where(kept, T0_MS + 70 * MINUTE_MS + (fixes.t_ms - T0_MS) // 4, fixes.t_ms)
    counts, slow = run(fixes.take(np.argsort(arrival, kind="stable")), cut)
    assert set(counts) == {"late"} and counts["late"] > 500
    assert slow == []


@pytest.mark.parametrize("cut", CUTS)
def test_a_clock_that_wavers_by_more_than_a_report_is_not_steady(cut: int) -> None:
    fixes = traffic(30.0)
    second = fixes.t_ms // (2 * MINUTE_MS) % 2 == 1
    waver = late_by(fixes, 30 * MINUTE_MS, T0_MS + 10 * MINUTE_MS)
    waver.t_ms[second & (waver.t_ms != fixes.t_ms)] -= REPORT_MS + 30_000
    counts, slow = run(waver, cut)
    assert set(counts) == {"late"}
    assert slow == []
