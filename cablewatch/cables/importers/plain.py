"""Any other file: columns by the model's own names, and by names that are plain enough.

A file that this package wrote, and that somebody edited in a GIS, is read back whole.
"""

from typing import Any

from cablewatch.cables.importers.profile import Layout, Profile, Row, by_columns
from cablewatch.cables.importers.properties import OPTION, Found

COLUMNS = {name: (name,) for name in OPTION} | {
    "id": ("id", "cable_id"),
    "name": ("name", "cable_name", "objnam"),
    "licence": ("licence", "license"),
    "owner": ("owner", "owners", "operator"),
}


def describe(layout: Layout, row: Row, _: Any) -> Found:
    """Read what the columns of those names say; the ids in KML only number its elements."""
    said = by_columns(row, COLUMNS)
    if layout.driver in ("KML", "LIBKML"):
        said.pop("id", None)
    return said


PROFILE = Profile("plain", "a file with columns of its own", lambda _: True, describe)
