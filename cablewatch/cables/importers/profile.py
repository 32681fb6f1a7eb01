"""A profile: what is known about files of one origin.

A profile names the layers it wants, finds the properties in a feature, and knows what its source
settles once for all. Values come, the first that is there, from

1. what the source settles (`settled`: a licence goes with the data and is not to be replaced);
2. the column that the user mapped;
3. the feature, as the profile reads it (`describe`);
4. the user's option, which holds for every feature that does not say itself;
5. what is usual for the source (`usual`).

Whatever is still missing is asked for.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cablewatch.cables.importers.properties import Found, Refused, Said, read_value, text_of

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Layout:
    """A layer before it is read: its name, columns, geometry type and GDAL driver."""

    name: str
    columns: tuple[str, ...]
    geometry_type: str
    driver: str

    def has(self, *columns: str) -> bool:
        """Whether all `columns` are there, in any case of letters."""
        return {c.lower() for c in columns} <= {c.lower() for c in self.columns}

    @property
    def label(self) -> str:
        """The name as it can be shown: files come from anyone."""
        return text_of(self.name) or "without a name"

    @property
    def can_hold_lines(self) -> bool:
        """Whether lines may be among the geometries, by what the layer says of itself."""
        kinds = ("LineString", "Unknown", "Geometry", "GeometryCollection")
        return any(kind in self.geometry_type for kind in kinds)


@dataclass(frozen=True, slots=True)
class Profile:
    """What is known about files of one origin.

    Attributes
    ----------
    name, title : str
        As in ``--profile``, and for people.
    recognise : function
        Whether a layer is from this source.
    describe : function
        Properties that a feature says: of a layer, a row and the aids; raises Refused for a
        feature that is no cable.
    wants : function
        Whether a layer is of interest; else those that can hold lines are.
    settled, usual : mapping
        Properties, see above.
    reading : mapping
        By GDAL driver: open options, and a coarse filter ``where`` for big files.
    aids : function
        Reads once a file what `describe` needs beside the row.
    notice : str
        A line that the user must see.
    """

    name: str
    title: str
    recognise: Callable[[Layout], bool]
    describe: Callable[[Layout, Row, Any], Found]
    wants: Callable[[Layout], bool] = lambda layout: layout.can_hold_lines
    settled: Said = field(default_factory=dict)
    usual: Said = field(default_factory=dict)
    reading: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    aids: Callable[[Path], Any] = lambda _: None
    notice: str = ""


def by_columns(row: Row, candidates: Mapping[str, Sequence[str]]) -> Found:
    """Properties from the first column of each property's candidates that says something.

    Names of columns are lower case in `candidates` and any case in `row`.
    """
    lower = {str(name).lower(): value for name, value in row.items()}
    found: Found = {}
    for name, columns in candidates.items():
        for column in columns:
            try:
                value = read_value(name, lower.get(column))
            except Refused as refused:
                found[name] = refused
                break
            if value is not None:
                found[name] = value
                break
    return found
