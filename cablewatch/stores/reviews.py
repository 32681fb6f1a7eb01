"""What people did with alerts: a log that is appended to, and what an alert is by it.

============  =====================  =======================  ====================
action        needs                  the alert is             and is then
============  =====================  =======================  ====================
acknowledge                          new                      acknowledged
assign        `to`                   anything                 what it was
comment       `text`                 anything                 what it was
confirm                              new or acknowledged      confirmed
dismiss       `text`, the reason     new or acknowledged      dismissed
hand_over     `to`                   anything                 what it was
reopen                               anything but new         new
============  =====================  =======================  ====================

A judgement is not turned into the other one at a stroke: who differs reopens the alert first, and
the log shows it.
"""

from dataclasses import asdict, dataclass
from typing import Any

import sqlalchemy as sa

from cablewatch.errors import ConflictError, UsageError
from cablewatch.output.text import content_hash
from cablewatch.stores.events import REVIEW, log_event
from cablewatch.stores.sql.database import Database
from cablewatch.stores.sql.tables import ALERTS, REVIEWS

ACTIONS = ("acknowledge", "assign", "comment", "confirm", "dismiss", "hand_over", "reopen")
_FROM = {
    "acknowledge": {"new"},
    "confirm": {"new", "acknowledged"},
    "dismiss": {"new", "acknowledged"},
    "reopen": {"acknowledged", "confirmed", "dismissed"},
}
_BECOMES = {
    "acknowledge": "acknowledged",
    "confirm": "confirmed",
    "dismiss": "dismissed",
    "reopen": "new",
}
_NEEDS = {"assign": "to", "comment": "text", "dismiss": "text", "hand_over": "to"}


@dataclass(frozen=True)
class Review:
    """One thing that somebody did with an alert.

    Attributes
    ----------
    key : str
        Given by whoever may send it twice: of one alert, actor and key the first counts. Without a
        key one that is the same in all is the same.
    """

    alert_id: str
    at_ms: int
    actor: str
    action: str  # one of ACTIONS
    to: str | None = None
    text: str | None = None
    key: str | None = None

    def check(self) -> None:
        """Raise UsageError, naming the field, where something is missing."""
        if self.action not in ACTIONS:
            raise UsageError("action", "unknown", f"one of {', '.join(ACTIONS)}")
        for name in ("actor", _NEEDS.get(self.action)):
            if name is not None and not (getattr(self, name) or "").strip():
                raise UsageError(name, "missing", f"{self.action!r} needs it")

    @property
    def id(self) -> str:
        """The same for what is the same."""
        said = asdict(self)
        if self.key is not None:
            said = {name: said[name] for name in ("alert_id", "actor", "key")}
        return content_hash(said)


@dataclass(frozen=True)
class Reviewed:
    """A review in the log."""

    seq: int
    at_ms: int
    actor: str
    action: str
    to: str | None
    text: str | None
    review: str  # what the alert was from here on


class ReviewLog:
    """Reviews in a database; see :class:`Database` for what it raises."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def append(self, review: Review) -> Reviewed | None:
        """Append a review, with its event, in one transaction; durable on return.

        Returns
        -------
        Reviewed or None
            As it is in the log, where it may have been already; None where there is no such alert.

        Raises
        ------
        UsageError
            The action is unknown, or needs something.
        ConflictError
            The alert is not what the action takes.
        """
        review.check()
        with self._database.writing() as db:
            known = db.execute(_entries().where(REVIEWS.c.id == review.id)).one_or_none()
            if known is not None:
                return Reviewed(*known)
            asked = sa.select(ALERTS.c.version, ALERTS.c.review)
            alert = db.execute(asked.where(ALERTS.c.id == review.alert_id)).one_or_none()
            if alert is None:
                return None
            seq = _append(db, review, alert.version, _after(alert.review, review.action))
            return Reviewed(*db.execute(_entries().where(REVIEWS.c.seq == seq)).one())

    def of(self, alert_id: str) -> tuple[Reviewed, ...]:
        """All reviews of an alert, in order."""
        asked = _entries().where(REVIEWS.c.alert_id == alert_id).order_by(REVIEWS.c.seq)
        with self._database.reading() as db:
            return tuple(Reviewed(*row) for row in db.execute(asked))

    def get(self, seq: int) -> Reviewed | None:
        """The review of a number, as an event names it; None where there is none."""
        with self._database.reading() as db:
            row = db.execute(_entries().where(REVIEWS.c.seq == seq)).one_or_none()
        return None if row is None else Reviewed(*row)


def _after(review: str, action: str) -> str:
    """What an alert is after an action; ConflictError where it cannot be done to what it is."""
    if review not in _FROM.get(action, {review}):
        do = "it is new already" if review == "new" else "reopen it first"
        raise ConflictError("action", f"the alert is {review}: it takes no {action!r}", do)
    return _BECOMES.get(action, review)


def _append(db: sa.Connection, said: Review, version: int, review: str) -> int:
    row = {"id": said.id, **asdict(said), "review": review}
    del row["key"]
    appended = sa.insert(REVIEWS).values(row).returning(REVIEWS.c.seq)
    seq = int(db.execute(appended).scalar_one())
    db.execute(sa.update(ALERTS).where(ALERTS.c.id == said.alert_id).values(review=review))
    log_event(db, said.alert_id, version, REVIEW, said.at_ms, seq)
    return seq


def _entries() -> sa.Select[Any]:
    return sa.select(*(REVIEWS.c[name] for name in Reviewed.__dataclass_fields__))
