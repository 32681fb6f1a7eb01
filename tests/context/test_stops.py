"""Stops: who lay where for how long, and what a cell of many stops is called."""

from pathlib import Path

import numpy as np
import pytest

from cablewatch.context.learned import (
    Cell,
    Learned,
    Stay,
    cell_of,
    corners,
    kind_of_cell,
    load_learned,
    text_of,
)
from cablewatch.context.stops import THRESHOLDS, Stops
from cablewatch.errors import ContextError
from cablewatch.fixes import Fixes
from cablewatch.units import HOUR_MS, NEVER_MS
from cablewatch.vessels.statics import Statics
from tests.context.calls import SHIP, T0_MS, call


def stays(fixes: Fixes, statics: Statics | None = None, cuts: int = 1) -> list[Stay]:
    stops, found = Stops(), []
    order = np.argsort(fixes.t_ms, kind="stable")
    found += stops.push(Fixes.empty(), Statics.empty() if statics is None else statics, NEVER_MS)
    for part in np.array_split(order, cuts):
        reached_ms = int(fixes.t_ms[part[-1]]) if len(part) else NEVER_MS
        found += stops.push(fixes.take(part), Statics.empty(), reached_ms)
    return [*found, *stops.finish()]


def test_a_ship_that_lies_and_moves_on_is_one_stay() -> None:
    (stay,) = stays(call(hours=3.0))
    assert stay.mmsi == SHIP and stay.cell == cell_of(11.0, 55.004)
    assert stay.hours == pytest.approx(3.0, abs=0.35)
    assert not stay.moored and not stay.anchored and stay.ship_class == "unknown"


def test_a_ship_that_has_not_moved_on_has_no_vote() -> None:
    assert stays(call(hours=300.0, leaves=False)) == []


def test_short_and_slow_stops_are_none() -> None:
    assert stays(call(hours=0.4)) == []
    assert stays(call(hours=3.0, sog_kn=0.9)) == []


def test_a_ship_that_is_rarely_heard_at_rest_is_a_stay_all_the_same() -> None:
    fixes = call(hours=9.0)
    still = np.flatnonzero(fixes.sog_kn < 1.0)
    rare = np.setdiff1d(np.arange(len(fixes)), np.setdiff1d(still, still[[0, 90, 170]]))
    (stay,) = stays(fixes.take(rare))
    assert stay.hours == pytest.approx(2.0, abs=0.2)


def test_any_cut_of_the_input_gives_the_same_stays() -> None:
    fixes = Fixes.concat([call(), call(SHIP + 1, start_h=1.0), call(start_h=9.0)])
    whole = stays(fixes)
    assert len(whole) == 3
    for cuts in (2, 7, 61):
        assert stays(fixes, cuts=cuts) == whole


def test_status_or_a_tide_in_one_place_tell_a_berth_from_an_anchorage() -> None:
    (moored,) = stays(call(status=5))
    (anchored,) = stays(call(status=1, swing_m=300.0))
    (tight,) = stays(call(hours=8.0, swing_m=10.0))
    (swings,) = stays(call(hours=8.0, swing_m=300.0))
    assert (moored.moored, moored.anchored) == (True, False)
    assert (anchored.moored, anchored.anchored) == (False, True)
    assert tight.moored and not swings.moored and not swings.anchored


def test_a_false_fix_ends_no_stay() -> None:
    fixes = call()
    lat = fixes.lat_deg.copy()
    lat[40] += 1.0
    wrong = Fixes.from_columns(
        t_ms=fixes.t_ms, mmsi=fixes.mmsi, lon_deg=fixes.lon_deg, lat_deg=lat, sog_kn=fixes.sog_kn
    )
    assert [stay.hours for stay in stays(wrong)] == [stay.hours for stay in stays(fixes)]


def test_without_speeds_the_way_made_good_decides() -> None:
    fixes = call()
    silent = Fixes.from_columns(
        t_ms=fixes.t_ms, mmsi=fixes.mmsi, lon_deg=fixes.lon_deg, lat_deg=fixes.lat_deg
    )
    (stay,) = stays(silent)
    assert stay.hours == pytest.approx(3.0, abs=0.5)


def test_a_stop_on_the_antimeridian_is_one_stay() -> None:
    fixes = call(lon=180.0)
    scattered = np.where(np.arange(len(fixes)) % 2, 179.9999, -179.9999)
    both = Fixes.from_columns(
        t_ms=fixes.t_ms,
        mmsi=fixes.mmsi,
        lon_deg=scattered,
        lat_deg=fixes.lat_deg,
        sog_kn=fixes.sog_kn,
    )
    (stay,) = stays(both)
    assert abs(corners(stay.cell)[0]) > 179.9


def test_a_ship_says_what_she_is() -> None:
    said = Statics.from_columns(t_ms=[T0_MS], mmsi=[SHIP], ship_type=[52])
    (stay,) = stays(call(), said)
    assert stay.ship_class == "tug"


@pytest.mark.parametrize("lat", [-89.999, -60.0, 0.0, 55.5, 89.999])
def test_a_cell_holds_its_positions_and_is_a_mile_wide(lat: float) -> None:
    for lon in (-180.0, -0.001, 0.0, 11.3, 179.9999):
        west, south, east, north = corners(cell_of(lon, lat))
        assert west - 1e-9 <= lon <= east + 1e-9
        assert south - 1e-9 <= lat <= north + 1e-9
        if abs(lat) < 80.0:
            width = (east - west) * np.cos(np.radians(lat)) * 60.0
            assert width == pytest.approx(1.0, rel=0.02)


def learned(
    ships: int = 5, *, moored: bool = False, anchored: bool = False, ship_class: str = "cargo",
    times: int = 1, cell: Cell = (8700, 11000), first: int = SHIP,
) -> Learned:  # fmt: skip
    made = Learned(sources=[{"name": f"{first}", "sha256": f"{first}"}])
    for mmsi in range(first, first + ships):
        for _ in range(times):
            made.add(Stay(cell, mmsi, 2.5, moored, anchored, ship_class))
    return made


@pytest.mark.parametrize(
    ("made", "kind"),
    [
        (learned(3), "stop"),
        (learned(1, times=50), "stop"),
        (learned(4, moored=True), "berth"),
        (learned(4, anchored=True), "anchorage"),
        (learned(4), "roadstead"),
        (learned(4, ship_class="port_tender", times=4), "windfarm"),
        (learned(4, ship_class="port_tender", times=4, moored=True), "berth"),
        (learned(4, ship_class="pilot", times=4), "roadstead"),
        (learned(4, ship_class="port_tender"), "roadstead"),
        (learned(4, ship_class="cargo", times=4), "roadstead"),
    ],
)
def test_what_a_cell_is(made: Learned, kind: str) -> None:
    (visits,) = made.cells.values()
    assert kind_of_cell(visits) == kind


def test_tallies_merge_by_addition_in_any_order_and_survive_the_file(tmp_path: Path) -> None:
    one, two = learned(3, anchored=True), learned(3, first=SHIP + 2, anchored=True)
    both, turned = Learned(), Learned()
    both.merge(one), both.merge(two)
    turned.merge(two), turned.merge(one)
    assert both.cells == turned.cells
    (visits,) = both.cells.values()
    assert len(visits) == 5 and visits[SHIP + 2].stays == 2
    both.heard(T0_MS, T0_MS + HOUR_MS)
    path = tmp_path / "places.geojson"
    path.write_text("".join(text_of(both, THRESHOLDS)))
    assert load_learned(path) == both


def test_a_file_of_another_kind_cannot_be_extended(tmp_path: Path) -> None:
    path = tmp_path / "p.geojson"
    path.write_text('{"type": "FeatureCollection", "features": []}')
    with pytest.raises(ContextError, match="not written by cablewatch context build"):
        load_learned(path)
    text = "".join(text_of(learned(), THRESHOLDS))
    path.write_text(text.replace('"stays": 5', '"stays": 6'))
    with pytest.raises(ContextError, match=r"number 0.*visits"):
        load_learned(path)
