"""Why drags are missed and what evidence is worth: drags and counts whose answer is known."""

import math
from dataclasses import replace

import numpy as np
import pytest

from cablewatch.engine import drag as rule
from cablewatch.engine.state import SHIP_DTYPE
from cablewatch.evaluation.budget import Highest, budget
from cablewatch.evaluation.explain import explained
from cablewatch.evaluation.gates import GATES, NEEDED, first_gate
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.lattice import lattice
from cablewatch.evaluation.minutes import RATIOS, Minute, as_recorded, during
from cablewatch.evaluation.plan import Design, plan
from cablewatch.evaluation.ratios import Shares, measured
from cablewatch.evaluation.splits import split_of_day, split_of_ship
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import GRACE_MS, Outcome, with_drags
from cablewatch.units import DAY_MS, HOUR_MS, MINUTE_MS

STRONG = Design((0.7,), (5.0,), (120.0,), (0.0,), 2)


@pytest.fixture(scope="module")
def strong(traffic: Traffic) -> Drag:
    """Two hours at 0.7 with 5 degrees, of a ship that reports every 10 s."""
    return plan(traffic, "calibrate", STRONG, 1)[0][0]


def minutes_of(traffic: Traffic, one: Drag) -> list[Minute]:
    fixes, _ = with_drags(traffic, [one])
    spans = {one.mmsi: (one.start_ms, one.end_ms + GRACE_MS)}
    return during(traffic, fixes, [lattice(traffic.fixes)], spans)[one.mmsi]


def gate(traffic: Traffic, one: Drag) -> str:
    return first_gate(minutes_of(traffic, one))


def test_each_kind_of_drag_stops_at_the_gate_that_it_lacks(traffic: Traffic, strong: Drag) -> None:
    assert gate(traffic, strong) == "cable"  # all the evidence is there
    assert gate(traffic, replace(strong, speed_ratio=1.0)) == "loss"
    assert gate(traffic, replace(strong, deviation_deg=0.0)) in ("wave", "swing")
    assert gate(traffic, replace(strong, interval_s=600.0)) in ("fixes", "periods", "baseline")


def test_minutes_are_those_of_the_drag_and_half_an_hour(traffic: Traffic, strong: Drag) -> None:
    minutes = minutes_of(traffic, strong)
    times = [m.now_ms for m in minutes]
    assert times[0] - strong.start_ms < MINUTE_MS and times[-1] <= strong.end_ms + GRACE_MS
    assert set(np.diff(times)) == {MINUTE_MS}
    assert max(m.evidence for m in minutes) >= NEEDED
    assert {len(m.ratios) for m in minutes} == {len(RATIOS)}


def test_ordinary_minutes_are_of_the_split(traffic: Traffic) -> None:
    seen = list(as_recorded(traffic, [], "calibrate", 60.0, 30))
    assert len(seen) > 100
    assert {split_of_ship(int(m.ship["mmsi"])) for m in seen} == {"calibrate"}
    assert {split_of_day(m.now_ms - 1) for m in seen} == {"calibrate"}
    assert np.median([m.ship["interval_s"] for m in seen if m.told]) >= 60.0


def minute(number: int, loss: float, cycle: float = 0.0, mmsi: int = 219_000_001) -> Minute:
    """A minute whose ratios are told, each in an hour of its own."""
    ship = np.zeros(1, SHIP_DTYPE)[0]
    ship["mmsi"], ship["baseline_kn"], ship["minute_kn"] = mmsi, 12.0, 9.0
    ship["cusum"], ship["interval_s"] = loss, 20.0
    return Minute(number * HOUR_MS, ship, (loss, cycle, 0.0))


def test_a_ratio_is_the_logarithm_of_the_shares_under_the_condition() -> None:
    drags, ordinary = Shares(), Shares()
    drags.add(minute(k, 2.2, 3.2 if k < 80 else 0.0) for k in range(100))
    ordinary.add(minute(k, 2.2 if k < 20 else 0.0, 3.2 if k < 2 else 0.0) for k in range(200))
    rows = {(r["evidence"], r["from"]): r for r in measured(drags, ordinary)}
    loss, cycle = rows["speed_loss", 2.0], rows["course_cycle", 3.0]
    assert loss["measured"] == pytest.approx(math.log(1.0 / 0.1))
    assert loss["verdict"] == "agrees" and loss["draws"] == (100, 200)
    assert cycle["measured"] == pytest.approx(math.log(0.8 / 0.1))  # of the 20 with a loss
    assert cycle["given"] == pytest.approx(3.2)
    assert cycle["interval"][0] < math.log(8.0) < cycle["interval"][1]
    assert rows["speed_loss", -0.5]["measured"] == -math.inf  # no drag there


def test_a_ratio_beyond_what_is_measured_is_said() -> None:
    drags, ordinary = Shares(), Shares()
    for shares in (drags, ordinary):
        shares.add(minute(k, 2.2 if k % 2 else 0.0) for k in range(400))
    rows = [r for r in measured(drags, ordinary) if r["from"] == 2.0]
    assert [r["verdict"] for r in rows] == ["too high"]


def test_the_budget_counts_ship_days_once() -> None:
    highest = Highest()
    for ship in range(100):
        highest.add(minute(1, 0.01 * ship, mmsi=ship + 1))
        highest.add(minute(2, 0.005 * ship, mmsi=ship + 1))
    highest.add(minute(1, NEEDED + 0.1, mmsi=7))
    found = budget(highest, 100.0, 0)
    assert [(b["band"], b["count"]) for b in found["bands"]] == [
        ("info", 1),
        ("watch", 1),
        ("warning", 0),
    ]
    assert found["bands"][1]["nats"] == pytest.approx(math.log(0.25) - rule.PRIOR)
    assert found["highest"][0] == pytest.approx(NEEDED + 0.1)
    assert found["bootstrap"][0] <= found["nats"] <= found["bootstrap"][1]
    assert found["days_without_one"] == pytest.approx(3689, rel=1e-3)
    assert (minute(1, 0.0).now_ms - 1) // DAY_MS == 0


def test_missed_drags_are_counted_by_gate_and_found_ones_are_not(
    traffic: Traffic, strong: Drag
) -> None:
    rounds = [[strong]]
    cables = [lattice(traffic.fixes)]
    for found in (None, strong.start_ms + HOUR_MS):
        outcome = Outcome(strong, "cargo", found, 0.0, False, None, 100)
        told = explained(traffic, rounds, cables, [outcome], "calibrate", 0)
        assert told["missed"]["drags"] == [1]
        stopped = [(row["gate"], row["drags"]) for row in told["missed"]["gates"]]
        assert stopped == ([("cable", [1])] if found is None else [])
        assert {row["evidence"] for row in told["ratios"]} <= set(RATIOS)
    assert list(GATES)[-1] == "cable"
