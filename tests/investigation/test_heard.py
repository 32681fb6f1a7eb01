"""What is kept of what was heard: a fix a minute, the same for any cut of the input."""

import numpy as np

from cablewatch.fixes import Fixes
from cablewatch.investigation.heard import Gathered
from cablewatch.units import MINUTE_MS


def fixes(n: int) -> Fixes:
    rng = np.random.default_rng(1)
    return Fixes.from_columns(
        t_ms=np.sort(rng.integers(0, 30 * MINUTE_MS, n)),
        mmsi=rng.choice([219000001, 219000002, 2190000], n),
        lon_deg=rng.uniform(17, 19, n),
        lat_deg=rng.uniform(55, 57, n),
    )


def test_any_cut_keeps_the_first_fix_of_each_minute() -> None:
    whole = fixes(2000)
    once, cut = Gathered(), Gathered()
    once.add(whole)
    for start in range(0, len(whole), 37):
        cut.add(whole.take(slice(start, start + 37)))
    kept, again = once.fixes, cut.fixes
    for one, other in zip(kept.columns(), again.columns(), strict=True):
        np.testing.assert_array_equal(one, other)
    wanted: dict[tuple[int, int], int] = {}
    for t_ms, mmsi in zip(whole.t_ms.tolist(), whole.mmsi.tolist(), strict=True):
        if mmsi > 201_000_000:
            wanted.setdefault((mmsi, t_ms // MINUTE_MS), t_ms)
    assert list(zip(kept.mmsi.tolist(), kept.t_ms.tolist(), strict=True)) == sorted(
        (mmsi, t_ms) for (mmsi, _), t_ms in wanted.items()
    )


def test_nothing_heard_is_nothing_kept() -> None:
    assert len(Gathered().fixes) == 0
