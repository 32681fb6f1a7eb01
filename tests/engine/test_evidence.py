"""What single messages and silences cannot do: hide evidence, or lower what was said."""

import math

import numpy as np
import pytest
from laws import Scene
from tracks import (
    DRAG_FROM_S,
    DRAGGER,
    FIRST_CONVOY,
    LAT,
    LOITERER,
    T0_MS,
    between,
    cable,
    dragging,
    lengths,
    loitering,
    sail,
    steady,
    with_gaps,
    zigzag,
)

from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.cables.index import CableIndex, build_index
from cablewatch.engine import drag, episode, loiter
from cablewatch.engine.episode import BANDS
from cablewatch.engine.state import CORRIDOR, INFERRED, SHIP_DTYPE
from cablewatch.engine.transitions import EVENTS, OUTPUT_DTYPE
from cablewatch.fixes import Array, Fixes
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

WATCH = BANDS[1]
TOW_MS = T0_MS + int(DRAG_FROM_S * 1000)
MERIDIAN = cable("m", [(0.0, 54.0), (0.0, 56.0)])
INDEX: CableIndex = build_index([MERIDIAN])
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


def test_a_quarter_of_an_hour_without_any_course_begins_the_trail_anew() -> None:
    fixes = tow(hours=3.0)
    for missing_min, begun in ((14, False), (16, True)):
        mute = fixes.take(slice(None))
        since_ms = int(fixes.t_ms[-1]) - fixes.t_ms
        mute.cog_deg[(since_ms >= 3 * MINUTE_MS) & (since_ms < (3 + missing_min) * MINUTE_MS)] = (
            math.nan
        )
        (ship,) = minutes(mute)[-1:]
        assert (ship["trail"]["n"] <= 10) == begun


def test_a_turn_in_a_gap_begins_the_trail_anew() -> None:
    """The way over it says nothing of the course after it."""
    fixes = sail(
        np.random.default_rng(2),
        DRAGGER,
        T0_MS,
        2.0,
        0.1,
        LAT,
        steady(11.0),
        zigzag(3600.0, 90.0, 180.0),
    )
    for start, end in ((50.0, 62.0), (50.0, 75.0)):
        (ship,) = minutes(with_gaps(fixes, (start, end)))[-1:]
        assert ship["trail"]["n"] > 100 and ship["t_ms"] - ship["trail"]["t_ms"] < MINUTE_MS


def test_a_false_course_hides_no_drag() -> None:
    """Astern of the way sailed, every few minutes."""
    fixes = with_messages(tow(), 180.0, cog_deg=270.0)
    assert abs(raised_ms(fixes) - raised_ms(tow())) <= 5 * MINUTE_MS


@pytest.mark.parametrize("said", [{"cog_deg": 148.0}, {"lat_deg": LAT + 0.0018}])
@pytest.mark.parametrize("thinned", [1, 3, 6])
def test_a_false_fix_in_a_window_delays_no_drag(thinned: int, said: dict[str, float]) -> None:
    """A course 58 degrees off, or a place 200 m aside, every 20 minutes."""
    rare = tow(deviation_deg=3.0).take(slice(None, None, thinned))
    assert abs(raised_ms(with_messages(rare, 1200.0, **said)) - raised_ms(rare)) <= 5 * MINUTE_MS


def test_a_course_stands_over_a_message_without_one() -> None:
    """The next cable is named by it: here the only reason to raise."""
    far = cable("far", [(0.6, 54.0), (0.6, 56.0)])
    fixes = with_messages(tow(), 60.0, 59.0, cog_deg=math.nan)
    events = Scene(fixes, NAMED, (far,)).play().all.events
    assert len(events) and events["ahead_n"][0] == 1


# the speed


@pytest.mark.parametrize("kn", [30.0, 0.0])
@pytest.mark.parametrize("interval_s", [10.0, 30.0])
def test_one_false_speed_a_minute_changes_no_minute(kn: float, interval_s: float) -> None:
    rng = np.random.default_rng(2)
    speed = between(1.5 * 3600.0, 3.0 * 3600.0, 8.0, 12.0)
    fixes = sail(rng, DRAGGER, T0_MS, 3.0, -0.5, LAT, speed, steady(90.0), interval_s)
    honest, forged = minutes(fixes), minutes(with_messages(fixes, 60.0, sog_kn=kn))
    apart = [abs(a["minute_kn"] - b["minute_kn"]) for a, b in zip(honest, forged, strict=True)]
    assert np.percentile(apart, 95) <= 0.15
    for figure in ("baseline_kn", "plain_kn"):
        assert forged[-1][figure] == pytest.approx(honest[-1][figure], abs=0.15)


@pytest.mark.parametrize("kn", [30.0, 0.0])
def test_one_false_speed_a_minute_hides_no_drag(kn: float) -> None:
    fixes = with_messages(tow(), 60.0, sog_kn=kn)
    assert abs(raised_ms(fixes) - raised_ms(tow())) <= 5 * MINUTE_MS


def test_a_false_speed_every_minute_moves_no_norm() -> None:
    """Votes of ships at 11 kn, each with one message of 60 kn a minute from an hour on."""
    rng = np.random.default_rng(3)
    parts = []
    for k in range(5):
        fixes = sail(rng, FIRST_CONVOY + k, T0_MS, 3.0, 0.1, 55.1, steady(11.0), steady(0.0))
        early = fixes.take(fixes.t_ms < T0_MS + HOUR_MS)
        late = fixes.take(fixes.t_ms >= T0_MS + HOUR_MS)
        parts += [early, with_messages(late, 60.0, sog_kn=60.0)]
    both = Fixes.concat(parts)
    both = both.take(np.lexsort((both.mmsi, both.t_ms)))
    tallies = Scene(both, Statics.empty(), (MERIDIAN,)).play().all.tallies
    assert len(tallies) and abs(tallies["sum_milli"] / tallies["votes"]).max() < 10


@pytest.mark.parametrize(
    ("before_kn", "after_kn", "within_s"), [(14.0, 0.0, 180.0), (0.0, 35.0, 90.0)]
)
def test_a_real_change_is_not_delayed(before_kn: float, after_kn: float, within_s: float) -> None:
    """A crash stop and a fast ferry: the minute after the change has the new speed."""

    def speed(s: Array) -> Array:
        return before_kn + (after_kn - before_kn) * np.clip((s - 1800.0) / within_s, 0.0, 1.0)

    rng = np.random.default_rng(4)
    fixes = sail(rng, DRAGGER, T0_MS, 1.0, -0.5, LAT, speed, steady(90.0))
    for ship in minutes(fixes):
        s = (int(ship["tick_ms"]) - T0_MS) / 1000.0
        span = speed(np.arange(s - 60.0, s))
        assert span.min() - 0.3 <= ship["minute_kn"] <= span.max() + 0.3


def test_a_speed_after_a_gap_counts_at_once_and_an_old_one_for_five_minutes() -> None:
    rng = np.random.default_rng(5)
    speed = between(1800.0, 1e9, 6.0, 12.0)
    fixes = with_gaps(sail(rng, DRAGGER, T0_MS, 1.5, -0.5, LAT, speed, steady(90.0)), (20.0, 50.0))
    known = {(int(m["tick_ms"]) - T0_MS) // MINUTE_MS: m["minute_kn"] for m in minutes(fixes)}
    assert known[24] == pytest.approx(12.0, abs=0.3)
    assert math.isnan(known[26])
    assert known[51] == pytest.approx(6.0, abs=0.3)


def test_a_message_without_a_speed_takes_none_away() -> None:
    """Reports three minutes apart, and one between them that says no speed."""
    rng = np.random.default_rng(6)
    fixes = sail(rng, DRAGGER, T0_MS, 1.0, -0.5, LAT, steady(9.0), steady(90.0), 180.0)
    found = minutes(with_messages(fixes, 180.0, 90.0, sog_kn=math.nan))[5:]
    assert not any(math.isnan(ship["minute_kn"]) for ship in found)


# silence


def loiters(fixes: Fixes) -> Array:
    """Events of loitering of `watch` and above."""
    events = Scene(fixes, Statics.empty(), (MERIDIAN,)).play().all.events
    return events[(events["rule"] == loiter.RULE) & (events["log_odds"] >= WATCH)]


def test_silence_in_each_hour_hides_no_loitering() -> None:
    fixes = loitering(np.random.default_rng(1), LOITERER, T0_MS, hours=7.0)
    gaps = [(60.0 * k + 30.0, 60.0 * k + 56.0) for k in range(1, 6)]
    heard, partly = loiters(fixes), loiters(with_gaps(fixes, *gaps))
    assert len(partly)
    assert partly["t_ms"][0] <= heard["t_ms"][0] + HOUR_MS


def stay_h(*gap_min: float, outside_min: float = 0.0) -> float:
    """Hours that a stay has lasted: two hours in a corridor, away, and half an hour in it."""
    rng = np.random.default_rng(7)
    first = sail(rng, LOITERER, T0_MS, 2.0, 0.0, LAT, steady(0.6), steady(0.0), 30.0)
    back_ms = int(first.t_ms[-1]) + int(sum(gap_min) * MINUTE_MS)
    parts = [first]
    if outside_min:
        parts.append(
            sail(
                rng,
                LOITERER,
                int(first.t_ms[-1]) + 5 * MINUTE_MS,
                outside_min / 60.0,
                0.025,
                LAT + 0.02,
                steady(0.6),
                steady(0.0),
                30.0,
            )
        )
    parts.append(sail(rng, LOITERER, back_ms, 0.5, 0.0, LAT + 0.02, steady(0.6), steady(0.0), 30.0))
    ship = minutes(Fixes.concat(parts))[-1]
    return float(ship["tick_ms"] // MINUTE_MS - ship["corridor_since_min"]) / 60.0


def test_a_stay_ends_outside_or_after_an_hour_of_silence() -> None:
    assert stay_h(26.0) > 2.5
    assert stay_h(55.0) > 2.5
    assert stay_h(70.0) < 0.6
    assert stay_h(45.0, outside_min=24.0) > 2.5  # and the last place stands for five minutes
    assert stay_h(45.0, outside_min=28.0) < 0.6


# what was said


def versions(fixes: Fixes, route_lon: float) -> list[Alert]:
    """Versions of the drag alert of a ship, over one surveyed cable along a meridian."""
    route = cable("far", [(route_lon, 54.0), (route_lon, 56.0)])
    said = Scene(fixes, NAMED, (route,)).play().all
    book = AlertBook((route,), Vessels(), lambda code: (f"s{code}",), "cafe", "test")
    return [alert for alert in book.take(said) if alert.kind == "anchor_drag"]


@pytest.mark.parametrize("seed", range(3))
def test_closing_lowers_nothing_that_was_said(seed: int) -> None:
    """A drag that stops before the next cable, which lay within three hours."""
    told = versions(tow(seed, hours=5.0), 0.65)
    assert [a.state for a in told][-1] == "closed" and len(told) > 2
    ranks = [SEVERITIES.index(a.severity) for a in told]
    assert ranks == sorted(ranks) and told[-1].severity == "critical"
    assert {a.geometry_confidence for a in told} == {"surveyed"}
    assert told[-1].cables == ()
    assert told[-2].next_cables and told[-1].next_cables == ()


@pytest.mark.parametrize(
    "bad", [{"cog": 270.0}, {"cog": math.nan}, {"sog": 0.1}, {"sog": math.nan}]
)
def test_a_bad_fix_lowers_nothing_that_was_said(bad: dict[str, float]) -> None:
    """A ship 5 km before a line; then a fix from which nothing lies ahead, and news."""
    ship, out = np.zeros(1, SHIP_DTYPE)[0], np.zeros(1, OUTPUT_DTYPE)
    ship["mmsi"], ship["lon"], ship["lat"], ship["sog"] = DRAGGER, -0.08, 55.0, 8.0
    ship["cog"] = 90.0
    for minute in range(6):
        ship["t_ms"] = now_ms = T0_MS + minute * MINUTE_MS
        if minute == 4:
            ship["episodes"]["news"][0] = 1
            for name, value in bad.items():
                ship[name] = value
        episode.step(ship, 0, INDEX, out[0], now_ms, 1.0, T0_MS, drag.LOWER)
    raised, updated = out[0]["events"][:2]
    assert out[0]["used"][EVENTS] == 2 and (raised["ahead_n"], updated["ahead_n"]) == (1, 0)
    for row in (raised, updated):
        assert row["soon"] == 1 and row["next_cable"] == 0


# incidents


def said(*minutes: tuple[int, int, float]) -> list[tuple[int, int]]:
    """Incident (rule, start) of each event of evidence given as (minute, rule, log odds)."""
    ship, out = np.zeros(1, SHIP_DTYPE)[0], np.zeros(1, OUTPUT_DTYPE)
    ship["mmsi"], ship["lon"], ship["lat"], ship["sog"] = DRAGGER, 0.0, 55.0, 8.0
    for minute, rule, odds in minutes:
        now_ms = T0_MS + minute * MINUTE_MS
        ship["t_ms"] = ship["met_ms"] = now_ms
        episode.step(ship, rule, INDEX, out[0], now_ms, odds, now_ms - 5 * MINUTE_MS, drag.LOWER)
    events = out[0]["events"][: out[0]["used"][EVENTS]]
    return [
        (int(row["incident_rule"]), (int(row["incident_ms"]) - T0_MS) // MINUTE_MS)
        for row in events
    ]


def spell(minute: int, rule: int = drag.RULE, closed: bool = True) -> list[tuple[int, int, float]]:
    """Three high evaluations that raise at `minute`, and five low ones that close."""
    high = [(minute - 2 + k, rule, 1.0) for k in range(3)]
    return high + [(minute + 1 + k, rule, -9.0) for k in range(5) if closed]


def test_an_incident_joins_alerts_at_most_six_hours_apart() -> None:
    """From the end of one, minute 105, to the start of the next, five minutes before it rose."""
    assert said(*spell(100), *spell(100 + 370)) == [(0, 95)] * 4
    assert said(*spell(100), *spell(100 + 371)) == [(0, 95)] * 2 + [(0, 466)] * 2
    assert said(*spell(100), *spell(300), *spell(600)) == [(0, 95)] * 6


def test_an_incident_bears_the_name_of_its_first_alert_of_any_kind() -> None:
    assert said(*spell(100, loiter.RULE), *spell(200)) == [(loiter.RULE, 95)] * 4
    still_open = spell(100, loiter.RULE, closed=False)
    assert said(*still_open, *spell(900)) == [(loiter.RULE, 95)] * 3


def test_near_is_what_is_reached_within_three_hours_of_the_event() -> None:
    """At 8 kn, from a fix a minute before: 44.4 km, less 250 m."""
    for way_km, soon in ((44.0, 1), (44.4, 0)):
        ship, out = np.zeros(1, SHIP_DTYPE)[0], np.zeros(1, OUTPUT_DTYPE)
        east = way_km * 1000.0 / 63_994.0  # a degree at latitude 55
        ship["mmsi"], ship["lon"], ship["lat"], ship["sog"] = DRAGGER, -east, 55.0, 8.0
        ship["cog"] = 90.0
        for minute in range(3):
            ship["t_ms"], now_ms = T0_MS + (minute - 1) * MINUTE_MS, T0_MS + minute * MINUTE_MS
            episode.step(ship, 0, INDEX, out[0], now_ms, 1.0, T0_MS, drag.LOWER)
        assert out[0]["events"][0]["soon"] == soon


@pytest.mark.parametrize(("how", "soon"), [(0, 1), (INFERRED, 1), (CORRIDOR, 0)])
def test_a_line_crossed_is_near_and_a_corridor_is_not(how: int, soon: int) -> None:
    ship, out = np.zeros(1, SHIP_DTYPE)[0], np.zeros(1, OUTPUT_DTYPE)
    ship["mmsi"], ship["sog"], ship["met_ms"], ship["crossings_n"] = DRAGGER, np.nan, T0_MS, 1
    ship["crossings"][0] = (T0_MS // 1000, 12.5, 0, 710, 71, how)
    for minute in range(3):
        ship["t_ms"] = now_ms = T0_MS + minute * MINUTE_MS
        episode.step(ship, 0, INDEX, out[0], now_ms, 1.0, T0_MS, drag.LOWER)
    assert out[0]["events"][0]["cables_n"] == 1 and out[0]["events"][0]["soon"] == soon
