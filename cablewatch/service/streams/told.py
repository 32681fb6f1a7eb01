"""What is told of an alert."""

from collections.abc import Callable
from typing import Any

from cablewatch.alerts.formats import marked_feature
from cablewatch.alerts.model import Alert
from cablewatch.output.text import rfc3339
from cablewatch.service.streams.alerts import Told
from cablewatch.service.streams.frames import frame
from cablewatch.stores.changes import Change

REVIEWED = ("action", "actor", "to", "text")
Origin = Callable[[Alert], str | None]
"""Where the positions of an alert come from, as far as they are modelled."""


def told(change: Change, origin: Origin) -> Told:
    """A change as it is stored."""
    review = change.review
    said = {
        "seq": change.seq,
        "at": rfc3339(change.at_ms),
        **_version(change, origin),
        "review": None if review is None else {name: getattr(review, name) for name in REVIEWED},
    }
    about = (change.alert,) if change.before is None else (change.alert, change.before)
    return Told(change.seq, frame(_event(change), said, change.seq), about)


def replayed(change: Change, origin: Origin, number: object) -> bytes:
    """A change as it became known."""
    said = {"at": rfc3339(change.at_ms), **_version(change, origin)}
    return frame(_event(change), said, number)


def _event(change: Change) -> str:
    return f"alert.{change.what}"


def _version(change: Change, origin: Origin) -> dict[str, Any]:
    alert = marked_feature(change.alert, origin(change.alert))
    return {"version": change.version, "alert": alert}
