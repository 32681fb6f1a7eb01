"""Every crossing of every ship, from outside: a CSV through the command into the store's table.

Times, kilometre points and angles are worked out here from the routes of the ships on the WGS84
ellipsoid, not by the product.
"""

import numpy as np
import pyarrow.parquet as pq
import pytest
import shapely
from pyproj import Geod

from cablewatch.cables.model import Cable, collection_text
from tests.commands import run

GEOD = Geod(ellps="WGS84")
KNOT_M_S = 1852.0 / 3600.0
T0 = np.datetime64("2024-11-18T00:00:00", "ms")
SOUTH, NORTH = (18.0, 55.0), (18.0, 56.0)  # the cable, along a meridian: a geodesic
SHIPS = {  # course, speed before and after the line, seconds between reports, of one of each
    219000001: (90.0, 12.0, 12.0, 10.0),
    219000002: (300.0, 14.0, 9.0, 10.0),
    219000003: (60.0, 8.0, 8.0, 180.0),
    219000004: (90.0, 16.0, 16.0, 1500.0),  # across a gap: only inferred
    992190005: (90.0, 10.0, 10.0, 10.0),  # an aid to navigation is no ship
}


def leg(lat: float, course: float, before: float, after: float, interval_s: float) -> list[str]:
    """Rows of a ship that crosses the cable at a latitude 5,000 s after the start."""
    rows = []
    for s in np.arange(3.0, 10_000.0, interval_s):
        kn = before if s < 5000.0 else after
        back = course if s >= 5000.0 else course + 180.0
        way_m = abs(s - 5000.0) * kn * KNOT_M_S
        lon, lat_now, _ = GEOD.fwd(SOUTH[0], lat, back, way_m)
        at = T0 + np.timedelta64(int(s * 1000), "ms")
        rows.append(f"{at}Z,%d,{lon:.6f},{lat_now:.6f},{kn},{course}")
    return rows


@pytest.fixture(scope="module")
def crossings(tmp_path_factory: pytest.TempPathFactory) -> dict[int, dict[str, object]]:
    """Rows of the table by ship."""
    folder = tmp_path_factory.mktemp("outside")
    rows = [
        row % mmsi
        for k, (mmsi, ship) in enumerate(SHIPS.items())
        for row in leg(55.2 + 0.1 * k, *ship)
    ]
    archive = folder / "ships.csv"
    archive.write_text("time_utc,mmsi,lon,lat,sog_kn,cog_deg\n" + "\n".join(rows) + "\n")
    routes = folder / "routes.geojson"
    line = shapely.MultiLineString([[SOUTH, NORTH]])
    route = Cable(
        id="line",
        name="line",
        kind="telecom",
        owner="",
        status="active",
        source="laid for a test",
        licence="CC0-1.0",
        position_class="surveyed",
        position_uncertainty_m=10.0,
        protection_zone_m=200.0,
        zone_basis="test",
        route=line,
    )
    routes.write_text(collection_text([route], ""))
    run("replay", archive, "--cables", routes, "--store", folder / "store")
    found = pq.read_table(folder / "store" / "crossings.parquet").to_pylist()
    assert len({row["mmsi"] for row in found}) == len(found)
    return {row["mmsi"]: row for row in found}


def test_every_ship_has_its_crossing_and_what_is_no_ship_has_none(
    crossings: dict[int, dict[str, object]],
) -> None:
    assert set(crossings) == {mmsi for mmsi in SHIPS if mmsi < 800_000_000}
    assert {row["cable"] for row in crossings.values()} == {"line"}


@pytest.mark.parametrize("mmsi", [219000001, 219000002, 219000003, 219000004])
def test_a_crossing_is_where_and_when_and_as_it_was(
    crossings: dict[int, dict[str, object]], mmsi: int
) -> None:
    course, before, after, interval_s = SHIPS[mmsi]
    row = crossings[mmsi]
    inferred = interval_s > 600.0
    lat = 55.2 + 0.1 * list(SHIPS).index(mmsi)
    km = GEOD.inv(*SOUTH, SOUTH[0], lat)[2] / 1000.0
    at = np.datetime64(str(row["time"]).removesuffix("+00:00"), "ms")
    assert abs((at - T0) / np.timedelta64(1, "s") - 5000.0) <= 3.0
    assert row["km"] == pytest.approx(km, abs=0.03)
    across = min(course % 180.0, 180.0 - course % 180.0)
    assert row["angle_deg"] == pytest.approx(across, abs=1.0)
    assert row["inferred"] is inferred
    assert row["sog_before_kn"] == pytest.approx(before, abs=0.06)
    assert row["sog_after_kn"] == pytest.approx(after, abs=0.06)
    at_kn = row["sog_at_kn"]
    assert (at_kn is None) == inferred
    if isinstance(at_kn, float):
        assert min(before, after) - 0.1 <= at_kn <= max(before, after) + 0.1
