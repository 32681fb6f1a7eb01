"""The CSV of the Danish Maritime Authority (``aisdk-YYYY-MM-DD``), 22 or 26 columns.

The header may lack its leading "# ", the columns may stand in any order, and A-D (distances from
the position's reference point, metres) exist only in newer files; length and width stand in where
they are absent, the reference point then unknown: A = C = 0 (ITU-R M.1371-5, figure 42). Times are
``dd/mm/yyyy hh:mm:ss`` UTC. Rows of anything but class A and B (base stations, aids to navigation,
aircraft) are counted as ``not_ship``. Every row repeats the ship's static data; see ``changes``.
"""

from collections.abc import Iterator
from typing import ClassVar, NamedTuple

import numpy as np

from cablewatch.archives.base import Batch
from cablewatch.archives.changes import Candidates, LastSaid, candidates
from cablewatch.archives.compression import Block
from cablewatch.archives.phrases import nav_status_codes
from cablewatch.archives.refused import Refused, RowText
from cablewatch.archives.rows import Rows, whole
from cablewatch.archives.table import Columns, CsvArchive, in_order, line_text, parse
from cablewatch.archives.times import danish_ms
from cablewatch.fixes import Fixes, FixFlag

NUMBERS = ["mmsi", "longitude", "latitude", "sog", "cog", "heading"]
TEXTS = ["timestamp", "type of mobile", "navigational status"]
STATICS = {
    "imo": "imo",
    "ship type": "ship_type",
    "a": "to_bow_m",
    "b": "to_stern_m",
    "c": "to_port_m",
    "d": "to_starboard_m",
    "draught": "draught_m",
    "name": "name",
    "callsign": "callsign",
    "destination": "destination",
}
SIZE_ONLY = {"length": "to_stern_m", "width": "to_starboard_m"}
UNREAD = ["rot", "cargo type", "type of position fixing device", "eta", "data source type"]
KNOWN = {*NUMBERS, *TEXTS, *STATICS, *SIZE_ONLY, *UNREAD}
MOBILES = {b"class a": 0, b"class b": int(FixFlag.CLASS_B)}
NOT_SHIP = 255


class _Parsed(NamedTuple):
    fixes: Fixes
    statics: Candidates
    refused: Refused


class DanishCsv(CsvArchive):
    """Reader of the Danish CSV."""

    format: ClassVar[str] = "danish-csv"
    ordered: ClassVar[bool] = True

    def _read(self) -> Iterator[Batch]:
        last = LastSaid()
        blocks = self._blocks([*NUMBERS, *TEXTS], KNOWN)
        for parsed in in_order(self._parse, blocks):
            self.refused.merge(parsed.refused)
            yield Batch(parsed.fixes, last.new(parsed.statics))

    def _parse(self, item: tuple[list[str], Block]) -> _Parsed:
        names, block = item
        refused = Refused()
        statics = STATICS if "a" in names else STATICS | SIZE_ONLY
        statics = {name: field for name, field in statics.items() if name in names}
        columns = parse(block, names, NUMBERS, [*TEXTS, *statics], refused)
        rows = _rows(columns, line_text(block))
        ship = rows.flags != NOT_SHIP
        if not ship.all():
            refused.add_rows("not_ship", ~ship, rows.text)
        usable = rows.identified(ship, self._latest_ms, refused)
        said = {field: columns.texts[name] for name, field in statics.items()}
        fixes = rows.fixes(usable, refused)
        return _Parsed(fixes, candidates(rows.t_ms, rows.mmsi, usable, said), refused)


def _rows(columns: Columns, text: RowText) -> Rows:
    """Rows of a block; flags of a row that is no ship are NOT_SHIP."""
    times, mobile, status = (columns.texts[name] for name in TEXTS)
    kinds = [MOBILES.get(text.strip().lower(), NOT_SHIP) for text in mobile.values]
    return Rows(
        t_ms=danish_ms(times.values)[times.codes],
        mmsi=whole(columns.numbers["mmsi"]),
        lon_deg=columns.numbers["longitude"],
        lat_deg=columns.numbers["latitude"],
        sog_kn=columns.numbers["sog"],
        cog_deg=columns.numbers["cog"],
        heading_deg=columns.numbers["heading"],
        nav_status=nav_status_codes(status.values)[status.codes],
        flags=np.array(kinds, np.uint8)[mobile.codes],
        text=text,
    )
