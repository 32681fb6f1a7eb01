"""What the user asks of an import, checked against what is in the file."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cablewatch.cables.importers.profile import Layout, Profile, Row
from cablewatch.cables.importers.properties import (
    OPTION,
    Found,
    Refused,
    Said,
    read_value,
    text_of,
)
from cablewatch.errors import CableError, UsageError


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asks for.

    Attributes
    ----------
    layers : tuple of str
        Only these; empty lets the profile choose.
    profile : str, optional
        Its name; None recognises it.
    columns : mapping
        Property to the column that holds it; an empty column: the file does not say it.
    said : mapping
        Property to the value for all features that do not say it themselves.
    crs : str, optional
        Replaces the reference system of the file.
    """

    layers: tuple[str, ...] = ()
    profile: str | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    said: Said = field(default_factory=dict)
    crs: str | None = None


def refuse_settled(profile: Profile, request: Request) -> None:
    """Refuse to replace what the source settles, such as its licence.

    Raises
    ------
    UsageError
        An option or a mapped column speaks of it.
    """
    for name in profile.settled:
        if name in request.said or name in request.columns:
            raise UsageError(
                f"--{OPTION[name]}",
                f"{profile.title} comes as {profile.settled[name]}, and that stays with it",
                "leave it out, or say --profile plain if the file is not from there",
            )


def wanted(path: Path, found: Sequence[Layout], profile: Profile) -> list[Layout]:
    """Layers that the profile wants.

    Raises
    ------
    CableError
        There is none, or more than one in a file that no profile knows.
    """
    willing = [layout for layout in found if profile.wants(layout)]
    chosen = [layout for layout in willing if profile.recognise(layout)] or willing
    if not chosen:
        have = ", ".join(f"{layout.label} ({layout.geometry_type})" for layout in found[:8])
        raise CableError(str(path), f"no layer with cables in {profile.title}", f"there are {have}")
    if len(chosen) > 1 and profile.name == "plain":
        names = ", ".join(layout.label for layout in chosen)
        raise CableError(str(path), f"{len(chosen)} layers with lines", f"--layer one of {names}")
    return chosen


def columns_of(path: Path, chosen: Sequence[Layout], columns: Mapping[str, str]) -> dict[str, str]:
    """The mapped columns, spelt as in the file; an empty one stays empty.

    Raises
    ------
    CableError
        A layer has no such column.
    """
    spelt = dict(columns)
    for layout in chosen:
        there = {column.lower(): column for column in layout.columns}
        for name, column in columns.items():
            if column and column.lower() not in there:
                raise CableError(
                    f"{path}: layer {layout.label}",
                    f"has no column {column!r}, which --map names for {OPTION[name]}",
                    f"there are {text_of(layout.columns) or 'none'}",
                )
            spelt[name] = there.get(column.lower(), "")
    return spelt


def overlay(found: Found, row: Row, columns: Mapping[str, str]) -> Said:
    """What a feature says, with what the mapped columns say in its place.

    An empty value leaves what the profile found; an empty column takes it away.

    Raises
    ------
    Refused
        A value that is asked for cannot be understood.
    """
    said: Said = {}
    for name, value in found.items():
        if columns.get(name) == "":
            continue
        if isinstance(value, Refused):
            raise value
        said[name] = value
    for name, column in columns.items():
        mapped = read_value(name, row[column]) if column else None
        if mapped is not None:
            said[name] = mapped
    return said
