"""Too much is shed, the least useful first, and counted."""

import numpy as np
import pytest
import shapely

from cablewatch.batches import Batch
from cablewatch.cables.model import Cable
from cablewatch.fixes import Fixes
from cablewatch.live.backlog import Backlog
from cablewatch.vessels.statics import Statics


def cable() -> Cable:
    return Cable(
        *("line", "Line", "telecom", "", "in service", "made up", "CC0", "charted"),
        *(100.0, 500.0, "assumed"),
        shapely.MultiLineString([[(10.0, 55.0), (20.0, 55.0)]]),
    )


def batch(n: int, lon: float, lat: float, t_ms: int, statics: int = 0) -> Batch:
    at = np.arange(n)
    fixes = Fixes.from_columns(
        t_ms=t_ms + at, mmsi=219_000_000 + at, lon_deg=np.full(n, lon), lat_deg=np.full(n, lat)
    )
    said = Statics.from_columns(
        t_ms=np.full(statics, t_ms),
        mmsi=np.arange(statics),
        after=np.full(statics, n // 2),
        name=[b"A"] * statics,
    )
    return Batch(fixes, said)


def test_what_fits_is_handed_out_in_its_order() -> None:
    backlog = Backlog([cable()], rows_max=100)
    backlog.add(batch(40, 15.0, 55.0, 0, 10))
    backlog.add(batch(40, 15.0, 55.0, 1_000))
    assert backlog.rows == 90
    taken = backlog.take(50)
    assert (len(taken.fixes), len(taken.statics), backlog.rows) == (40, 10, 40)
    assert taken.statics.after.tolist() == [20] * 10
    assert not backlog.shed


def test_no_more_is_handed_out_than_is_asked_for() -> None:
    backlog = Backlog([cable()], rows_max=1_000)
    backlog.add(batch(40, 15.0, 55.0, 0, 10))
    parts = [backlog.take(15) for _ in range(4)]
    assert [len(part.fixes) for part in parts] == [15, 15, 10, 0]
    assert [len(part.statics) for part in parts] == [0, 10, 0, 0] and backlog.rows == 0
    joined = Batch.joined(parts)
    assert joined.fixes.t_ms.tolist() == list(range(40))
    assert joined.statics.after.tolist() == [20] * 10


def test_static_data_go_first_then_far_fixes_then_the_oldest() -> None:
    backlog = Backlog([cable()], rows_max=100)
    backlog.add(batch(30, 15.0, 55.0, 0, 20))
    backlog.add(batch(51, 15.0, 40.0, 1_000))
    assert dict(+backlog.shed) == {"shed_static": 20, "shed_far": 31}
    kept = backlog.take(1_000)
    assert (kept.fixes.lat_deg == 55.0).sum() == 30
    assert kept.fixes.t_ms[kept.fixes.lat_deg == 40.0].min() == 1_031
    backlog.add(batch(101, 15.0, 55.0, 2_000))
    assert backlog.shed["shed_near"] == 51
    assert backlog.take(1_000).fixes.t_ms.tolist() == list(range(2_051, 2_101))


@pytest.mark.parametrize(
    ("lon", "lat", "near"),
    [(15.0, 55.9, True), (9.1, 55.0, True), (15.0, 57.1, False), (-15.0, 55.0, False)],
)
def test_near_is_a_degree_or_so(lon: float, lat: float, near: bool) -> None:
    assert bool(Backlog([cable()]).near(np.array([lon]), np.array([lat]))[0]) is near


def test_without_cables_nothing_is_near() -> None:
    assert not Backlog([]).near(np.array([15.0]), np.array([55.0]))[0]
