"""Options that several commands share, as annotations of their parameters."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from cablewatch.errors import UsageError
from cablewatch.places import Place, place_of
from cablewatch.settings_file import read_settings

FORMAT_NAMES = (  # those of archives.FORMATS, which would load the compiler
    "nmea",
    "recording",
    "danish-csv",
    "marinecadastre-csv",
    "kystverket-csv",
    "spire-csv",
    "aishub-csv",
    "aishub-raw-csv",
    "vesselfinder-csv",
    "marinetraffic-csv",
    "brest-csv",
    "csv",
    "parquet",
    "digitraffic",
    "aisstream",
    "ais-catcher",
    "gpsd",
    "aishub-json",
    "barentswatch",
)


def folder(said: object) -> Path:
    """The folder that an option names; an empty text would be this one."""
    if not str(said).strip():
        raise UsageError("--store", "names no folder", "give one; . is the one you are in")
    return Path(str(said))


Paths = Annotated[
    list[str],
    typer.Argument(
        help="Archives, folders, patterns, also as s3://BUCKET/NAME: "
        "NMEA, CSV, Parquet, JSON; .zip, .gz, .zst."
    ),
]
FromOption = Annotated[str | None, typer.Option("--from", help="UTC, such as 2024-11-17")]
ToOption = Annotated[str | None, typer.Option("--to", help="UTC, excluded; a date is its end")]
BboxOption = Annotated[str | None, typer.Option("--bbox", help="west,south,east,north in degrees")]
MmsiOption = Annotated[
    list[int] | None,
    typer.Option("--mmsi", min=1, max=999_999_999, help="Only this ship; may be repeated"),
]
CablesOption = Annotated[
    Path | None, typer.Option("--cables", help="GeoJSON of routes; else those that ship with it.")
]
WorkersOption = Annotated[
    int, typer.Option("--workers", min=1, max=64, help="Processes for the fold")
]
FormatOption = Annotated[
    str | None,
    typer.Option("--format", help=f"Read as {', '.join(FORMAT_NAMES)}; else by content."),
]
MapOption = Annotated[
    list[str] | None,
    typer.Option("--map", help="Columns by other names, as lon=LONGITUDE,lat=LATITUDE"),
]
ZoneOption = Annotated[
    str | None, typer.Option("--tz", help="Zone of times that name none, as Europe/Paris; else UTC")
]
MaxBytesOption = Annotated[
    int | None, typer.Option(min=1, help="Most bytes one archive may unpack to")
]
MaxLinesOption = Annotated[
    int | None, typer.Option(min=1, help="Most lines one archive may unpack to")
]
PortOption = Annotated[
    int | None, typer.Option("--port", help="Port, else 8000; 0 takes a free one.")
]
HostOption = Annotated[
    str | None, typer.Option("--host", help="Address to listen on, else 127.0.0.1.")
]
ConfigOption = Annotated[
    Path | None, typer.Option("--config", help="Settings; else cablewatch.toml, where it is there")
]
ContextOption = Annotated[
    list[Path] | None,
    typer.Option("--context", help="GeoJSON of places where ships stop or wait; may be repeated"),
]
BathymetryOption = Annotated[
    Path | None,
    typer.Option("--bathymetry", help="GeoTIFF or NetCDF of depths; needs cablewatch[bathymetry]"),
]
DATABASE_VARIABLE = "CABLEWATCH_DATABASE_URL"
DATABASE_SETTING = "database_url"
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--database",
        help="Alerts in this database, as postgresql+psycopg://USER@HOST/NAME; "
        f"else in that of {DATABASE_VARIABLE} or of the settings, else in the store.",
    ),
]


def places(paths: list[str]) -> list[Place]:
    """The files and folders that arguments name, and the objects."""
    return [place_of(path, "archives") for path in paths]


def local_files(paths: Sequence[Place]) -> list[Path]:
    """Those of them that lie on this machine, which no output may replace."""
    from cablewatch.archives.files import find

    local = [path for path in paths if isinstance(path, Path)]
    return [found.path for found in find(local) if isinstance(found.path, Path)] if local else []


def named_files(
    cables: Path | None, bathymetry: Path | None, context: list[Path] | None
) -> list[Path]:
    """Files that these options name, which no output may replace."""
    return [*filter(None, (cables, bathymetry)), *(context or ())]


def database_url(given: str | None, config: Path | None = None) -> str | None:
    """The URL that an option, else the environment, else the file of settings names.

    None where none of them does, or the first that says something says nothing: alerts are in the
    store then.
    """
    said = os.environ.get(DATABASE_VARIABLE) if given is None else given
    if said is None:
        file = read_settings(config)
        said = None if file is None else file.said.get(DATABASE_SETTING)
        if not isinstance(said, str | None):
            where = DATABASE_SETTING if file is None else f"{file.path}: {DATABASE_SETTING}"
            raise UsageError(where, "not a text", 'write it as database_url = "URL"')
    return said or None
