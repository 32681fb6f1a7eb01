"""Suppression: what lowers the score of an alert, each reason a term with its name.

The fold knows nothing of it: a reason lowers what was raised, after it was raised, and deletes
nothing. Magnitudes are assumed, in three sizes; docs/context.md has the reasons.
"""

import math

from cablewatch.alerts import Evidence
from cablewatch.ship_classes import SERVICE, class_of
from cablewatch.wording import lowered

MUCH = -math.log(20.0)  # nats; one in twenty such episodes is what it looks like; assumed

FISHING = {"loitering": MUCH, "drifting": MUCH}
"""What lowers a fishing vessel, by kind of alert: she goes to and fro, and drifts on her gear."""


def service_of(kind: str, ship_type: int) -> tuple[str, float]:
    """Class of a ship whose work looks like this kind of alert, and nats; "" and 0 of another.

    >>> service_of("anchor_drag", 52)[0], service_of("anchor_drag", 30)[0]
    ('tug', '')
    """
    name = class_of(ship_type)
    nats = MUCH if name in SERVICE else FISHING.get(kind, 0.0) if name == "fishing" else 0.0
    return (name, nats) if nats else ("", 0.0)


def service_term(kind: str, ship_type: int) -> Evidence | None:
    """The term that lowers a ship at its work; `ship_type` is one that counts, or 0."""
    name, nats = service_of(kind, ship_type)
    if not name:
        return None
    return Evidence(
        name, float(ship_type), "ship type", float(f"{nats:.6g}"), lowered(name, ship_type)
    )
