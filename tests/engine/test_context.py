"""Context: what one ship can do to the norm of a cell."""

import math

import numpy as np
import pytest
from tracks import CABLES, FIRST_CONVOY, FIRST_GHOST, T0_MS, Profile, between, sail, steady, zigzag

from cablewatch.cables.index import build_index
from cablewatch.engine.fold import Engine
from cablewatch.fixes import Fixes
from cablewatch.units import HOUR_MS
from cablewatch.vessels.statics import Statics


def lowest_norm(honest: int, foreign: Profile | None) -> float:
    """Lowest norm of any cell while ships at 11 kn sail with one that does as it likes."""
    rng = np.random.default_rng(3)
    speeds = {FIRST_CONVOY + k: steady(11.0) for k in range(honest)}
    if foreign is not None:
        speeds[FIRST_GHOST] = foreign
    ships = [
        sail(rng, mmsi, T0_MS, 3.0, 0.2, 55.1, speed, zigzag(240.0, 90.0, 180.0))
        for mmsi, speed in speeds.items()
    ]
    fixes = Fixes.concat(ships)
    engine = Engine(build_index(CABLES))
    engine.push(
        fixes.take(np.lexsort((fixes.mmsi, fixes.t_ms))), Statics.empty(), T0_MS + 3 * HOUR_MS
    )
    norms = [engine.context.norms(T0_MS // 1_800_000 + k)[1] for k in range(5, 8)]
    found = np.concatenate(norms)
    assert len(found)
    return float(found.min())


@pytest.mark.parametrize("voters", [5, 6, 10])
def test_one_outlier_moves_the_norm_by_at_most_its_share(voters: int) -> None:
    """An hour at 60 kn, then 3 kn: a log ratio near -3."""
    moved = lowest_norm(voters - 1, between(0.0, 3600.0, 60.0, 3.0))
    assert -math.log(2.0) / voters - 0.03 <= moved < -0.02
    assert lowest_norm(voters, None) > -0.02
