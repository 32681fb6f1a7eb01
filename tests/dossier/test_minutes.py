"""The evidence of each minute is the rule's own word, whatever the rule and the track."""

from pathlib import Path

import pytest

from cablewatch.alerts.model import Alert
from cablewatch.archives import ReadOptions
from cablewatch.dossier.refold import Minute
from cablewatch.usecases.recheck import recheck
from cablewatch.usecases.report import Report, matter_of, report
from tests.dossier.scenes import MADE_MS, MMSI, drifter, stored
from tests.investigation.scenes import Ship, archive

F4 = 1e-5  # nats; what four bytes keep of a sum of nats


def own(alert: Alert) -> float:
    """Sum of the terms of the rule, without what lowers it."""
    return sum(t.contribution for t in alert.evidence if t.name not in alert.suppressed_by)


def strongest(minutes: tuple[Minute, ...]) -> float:
    return max(minute.log_odds for minute in minutes if minute.terms)


def test_the_strongest_minute_is_the_one_that_the_alert_keeps(
    made: tuple[Path, Path, Report],
) -> None:
    again = recheck(made[2].contents).refold
    assert strongest(again.minutes) == pytest.approx(own(made[2].alert), abs=F4)


def test_a_drift_has_its_terms_by_the_minute(tmp_path: Path) -> None:
    store, alert = stored(drifter(tmp_path))
    assert alert.kind == "drifting"
    found = report(store, alert.id, [], options=ReadOptions(), made_ms=MADE_MS)
    assert found.contents.about["recheck"] == {"whole": [], "alone": []}
    minutes = recheck(found.contents).refold.minutes
    assert strongest(minutes) == pytest.approx(own(found.alert), abs=F4)
    page = found.files["report.html"].decode()
    assert "off heading" in page and "Log odds of the minute" in page
    assert "not drawn by the minute" not in page


def test_of_two_ships_on_one_number_the_minutes_are_those_of_the_alert(tmp_path: Path) -> None:
    """The other is heard earlier and longer, elsewhere; she makes 12 knots and raises nothing."""
    other = Ship(MMSI, -160.0, -40.0, start="00:00").sail(900, 12.0, 20.0)
    sawing = Ship(MMSI, 17.985, 56.0, start="02:00")
    for _ in range(10):
        sawing.sail(20, 2.4, 70.0).sail(20, 2.4, 250.0)
    store, alert = stored(archive(tmp_path, [other, sawing]))
    found = report(store, alert.id, [], options=ReadOptions(), made_ms=MADE_MS)
    again = recheck(found.contents)
    minutes = again.refold.minutes
    assert matter_of(found.contents, again).shown.lon_deg.min() > 17.0
    assert strongest(minutes) == pytest.approx(own(found.alert), abs=F4)
    assert max(minute.speed_kn for minute in minutes) < 3.0
