"""Rounds and outcomes: stand-in detectors whose recall is known, and what a round leaves alone."""

from collections import Counter
from collections.abc import Sequence

import numpy as np
import pytest

from cablewatch.cables.model import Cable, load_cables
from cablewatch.errors import UsageError
from cablewatch.evaluation.baseline import worse
from cablewatch.evaluation.classes import MERCHANT
from cablewatch.evaluation.figures import figures, is_drag
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.plan import HISTORY_MS, SHARE, Design, plan, stretches
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import KIND, WATCH, Seen, Sighting, run, with_drags
from cablewatch.fixes import Fixes, Stations
from cablewatch.geodesy import distance_m
from cablewatch.units import HOUR_MS, KNOT_M_S, MINUTE_MS
from cablewatch.vessels.statics import Statics

SMALL = Design((1.0, 0.7), (0.0, 4.0), (30.0, 60.0), (0.0, 60.0), 1)
NO_CROSSING = np.zeros(0, [("t_ms", "i8"), ("mmsi", "i4"), ("cable", "i4")])
FIVE_MS = 5 * MINUTE_MS


class StandIn:
    """A detector that says what it is told to, run by run."""

    def __init__(self, said: Sequence[list[Sighting]]) -> None:
        self.said = list(said)
        self.fixes: list[Fixes] = []

    def __call__(
        self, fixes: Fixes, statics: Statics, stations: Stations, cables: Sequence[Cable]
    ) -> Seen:
        self.fixes.append(fixes)
        return Seen(self.said.pop(0), NO_CROSSING)


def told(drag: Drag, t_ms: int, severity: int = WATCH, id: str = "") -> Sighting:
    return Sighting(id or f"{drag.mmsi}-{t_ms}", KIND, drag.mmsi, t_ms, severity, 0.6)


@pytest.fixture(scope="module")
def rounds(traffic: Traffic) -> list[list[Drag]]:
    return plan(traffic, "calibrate", SMALL, 4)


def test_a_perfect_detector_finds_all_and_a_blind_one_none(
    traffic: Traffic, rounds: list[list[Drag]]
) -> None:
    every = [[told(drag, drag.start_ms + FIVE_MS) for drag in drags] for drags in rounds]
    for said, recall in ((every, 1.0), ([[] for _ in rounds], 0.0)):
        found = run(traffic, rounds, (), lattice(traffic.fixes), StandIn([[], [], *said]))
        result = figures(traffic, found, "calibrate", 4)
        assert result["target"]["recall"] == recall
        assert result["target"]["median_min"] == (5.0 if recall else None)
        assert result["drag_episodes"]["count"] == 0
        ap = 1.0 if recall else result["pr_auc"]["share_of_drags"]
        assert result["pr_auc"]["average_precision"] == pytest.approx(ap)


@pytest.mark.parametrize(
    ("when", "severity", "found"),
    [
        (lambda d: d.start_ms, WATCH, False),  # stood before it began
        (lambda d: d.start_ms + FIVE_MS, WATCH - 1, False),  # `info` only
        (lambda d: d.over_ms + 29 * MINUTE_MS, WATCH, True),
        (lambda d: d.over_ms + 31 * MINUTE_MS, WATCH, False),
    ],
)
def test_what_counts_as_found(
    traffic: Traffic, rounds: list[list[Drag]], when: object, severity: int, found: bool
) -> None:
    assert callable(when)
    first = rounds[0][0]
    detector = StandIn([[], [], [told(first, when(first), severity)]])
    result = run(traffic, [[first]], (), lattice(traffic.fixes), detector)
    assert (result.outcomes[0].detected_ms is not None) == found


def test_an_alert_that_stood_before_the_drag_has_not_found_it(
    traffic: Traffic, rounds: list[list[Drag]]
) -> None:
    first = rounds[0][0]
    said = [told(first, first.start_ms + k * FIVE_MS, id="one") for k in (-1, 1, 2)]
    result = run(traffic, [[first]], (), lattice(traffic.fixes), StandIn([[], said, said]))
    assert result.outcomes[0].detected_ms is None
    assert not result.outcomes[0].chance


def test_alarms_are_counted_once_and_in_their_split_only(
    traffic: Traffic, rounds: list[list[Drag]]
) -> None:
    drag = rounds[0][0]
    other = next(m for m in sorted(traffic.ships) if split_of_ship(m) == "report")
    alarm = told(drag, drag.start_ms, id="one")
    again = alarm._replace(t_ms=drag.start_ms + FIVE_MS)
    foreign = alarm._replace(id="two", mmsi=other)
    info = alarm._replace(id="three", severity=WATCH - 1)
    said = [alarm, again, foreign, info]
    found = run(traffic, [], (), lattice(traffic.fixes), StandIn([said, said]))
    result = figures(traffic, found, "calibrate", 4)
    alarms = {row["kind"]: row["all"]["count"] for row in result["alarms"]}
    assert alarms[KIND] == 1
    assert result["drag_episodes"]["count"] == 1
    days = sum(traffic.ship_days("calibrate").values())
    assert result["drag_episodes"]["per_1000"] == pytest.approx(1000 / days, rel=1e-5)


def test_drags_lie_in_their_split_after_history_and_few_at_once(
    traffic: Traffic, rounds: list[list[Drag]]
) -> None:
    heard = Counter()
    for day, mmsi in {
        (t // 86_400_000, m)
        for t, m in zip(traffic.fixes.t_ms.tolist(), traffic.fixes.mmsi.tolist(), strict=True)
    }:
        heard[day] += mmsi > 0
    for drags in rounds:
        assert len(drags) <= max(1, SHARE * min(heard.values()))
        assert len({drag.mmsi for drag in drags}) == len(drags)
        for drag in drags:
            ship = traffic.ships[drag.mmsi]
            assert ship.kind.name in MERCHANT and split_of_ship(drag.mmsi) == "calibrate"
            assert {split_of_day(drag.start_ms), split_of_day(drag.end_ms)} == {"calibrate"}
            legs = stretches(traffic.fixes.take(ship.rows))
            assert any(
                first + HISTORY_MS <= drag.start_ms and drag.end_ms <= last for first, last in legs
            )
    drawn = Counter(
        (d.speed_ratio, d.deviation_deg, d.minutes, d.interval_s) for r in rounds for d in r
    )
    assert drawn == Counter(SMALL.cells())


def test_a_ship_drags_once_a_round(traffic: Traffic, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cablewatch.evaluation.plan.SHARE", 1.0)
    rounds = plan(traffic, "calibrate", SMALL, 4)
    assert max(map(len, rounds)) > 3
    for drags in rounds:
        assert len({drag.mmsi for drag in drags}) == len(drags)
    used = Counter(drag.mmsi for drags in rounds for drag in drags)
    assert max(used.values()) - min(used.values()) <= 1  # ships take turns


def test_one_seed_gives_one_plan(traffic: Traffic, rounds: list[list[Drag]]) -> None:
    assert plan(traffic, "calibrate", SMALL, 4) == rounds
    assert plan(traffic, "calibrate", SMALL, 5) != rounds


def test_a_round_leaves_all_other_ships_alone(traffic: Traffic, rounds: list[list[Drag]]) -> None:
    drags = [drag for drag in rounds[0]]
    fixes, reports = with_drags(traffic, drags)
    assert min(reports) > 0
    ships = [drag.mmsi for drag in drags]
    ours, theirs = (f.take(~np.isin(f.mmsi, ships)) for f in (fixes, traffic.fixes))
    for a, b in zip(ours.columns(), theirs.columns(), strict=True):
        assert np.array_equal(a, b, equal_nan=True)
    assert (np.diff(fixes.t_ms) >= 0).all()
    changed = next(drag for r in rounds for drag in r if drag.speed_ratio < 1.0)
    moved, _ = with_drags(traffic, [changed])
    own, was = (f.take(f.mmsi == changed.mmsi) for f in (moved, traffic.fixes))
    early = own.t_ms <= changed.start_ms
    assert np.isin(own.lon_deg[early], was.lon_deg).all()
    assert not np.isin(own.lon_deg[~early], was.lon_deg).any()


def test_no_ship_that_sails_long_enough_is_an_error_a_user_can_mend(traffic: Traffic) -> None:
    with pytest.raises(UsageError, match="archives of whole days"):
        plan(traffic, "calibrate", Design((0.7,), (3.0,), (3000.0,), (0.0,), 1), 0)


def test_a_ship_under_way_has_a_line_ahead(traffic: Traffic) -> None:
    """From any fix, in any direction, a ship of 5 kn reaches a line of the lattice in 12 h."""
    laid = lattice(traffic.fixes)
    reach_m = 5.0 * KNOT_M_S * 12 * 3600.0
    diagonal_m = max(
        distance_m(18.0, float(lat), 18.5, float(lat) + 0.5)
        for lat in (traffic.fixes.lat_deg.min(), traffic.fixes.lat_deg.max())
    )
    assert diagonal_m < reach_m
    vertices = np.concatenate([np.asarray(part.coords) for part in laid.route.geoms])
    assert len(laid.route.geoms) > 20
    for column, of in ((0, traffic.fixes.lon_deg), (1, traffic.fixes.lat_deg)):
        assert vertices[:, column].min() <= of.min() - 0.5
        assert vertices[:, column].max() >= of.max() + 0.5
    assert load_cables()  # what alarms are counted over is another thing


def test_the_product_finds_a_clear_drag_by_its_own_path(traffic: Traffic) -> None:
    """One long, strong drag of a lane ship reporting every 10 s; nothing injected finds nothing."""
    design = Design((0.7,), (5.0,), (120.0,), (0.0,), 2)
    drags = plan(traffic, "calibrate", design, 1)
    found = run(traffic, drags, (), lattice(traffic.fixes))
    assert all(is_drag(o) for o in found.outcomes)
    hits = [o for o in found.outcomes if o.detected_ms is not None]
    assert hits and all(0.0 < o.minutes < 2 * 60.0 + 30.0 for o in hits)
    assert all(o.reports * 5_000 < 2 * HOUR_MS for o in found.outcomes)


def test_worse_is_seen_and_chance_is_not() -> None:
    before = {
        "target": {"recall": 0.75, "wilson": [0.55, 0.88]},
        "alarms": [{"kind": KIND, "all": {"per_1000": 0.0, "poisson": [0.0, 40.0]}}],
        "drag_episodes": {"per_1000": 0.0, "poisson": [0.0, 40.0]},
    }
    assert worse(before, before) == []
    assert worse(before | {"target": {"recall": 0.6}}, before) == []
    assert len(worse(before | {"target": {"recall": 0.5}}, before)) == 1
    many = {"kind": KIND, "all": {"per_1000": 50.0, "poisson": [20.0, 90.0]}}
    assert "above 40" in worse(before | {"alarms": [many]}, before)[0]
    assert "above 40" in worse(before | {"drag_episodes": many["all"]}, before)[0]
    new = {"kind": "drifting", "all": {"per_1000": 5.0, "poisson": [1.0, 9.0]}}
    assert "drifting" in worse(before | {"alarms": [*before["alarms"], new]}, before)[0]
