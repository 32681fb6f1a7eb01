"""What of an archive is asked for."""

import pytest

from cablewatch.archives import Selection
from cablewatch.batches import Batch
from cablewatch.fixes import Fixes
from cablewatch.vessels.statics import Statics

FIXES = Fixes.from_columns(
    t_ms=[10, 20, 30], mmsi=[1, 2, 3], lon_deg=[179.5, -179.5, 0.0], lat_deg=[0.0, 0.0, 0.0]
)
STATICS = Statics.from_columns(t_ms=[5, 20], mmsi=[1, 2])


@pytest.mark.parametrize(
    ("selection", "ships"),
    [
        (Selection(), [1, 2, 3]),
        (Selection(20), [2, 3]),
        (Selection(end_ms=20), [1]),
        (Selection(bbox=(170.0, -10.0, -170.0, 10.0)), [1, 2]),
        (Selection(bbox=(-180.0, -90.0, 180.0, 90.0)), [1, 2, 3]),
        (Selection(bbox=(-1.0, 1.0, 1.0, 2.0)), []),
        (Selection(mmsi=frozenset({3, 7})), [3]),
    ],
)
def test_rows_asked_for(selection: Selection, ships: list[int]) -> None:
    fixes, _ = selection.of(Batch(FIXES, STATICS))
    assert fixes.mmsi.tolist() == ships


def test_static_data_are_cut_by_ship_only() -> None:
    assert len(Selection(20, 30, (50.0, 50.0, 51.0, 51.0)).of(Batch(FIXES, STATICS)).statics) == 2
    assert Selection(mmsi=frozenset({2})).of(Batch(FIXES, STATICS)).statics.mmsi.tolist() == [2]


@pytest.mark.parametrize(
    ("selection", "held"),
    [
        (Selection(), True),
        (Selection(20, 30), True),
        (Selection(31), False),
        (Selection(30), True),
        (Selection(end_ms=10), False),
        (Selection(end_ms=11), True),
    ],
)
def test_spans_that_may_hold_what_is_asked_for(selection: Selection, held: bool) -> None:
    assert selection.may_hold(10, 30) is held
