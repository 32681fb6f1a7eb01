"""One ship that drifts, then tows an anchor over the same cables: two kinds of alert, one incident.

Through fold, book and store, with crashes between: what was said since the last snapshot is said
again by the run that goes on from it, and the store holds each version once.
"""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from laws import TAIL_MS, Scene
from tracks import CABLES, DEGREE_M, DRAGGER, LAT, T0_MS, fishtail, lengths, sail, with_gaps

from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.engine.fold import Engine
from cablewatch.fixes import Array
from cablewatch.stores.alerts import AlertStore
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.register import Vessels

ADRIFT_S, TOW_S, END_S = 2.5 * 3600.0, 4.5 * 3600.0, 6.0 * 3600.0
WATCH = SEVERITIES.index("watch")


@pytest.fixture(scope="module")
def scene() -> Scene:
    """12 kn, two hours adrift at 1.3 kn over the meridian cable, an hour and a half in tow, 12 kn.

    While it drifts it is not heard for 25 minutes.
    """

    def speed(s: Array) -> Array:
        return np.interp(
            s,
            [ADRIFT_S, ADRIFT_S + 300.0, TOW_S, TOW_S + 300.0, END_S, END_S + 300.0],
            [12.0, 1.3, 1.3, 8.4, 8.4, 12.0],
        )

    def heading(s: Array) -> Array:
        return np.where((s > ADRIFT_S + 300.0) & (s < TOW_S), 170.0, course(s))

    course = fishtail(TOW_S, END_S, 90.0, 4.0, 300.0)
    lon = -(12.0 * 9300.0 + 1.3 * 3600.0) * KNOT_M_S / DEGREE_M / np.cos(np.radians(LAT))
    fixes = sail(
        np.random.default_rng(8), DRAGGER, T0_MS, 8.5, lon, LAT, speed, course, 10.0, 0, heading
    )
    named = lengths([(T0_MS + k, DRAGGER, 180) for k in (0, HOUR_MS)])
    return Scene(with_gaps(fixes, (205.0, 230.0)), named, CABLES)


def book() -> AlertBook:
    return AlertBook(CABLES, Vessels(), lambda code: (), "hash", "test")


def versions(scene: Scene, snapshots_ms: range, lost_min: int) -> Iterator[list[Alert]]:
    """What runs say that each start from a snapshot, and die `lost_min` after the next one."""
    engine, edges = scene.engine(), [*snapshots_ms, scene.span_ms[1] + TAIL_MS]
    start_ms = 0
    for edge_ms in edges:
        yield book().take(engine.push(*scene.between(start_ms, edge_ms), edge_ms))
        kept = engine.snapshot()
        lost_ms = edge_ms + lost_min * MINUTE_MS
        yield book().take(engine.push(*scene.between(edge_ms, lost_ms), lost_ms))
        engine, start_ms = Engine.restore(kept, scene.index), edge_ms


def test_a_drift_that_ends_in_a_drag_is_one_incident(scene: Scene) -> None:
    said = book().take(scene.play().all)
    kinds = {alert.kind: alert for alert in said}
    drift, drag = kinds["drifting"], kinds["anchor_drag"]
    assert {drift.id, drag.id} <= {alert.id for alert in said}
    assert drift.incident_id == drift.id == drag.incident_id != drag.id
    assert drift.raised_ms < T0_MS + int(TOW_S * 1000) < drag.raised_ms
    assert min(SEVERITIES.index(a.severity) for a in (drift, drag)) >= WATCH
    for kind in ("drifting", "anchor_drag"):  # one alert a kind, across cables, gap and bands
        assert len({a.id for a in said if a.kind == kind}) == 1
    assert {a.incident_id for a in said} == {drift.id}
    assert {cable.id for cable in drift.cables} == {"meridian"}
    ahead = [a.next_cables[0].id for a in said if a.kind == "anchor_drag" and a.next_cables]
    assert ahead and set(ahead) == {"east"}


@pytest.mark.parametrize("lost_min", [0, 7, 40])
def test_a_run_that_dies_and_goes_on_stores_each_version_once(
    scene: Scene, tmp_path: Path, lost_min: int
) -> None:
    whole = AlertStore(tmp_path / "whole.sqlite")
    expected = book().take(scene.play().all)
    assert whole.append(expected) == len(expected) > 4
    cut = AlertStore(tmp_path / "cut.sqlite")
    first_ms = T0_MS + 90 * MINUTE_MS + 20_000
    said = list(versions(scene, range(first_ms, scene.span_ms[1], 37 * MINUTE_MS), lost_min))
    added = sum(cut.append(part) for part in said)
    assert added == len(expected) <= sum(map(len, said))
    assert cut.latest().alerts == whole.latest().alerts
    for alert in {a.id: a for a in expected}.values():
        assert [v.hash for v in cut.history(alert.id)] == [v.hash for v in whole.history(alert.id)]
        assert alert.state == "closed"
