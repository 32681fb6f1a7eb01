"""Learned places: per cell and ship how often and how long she stopped, mergeable by addition.

A cell is about a nautical mile wide: rows of 1/60 degree of latitude, each cut into a whole number
of columns from longitude -180 on, so that none lies over the antimeridian. Every ship has one vote
in what a cell is:

=============  ====================================================================================
``stop``       fewer than `VOTERS_MIN` different ships: no place, kept to go on from
``berth``      half the ships lay moored: by their status, or held within metres for a whole tide
``anchorage``  half the ships said that they were at anchor
``windfarm``   three ships in four are of `FARM_CLASSES`, and come three times each on average
``roadstead``  any other: ships lie there, and do not say how
=============  ====================================================================================
"""

import json
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from cablewatch import __version__
from cablewatch.context.places import FARM_CLASSES, MAX_BYTES, STOP, VOTERS_MIN, visitors_of
from cablewatch.errors import ContextError
from cablewatch.geojson import features_of, read_document
from cablewatch.output.text import epoch_ms, rfc3339

FORMAT = 1  # of the file
ROWS_DEG = 60  # a degree of latitude: 1 nmi. Ships at anchor lie half a mile apart and more
WORK_SHARE = 0.75  # of the ships of a wind farm; assumed
COMES_BACK = 3.0  # stays a ship in a wind farm, on average; assumed

SOURCE = ("name", "sha256")  # of an archive that was learned from
Cell = tuple[int, int]  # row from the south pole, column from longitude -180


def cell_of(lon_deg: float, lat_deg: float) -> Cell:
    """Cell of a position.

    >>> cell_of(180.0, 0.001) == cell_of(-180.0, 0.001)
    True
    """
    row = min(int((lat_deg + 90.0) * ROWS_DEG), 180 * ROWS_DEG - 1)
    share = (lon_deg + 180.0) % 360.0 / 360.0
    return row, int(share * _columns(row))


def corners(cell: Cell) -> tuple[float, float, float, float]:
    """West, south, east and north of a cell, degrees."""
    row, column = cell
    width = 360.0 / _columns(row)
    south = row / ROWS_DEG - 90.0
    west = column * width - 180.0
    return west, south, west + width, south + 1.0 / ROWS_DEG


def _columns(row: int) -> int:
    middle_deg = (row + 0.5) / ROWS_DEG - 90.0
    return max(1, round(360 * ROWS_DEG * math.cos(math.radians(middle_deg))))


class Stay(NamedTuple):
    """One stop of a ship that moved on."""

    cell: Cell
    mmsi: int
    hours: float  # at rest and heard
    moored: bool
    anchored: bool
    ship_class: str  # of :mod:`cablewatch.vessels.ship_classes`


class Visits(NamedTuple):
    """All stays of one ship in a cell."""

    stays: int = 0
    hours: float = 0.0
    moored: int = 0  # stays
    anchored: int = 0  # stays
    ship_class: str = ""  # newest that was said

    def plus(self, other: "Visits") -> "Visits":
        """Both together; what `other` says of the ship is the newer."""
        return Visits(
            self.stays + other.stays,
            self.hours + other.hours,
            self.moored + other.moored,
            self.anchored + other.anchored,
            other.ship_class or self.ship_class,
        )


@dataclass
class Learned:
    """The tallies of a context file."""

    cells: dict[Cell, dict[int, Visits]] = field(default_factory=dict)
    sources: list[dict[str, str]] = field(default_factory=list)  # name, sha256
    first_ms: int | None = None  # of the fixes that were learned from; None nothing was heard
    last_ms: int | None = None

    def add(self, stay: Stay) -> None:
        """Count a stay."""
        said = Visits(1, stay.hours, int(stay.moored), int(stay.anchored), stay.ship_class)
        self._count(stay.cell, stay.mmsi, said)

    def merge(self, other: "Learned") -> None:
        """Add the tallies of other archives."""
        for cell, visits in other.cells.items():
            for mmsi, said in visits.items():
                self._count(cell, mmsi, said)
        self.sources += other.sources
        for t_ms in (other.first_ms, other.last_ms):
            if t_ms is not None:
                self.heard(t_ms, t_ms)

    def heard(self, first_ms: int, last_ms: int) -> None:
        """Note the times of fixes."""
        self.first_ms = first_ms if self.first_ms is None else min(self.first_ms, first_ms)
        self.last_ms = last_ms if self.last_ms is None else max(self.last_ms, last_ms)

    def _count(self, cell: Cell, mmsi: int, said: Visits) -> None:
        visits = self.cells.setdefault(cell, {})
        visits[mmsi] = visits.get(mmsi, Visits()).plus(said)

    def places(self) -> Counter[str]:
        """Number of cells by kind."""
        return Counter(kind_of_cell(visits) for visits in self.cells.values())


def kind_of_cell(visits: dict[int, Visits]) -> str:
    """What a cell is; see the module's table."""
    ships = list(visits.values())
    if len(ships) < VOTERS_MIN:
        return STOP
    if sum(2 * said.moored >= said.stays for said in ships) * 2 >= len(ships):
        return "berth"
    if sum(2 * said.anchored >= said.stays for said in ships) * 2 >= len(ships):
        return "anchorage"
    working = sum(said.ship_class in FARM_CLASSES for said in ships)
    stays = sum(said.stays for said in ships)
    if working >= WORK_SHARE * len(ships) and stays >= COMES_BACK * len(ships):
        return "windfarm"
    return "roadstead"


def text_of(learned: Learned, thresholds: dict[str, float]) -> Iterator[str]:
    """The file, in pieces: GeoJSON (RFC 7946), a feature a line, cells by row and column."""
    about = {
        "format": FORMAT,
        "made_by": f"cablewatch {__version__}",
        "sources": learned.sources,
        "from": _time(learned.first_ms),
        "to": _time(learned.last_ms),
        "thresholds": {"ships": VOTERS_MIN, "cell_deg": 1.0 / ROWS_DEG, **thresholds},
    }
    head = json.dumps({"type": "FeatureCollection", "cablewatch_context": about})[:-1]
    yield f'{head}, "features": ['
    for number, cell in enumerate(sorted(learned.cells)):
        yield (",\n" if number else "\n") + json.dumps(_feature(cell, learned.cells[cell]))
    yield "\n]}\n"


def _feature(cell: Cell, visits: dict[int, Visits]) -> dict[str, Any]:
    west, south, east, north = (round(degrees, 7) for degrees in corners(cell))
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    said = {str(mmsi): _row(visits[mmsi]) for mmsi in sorted(visits)}
    classes = Counter(v.ship_class for v in visits.values())
    return {
        "type": "Feature",
        "id": f"{cell[0]}_{cell[1]}",
        "geometry": {"type": "Polygon", "coordinates": [ring]},
        "properties": {
            "kind": kind_of_cell(visits),
            "ships": len(visits),
            "stays": sum(v.stays for v in visits.values()),
            "ship_hours": round(math.fsum(v.hours for v in visits.values()), 2),
            "classes": dict(sorted(classes.items())),
            "visits": said,
        },
    }


def _time(t_ms: int | None) -> str | None:
    return None if t_ms is None else rfc3339(t_ms)


def _row(said: Visits) -> list[Any]:
    return [said.stays, round(said.hours, 2), said.moored, said.anchored, said.ship_class]


def load_learned(path: Path) -> Learned:
    """The tallies of a file that `text_of` wrote, to go on from.

    Raises
    ------
    ContextError
        It is no such file, or a feature that is named is not as it was written.
    """
    _, document = read_document(path, ContextError, MAX_BYTES)
    about = document.get("cablewatch_context")
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        what = "was not written by cablewatch context build, or by another version"
        raise ContextError(str(path), what, "build it anew from its archives")
    try:
        learned = Learned(sources=[{n: said[n] for n in SOURCE} for said in about["sources"]])
        for time in filter(None, (about["from"], about["to"])):
            learned.heard(epoch_ms(time), epoch_ms(time))
        texts = [said[name] for said in learned.sources for name in SOURCE]
        if not all(isinstance(text, str) for text in texts):
            raise ValueError
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        what = "does not say what it was learned from"
        raise ContextError(str(path), what, "build the file anew") from error
    for number, feature in enumerate(features_of(path, document, ContextError)):
        where = f"{path}: feature number {number}"
        try:
            properties = feature["properties"]
            cell = _read_cell(feature["id"])
            ships = sorted(visitors_of(where, properties))
            said = {mmsi: _read_row(properties["visits"][str(mmsi)]) for mmsi in ships}
            total = sum(v.stays for v in said.values())
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ContextError(where, "is not as it was written", "build the file anew") from error
        if total != properties.get("stays") or not said or cell in learned.cells:
            raise ContextError(where, "its visits are not its stays", "build the file anew")
        learned.cells[cell] = said
    return learned


def _read_cell(text: str) -> Cell:
    """Cell of the id of a feature; ValueError where there is no such cell."""
    row, column = map(int, text.split("_"))
    if not (0 <= row < 180 * ROWS_DEG and 0 <= column < _columns(row)):
        raise ValueError(text)
    return row, column


def _read_row(row: list[Any]) -> Visits:
    """The inverse of :func:`_row`; ValueError where its figures cannot be."""
    said = Visits(*row)
    counts = said.stays, said.moored, said.anchored
    sound = all(type(n) is int and 0 <= n <= said.stays for n in counts) and said.stays > 0
    sound &= len(row) == len(said) and isinstance(said.ship_class, str)
    if not (sound and 0.0 <= said.hours < math.inf):
        raise ValueError(row)
    return said
