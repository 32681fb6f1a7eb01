"""A broker that is restarted is found again, and nothing that came is lost or told twice."""

import os
from pathlib import Path

import pytest

from cablewatch.feeds.keeping import GAPS

from .restarts import Mosquitto, Nats, Outcome, run

BACK_S = 30.0
RESTARTS = int(os.environ.get("CABLEWATCH_SOAK_BROKER_RESTARTS", "30"))
some_or_many = pytest.mark.parametrize(
    "restarts", [2, pytest.param(RESTARTS, marks=pytest.mark.soak)]
)


def check(outcome: Outcome, restarts: int) -> None:
    """What holds whatever the broker keeps."""
    health = outcome.health
    assert (health["state"], len(health["gaps"])) == ("receiving", min(restarts, GAPS))
    assert health["cuts"] >= restarts
    assert len(outcome.back_s) == restarts and max(outcome.back_s) < BACK_S
    live, once = outcome.alerts
    assert live == once and once
    assert set(outcome.came) <= set(outcome.sent)
    lost = len(set(outcome.sent) - set(outcome.came))
    again = len(outcome.came) - len(set(outcome.came))
    live_fixes, once_fixes = outcome.fixes
    assert set(live_fixes) == set(once_fixes) and once_fixes
    doubled = len(live_fixes) - len(set(live_fixes))
    assert doubled <= again  # what a broker says again so late that it is stored and not judged
    said = f"{restarts} restarts, back after {max(outcome.back_s):.1f} s at most"
    print(f"{said}; {len(outcome.sent)} lines, {lost} lost, {again} again, {doubled} stored so")


@some_or_many
def test_a_jetstream_loses_nothing(tmp_path: Path, restarts: int) -> None:
    outcome = run(Nats(tmp_path), restarts, tmp_path, seed=20241118)
    check(outcome, restarts)
    assert outcome.came == outcome.sent
    assert outcome.fixes[0] == outcome.fixes[1]


@some_or_many
def test_of_mqtt_all_that_came_counts_once(tmp_path: Path, restarts: int) -> None:
    check(run(Mosquitto(tmp_path), restarts, tmp_path, seed=20241118), restarts)
