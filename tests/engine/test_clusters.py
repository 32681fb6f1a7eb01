"""Clusters: many ships on one point are noticed, crowded harbours are not."""

import numpy as np
import pytest

from cablewatch.engine.clusters import SHIPS_MIN, Clusters
from cablewatch.engine.state import BIN_MS
from cablewatch.engine.transitions import INTERFERENCE
from cablewatch.fixes import Array, Fixes, FixFlag

FIRST = 230_000_200
T0_MS = 965_000 * BIN_MS


def on_one_point(ships: int, flags: int = 0, first: int = FIRST) -> Fixes:
    n = np.arange(ships)
    return Fixes.from_columns(
        t_ms=T0_MS + 1000 * n,
        mmsi=first + n,
        lon_deg=np.full(ships, 24.9),
        lat_deg=np.full(ships, 59.9),
        flags=np.full(ships, flags),
    )


def noticed(fixes: Fixes, cuts: int = 1) -> Array:
    clusters = Clusters()
    said = []
    for part in np.array_split(np.arange(len(fixes)), cuts):
        piece = fixes.take(part)
        said.append(clusters.push(piece, int(piece.t_ms[-1]) if len(piece) else T0_MS))
    return np.concatenate([*said, clusters.flush()])


def test_every_ship_of_a_crowded_point_is_noticed_when_its_bin_ends() -> None:
    said = noticed(on_one_point(12))
    assert said["mmsi"].tolist() == [FIRST + k for k in range(12)]
    assert set(said["code"].tolist()) == {INTERFERENCE}
    assert set(said["t_ms"].tolist()) == {T0_MS + BIN_MS}


@pytest.mark.parametrize(
    "fixes",
    [
        on_one_point(SHIPS_MIN - 1),
        on_one_point(12, int(FixFlag.COARSE)),
        on_one_point(12, first=992_000_000),  # aids to navigation
        on_one_point(1).take(np.zeros(40, int)),  # one ship at rest
    ],
    ids=["too few", "type 27", "no ships", "one ship"],
)
def test_others_are_not(fixes: Fixes) -> None:
    assert len(noticed(fixes)) == 0


def test_a_point_shared_over_two_bins_is_not_one() -> None:
    fixes = on_one_point(SHIPS_MIN)
    later = np.where(np.arange(SHIPS_MIN) < 4, fixes.t_ms, fixes.t_ms + BIN_MS)
    assert len(noticed(Fixes(later, *list(fixes.columns())[1:]))) == 0


def test_a_crowded_marina_is_not() -> None:
    """A boat every 25 square metres, ten reports each, 3 m of scatter, five decimals."""
    rng = np.random.default_rng(5)
    boats, reports = 900, 10
    row, column = np.divmod(np.arange(boats), 30)
    metre = 1.0 / 111_000.0
    lat = 57.0 + (5.0 * row[:, None] + rng.normal(0, 3.0, (boats, reports))) * metre
    lon = 18.0 + (5.0 * column[:, None] + rng.normal(0, 3.0, (boats, reports))) * metre / 0.5446
    n = np.arange(boats * reports)
    fixes = Fixes.from_columns(
        t_ms=T0_MS + 100 * n,
        mmsi=FIRST + np.repeat(np.arange(boats), reports),
        lon_deg=lon.round(5).ravel(),
        lat_deg=lat.round(5).ravel(),
    )
    assert len(noticed(fixes)) == 0


def test_any_cut_gives_the_same() -> None:
    fixes = Fixes.concat([on_one_point(12), on_one_point(5)])
    late = Fixes(fixes.t_ms + BIN_MS, *list(fixes.columns())[1:])
    both = Fixes.concat([fixes.take(np.argsort(fixes.t_ms, kind="stable")), late])
    both = both.take(np.argsort(both.t_ms, kind="stable"))
    whole = noticed(both)
    assert len(whole) == 24
    for cuts in (2, 5, len(both)):
        np.testing.assert_array_equal(noticed(both, cuts), whole)
