"""The Python API: the names of ``import cablewatch``, which take what the command line takes.

::

    files, columns, DataFrames -> read -> Recording -> detect -> alerts
    files -> replay -> Replay                          to_frame: any of them -> DataFrame

Files and columns go through the same rules, and fixes through the one ``Pipeline``. Examples are
in ``docs/python.md``. Parameters that several functions share:

==============  ===========================================================================
start, end      UTC, ISO texts, datetimes or dates; `end` is excluded, unless it is a date
bbox            west, south, east, north, degrees; west > east crosses the antimeridian
mmsi            one number, or several; an empty list asks for nothing
format          name of the format, whatever the content looks like
columns         names of ``docs/formats.md`` -> the source's own (``{"lon": "LONGITUDE"}``)
zone            time zone of times that name none, such as "Europe/Paris"
workers         processes for the fold, 1 to 64; the answer does not depend on it
cables          a cables file, or routes; None are those that ship with cablewatch
context         GeoJSON files of places where ships stop or wait, which lower alerts
bathymetry      GeoTIFF or NetCDF of depths; needs the extra ``bathymetry``
==============  ===========================================================================
"""

import os
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from cablewatch.ais import Decoded, Decoder
from cablewatch.alerts.model import Alert
from cablewatch.alerts.records import PROPERTIES, properties
from cablewatch.archives import ReadOptions
from cablewatch.archives.compression import Container
from cablewatch.archives.external_sort import in_time_order
from cablewatch.archives.spans import named_days
from cablewatch.arguments import Ship, Time, documented_columns, processes, selected, zone_of
from cablewatch.batches import Batch
from cablewatch.cables import model
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import Surroundings, load_surroundings
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Fixes, Stations
from cablewatch.output.tables import fix_table, static_columns
from cablewatch.pipeline import Pipeline
from cablewatch.places import Place, place_of
from cablewatch.stores.folder import StoreWriter
from cablewatch.usecases.read import Recording, Table, read_files, read_table
from cablewatch.usecases.replay import Replay, ranked
from cablewatch.usecases.replay import replay as replay_archives
from cablewatch.vessels.statics import Statics

FileName = str | os.PathLike[str]
FileNames = FileName | Sequence[FileName]
Ships = Ship | Iterable[Ship]
Cables = FileName | Sequence[Cable]

PARAMETERS = {"--from": "start", "--to": "end", "--map": "columns", "--tz": "zone"}
TIMES = ["started", "raised", "updated", "ended"]  # of an alert


def read(
    source: FileNames | Table,
    *,
    start: Time | None = None,
    end: Time | None = None,
    bbox: Sequence[float] | None = None,
    mmsi: Ships | None = None,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    zone: str = "UTC",
) -> Recording:
    """Read archives (files, folders, patterns, also as URLs), or columns that are in memory.

    Parameters
    ----------
    source : path, paths, (Geo)DataFrame, mapping of columns or arrow Table
        A table has the columns of ``csv``, or of another format, in ``docs/formats.md``.

    Raises
    ------
    ArchiveError, UsageError
        Nothing can be opened, a required column is missing, or a parameter cannot be used. A file
        that fails later is warned of; what was read of it stays, and the error is in ``errors``.
    """
    with _parameters_named():
        options = _options(start, end, bbox, mmsi, format, columns, zone)
        if isinstance(source, Mapping | pd.DataFrame | pa.Table):
            return read_table(source, options)
        recording = read_files(_paths(source), options)
    _warn(recording.errors)
    return recording


def decode(source: bytes | FileName, *, station: str = "", zone: str = "UTC") -> Decoded:
    """Decode NMEA bytes, or a log of them (plain or packed), with one :class:`Decoder`.

    Other than `read` it gives every accepted message, and reports without a time are no error: they
    are counted as ``no_time``. `station` is the receiver of sentences that name none.
    """
    days = None
    if not isinstance(source, bytes):
        path = place_of(os.fspath(source), "archives")
        days = named_days(path.name)
        members = Container(path, ReadOptions()).members()
        source = b"".join(block.data for member in members for block in member.blocks(8 << 20))
    with _parameters_named():
        decoder = Decoder(station, zone=zone_of(zone), date_ms=days[0] if days else None)
    decoded = decoder.feed(source + b"\n")
    refused = Counter(decoded.refused) + Counter(decoder.flush().refused)
    return replace(decoded, refused=dict(refused))


def replay(
    paths: FileNames,
    cables: Cables | None = None,
    *,
    start: Time | None = None,
    end: Time | None = None,
    bbox: Sequence[float] | None = None,
    mmsi: Ships | None = None,
    format: str | None = None,
    columns: Mapping[str, str] | None = None,
    zone: str = "UTC",
    workers: int = 1,
    store: FileName | None = None,
    context: FileNames = (),
    bathymetry: FileName | None = None,
) -> Replay:
    """Replay archives over cables, as ``cablewatch replay`` does, in bounded memory.

    Parameters
    ----------
    store : path, optional
        Folder for tracks and alerts, as ``cablewatch serve`` shows them.

    Raises
    ------
    CablewatchError
        No archive can be opened, the routes are not sound, or the store cannot be written. An
        archive that fails later is warned of, and in the result's ``errors``.
    """
    with _parameters_named():
        found = _paths(paths)
        options = _options(start, end, bbox, mmsi, format, columns, zone)
        processes(workers)
        routes = _routes(cables)
        writer = (
            None if store is None else StoreWriter.of_archives(place_of(os.fspath(store)), found)
        )
        result = replay_archives(
            found,
            routes,
            options=options,
            workers=workers,
            store=writer,
            surroundings=_surroundings(context, bathymetry),
        )
    _warn(result.errors)
    return result


def detect(
    source: Recording | Fixes | Table,
    cables: Cables | None = None,
    *,
    columns: Mapping[str, str] | None = None,
    zone: str = "UTC",
    workers: int = 1,
    context: FileNames = (),
    bathymetry: FileName | None = None,
) -> list[Alert]:
    """Alerts on what is in memory, the most probable first; rows may be in any order.

    Parameters
    ----------
    source : Recording, Fixes, (Geo)DataFrame, mapping of columns or arrow Table
        Rows that cannot be used are left out, and warned of by reason; `read` gives their count.

    Raises
    ------
    CablewatchError
        A required column is missing, or the routes are not sound.
    """
    if isinstance(source, Recording):
        recording = source
    else:
        table = fix_table(_unheard(source), Stations()) if isinstance(source, Fixes) else source
        recording = read(table, columns=columns, zone=zone)
        for reason, n in recording.refused.counts.items():
            first = recording.refused.examples[reason]
            warnings.warn(f"{n} rows left out: {reason}; first: {first}", stacklevel=2)
    processes(workers)
    ordered = in_time_order([Batch(recording.fixes, recording.statics)])
    with Pipeline(
        _routes(cables),
        recording.stations,
        workers=workers,
        source=recording.source,
        selected=recording.selection.decisive(),
        surroundings=_surroundings(context, bathymetry),
    ) as pipeline:
        steps = [pipeline.push(*batch) for batch in ordered]
        steps.append(pipeline.flush())
    return ranked({alert.id: alert for step in steps for alert in step.alerts}.values())


def load_cables(path: FileName | None = None) -> tuple[Cable, ...]:
    """Routes of a cables file, checked; without one those that ship with cablewatch.

    Raises
    ------
    CableError
        The file, or a feature that is named, is not sound.
    """
    return model.load_cables(None if path is None else Path(path))


def to_frame(source: Recording | Fixes | Statics | Replay | Iterable[Alert]) -> pd.DataFrame:
    """A DataFrame of fixes, static data or alerts; times are aware.

    Fixes and static data have the columns of ``cablewatch decode``, NaN or None where a value is
    not available. A row of alerts has the properties that the HTTP API gives.
    """
    frame: pd.DataFrame
    if isinstance(source, Statics):
        time = pa.array(source.t_ms, pa.timestamp("ms", "UTC"))
        said = {"time_utc": time, "mmsi": source.mmsi, **static_columns(source)}
        frame = pa.table(said).to_pandas()
    elif isinstance(source, Fixes):
        frame = fix_table(_unheard(source), Stations()).drop_columns("station").to_pandas()
    elif isinstance(source, Recording):
        frame = fix_table(source.fixes, source.stations).to_pandas()
    else:
        alerts = source.ranked() if isinstance(source, Replay) else source
        frame = pd.DataFrame([properties(alert) for alert in alerts], columns=list(PROPERTIES))
        frame[TIMES] = frame[TIMES].apply(pd.to_datetime, utc=True, format="ISO8601")
    return frame


def _options(
    start: Time | None,
    end: Time | None,
    bbox: Sequence[float] | None,
    mmsi: Ships | None,
    format: str | None,
    columns: Mapping[str, str] | None,
    zone: str,
) -> ReadOptions:
    if isinstance(mmsi, str) or not (mmsi is None or isinstance(mmsi, Iterable)):
        mmsi = [mmsi]
    return ReadOptions(
        format=format,
        columns=documented_columns((columns or {}).items()),
        zone=zone_of(zone),
        selection=selected(start, end, bbox, mmsi),
    )


def _paths(names: FileNames) -> list[Place]:
    return [place_of(os.fspath(name), "archives") for name in _named(names, "archives")]


def _named(names: FileNames, where: str) -> list[FileName]:
    given = [names] if isinstance(names, str | os.PathLike) else list(names)
    if "" in given:
        raise UsageError(where, "a name is empty", "name files, folders or patterns")
    return given


def _routes(cables: Cables | None) -> Sequence[Cable]:
    if cables is None or isinstance(cables, str | os.PathLike):
        return load_cables(cables)
    return cables


def _surroundings(context: FileNames, bathymetry: FileName | None) -> Surroundings:
    depths = None if bathymetry is None else Path(bathymetry)
    return load_surroundings([Path(name) for name in _named(context, "context")], depths)


def _unheard(fixes: Fixes) -> Fixes:
    """The fixes without station codes, for want of the table of their names."""
    return replace(fixes, station=np.zeros(len(fixes), np.uint16))


@contextmanager
def _parameters_named() -> Iterator[None]:
    """Let errors name parameters where the command line names options."""
    try:
        yield
    except UsageError as error:
        where = PARAMETERS.get(error.where, error.where.removeprefix("--"))
        raise UsageError(where, error.what, error.do) from error


def _warn(errors: Iterable[ArchiveError]) -> None:
    for error in errors:
        warnings.warn(str(error), stacklevel=3)
