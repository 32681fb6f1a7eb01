"""EMODnet Human Activities: national cable and pipeline layers behind one WFS, as exported.

Each layer keeps the columns of the office it comes from. The layer says whether it holds telecom
or power cables; it is known by its name, or by the feature ids that the server writes
(``pcablesnve.12``). The licence is CC BY 4.0 for all; how exact the lines are, no layer says.
"""

from typing import Any

from cablewatch.cables.importers.profile import Layout, Profile, Row, by_columns
from cablewatch.cables.importers.properties import Found, text_of

TELECOM = ("bshcontiscables", "cicacables", "maltacables", "rijkscables", "shomcables", "sigcables",
           "ukfibrecables")  # fmt: skip
POWER = ("pcablesbshcontis", "pcablesnve", "pcablesrijks", "pcablesshom")
KIND_OF_LAYER = dict.fromkeys(TELECOM, "telecom") | dict.fromkeys(POWER, "power")
LAYERS = (*KIND_OF_LAYER, "pipelines")

NATIONAL = (("name_", "featuretyp"), ("kabel_nr", "naam", "eigenaar"), ("lokalid", "navn", "eier"),
            ("pipe_name", "fluid"))  # fmt: skip
COLUMNS = {
    "id": ("lokalid", "uuid", "kabel_nr", "inspireid", "featureid", "id"),
    "name": ("navn", "name_", "naam", "pipe_name", "name"),
    "owner": ("eier", "eigenaar", "operator"),
    "status": ("rpl_status", "status"),
}
GASES = ("gas", "natural gas")


def layer_of(layout: Layout, row: Row) -> str | None:
    """The server's name of the layer, from the layer or from the feature's id."""
    ids = (text_of(row.get(column)) or "" for column in ("gml_id", "id"))
    for name in (layout.name, *ids):
        stem = name.lower().rpartition(":")[2].partition(".")[0]
        if stem in LAYERS:
            return stem
    return None


def recognise(layout: Layout) -> bool:
    """Tell an export by the layer's name or by a pair of columns of an office."""
    return layer_of(layout, {}) is not None or any(layout.has(*pair) for pair in NATIONAL)


def describe(layout: Layout, row: Row, _: Any) -> Found:
    """Read the columns of whichever office; a code without words is no status."""
    said = by_columns(row, COLUMNS)
    if str(said.get("status", "")).isdigit():
        del said["status"]
    layer = layer_of(layout, row)
    if layer in KIND_OF_LAYER:
        said["kind"] = KIND_OF_LAYER[layer]
    elif layer == "pipelines":
        medium = (text_of(row.get("medium")) or "").lower()
        said["kind"] = "gas_pipeline" if medium in GASES else "pipeline"
    return said


PROFILE = Profile(
    "emodnet",
    "EMODnet Human Activities",
    recognise,
    describe,
    settled={"licence": "CC BY 4.0", "source": "EMODnet Human Activities"},
)
