"""A user's own copy of the cable map of TeleGeography (``cable-geo.json`` and exports of it).

Its lines are schematic: 8 to 48 km off charted lines where the two were compared. Hence 50 km of
uncertainty where the user gives none. The licence goes with whatever is made of the map; the
map itself is never part of this package.
"""

from typing import Any

from cablewatch.cables.importers.profile import Layout, Profile, Row, by_columns
from cablewatch.cables.importers.properties import Found

COLUMNS = {"id": ("id", "cable_id", "slug"), "name": ("name",), "owner": ("owners",)}
UNCERTAINTY_M = 50_000.0  # m; the worst line compared is 48 km off


def recognise(layout: Layout) -> bool:
    """Tell the map by the key and the colour that it gives each line."""
    return layout.has("feature_id", "color", "name") or layout.has("cable_id", "slug", "color")


def describe(_: Layout, row: Row, __: Any) -> Found:
    """Read the id, which the parts of a cable share, and the name."""
    return by_columns(row, COLUMNS) | {"kind": "telecom"}


PROFILE = Profile(
    "telegeography",
    "TeleGeography's submarine cable map",
    recognise,
    describe,
    settled={"licence": "CC BY-NC-SA", "source": "TeleGeography, Submarine Cable Map"},
    usual={"position_class": "schematic", "position_uncertainty_m": UNCERTAINTY_M},
    notice=(
        "TeleGeography's lines are schematic, up to 50 km off, and CC BY-NC-SA: name the source, "
        "make no commercial use of it, share alike. Alerts on them have low confidence."
    ),
)
