"""What became of alerts, in the order it was stored and in the order it became known."""

from dataclasses import replace

from cablewatch.alerts.model import Alert
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.changes import Change, ChangeLog
from cablewatch.stores.reviews import Review, ReviewLog
from cablewatch.stores.sql.database import Database
from tests.stores.sample import BASE, T0


def version(minute: int, **changed: object) -> Alert:
    return replace(BASE, updated_ms=T0 + 60_000 * minute, **changed)  # type: ignore[arg-type]


def told(changes: tuple[Change, ...]) -> list[tuple[str, str, int]]:
    return [(change.alert.id, change.what, change.version) for change in changes]


def test_changes_come_in_the_order_they_were_stored(database: Database) -> None:
    store, log = AlertStore(database), ChangeLog(database)
    assert (log.last(), log.after(0, 10)) == (0, ())
    store.append([version(0), version(9, id="b")], at_ms=7)
    store.append([version(5, severity="critical")])
    store.append([version(6, state="closed"), version(7, state="closed", severity="info")])
    changes = log.after(0, 10)
    assert told(changes) == [
        ("a", "raised", 1),
        ("b", "raised", 1),
        ("a", "updated", 2),
        ("a", "closed", 3),
        ("a", "updated", 4),
    ]
    assert [change.at_ms for change in changes[:2]] == [7, 7]
    assert changes[0].before is None and changes[2].before == version(0)
    assert [change.seq for change in changes] == sorted({change.seq for change in changes})
    assert log.last() == changes[-1].seq
    assert log.after(changes[1].seq, 2) == changes[2:4]
    assert log.after(log.last(), 10) == ()


def test_a_review_is_a_change(database: Database) -> None:
    AlertStore(database).append([version(0)])
    made = ReviewLog(database).append(Review("a", 8, "ada", "dismiss", text="a survey"))
    raised, reviewed = ChangeLog(database).after(0, 10)
    assert (raised.what, raised.alert.review) == ("raised", "dismissed")  # as it is now
    assert (reviewed.what, reviewed.alert.review, reviewed.before) == (
        "reviewed",
        "dismissed",
        None,
    )
    assert reviewed.review == made is not None


def test_changes_as_they_became_known(database: Database) -> None:
    AlertStore(database).append([version(5), version(2, id="b"), version(8), version(5, id="c")])
    log = ChangeLog(database)
    known = log.between(T0, T0 + 8 * 60_000)
    assert told(known) == [("b", "raised", 1), ("a", "raised", 1), ("c", "raised", 1)]
    assert told(log.between(T0 + 8 * 60_000, T0 + 9 * 60_000)) == [("a", "updated", 2)]
    assert [change.at_ms for change in known] == [change.alert.updated_ms for change in known]
