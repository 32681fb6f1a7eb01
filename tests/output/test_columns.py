"""Fixes as columns of integers and as an Arrow stream: only places after the point are lost."""

import io
import json

import numpy as np
import pyarrow as pa
import pytest

from cablewatch.fixes import Fixes, Stations
from cablewatch.output.columns import arrow_stream, integer_columns, json_with_columns
from cablewatch.output.tables import table_fixes

T0 = 1_731_888_000_000


def some_fixes(n: int = 500) -> Fixes:
    rng = np.random.default_rng(n)
    sog_kn = rng.integers(0, 300, n) / 10
    sog_kn[::5] = np.nan
    return Fixes.from_columns(
        t_ms=T0 + np.sort(rng.integers(-600_000, 600_000, n)),
        mmsi=np.sort(rng.integers(1, 40, n)),
        lon_deg=rng.uniform(-180, 180, n),
        lat_deg=rng.uniform(-90, 90, n),
        sog_kn=sog_kn,
        cog_deg=rng.integers(0, 3600, n) / 10,
        nav_status=rng.integers(0, 16, n),
        station=rng.integers(0, 3, n),
    )


def summed(steps: list[int], counts: list[int]) -> list[int]:
    """Values of differences that start anew with each ship, as a client reads them."""
    values: list[int] = []
    for count in counts:
        total = 0
        for step in steps[len(values) : len(values) + count]:
            total += step
            values.append(total)
    return values


def test_sums_of_differences_are_the_values() -> None:
    fixes = some_fixes()
    said = {name: values.to_pylist() for name, values in integer_columns(fixes, T0).items()}
    count = said["count"]
    assert np.repeat(said["mmsi"], count).tolist() == fixes.mmsi.tolist()
    assert summed(said["t_ms"], count) == (fixes.t_ms - T0).tolist()
    for name, column in (("lon_e6", fixes.lon_deg), ("lat_e6", fixes.lat_deg)):
        assert summed(said[name], count) == np.rint(column * 1e6).astype(int).tolist()
    told = [np.nan if sog is None else sog / 10 for sog in said["sog_e1"]]
    np.testing.assert_allclose(told, fixes.sog_kn, rtol=1e-6)
    assert said["heading"] == [None] * len(fixes)
    assert [15 if s is None else s for s in said["nav_status"]] == fixes.nav_status.tolist()


def test_no_fixes_are_empty_columns() -> None:
    assert set(map(len, integer_columns(Fixes.empty(), T0).values())) == {0}


@pytest.mark.parametrize("n", [0, 1, 500])
def test_the_text_is_that_of_a_plain_encoder(n: int) -> None:
    """JSON of the columns as lists; figures that are not available are null."""
    fixes = some_fixes(n)
    lists = {name: values.to_pylist() for name, values in integer_columns(fixes, T0).items()}
    said = {"start": "2024-11-18T00:00:00Z", "bbox": None}
    plain = json.dumps(said | lists, separators=(",", ":"))
    assert json_with_columns(said, fixes, T0) == plain
    assert n == 0 or "null" in plain.partition("sog_e1")[2]


def test_an_arrow_stream_reads_back_as_the_very_same_fixes() -> None:
    stations = Stations()
    for name in ("west", "east"):
        stations.code(name)
    for fixes in (some_fixes(), Fixes.empty()):
        stream = arrow_stream(fixes, stations)
        assert stream == arrow_stream(fixes, stations)
        again = table_fixes(pa.ipc.open_stream(io.BytesIO(stream)).read_all(), stations)
        for one, other in zip(again.columns(), fixes.columns(), strict=True):
            np.testing.assert_array_equal(one, other)
