"""All table formats, and which of them a table is."""

from collections.abc import Mapping, Sequence

from cablewatch.archives import (
    aishub,
    brest,
    danish,
    generic,
    kystverket,
    marinecadastre,
    marinetraffic,
    spire,
    vesselfinder,
)
from cablewatch.archives.spec import BLANK_LINES, TableSpec, header_of
from cablewatch.errors import ArchiveError

TABLES = (
    danish.TABLE,
    marinecadastre.TABLE,
    kystverket.TABLE,
    spire.TABLE,
    aishub.TABLE,
    aishub.RAW,
    vesselfinder.TABLE,
    marinetraffic.TABLE,
    brest.TABLE,
    generic.TABLE,
)
POSITION = ("time", "mmsi", "lon", "lat")


def table_of(head: bytes, renamed: Mapping[str, str]) -> TableSpec | None:
    r"""Format of the CSV that starts with `head`; None where it is none.

    >>> table_of(b"MMSI;Longitude;Latitude;Time;SOG;COG\n", {}).format
    'csv'
    """
    lines = BLANK_LINES.sub(b"", head, 1).split(b"\n", 2)
    try:
        header = header_of(lines[0], "", renamed)
    except ArchiveError:
        return None
    if header.mapped:  # somebody knows better
        return generic.TABLE
    return spec_of(header.names, header.row(lines[1]) if len(lines) > 1 else [])


def spec_of(names: Sequence[str], first_row: Sequence[str] = ()) -> TableSpec | None:
    """Format of a table with the columns `names`: the one that the most names tell.

    The documented table is what has an MMSI or a speed over ground, and two of its own names for
    time, ship and place or all four of them under any name it knows.
    """
    weights = [spec.weight(names, first_row) for spec in TABLES]
    if any(weights):
        return TABLES[weights.index(max(weights))]
    documented = sum(generic.TABLE.columns[field][0] in names for field in POSITION)
    known = generic.TABLE.resolved(names)
    told = documented >= 2 or known.keys() >= set(POSITION)
    return generic.TABLE if told and {"mmsi", "sog"} & known.keys() else None


def documented_name(name: str) -> str | None:
    """Name in the documented table of what goes by `name` there or in code; None for no column.

    >>> documented_name("time"), documented_name("Longitude"), documented_name("colour")
    ('time_utc', 'lon', None)
    """
    for field, names in generic.TABLE.columns.items():
        if name.strip().lower() in (field, *names):
            return names[0]
    return None
