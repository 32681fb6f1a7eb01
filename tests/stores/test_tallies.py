"""How many alerts there are, on both databases."""

from dataclasses import replace

import pytest

from cablewatch.alerts.model import NextCable
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.tallies import alerts_raised
from cablewatch.units import DAY_MS
from tests.stores.sample import BASE

MIDNIGHT = 20_000 * DAY_MS


@pytest.fixture
def many(database):
    """Alerts around a midnight, all of which name a cable but one."""
    named = replace(BASE, cables=(), next_cables=(NextCable("c", 1.0, MIDNIGHT),))
    times = {"a": -1, "b": 0, "c": DAY_MS - 1, "d": DAY_MS, "e": 0}
    alerts = [
        replace(named, id=name, raised_ms=MIDNIGHT + t, updated_ms=MIDNIGHT + t)
        for name, t in times.items()
    ]
    alerts[2] = replace(alerts[2], severity="critical")
    alerts[4] = replace(alerts[4], next_cables=())
    AlertStore(database).append(alerts)
    return database


def days(found):
    return [(raised.day - 20_000, raised.severity, raised.alerts) for raised in found]


def test_alerts_are_counted_by_utc_day(many):
    low, high = BASE.severity, "critical"
    always = (-(1 << 60), 1 << 60)
    assert low != high
    assert days(alerts_raised(many, "c", *always)) == [
        (-1, low, 1),
        (0, low, 1),
        (0, high, 1),
        (1, low, 1),
    ]
    assert {raised.kind for raised in alerts_raised(many, "c", *always)} == {BASE.kind}
    assert alerts_raised(many, "nowhere", *always) == []


def test_both_ends_of_the_time_count(many):
    span = MIDNIGHT, MIDNIGHT + DAY_MS - 1
    assert sum(raised.alerts for raised in alerts_raised(many, "c", *span)) == 2
    assert alerts_raised(many, "c", MIDNIGHT + 1, MIDNIGHT + DAY_MS - 2) == []


def test_the_current_version_is_counted(many):
    later = AlertStore(many).get("a")
    AlertStore(many).append([replace(later, severity="critical", updated_ms=MIDNIGHT + DAY_MS)])
    assert days(alerts_raised(many, "c", 0, MIDNIGHT - 1)) == [(-1, "critical", 1)]
