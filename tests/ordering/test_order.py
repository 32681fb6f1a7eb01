"""Order: sorted, without duplicates, nothing lost, whatever the disorder and the cut."""

import itertools
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cablewatch.fixes import Fixes, Stations
from cablewatch.ordering.order import (
    ARCHIVE_LATENESS_MS,
    DUPLICATE_WINDOW_MS,
    LIVE_LATENESS_MS,
    SEPARATOR,
    Order,
    Ordered,
)
from cablewatch.vessels.statics import Statics

T0_MS = 1_732_000_000_000  # of the made-up streams of bad data
SHIPS = (219000101, 219000102, 477117400)


def stations() -> Stations:
    table = Stations()
    for name in ("r1", "r2", "r3", "slow"):
        table.code(name)
    return table


def fixes_at(
    seconds: Sequence[float], station: Sequence[int] | int = 1, repeats: bool = False
) -> Fixes:
    """A ship eastward at times in seconds; `repeats`: at the place of the whole ten seconds."""
    s = np.array(seconds, "f8")
    at = s // 10 * 10 if repeats else s
    return Fixes.from_columns(
        t_ms=T0_MS + (s * 1000).astype("i8"),
        mmsi=[SHIPS[0]] * len(s),
        lon_deg=18.0 + at * 1e-4,
        lat_deg=[57.0] * len(s),
        sog_kn=[12.0] * len(s),
        cog_deg=[90.0] * len(s),
        station=station,
    )


def traffic(seed: int, n: int = 400) -> Fixes:
    """A few ships in time order, with ties, missing values and what other receivers repeat."""
    rng = np.random.default_rng(seed)
    t = np.sort(rng.integers(0, 600, n)) * 1000
    fixes = Fixes.from_columns(
        t_ms=T0_MS + t,
        mmsi=rng.choice(SHIPS, n),
        lon_deg=18.0 + np.round(t / 1e6 + rng.integers(0, 3, n) * 1e-3, 5),
        lat_deg=57.0 + rng.integers(0, 2, n) * 1e-3,
        sog_kn=np.where(rng.random(n) < 0.2, np.nan, rng.integers(0, 3, n)),
        cog_deg=np.where(rng.random(n) < 0.2, np.nan, 90.0),
        station=rng.integers(0, 4, n),
    )
    again = fixes.take(rng.random(n) < 0.3)
    again.t_ms[:] += rng.integers(0, 3, len(again)) * 1000
    again.station[:] = rng.integers(1, 5, len(again))
    both = Fixes.concat([fixes, again])
    return both.take(np.argsort(both.t_ms, kind="stable"))


def statics_of(fixes: Fixes) -> Statics:
    """A static message every tenth fix."""
    tenth = fixes.take(slice(None, None, 10))
    return Statics.from_columns(t_ms=tenth.t_ms, mmsi=tenth.mmsi, to_bow_m=tenth.mmsi % 200)


def run(order: Order, batches: Sequence[Fixes]) -> tuple[Fixes, Statics, list[Ordered]]:
    """Push batches and flush."""
    said = [order.push(batch, statics_of(batch)) for batch in batches]
    said.append(order.flush())
    return Fixes.concat(o.fixes for o in said), Statics.concat(o.statics for o in said), said


def content(fixes: Fixes) -> list[bytes]:
    return [column.tobytes() for column in fixes.columns()]


def names(order: Order, fixes: Fixes) -> list[list[str]]:
    """Names of the stations that heard each fix."""
    return [order.heard.name(int(code)).split(SEPARATOR) for code in fixes.station]


def shuffled(fixes: Fixes, lateness_ms: int, rng: np.random.Generator) -> Fixes:
    """The same fixes as they arrive when each is delayed by at most the lateness."""
    arrival = fixes.t_ms + rng.integers(0, lateness_ms + 1, len(fixes))
    return fixes.take(np.argsort(arrival, kind="stable"))


def cut(fixes: Fixes, at: Sequence[int]) -> list[Fixes]:
    edges = [0, *sorted(at), len(fixes)]
    return [fixes.take(slice(a, b)) for a, b in itertools.pairwise(edges)]


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 5),
    noise=st.integers(0, 1000),
    lateness_ms=st.sampled_from([0, LIVE_LATENESS_MS, ARCHIVE_LATENESS_MS]),
    at=st.lists(st.integers(0, 400), max_size=12),
)
def test_disorder_within_the_lateness_and_cuts_change_nothing(
    seed: int, noise: int, lateness_ms: int, at: list[int]
) -> None:
    fixes = traffic(seed)
    rng = np.random.default_rng(noise)
    whole, _, _ = run(Order(stations(), lateness_ms), [fixes])
    order = Order(stations(), lateness_ms)
    arrived = shuffled(fixes, lateness_ms, rng)
    out, _, said = run(order, cut(arrived, at))
    assert content(out) == content(whole)
    assert order.counts["late"] == 0
    watermarks = [o.watermark_ms for o in said]
    assert watermarks == sorted(watermarks)
    for earlier, later in itertools.pairwise(said):
        assert (earlier.fixes.t_ms < earlier.watermark_ms).all()
        assert (later.fixes.t_ms >= earlier.watermark_ms).all()


@pytest.mark.parametrize("seed", range(3))
def test_one_fix_at_a_time(seed: int) -> None:
    fixes = traffic(seed, 150)
    whole, statics, _ = run(Order(stations()), [fixes])
    order = Order(stations())
    singles = [order.push(fixes.take(slice(i, i + 1)), Statics.empty()) for i in range(len(fixes))]
    out = Fixes.concat([*(o.fixes for o in singles), order.flush().fixes])
    assert content(out) == content(whole)
    assert len(statics) == len(statics_of(fixes))


def test_output_is_sorted_and_has_no_duplicates() -> None:
    fixes = traffic(1)
    order = Order(stations())
    out, statics, _ = run(order, [fixes])
    key = np.lexsort((out.lat_deg, out.lon_deg, out.mmsi, out.t_ms))
    assert np.array_equal(key, np.arange(len(out)))
    assert len(out) + order.counts["duplicate"] == len(fixes)
    assert order.counts["duplicate"] > 50
    assert (np.diff(statics.t_ms) >= 0).all()
    last: dict[tuple[object, ...], int] = {}
    for row in zip(*(c.tolist() for c in out.columns()), strict=True):
        t_ms, same = row[0], tuple(str(x) for x in row[1:8])
        assert t_ms - last.get(same, -(1 << 62)) > DUPLICATE_WINDOW_MS
        last[same] = t_ms


def test_late_fixes_are_counted_and_handed_back() -> None:
    """Nothing is lost: what goes in comes out, merged or late."""
    rng = np.random.default_rng(7)
    fixes = traffic(2)
    arrived = shuffled(fixes, 4 * ARCHIVE_LATENESS_MS, rng)
    order = Order(stations())
    out, _, said = run(order, cut(arrived, range(10, 400, 10)))
    late = Fixes.concat(o.late for o in said)
    assert len(late) == order.counts["late"] > 0
    time = np.datetime64(int(late.t_ms[0]), "ms")
    assert order.examples["late"] == f"{late.mmsi[0]} at {time}Z"
    assert len(out) + order.counts["duplicate"] + len(late) == len(fixes)
    assert (np.diff(out.t_ms) >= 0).all()


def test_ties_do_not_depend_on_their_order() -> None:
    n = 24
    rng = np.random.default_rng(3)
    fixes = Fixes.from_columns(
        t_ms=[T0_MS] * n,
        mmsi=[SHIPS[0]] * n,
        lon_deg=[18.0 + k // 12 for k in range(n)],
        lat_deg=[57.0 + k // 6 % 2 for k in range(n)],
        sog_kn=[np.nan if k % 6 == 0 else k % 6 // 2 for k in range(n)],
        cog_deg=[np.nan if k % 3 == 0 else k for k in range(n)],
        heading_deg=[np.nan if k % 2 else 5.0 for k in range(n)],
    )
    whole, _, _ = run(Order(stations()), [fixes])
    for _ in range(5):
        out, _, _ = run(Order(stations()), [fixes.take(rng.permutation(n))])
        assert content(out) == content(whole)


def test_inputs_are_not_touched() -> None:
    fixes = traffic(4)
    statics = statics_of(fixes)
    for column in (*fixes.columns(), *statics.columns()):
        column.flags.writeable = False
    order = Order(stations())
    order.push(fixes, statics)
    order.push(fixes.take(slice(0, 5)), statics)
    assert len(order.flush().fixes)


def test_empty_works() -> None:
    order = Order(stations())
    assert len(order.push(Fixes.empty(), Statics.empty()).fixes) == 0
    assert len(order.flush().fixes) == 0


# The made-up streams of bad data


def test_times_out_of_order_by_15_s() -> None:
    order = Order(stations())
    out, _, _ = run(order, [fixes_at([0, 30, 15, 45, 75, 60])])
    expected, _, _ = run(Order(stations()), [fixes_at([0, 15, 30, 45, 60, 75])])
    assert len(out) == 6
    assert content(out) == content(expected)


def test_duplicates_from_three_receivers() -> None:
    seconds = [10 * k + r for k in range(4) for r in range(3)]
    order = Order(stations())
    out, _, _ = run(order, [fixes_at(seconds, [1, 2, 3] * 4, repeats=True)])
    assert len(out) == 4
    assert order.counts["duplicate"] == 8
    assert names(order, out) == [["r1", "r2", "r3"]] * 4
    again = Order(order.heard)  # what was written with sets of stations, and read back
    for station in ("r3", "r4"):
        fix = out.take([0])
        fix.station[:] = order.heard.code(station)
        out = Fixes.concat([out, fix])
    assert names(again, run(again, [out])[0])[0] == ["r1", "r2", "r3", "r4"]
    out = out.take(slice(4))
    assert ((out.t_ms - T0_MS) % 10_000 == 0).all()  # the first reception stays


def test_receivers_differ_by_two_seconds_each_way() -> None:
    order = Order(stations())
    fixes = fixes_at([10, 12, 14], [2, 1, 3], repeats=True)
    out, _, _ = run(order, [fixes.take(slice(1, 2)), fixes.take([0, 2])])
    assert names(order, out) == [["r1", "r2", "r3"]]


def test_codes_of_station_sets_do_not_depend_on_the_cut() -> None:
    seconds = list(range(0, 1200, 10))
    heard = [(k * 7 % 3) + 1 for k in range(len(seconds))]
    fixes = fixes_at(seconds, heard)
    whole, _, _ = run(Order(stations()), [fixes])
    for batches in ([fixes.take(slice(0, 1)), fixes.take(slice(1, None))], cut(fixes, [50, 90])):
        out, _, _ = run(Order(stations()), batches)
        assert content(out) == content(whole)


def test_a_repeater_is_no_second_report() -> None:
    """The repeat indicator differs, and a hash of the payload with it."""
    fixes = fixes_at([0, 0, 0])
    fixes.flags[1:] = 16
    order = Order(stations())
    out, _, _ = run(order, [fixes])
    assert len(out) == 1
    assert order.counts["duplicate"] == 2


def test_a_station_clock_48_h_slow_is_named() -> None:
    order = Order(stations())
    slow = fixes_at([45 - 172_800], 4)
    out, _, said = run(order, [fixes_at([0, 15, 30]), slow])
    assert len(out) == 3
    assert (order.counts["station_clock_skew"], order.counts["late"]) == (1, 0)
    assert order.examples["station_clock_skew"].endswith("Z by slow")
    set_aside = Fixes.concat(o.late for o in said)
    assert set_aside.t_ms.tolist() == slow.t_ms.tolist()
    assert names(order, set_aside) == [["slow"]]
    told_ms = T0_MS + 30_000 - ARCHIVE_LATENESS_MS - DUPLICATE_WINDOW_MS
    assert [found for o in said for found in o.slow] == [(told_ms, SHIPS[0])]


def test_a_feed_that_replays_its_buffer() -> None:
    seconds = [0, 15, 30, 45, 60, 75] * 2
    order = Order(stations())
    out, _, _ = run(order, [fixes_at(seconds)])
    assert len(out) == 6
    assert (order.counts["duplicate"], order.counts["late"]) == (6, 0)


def test_a_replay_that_comes_later_is_set_aside_all_the_same() -> None:
    once = fixes_at([0, 15, 30, 45, 60, 75])
    order = Order(stations(), LIVE_LATENESS_MS)
    out, _, _ = run(order, [once, once])
    assert len(out) == 6
    assert (order.counts["duplicate"], order.counts["late"]) == (6, 0)


@pytest.mark.parametrize("cut", [1, 7, 1000])
def test_only_what_was_sent_before_to_the_letter_is_a_duplicate(cut: int) -> None:
    """Buffers of a minute, of eight minutes, and of twenty: the last is too old to be known."""
    once = fixes_at(range(0, 1800, 60))
    other = fixes_at([1500])
    other.sog_kn[:] += 1.0
    kept = [k for k, t in enumerate(once.t_ms) if t in once.t_ms[[5, 22, 28]]]
    fed = Fixes.concat([once, once.take(np.array(kept)), other])
    order = Order(stations(), LIVE_LATENESS_MS)
    parts = [fed.take(slice(k, k + cut)) for k in range(0, len(fed), cut)]
    out, _, _ = run(order, parts)
    assert len(out) == len(once)
    assert (order.counts["duplicate"], order.counts["late"]) == (2, 2)


def test_static_data_after_the_last_fix_does_not_move_the_end() -> None:
    statics = Statics.from_columns(
        t_ms=[T0_MS, T0_MS + 86_400_000], mmsi=[1, 1], ship_type=[70, 70]
    )
    order = Order(stations())
    order.push(fixes_at([0, 60]), statics)
    end = order.flush()
    assert end.watermark_ms == int(fixes_at([60]).t_ms[0]) + 1
    assert order.counts["static_after_end"] == 1


def _times(*minutes: float) -> Fixes:
    t_ms = [round(m * 60_000) for m in minutes]
    n = len(t_ms)
    return Fixes.from_columns(
        t_ms=t_ms, mmsi=[219000001] * n, lon_deg=np.arange(n) * 1e-3, lat_deg=[55.0] * n
    )


@pytest.mark.parametrize("cut", [1, 3, 100])
def test_one_wild_clock_makes_nothing_late(cut: int) -> None:
    steady = [k / 6 for k in range(60)]
    fixes = _times(*steady[:30], 500_000.0, *steady[30:])
    order = Order(Stations())
    out = [order.push(fixes.take(slice(k, k + cut)), Statics.empty()) for k in range(0, 61, cut)]
    out.append(order.flush())
    assert order.counts["clock_ahead"] == 1 and order.counts["late"] == 0
    assert order.examples == {"clock_ahead": "219000001 at 1970-12-14T05:20:00.000Z"}
    assert Fixes.concat(o.fixes for o in out).t_ms.tolist() == _times(*steady).t_ms.tolist()
    assert sum(len(o.late) for o in out) == 1  # it is stored, though it is not judged


@pytest.mark.parametrize("minutes", [(0, 85, 132, 400), (0, 1, 300, 301), (0,), (700, 0, 1)])
def test_real_gaps_pass(minutes: tuple[float, ...]) -> None:
    order = Order(Stations())
    out = [order.push(_times(*minutes), Statics.empty()), order.flush()]
    released = Fixes.concat(o.fixes for o in out).t_ms.tolist()
    expected = (
        sorted(minutes) if minutes[0] == 0 else [0, 1]
    )  # a first fix ahead of the rest is not
    assert released == [m * 60_000 for m in expected]


def test_a_late_fix_is_late_however_the_input_is_cut() -> None:
    fixes = _times(0, 1, 2, 3, 0.2, 4)
    counts = []
    for cut in (1, 2, 6):
        order = Order(Stations())
        for k in range(0, 6, cut):
            order.push(fixes.take(slice(k, k + cut)), Statics.empty())
        order.flush()
        counts.append(order.counts["late"])
    assert counts == [1, 1, 1]


@settings(max_examples=30, deadline=None, derandomize=True)
@given(seed=st.integers(0, 1000), at=st.lists(st.integers(0, 440), max_size=12))
def test_late_static_data_counts_from_where_it_stood_in_the_feed_in_any_cut(
    seed: int, at: list[int]
) -> None:
    """Up to ten minutes late: the later the report, the more fixes came before it."""
    rng = np.random.default_rng(seed)
    fixes = traffic(seed % 3)
    said = statics_of(fixes)
    arrival = said.t_ms + rng.integers(0, 600_000, len(said))
    places = np.searchsorted(fixes.t_ms, np.sort(arrival))
    said = said.take(np.argsort(arrival, kind="stable"))

    def fed(cuts: Sequence[int]) -> tuple[Order, Fixes, Statics]:
        order = Order(stations())
        edges = [0, *sorted(min(cut, len(fixes)) for cut in cuts), len(fixes)]
        out = []
        for a, b in itertools.pairwise(edges):
            here = (places >= a) & (places < b) if b < len(fixes) else places >= a
            batch = said.take(here) if b > a else Statics.empty()
            batch.after[:] = places[here] - a if b > a else 0
            out.append(order.push(fixes.take(slice(a, b)), batch))
        out.append(order.flush())
        return order, Fixes.concat(o.fixes for o in out), Statics.concat(o.statics for o in out)

    whole, cut = fed([]), fed(at)
    assert content(cut[1]) == content(whole[1])
    assert [c.tobytes() for c in cut[2].columns()] == [c.tobytes() for c in whole[2].columns()]
    assert cut[0].counts == whole[0].counts
    assert whole[0].counts["late_static"] > 5


def test_a_slow_station_hears_an_anchored_ship_as_before_in_any_cut() -> None:
    """Its fixes, 20 minutes behind, say to the letter what others said then; too old to tell."""
    n = 120
    once = fixes_at(np.zeros(n), station=1)
    once.t_ms[:] = T0_MS + np.arange(n) * 30_000
    slow = once.take(np.arange(n - 40))
    slow.station[:] = 4
    arrival = np.concatenate([once.t_ms, slow.t_ms + 20 * 60_000 + 1])
    fed = Fixes.concat([once, slow]).take(np.argsort(arrival, kind="stable"))
    counts = []
    for size in (1, 7, 1000):
        order = Order(stations())
        for k in range(0, len(fed), size):
            order.push(fed.take(slice(k, k + size)), Statics.empty())
        order.flush()
        counts.append(dict(order.counts))
    assert counts == [{"station_clock_skew": n - 40, "duplicate": 0}] * 3


def test_many_small_pushes_stay_cheap() -> None:
    fixes = fixes_at(np.arange(5000) * 0.1)
    order = Order(stations())
    for i in range(len(fixes)):
        order.push(fixes.take(slice(i, i + 1)), Statics.empty())
        assert len(order._past) <= 14


def static_at(minutes: Sequence[float], after: Sequence[int] | None = None) -> Statics:
    t_ms = T0_MS + (np.array(minutes) * 60_000).astype("i8")
    ships = np.arange(len(t_ms)) + 219_000_000
    return Statics.from_columns(t_ms=t_ms, mmsi=ships, ship_type=[70] * len(t_ms), after=after)


@pytest.mark.parametrize("size", [1, 3, 1000])
def test_static_messages_that_wait_are_bounded_in_any_cut(
    size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten have room: of those hours ahead no more wait, while others are heard."""
    monkeypatch.setattr("cablewatch.ordering.order.HELD_MAX", 10)
    monkeypatch.setattr("cablewatch.ordering.order.WAIT_MAX", 30)
    fixes = fixes_at(np.arange(60) * 10.0)
    said = static_at([600.0 if k % 2 else k / 6 for k in range(60)], range(60))
    order, out = Order(stations()), []
    for k in range(0, 60, size):
        here = said.take(slice(k, k + size))
        here.after[:] -= k
        out.append(order.push(fixes.take(slice(k, k + size)), here))
        assert len(order._statics) <= 30
    out.append(order.flush())
    assert order.counts["static_ahead"] + order.counts["static_after_end"] == 30
    assert order.counts["static_ahead"] > 20
    released = Statics.concat(o.statics for o in out)
    assert released.mmsi.tolist() == list(range(219_000_000, 219_000_060, 2))


def test_static_messages_before_any_fix_wait_while_there_is_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("cablewatch.ordering.order.HELD_MAX", 10)
    monkeypatch.setattr("cablewatch.ordering.order.WAIT_MAX", 30)
    order = Order(stations())
    order.push(Fixes.empty(), static_at(range(40)))
    assert order.counts["static_ahead"] == 10
    assert len(order.flush().statics) == 30
