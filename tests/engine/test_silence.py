"""Silence: told where the others are heard, and nowhere else."""

import math

import numpy as np
import pytest
from laws import Scene, ordered
from oracle_silence import Told, told
from tracks import (
    CABLES,
    DARK,
    FIRST_CONVOY,
    FIRST_PASSING,
    T0_MS,
    cable,
    convoy,
    going_dark,
    sail,
    steady,
    with_gaps,
    zigzag,
)

from cablewatch.engine import silence
from cablewatch.engine.episode import BANDS
from cablewatch.engine.hearing import Witnesses
from cablewatch.engine.silence import Heard, chance, evaluate
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import CLOSED, RAISED, UPDATED
from cablewatch.fixes import Array, Fixes, FixFlag
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.vessels.statics import Statics

SHIPS = 6
FROM_H = 4.3
LAST_MS = T0_MS + int(FROM_H * HOUR_MS)


def company(hours: float = 6.0, ships: int = SHIPS) -> list[Fixes]:
    """Ships about the place where one goes dark."""
    made = convoy(np.random.default_rng(2), FIRST_CONVOY, T0_MS, ships, hours)
    near = [changed(ship, station=1) for ship in made]
    further = [
        changed(ship, mmsi=ship.mmsi + 1000 + 100 * k, lon_deg=ship.lon_deg + east)
        for k, east in enumerate((-0.5, 0.5))
        for ship in near
    ]
    return [*near, *further]


def dark(hours: float = 1.5, from_h: float = FROM_H) -> Fixes:
    return changed(going_dark(np.random.default_rng(3), DARK, T0_MS, from_h, hours), station=1)


def scene(*parts: Fixes) -> Scene:
    """Ships heard by stations 1 or 2."""
    return ordered(Fixes.concat(parts), Statics.empty(), CABLES)


def silences(*parts: Fixes) -> Array:
    """Events of the rule."""
    events = scene(*parts).play().all.events
    return events[events["rule"] == silence.RULE]


def changed(fixes: Fixes, **said: object) -> Fixes:
    columns = {name: getattr(fixes, name) for name in fixes.__dataclass_fields__}
    return Fixes.from_columns(**{**columns, **said})


@pytest.mark.parametrize("hours", [1.1, 3.0, 7.0])
def test_a_ship_that_goes_dark_among_others_is_told_while_she_is_dark(hours: float) -> None:
    said = silences(*company(FROM_H + hours + 1.0), dark(hours))
    assert set(said["mmsi"].tolist()) == {DARK}
    assert said["event"].tolist() == [RAISED, UPDATED, CLOSED]
    raised, back, closed = said
    assert raised["t_ms"] - LAST_MS <= 61 * MINUTE_MS
    assert raised["log_odds"] >= BANDS[1]
    assert raised["started_ms"] <= LAST_MS < raised["t_ms"]
    assert back["t_ms"] - (LAST_MS + hours * HOUR_MS) <= 31 * MINUTE_MS
    assert back["log_odds"] > BANDS[2]  # she made good much less than her speed
    assert closed["t_ms"] == back["t_ms"] + BIN_MS
    assert np.isnan(raised["value"][1]) and back["value"][1] < 0.6


def test_a_ship_that_never_comes_back_is_closed_after_twelve_hours() -> None:
    gone = dark(0.1)
    gone = gone.take(gone.t_ms < LAST_MS)
    said = silences(*company(), gone)
    assert said["event"].tolist() == [RAISED, CLOSED]
    assert 12 * HOUR_MS <= said["t_ms"][1] - LAST_MS <= 12 * HOUR_MS + BIN_MS


def test_who_sails_on_at_her_speed_gains_nothing_by_it() -> None:
    rng = np.random.default_rng(3)
    ship = sail(rng, DARK, T0_MS, 7.0, -0.8, 55.12, steady(6.0), steady(90.0), 20.0)
    ship = changed(ship, station=1)
    said = silences(*company(8.0), with_gaps(ship, (60 * FROM_H, 60 * FROM_H + 70)))
    assert said["event"].tolist()[0] == RAISED
    assert (said["ratio"][:, 1] == 0.0).all()
    assert (said["log_odds"] < BANDS[2]).all()


def test_a_crossing_in_the_silence_is_inferred() -> None:
    """Eastward over the meridian cable."""
    rng = np.random.default_rng(3)
    others = [
        sail(rng, FIRST_PASSING + k, T0_MS, 9.0, -0.3, 55.1, steady(8), zigzag(1700.0, 90, 180.0))
        for k in range(SHIPS)
    ]
    ship = sail(rng, DARK, T0_MS, 7.0, -0.45, 55.1, steady(4.0), steady(90.0), 20.0)
    parts = [*others, *company(9.0), with_gaps(ship, (230.0, 320.0))]
    said = silences(*(changed(part, station=1) for part in parts))
    assert said["event"].tolist() == [RAISED, UPDATED, CLOSED]
    assert said["cables_n"].tolist() == [0, 1, 1]
    assert said["soon"].all()


def gap_for_all(parts: list[Fixes], start_h: float, hours: float) -> list[Fixes]:
    return [with_gaps(p, (60 * start_h, 60 * (start_h + hours))) for p in parts]


@pytest.mark.parametrize("hours", [1.5, 6.0])
def test_a_gap_of_the_whole_feed_is_none(hours: float) -> None:
    assert len(silences(*gap_for_all([*company(12.0), dark(0.0)], FROM_H, hours))) == 0


def test_a_gap_of_most_ships_is_none() -> None:
    parts = [*company(8.0, ships=12), dark(0.0)]
    silent = gap_for_all(parts[6:], FROM_H, 2.0)
    assert len(silences(*parts[:6], *silent)) == 0


def test_an_outage_of_one_of_two_stations_is_none() -> None:
    """Ships that only the other station hears are no witnesses."""
    near = company(8.0)
    far = [changed(p, station=2, mmsi=p.mmsi + 100) for p in company(8.0, ships=12)]
    ship = dark(0.0)
    said = silences(*gap_for_all([*near, ship], FROM_H, 2.0), *far)
    assert len(said) == 0
    assert len(silences(*near, dark(2.0), *far)) > 0


def test_the_edge_of_coverage_is_none() -> None:
    """Ships leave one after the other over an edge within a cell, and are heard no more."""
    rng = np.random.default_rng(4)
    parts = []
    for k in range(12):
        start_ms = T0_MS + k * 25 * MINUTE_MS
        lat = 55.1 + 0.005 * k
        ship = sail(rng, FIRST_PASSING + k, start_ms, 5.0, -0.9, lat, steady(11.0), steady(90.0))
        parts.append(changed(ship.take(ship.lon_deg < 0.3), station=1))
    assert len(silences(*company(10.0)[:SHIPS], *parts)) == 0


@pytest.mark.parametrize("kind", ["moored", "stopped", "class B", "new"])
def test_ships_that_may_well_be_silent_are_none(kind: str) -> None:
    ship = dark(1.5)
    if kind == "moored":
        ship = changed(ship, sog_kn=np.where(ship.t_ms < LAST_MS, 0.1, ship.sog_kn))
    elif kind == "stopped":
        near = (ship.t_ms > LAST_MS - MINUTE_MS) & (ship.t_ms <= LAST_MS)
        ship = changed(ship, sog_kn=np.where(near, 0.3, ship.sog_kn))
    elif kind == "class B":
        ship = changed(ship, flags=FixFlag.CLASS_B)
    elif kind == "new":
        ship = ship.take(ship.t_ms > LAST_MS - HOUR_MS)
    assert len(silences(*company(8.0), ship)) == 0


def test_a_ship_heard_in_bursts_is_none() -> None:
    """As from a satellite: ten minutes in every two hours."""
    ship = sail(np.random.default_rng(3), DARK, T0_MS, 9.0, 0.15, 55.12, steady(6.0), steady(0.0))
    ship = changed(ship, station=1)
    minutes = (ship.t_ms - T0_MS) // MINUTE_MS
    assert len(silences(*company(10.0), ship.take(minutes % 120 < 10))) == 0


def test_too_few_witnesses_are_none() -> None:
    assert len(silences(*company(8.0, ships=1), dark())) == 0


def message(after: float, **said: object) -> Fixes:
    """One message of the dark ship, so many hours after she fell silent."""
    at = {"t_ms": [LAST_MS + int(after * HOUR_MS)], "mmsi": [DARK], "lon_deg": [0.47]}
    more = {"lat_deg": [55.12], "sog_kn": [4.0], "cog_deg": [90.0]}
    return Fixes.from_columns(**{**at, **more, **said})


def test_one_message_ends_no_silence() -> None:
    whole = silences(*company(9.0), dark(3.0))
    said = silences(*company(9.0), dark(3.0), message(1.2))
    assert said["started_ms"].tolist() == whole["started_ms"].tolist()
    assert said["event"].tolist() == whole["event"].tolist()


def test_one_message_from_elsewhere_hides_no_silence() -> None:
    far = message(0.5, lon_deg=[5.0])
    whole = silences(*company(9.0), dark(3.0))
    said = silences(*company(9.0), dark(3.0), far)
    for name in ("t_ms", "event", "started_ms", "log_odds"):
        assert said[name].tolist() == whole[name].tolist()


def test_a_ship_whose_positions_are_set_aside_is_not_silent() -> None:
    """Jammed: she is heard, and nobody knows where."""
    lons = np.linspace(3.0, 9.0, 60)
    jammed = [message(0.02 * k, lon_deg=[lon], lat_deg=[50.0 + lon]) for k, lon in enumerate(lons)]
    assert len(silences(*company(8.0), dark(1.3), *jammed)) == 0


def test_the_chance_of_reception_is_the_largest_share() -> None:
    good = Heard(0.01, 20, Witnesses(10, 8, 0), 0, 20)
    assert chance(good) == 0.01
    assert chance(good._replace(witnesses=Witnesses(10, 8, 2))) == pytest.approx(2.04 / 14)
    assert chance(good._replace(gaps=3)) == pytest.approx(3.04 / 27)
    for few in ({"coverage": math.nan}, {"witnesses": Witnesses(3, 8, 0)}, {"bins": 3}):
        assert math.isnan(chance(good._replace(**few)))
    assert evaluate(0.01, math.nan)[0] == pytest.approx(math.log(0.001) + math.log(100.0))
    assert evaluate(1e-6, 0.5)[1:] == (math.log(500.0), math.log(5.0))
    assert evaluate(0.01, 0.95)[2] == evaluate(0.01, 0.05)[2] == 0.0
    assert evaluate(0.01, 0.75)[2] == pytest.approx(0.5 * math.log(5.0))


WHAT = {RAISED: "raised", UPDATED: "updated", CLOSED: "closed"}


@pytest.mark.parametrize("seed", range(3))
def test_silence_is_what_it_says(seed: int) -> None:
    """Law 8: every event of ships with silences at random, against a plain reading of the rule."""
    rng = np.random.default_rng(seed)
    parts = company(9.0, ships=10)
    for k in range(6):
        ship = going_dark(rng, DARK + k, T0_MS + k * 90_000, 2.0 + k / 2, 1.0)
        ship = changed(ship, station=1)
        start = 60.0 * rng.uniform(2.0, 4.0)
        parts.append(with_gaps(ship, (start, start + 60.0 * rng.uniform(0.5, 2.0))))
    near = cable("near", [(0.1, 54.5), (0.1, 55.7)])
    made = ordered(Fixes.concat(parts), Statics.empty(), (*CABLES, near))
    expected = told(made.fixes)
    said = made.play().all.events
    said = said[said["rule"] == silence.RULE]
    found = [
        Told(int(e["t_ms"]), int(e["mmsi"]), WHAT[int(e["event"])], float(e["log_odds"]))
        for e in said
    ]
    assert len(expected) > 4
    assert [line[:3] for line in found] == [line[:3] for line in expected]
    np.testing.assert_allclose(
        [line.odds for line in found], [line.odds for line in expected], atol=0.01
    )
