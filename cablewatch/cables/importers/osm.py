"""OpenStreetMap: ``.osm`` and ``.osm.pbf`` through GDAL, and GeoJSON exports with tags as columns.

Taken are lines with ``communication=line`` (or ``cable``), ``telecom=line``, ``power=cable`` or
``man_made=pipeline`` that lie under water: ``submarine=yes``, ``location=underwater``, or the sea
mark of a submarine cable or pipeline. The licence is ODbL-1.0 and stays with the routes. How exact
a line is, OpenStreetMap does not say.
"""

import re
from typing import Any

from cablewatch.cables.importers.profile import Layout, Profile, Row
from cablewatch.cables.importers.properties import Found, Refused, text_of

SEA_MARKS = ("cable_submarine", "pipeline_submarine")
SEA_MARK_KINDS = {"telephone": "telecom", "telegraph": "telecom", "fibre_optic": "telecom",
                  "power": "power", "transmission": "power"}  # fmt: skip
UNDER_WATER = ("underwater", "submarine", "seabed")
SUBMERGED = " OR ".join(f"other_tags LIKE '%{w}%'" for w in UNDER_WATER)  # coarse, for big files
HSTORE = re.compile(r'"((?:[^"\\]|\\.)*)"=>"((?:[^"\\]|\\.)*)"')  # in GDAL's other_tags
LIFE_CYCLE = ("proposed", "planned", "construction", "disused", "abandoned")


def recognise(layout: Layout) -> bool:
    """Tell GDAL's layers by the driver, exports by the object's id among the columns."""
    named = layout.has("@id") or layout.has("osm_id")
    tagged = layout.has("communication") or layout.has("power") or layout.has("telecom")
    return layout.driver == "OSM" or named or (layout.has("id", "location") and tagged)


def describe(layout: Layout, row: Row, _: Any) -> Found:
    """Read the tags; refuses what is neither cable nor pipeline, or is not under water."""
    tags = _tags(row)
    kind = _kind(tags)
    if kind is None:
        raise Refused("not tagged as a cable or pipeline")
    under_water = (
        tags.get("submarine") == "yes"
        or tags.get("location") in UNDER_WATER
        or tags.get("seamark:type") in SEA_MARKS
    )
    if not under_water:
        raise Refused("not tagged as under water")
    said = {
        "id": tags.get("@id") or tags.get("id") or _way(layout, tags),
        "name": tags.get("name") or tags.get("seamark:name"),
        "owner": tags.get("owner") or tags.get("operator"),
        "status": _status(tags),
        "kind": kind,
    }
    return {name: value for name, value in said.items() if value}


def _tags(row: Row) -> dict[str, str]:
    tags = {str(key): text for key, value in row.items() if (text := text_of(value))}
    return tags | dict(HSTORE.findall(tags.pop("other_tags", "")))


def _way(layout: Layout, tags: dict[str, str]) -> str | None:
    number = tags.get("osm_id")
    return f"way/{number}" if number and layout.name.lower() == "lines" else number


def _kind(tags: dict[str, str]) -> str | None:
    if tags.get("man_made") == "pipeline" or tags.get("seamark:type") == "pipeline_submarine":
        return "gas_pipeline" if "gas" in tags.get("substance", "") else "pipeline"
    if tags.get("communication") in ("line", "cable") or tags.get("telecom") in ("line", "cable"):
        return "telecom"
    if tags.get("power") == "cable":
        return "power"
    return SEA_MARK_KINDS.get(tags.get("seamark:cable_submarine:category", ""))


def _status(tags: dict[str, str]) -> str | None:
    for word in LIFE_CYCLE:
        if tags.get(word) == "yes":
            return word
    return tags.get("operational_status")


PROFILE = Profile(
    "osm",
    "OpenStreetMap",
    recognise,
    describe,
    settled={"licence": "ODbL-1.0", "source": "OpenStreetMap contributors"},
    wants=lambda layout: layout.driver != "OSM" or layout.name == "lines",
    reading={"OSM": {"where": SUBMERGED}},
    notice="OpenStreetMap's routes are ODbL-1.0: credit © OpenStreetMap contributors, share alike.",
)
