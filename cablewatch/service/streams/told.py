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
    said = {
        "seq": change.seq,
        "at": rfc3339(change.at_ms),
        **_version(change, origin),
        "review": reviewed(change),
    }
    about = (change.alert,) if change.before is None else (change.alert, change.before)
    return Told(change.seq, frame(event_of(change), said, change.seq), about)


def replayed(change: Change, origin: Origin, number: object) -> bytes:
    """A change as it became known."""
    said = {"at": rfc3339(change.at_ms), **_version(change, origin)}
    return frame(event_of(change), said, number)


def event_of(change: Change) -> str:
    """What happened: alert.raised, alert.updated, alert.closed or alert.reviewed."""
    return f"alert.{change.what}"


def reviewed(change: Change) -> dict[str, str | None] | None:
    """What somebody did; None where a version was stored."""
    if change.review is None:
        return None
    return {name: getattr(change.review, name) for name in REVIEWED}


def _version(change: Change, origin: Origin) -> dict[str, Any]:
    alert = marked_feature(change.alert, origin(change.alert))
    return {"version": change.version, "alert": alert}
