"""Admission: no source alone moves the watermark, gaps pass, and no cut matters."""

import itertools
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.admission import HELD_MAX, WAIT_MAX
from cablewatch.ordering.order import ARCHIVE_LATENESS_MS, DUPLICATE_WINDOW_MS, Order
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

T0_MS = 1_732_000_000_000
FAST, BAD_STATION = 219_000_000, 2
BEHIND_MS = ARCHIVE_LATENESS_MS + DUPLICATE_WINDOW_MS


def traffic(minutes: float = 30.0, ships: int = 8, every_s: float = 10.0) -> Fixes:
    """Ships in time order, each heard by one of two good stations every so often."""
    n = int(minutes * 60 / every_s) * ships
    k = np.arange(n)
    return Fixes.from_columns(
        t_ms=T0_MS + (k * every_s * 1000 / ships).astype("i8"),
        mmsi=FAST + k % ships,
        lon_deg=18.0 + k * 1e-5,
        lat_deg=np.full(n, 57.0),
        station=np.where(k // ships % 2 == 0, 1, 3),
    )


def stamped(fixes: Fixes, wrong: Array, by_ms: int | Array) -> Fixes:
    """The same fixes in the order they come, some with another time."""
    return fixes_with(fixes, t_ms=np.where(wrong, fixes.t_ms + by_ms, fixes.t_ms))


def unnamed(fixes: Fixes) -> Fixes:
    return by_one_station(fixes, 0)


def by_one_station(fixes: Fixes, code: int = 1) -> Fixes:
    return fixes_with(fixes, station=np.full(len(fixes), code))


def named(fixes: Fixes) -> Fixes:
    return fixes


NAMES = (named, by_one_station, unnamed)


def fixes_with(fixes: Fixes, **columns: Array) -> Fixes:
    """A copy with other columns."""
    made = {name: getattr(fixes, name).copy() for name in fixes.__dataclass_fields__}
    return Fixes.from_columns(**{**made, **columns})


def run(fixes: Fixes, cut: int) -> tuple[Fixes, dict[str, int], list[int]]:
    """What leaves, what is counted, and the watermarks."""
    stations = Stations()
    for name in ("a", "bad", "c"):
        stations.code(name)
    order = Order(stations)
    said = [
        order.push(fixes.take(slice(k, k + cut)), Statics.empty())
        for k in range(0, len(fixes), cut)
    ]
    said.append(order.flush())
    counts = {reason: n for reason, n in order.counts.items() if n}
    return Fixes.concat(o.fixes for o in said), counts, [o.watermark_ms for o in said]


CUTS = (1, 7, 10_000)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("heard", NAMES)
@pytest.mark.parametrize("every_s", [2.0, 10.0])
def test_one_ship_with_a_fast_clock_makes_nobody_late(
    cut: int, heard: Callable[[Fixes], Fixes], every_s: float
) -> None:
    fixes = heard(traffic(20.0, every_s=every_s))
    fast = fixes.mmsi == FAST
    out, counts, _ = run(stamped(fixes, fast & (fixes.t_ms > T0_MS + 120_000), 2 * HOUR_MS), cut)
    early = int((fast & (fixes.t_ms <= T0_MS + 120_000)).sum())
    assert counts == {"clock_ahead": int(fast.sum()) - early}
    assert len(out) == int((~fast).sum()) + early


@pytest.mark.parametrize("cut", CUTS)
def test_two_reports_of_one_ship_are_no_agreement(cut: int) -> None:
    fixes = unnamed(traffic(10.0))
    wrong = np.zeros(len(fixes), bool)
    wrong[200:202] = True
    fixes.mmsi[200:202] = FAST
    _, counts, _ = run(stamped(fixes, wrong, 10 * HOUR_MS), cut)
    assert counts == {"clock_ahead": 2}


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("share", [3, 2])
def test_one_station_with_a_fast_clock_makes_nobody_late(cut: int, share: int) -> None:
    """It hears every ship: as many as a third or half of all fixes are its."""
    fixes = traffic(20.0, ships=7)
    bad = (np.arange(len(fixes)) * 7919 % 1000 < 1000 // share) & (fixes.t_ms > T0_MS + MINUTE_MS)
    heard = fixes_with(fixes, station=np.where(bad, BAD_STATION, fixes.station))
    out, counts, _ = run(stamped(heard, bad, 3 * HOUR_MS), cut)
    assert counts == {"clock_ahead": int(bad.sum())}
    assert len(out) == int((~bad).sum())


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("heard", NAMES)
def test_a_clock_minutes_fast_makes_nobody_late_and_is_heard(
    cut: int, heard: Callable[[Fixes], Fixes]
) -> None:
    """The others are then more than the lateness behind it."""
    fixes = heard(traffic(20.0))
    wrong = fixes.mmsi == FAST
    out, counts, _ = run(stamped(fixes, wrong, 3 * MINUTE_MS), cut)
    assert counts == {}
    assert len(out) == len(fixes)
    assert (np.diff(out.t_ms) >= 0).all()


@pytest.mark.parametrize("cut", CUTS)
def test_a_clock_that_runs_away_takes_nobody_along(cut: int) -> None:
    """It gains five seconds each ten, and so is never far ahead of itself."""
    fixes = unnamed(traffic(60.0))
    wrong = fixes.mmsi == FAST
    out, counts, _ = run(stamped(fixes, wrong, (fixes.t_ms - T0_MS) // 2), cut)
    assert set(counts) == {"clock_ahead"}
    assert int((out.mmsi != FAST).sum()) == int((~wrong).sum())


@pytest.mark.parametrize("cut", CUTS)
def test_a_fast_clock_that_comes_first_does_not_set_the_time(cut: int) -> None:
    fixes = unnamed(traffic(10.0))
    first = fixes_with(
        fixes.take(np.arange(5)),
        t_ms=T0_MS + HOUR_MS + 2000 * np.arange(5),
        mmsi=np.full(5, FAST),
    )
    out, counts, _ = run(Fixes.concat([first, fixes]), cut)
    assert counts == {"clock_ahead": 5}
    assert len(out) == len(fixes)


@pytest.mark.parametrize("cut", CUTS)
@pytest.mark.parametrize("ships", [1, 2, 8])
@pytest.mark.parametrize("heard", NAMES)
def test_a_gap_of_all_loses_nothing(cut: int, ships: int, heard: Callable[[Fixes], Fixes]) -> None:
    fixes = heard(traffic(60.0, ships, 30.0))
    later = fixes.t_ms > T0_MS + 30 * MINUTE_MS
    out, counts, watermarks = run(stamped(fixes, later, 5 * HOUR_MS), cut)
    assert counts == {}
    assert len(out) == len(fixes)
    if cut == 1:  # it is not the end alone that lets them through
        assert watermarks[-10] > T0_MS + 5 * HOUR_MS


@pytest.mark.parametrize("cut", CUTS)
def test_one_station_after_an_outage_of_all_is_believed_in_the_end(cut: int) -> None:
    fixes = traffic(60.0)
    later = fixes.t_ms > T0_MS + 30 * MINUTE_MS
    fixes.station[later] = 1
    out, counts, watermarks = run(stamped(fixes, later, 5 * HOUR_MS), cut)
    assert counts == {}
    assert len(out) == len(fixes)
    if cut == 1:
        assert watermarks[-10] > T0_MS + 5 * HOUR_MS


@pytest.mark.parametrize("cut", CUTS)
def test_stragglers_do_not_close_a_gap(cut: int) -> None:
    """Five reports of before it come after the first ten behind it."""
    fixes = traffic(20.0)
    later = fixes.t_ms > T0_MS + 10 * MINUTE_MS
    gap = int(later.argmax())
    order = np.arange(len(fixes))
    order[gap - 5 : gap + 10] = [*range(gap, gap + 10), *range(gap - 5, gap)]
    mixed = stamped(fixes, later, 5 * HOUR_MS).take(order)
    out, counts, _ = run(mixed, cut)
    assert counts == {}
    assert len(out) == len(fixes)


@pytest.mark.parametrize("hours", [(0, 2, 5, 11, 30), (0, 9)])
def test_a_thinned_archive_of_one_ship_is_read(hours: tuple[int, ...]) -> None:
    fixes = traffic(ships=1).take(np.arange(len(hours)))
    fixes.t_ms[:] = T0_MS + np.array(hours) * HOUR_MS
    out, counts, _ = run(fixes, 1)
    assert (out.t_ms.tolist(), counts) == (fixes.t_ms.tolist(), {})


def test_a_gap_of_all_closes_after_sixteen_fixes() -> None:
    """A feed that was cut is itself again at once."""
    fixes = unnamed(traffic(20.0))
    later = fixes.t_ms > T0_MS + 10 * MINUTE_MS
    gap = int(later.argmax())
    _, _, watermarks = run(stamped(fixes, later, 5 * HOUR_MS).take(slice(0, gap + 16)), 1)
    assert watermarks[gap + 14] < T0_MS + HOUR_MS < watermarks[gap + 15]


@pytest.mark.parametrize("seed", range(5))
def test_a_quarter_of_all_fixes_never_outvotes_the_others(seed: int) -> None:
    """A station without a name and with a fast clock hears every ship."""
    fixes = unnamed(traffic(100.0))
    rng = np.random.default_rng(seed)
    bad = (rng.random(len(fixes)) < 0.25) & (fixes.t_ms > T0_MS + MINUTE_MS)
    _, counts, _ = run(stamped(fixes, bad, 3 * HOUR_MS), 10_000)
    assert set(counts) == {"clock_ahead"}
    assert int(bad.sum()) - counts["clock_ahead"] < 16  # the last ones none may have contradicted


def stops(every_s: float, minutes: float, heard: Callable[[Fixes], Fixes]) -> Fixes:
    """Two ships, of which the second stops after an hour."""
    fixes = heard(traffic(60.0 + minutes, 2, every_s))
    return fixes.take((fixes.mmsi == FAST) | (fixes.t_ms < T0_MS + HOUR_MS))


@pytest.mark.parametrize("heard", [by_one_station, unnamed])
@pytest.mark.parametrize("every_s", [10.0, 60.0, 180.0, 360.0, 600.0])
def test_the_watermark_stands_still_for_minutes_where_one_of_two_ships_stops(
    every_s: float, heard: Callable[[Fixes], Fixes]
) -> None:
    fixes = stops(every_s, 120.0, heard)
    out, counts, watermarks = run(fixes, 1)
    stood = [b for a, b in itertools.pairwise([*watermarks[:-1]]) if b > a]
    mark_ms = np.array([w + BEHIND_MS for w in stood])
    longest_s = np.diff(mark_ms).max() / 1000
    bound_s = 720 + 2 * every_s if every_s <= 360 else 360 + 4 * every_s
    assert (len(out), counts) == (len(fixes), {})
    assert longest_s <= bound_s
    if every_s <= 60:
        assert longest_s > 720


def test_three_reports_over_six_minutes_are_believed_and_two_are_not() -> None:
    """At the longest ordinary interval: she is held from the ninth minute, till the fifteenth."""
    steady = unnamed(traffic(60.0, 2, 10.0))
    alone = fixes_with(
        steady.take(np.arange(20)),
        t_ms=steady.t_ms[-1] + 180_000 * np.arange(1, 21),
        mmsi=np.full(20, FAST),
    )
    _, counts, watermarks = run(Fixes.concat([steady, alone]), 1)
    moved = np.diff(watermarks[len(steady) - 1 : -1]) > 0
    assert counts == {}
    assert moved.tolist() == [True, False, False, False, *[True] * 16]


@pytest.mark.parametrize("cut", CUTS)
def test_two_wild_stamps_of_a_ship_in_a_row_move_nothing(cut: int) -> None:
    fixes = unnamed(traffic(30.0, 2, 180.0))
    wild = fixes_with(
        fixes.take(np.arange(2)),
        t_ms=T0_MS + HOUR_MS + 420_000 * np.arange(2),
        mmsi=np.full(2, FAST),
    )
    _, counts, _ = run(
        Fixes.concat([fixes.take(slice(0, 11)), wild, fixes.take(slice(11, 99))]), cut
    )
    assert counts == {"clock_ahead": 2}


@pytest.mark.parametrize("cut", [70, 10_000])
def test_ships_of_unlike_fast_clocks_in_a_row_move_nothing(cut: int) -> None:
    """Three of a hundred, hours ahead; their reports come one after another, again and again."""
    fixes = unnamed(traffic(20.0, 100))
    ahead = np.clip(3 - (fixes.mmsi - FAST), 0, 3)
    _, counts, _ = run(stamped(fixes, ahead > 0, ahead * HOUR_MS), cut)
    assert set(counts) == {"clock_ahead"}


@pytest.mark.parametrize("share", [1, 2])
def test_what_waits_is_bounded_and_nothing_is_lost(share: int) -> None:
    """A clock stands still, an hour ahead; the other ship is silent, or speaks every other time."""
    fixes = unnamed(traffic(30.0, 2))
    n = 3 * HELD_MAX
    stuck = np.arange(n) % share == 0
    more = Fixes.from_columns(
        t_ms=np.where(stuck, T0_MS + HOUR_MS, T0_MS + 30 * MINUTE_MS + np.arange(n)),
        mmsi=np.where(stuck, FAST, FAST + 1),
        lon_deg=np.full(n, 18.0),
        lat_deg=np.full(n, 57.0),
    )
    order, kept = Order(Stations()), 0
    for part in (fixes, *(more.take(slice(k, k + 5000)) for k in range(0, n, 5000))):
        out = order.push(part, Statics.empty())
        kept += len(out.fixes) + len(out.late)
        assert len(order._held) < HELD_MAX
    last = order.flush()
    kept += len(last.fixes) + len(last.late)
    assert kept + order.counts["duplicate"] == len(fixes) + n
    assert order.counts["clock_ahead"] == (int(stuck.sum()) if share == 2 else 0)


def test_what_waits_for_a_clock_that_stands_is_bounded() -> None:
    n = 1 << 17
    stuck = Fixes.from_columns(
        t_ms=np.full(n, T0_MS),
        mmsi=np.full(n, FAST),
        lon_deg=np.full(n, 18.0),
        lat_deg=np.full(n, 57.0),
    )
    order = Order(Stations())
    for _ in range(9):
        order.push(stuck, Statics.empty())
    assert n < len(order._fixes) < WAIT_MAX + 100
    assert order.counts["clock_ahead"] == 9 * n - len(order._fixes) > 0


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    ships=st.integers(1, 3),
    every_s=st.sampled_from([2.0, 10.0, 60.0, 180.0]),
    heard=st.sampled_from(NAMES),
    silent=st.floats(5.0, 9.0),
    cut=st.integers(1, 50),
)
def test_disorder_within_the_lateness_loses_nothing_whoever_is_silent(
    seed: int,
    ships: int,
    every_s: float,
    heard: Callable[[Fixes], Fixes],
    silent: float,
    cut: int,
) -> None:
    """All are silent for a while, then all but one."""
    fixes = heard(traffic(40.0, ships, every_s))
    minutes = (fixes.t_ms - T0_MS) / MINUTE_MS
    gap = (minutes > 10) & (minutes < 10 + silent)
    gap |= (fixes.mmsi > FAST) & (minutes > 25) & (minutes < 25 + silent)
    fixes = fixes.take(~gap)
    rng = np.random.default_rng(seed)
    arrival = fixes.t_ms + rng.integers(0, ARCHIVE_LATENESS_MS + 1, len(fixes))
    out, counts, _ = run(fixes.take(np.argsort(arrival, kind="stable")), cut)
    assert counts == {}
    assert out.t_ms.tolist() == np.sort(fixes.t_ms).tolist()


def fast(fixes: Fixes, rng: np.random.Generator) -> Fixes:
    return stamped(fixes, fixes.mmsi == FAST, int(rng.integers(0, 3 * HOUR_MS)))


def slow(fixes: Fixes, rng: np.random.Generator) -> Fixes:
    return stamped(fixes, fixes.mmsi == FAST + 1, -int(rng.integers(0, 3 * HOUR_MS)))


def broken(fixes: Fixes, rng: np.random.Generator) -> Fixes:
    return stamped(fixes, fixes.t_ms > T0_MS + 5 * MINUTE_MS, int(rng.integers(0, 9 * HOUR_MS)))


def wild(fixes: Fixes, rng: np.random.Generator) -> Fixes:
    lost = rng.random(len(fixes)) < 0.05
    return stamped(fixes, lost, rng.integers(-HOUR_MS, 9 * HOUR_MS, len(fixes)))


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 1000),
    faults=st.lists(st.sampled_from([fast, slow, broken, wild]), max_size=3),
    ships=st.integers(1, 6),
    every_s=st.sampled_from([10.0, 60.0, 400.0]),
    cut=st.integers(1, 50),
)
def test_no_cut_matters_whatever_the_clocks_do(
    seed: int,
    faults: list[Callable[[Fixes, np.random.Generator], Fixes]],
    ships: int,
    every_s: float,
    cut: int,
) -> None:
    fixes = traffic(every_s, ships, every_s)
    rng = np.random.default_rng(seed)
    for fault in faults:
        fixes = fault(fixes, rng)
    whole, counts, _ = run(fixes, 10_000)
    out, again, watermarks = run(fixes, cut)
    for one, other in zip(list(out.columns())[:-1], list(whole.columns())[:-1], strict=True):
        assert one.tobytes() == other.tobytes()
    assert again == counts
    assert watermarks == sorted(watermarks)
    assert len(out) + sum(counts.values()) == len(fixes)


def test_stamping_changes_a_copy() -> None:
    fixes = traffic(1.0)
    before = fixes.t_ms.copy()
    stamped(fixes, fixes.mmsi == FAST, HOUR_MS)
    assert (fixes.t_ms == before).all()


@pytest.mark.parametrize("cut", [1, 3, 1000])
def test_a_late_static_message_counts_from_when_it_came_however_the_input_is_cut(cut: int) -> None:
    n = 60
    minutes = np.arange(n) // 2
    fixes = fixes_with(unnamed(traffic(10.0)).take(np.arange(n)), t_ms=T0_MS + minutes * MINUTE_MS)
    statics = Statics.from_columns(t_ms=fixes.t_ms, mmsi=fixes.mmsi, ship_type=np.full(n, 70, "u1"))
    statics.t_ms[40] = T0_MS + 3 * MINUTE_MS
    statics.t_ms[[20, 21]] = T0_MS + 100 * HOUR_MS  # two that are wild
    order = Order(Stations())
    said = []
    for k in range(0, n, cut):
        here = statics.take(slice(k, k + cut))
        here.after[:] = np.arange(len(here))
        said.append(order.push(fixes.take(slice(k, k + cut)), here))
    said.append(order.flush())
    assert order.counts["late_static"] == 1
    out = Statics.concat(o.statics for o in said)
    assert len(out) == n - 2
    assert order.counts["static_after_end"] == 2
    assert (np.diff(out.t_ms) >= 0).all()
    came_ms = T0_MS + 19 * MINUTE_MS - ARCHIVE_LATENESS_MS - DUPLICATE_WINDOW_MS
    assert out.t_ms.tolist().count(came_ms) == 1
