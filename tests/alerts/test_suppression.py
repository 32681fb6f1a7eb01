"""What lowers an alert: by which kind of place, when, and that nothing is deleted."""

import math
from dataclasses import replace
from typing import Any, cast

import numpy as np
import pytest
import shapely

from cablewatch.alerts.model import KINDS as ALERT_KINDS
from cablewatch.alerts.model import Evidence
from cablewatch.alerts.suppression import (
    BEYOND,
    DEPTH_KINDS,
    FISHING,
    LITTLE,
    MUCH,
    PLACES,
    SOME,
    Episode,
    Recovery,
    depth_term,
    place_term,
    positions,
    stop_term,
    suppressed_by,
    terms,
)
from cablewatch.alerts.wording.lowering import PLACE_WORDS
from cablewatch.context.places import KINDS, Place, Places
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.units import HOUR_MS, MINUTE_MS

T0_MS = 1_731_801_600_000
SHIP = 219000001


def around(kind: str = "anchorage", lon: float = 11.0, **more: Any) -> Place:
    """A place of 0.2 by 0.2 degrees about a longitude at 55 N."""
    return Place(kind, "", shapely.box(lon - 0.1, 54.9, lon + 0.1, 55.1), **more)


def among(*places: Place) -> Surroundings:
    return Surroundings(Places(places))


def episode(
    kind: str = "loitering",
    *way: tuple[float, float],
    ship_type: int = 0,
    raised_h: float = 1.0,
) -> Episode:
    """An episode along hours and longitudes on 55 N; by default two hours in one place."""
    track = tuple(
        (lon, 55.0, T0_MS + int(h * HOUR_MS)) for h, lon in way or ((0.0, 11.0), (2.0, 11.0))
    )
    return Episode(kind, SHIP, ship_type, T0_MS, T0_MS + int(raised_h * HOUR_MS), track)


def test_the_table_is_whole_and_names_what_there_is() -> None:
    assert set(PLACES) == set(KINDS) == set(PLACE_WORDS)
    for lowering in (FISHING, *PLACES.values()):
        assert set(lowering) <= set(ALERT_KINDS)
        assert all(nats in (MUCH, SOME, LITTLE) for nats in lowering.values())
    assert MUCH < SOME < LITTLE < 0.0


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_of_place_lowers_what_the_table_says(kind: str) -> None:
    for alert in ALERT_KINDS:
        term = place_term(episode(alert, ship_type=33), among(around(kind)))
        nats = PLACES[kind].get(alert)
        assert (term is None) == (nats is None), alert
        if term is not None and nats is not None:
            assert term.contribution == pytest.approx(nats, rel=1e-5)
            assert (term.name, term.value, term.unit) == (kind, 1.0, "of the time")
            assert "100% of it took place in" in term.text


def test_a_drag_in_an_anchorage_is_still_a_drag_at_anchor() -> None:
    for kind in ("anchorage", "roadstead"):
        assert place_term(episode("anchor_drag_at_anchor"), among(around(kind))) is None


def test_half_of_the_time_is_enough_and_less_is_not() -> None:
    most = episode("loitering", (0.0, 11.0), (0.6, 11.0), (0.61, 12.0), (1.0, 12.0))
    least = episode("loitering", (0.0, 11.0), (0.4, 11.0), (0.41, 12.0), (1.0, 12.0))
    term = place_term(most, among(around()))
    assert term is not None and term.value == pytest.approx(0.6, abs=0.05)
    assert place_term(least, among(around())) is None


def test_who_goes_on_into_a_place_is_not_excused_and_who_leaves_is_not_any_longer() -> None:
    """What lowers depends on where it was raised and on the time since: never on the future."""
    into = episode("loitering", (0.0, 12.0), (1.0, 12.0), (1.1, 11.0), (9.0, 11.0))
    out = [(0.0, 11.0), (1.0, 11.0), (1.1, 12.0), (1.5, 12.0), (9.0, 12.0)]
    assert place_term(into, among(around())) is None
    assert place_term(episode("loitering", *out[:2]), among(around())) is not None
    assert place_term(episode("loitering", *out[:4]), among(around())) is not None
    assert place_term(episode("loitering", *out), among(around())) is None


def test_of_places_over_each_other_the_one_that_lowers_most_counts() -> None:
    term = place_term(episode("anchor_drag"), among(around("tss"), around("pilotage")))
    assert term is not None and term.name == "pilotage"
    half = episode("anchor_drag", (0.0, 11.0), (0.4, 11.0), (0.41, 12.0), (1.0, 12.0))
    both = place_term(half, among(around("port"), around("tss", 12.0)))
    assert both is not None and (both.name, both.value) == ("tss", 1.0)


def test_a_wind_farm_excuses_those_who_work_there() -> None:
    farm = among(around("windfarm"))
    assert place_term(episode(ship_type=70), farm) is None
    assert place_term(episode(ship_type=0), farm) is None
    assert place_term(episode(ship_type=33), farm) is not None
    assert place_term(episode(ship_type=40), farm) is not None


def test_a_ship_makes_no_excuse_for_herself() -> None:
    others = frozenset(range(1, 5))
    own = frozenset({SHIP, 1, 2, 3})
    term = place_term(episode(), among(around(visitors=others)))
    assert term is not None and "4 other ships stopped there" in term.text
    assert place_term(episode(), among(around(visitors=own))) is None


@pytest.mark.parametrize("kind", KINDS)
def test_a_stop_in_a_stopping_place_is_no_recovery_stop(kind: str) -> None:
    """An hour of slow sailing, a stop of an hour, and on: only where it stopped counts."""
    way = ((0.0, 10.0), (1.0, 11.0), (2.0, 11.0), (3.0, 12.5))
    stop = Recovery(T0_MS + HOUR_MS, T0_MS + 2 * HOUR_MS, 2.63)
    drag = replace(episode("anchor_drag", *way, raised_h=3.0), recovery=stop)
    assert place_term(drag, among(around(kind))) is None
    term = stop_term(drag, among(around(kind)))
    assert (term is not None) == (kind not in ("tss", "windfarm"))
    if term is not None:
        assert (term.name, term.contribution) == ("stopping_place", -2.63)
        assert "so the stop does not count" in term.text
    assert stop_term(replace(drag, ship_type=33), among(around("windfarm"))) is not None
    assert stop_term(drag, among(around(kind, lon=10.0))) is None
    assert stop_term(replace(drag, recovery=None), among(around(kind))) is None


def test_reasons_add_up_and_are_all_named() -> None:
    found = terms(episode(ship_type=52), among(around()))
    assert suppressed_by(found) == ("tug", "anchorage")
    assert terms(episode(ship_type=70), NOWHERE) == ()


class Water:
    """Depths by longitude, from west to east; NaN is not known."""

    def __init__(self, *steps: tuple[float, float]) -> None:
        self._lon, self._depth_m = np.array(steps).T

    def at(self, lon_deg: Any, lat_deg: Any) -> Any:
        return self._depth_m[np.searchsorted(self._lon, lon_deg, side="right") - 1]


def depth_of(kind: str, water: Water | None, *way: tuple[float, float]) -> Evidence | None:
    return depth_term(episode(kind, *way), Surroundings(depths=cast(Any, water)))


@pytest.mark.parametrize("kind", ALERT_KINDS)
def test_depth_is_said_of_anchors_alone(kind: str) -> None:
    term = depth_of(kind, None)
    assert (term is not None) == (kind in DEPTH_KINDS)
    if term is not None:
        assert term.text == "depth not known: no bathymetry given" and math.isnan(term.value)
        assert term.contribution == 0.0 and suppressed_by([term]) == ()


@pytest.mark.parametrize(
    ("depth_m", "nats", "word"),
    [
        (30.0, 0.0, "can reach the bottom"),
        (302.0, 0.0, "can reach the bottom"),
        (360.0, -2.1, "lowered: no water on its way is shallower than 360 m"),
        (1000.0, BEYOND, "lowered: no water on its way is shallower than 1000 m"),
    ],
)
def test_no_anchor_reaches_deeper_than_its_chain(depth_m: float, nats: float, word: str) -> None:
    term = depth_of("anchor_drag", Water((0.0, depth_m)))
    assert term is not None and word in term.text and term.value == depth_m
    assert term.contribution == pytest.approx(nats, abs=0.05)


def test_the_shallowest_water_of_the_way_counts() -> None:
    way = ((0.0, 11.0), (2.0, 12.0))
    term = depth_of("anchor_drag", Water((0.0, 900.0), (11.8, 50.0)), *way)
    assert term is not None and term.value == 50.0 and term.contribution == 0.0


def test_land_and_gaps_are_no_depth() -> None:
    way = ((0.0, 11.0), (2.0, 12.0))
    for step in (-5.0, math.nan):
        little = depth_of("anchor_drag", Water((0.0, 900.0), (11.2, step)), *way)
        most = depth_of("anchor_drag", Water((0.0, 900.0), (11.9, step)), *way)
        assert little is not None and "no water here" in little.text
        assert most is not None and most.value == 900.0


def test_over_the_antimeridian_and_after_a_turn_of_the_globe() -> None:
    """Tracks are excerpts: longitudes from -180 to 180."""
    scene = among(around(lon=180.0))
    over = episode("loitering", (0.0, 179.95), (2.0, -179.95))
    term = place_term(over, scene)
    assert term is not None and term.value == 1.0
    turned = [(h, lon - 360.0) for h, lon in ((0.0, 179.95), (2.0, 180.05))]
    assert place_term(episode("loitering", *turned), scene) == term


def test_positions_are_those_of_the_track() -> None:
    track = [(10.0, 54.0, T0_MS), (10.0, 55.0, T0_MS + 10 * MINUTE_MS)]
    lon, lat = positions(track, T0_MS - HOUR_MS, T0_MS + HOUR_MS)
    assert np.all(lon == 10.0) and lat[0] == 54.0 and lat[-1] == 55.0
    assert not any(map(math.isnan, lat))
