"""S-57 electronic charts (``.000``): IHO S-57 edition 3.1, appendix A, through GDAL's S57 driver.

=======  ==========================================================================================
CBLSUB   cable, submarine; CATCBL is its kind: 1 and 3 power, 4 and 5 telecom, 6 a mooring (refused)
PIPSOL   pipeline; PRODCT is its product: 2 gas, 18 liquefied natural gas, else any pipeline
CBLARE   cable area: refused, for it says that cables lie inside, not where; its outline is no cable
=======  ==========================================================================================

OBJNAM is the name, LNAM the id, which stays through editions. CONDTN, STATUS and BURDEP make the
status. The quality of a position belongs to the edges under a line: QUAPOS gives the class and
POSACC the uncertainty, the worst of all edges. QUAPOS 1, 10 and 11 are exact positions by IHO S-52;
2-4 are approximate, 5-9 doubtful. A line whose edges say nothing is charted.
"""

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pyogrio

from cablewatch.cables.importers.layers import gdal_errors
from cablewatch.cables.importers.profile import Layout, Profile, Row
from cablewatch.cables.importers.properties import Found, Refused, read_value, text_of
from cablewatch.cables.model import POSITION_CLASSES

CABLE_KINDS = {1: "power", 3: "power", 4: "telecom", 5: "telecom"}  # CATCBL
MOORING = 6  # CATCBL
GASES = {"2", "18"}  # PRODCT
CONDITIONS = {1: "under construction", 2: "ruined", 3: "under reclamation", 5: "planned"}  # CONDTN
STATUSES = {"1": "permanent", "4": "disused", "7": "temporary", "11": "extinguished",
            "13": "historic", "18": "existence doubtful"}  # STATUS  # fmt: skip
CLASS_OF_QUAPOS = (
    dict.fromkeys((1, 10, 11), "surveyed")
    | dict.fromkeys((2, 3, 4), "generalised")
    | dict.fromkeys((5, 6, 7, 8, 9), "schematic")
)
OBJECTS = ("CBLSUB", "PIPSOL", "CBLARE")
OPTIONS = {"RETURN_LINKAGES": "ON", "RETURN_PRIMITIVES": "ON"}

Quality = tuple[str | None, float | None]  # position class, uncertainty in metres


def recognise(layout: Layout) -> bool:
    """Tell a chart by GDAL's driver, an extract of one by names of object and attribute."""
    chart_object = layout.name.upper() in OBJECTS
    return layout.driver == "S57" or (chart_object and layout.has("OBJNAM"))


def edges(path: Path) -> dict[int, Quality]:
    """Quality by number (RCID) of each edge of a cell; empty for an extract in another format."""
    if path.suffix.lower() != ".000":
        return {}
    with gdal_errors(str(path)):
        table = pyogrio.read_dataframe(
            path,
            layer="Edge",
            columns=["RCID", "QUAPOS", "POSACC"],
            read_geometry=False,
            **OPTIONS,
        )
    return {
        int(edge): (CLASS_OF_QUAPOS.get(_code(quapos) or 0), read_value_m(posacc))
        for edge, quapos, posacc in table[["RCID", "QUAPOS", "POSACC"]].itertuples(index=False)
    }


def read_value_m(value: Any) -> float | None:
    """Metres of POSACC; None where it is missing."""
    metres = read_value("position_uncertainty_m", value)
    return metres if isinstance(metres, float) else None


def describe(layout: Layout, row: Row, qualities: Mapping[int, Quality]) -> Found:
    """Read the attributes of a cable or pipeline and the quality of its edges."""
    layer = layout.name.upper()
    if layer == "CBLARE":
        raise Refused("a cable area says that cables lie inside, not where")
    kind = _pipe_kind(row) if layer == "PIPSOL" else _cable_kind(row)
    position_class, uncertainty_m = _quality(row, qualities)
    said = {
        "id": text_of(row.get("LNAM")),
        "name": text_of(row.get("OBJNAM")),
        "status": _status(row),
        "kind": kind,
        "position_class": position_class,
        "position_uncertainty_m": uncertainty_m,
    }
    return {name: value for name, value in said.items() if value is not None}


def _code(value: Any) -> int | None:
    text = text_of(value)
    return int(text) if text and text.isdigit() else None


def _cable_kind(row: Row) -> str | None:
    category = _code(row.get("CATCBL"))
    if category == MOORING:
        raise Refused("a mooring cable or chain")
    return CABLE_KINDS.get(category or 0)


def _pipe_kind(row: Row) -> str:
    products = (text_of(row.get("PRODCT")) or "").replace(" ", "").split(",")
    return "gas_pipeline" if GASES & set(products) else "pipeline"


def _status(row: Row) -> str | None:
    codes = (text_of(row.get("STATUS")) or "").replace(" ", "").split(",")
    words = [CONDITIONS.get(_code(row.get("CONDTN")) or 0, "")]
    words += [STATUSES.get(code, "") for code in codes]
    depth = text_of(row.get("BURDEP"))
    words.append(f"buried {depth} m" if depth else "")
    return ", ".join(filter(None, words)) or None


def _quality(row: Row, qualities: Mapping[int, Quality]) -> Quality:
    """Worst class and greatest uncertainty of the edges; columns of an extract count likewise."""
    own = (CLASS_OF_QUAPOS.get(_code(row.get("QUAPOS")) or 0), read_value_m(row.get("POSACC")))
    named = row.get("NAME_RCID")
    under = [qualities[edge] for edge in ([] if named is None else named) if edge in qualities]
    found = [own, *under]
    classes = [c or "charted" for c, _ in under] + [c for c, _ in [own] if c] or ["charted"]
    metres = [m for _, m in found if m is not None and math.isfinite(m)]
    complete = len(metres) >= max(len(under), 1)
    return max(classes, key=POSITION_CLASSES.index), max(metres) if complete else None


PROFILE = Profile(
    "s57",
    "an S-57 electronic chart",
    recognise,
    describe,
    wants=lambda layout: layout.name.upper() in OBJECTS,
    reading={"S57": OPTIONS},
    aids=edges,
)
