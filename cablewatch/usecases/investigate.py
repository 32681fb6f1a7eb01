"""Investigate: archives or a store in, the ships that crossed a cable out, ranked by evidence.

::

    archives -> replay -> Witness ┐
    store folder -----------------┴> Heard -> rank -> Investigation

Archives go through the one pipeline, from a day before the window to half a day after it; a store
holds what that pipeline made of them.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow as pa

from cablewatch.alerts.model import Alert
from cablewatch.archives import ReadOptions
from cablewatch.archives.options import DEFAULTS
from cablewatch.archives.selection import Selection
from cablewatch.cables.model import Cable, attribution, load_cables
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.investigation.case import ERROR_KM, Case, cable_of, fault_at
from cablewatch.investigation.heard import (
    AFTER_MS,
    BEFORE_MS,
    Gathered,
    Heard,
    Said,
    of_cable,
    ships_said,
)
from cablewatch.investigation.line import Line
from cablewatch.investigation.ranking import Findings, rank
from cablewatch.output.text import rfc3339
from cablewatch.places import Place
from cablewatch.stores.alert_search import Wanted
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.folder import ROUTES, TRACKS, place_of_alerts
from cablewatch.stores.places import named, on_disk, read_table
from cablewatch.stores.run import FILE, read_run
from cablewatch.stores.tracks import read_block
from cablewatch.units import HOUR_MS
from cablewatch.usecases.replay import Replay, replay
from cablewatch.vessels.register import Vessels

BLOCK_MS = 6 * HOUR_MS  # of a store read at once
ALL_ALERTS = 1 << 30
_MEND = "name the archives, or replay them into the store again"


@dataclass(frozen=True)
class Investigation:
    """What was asked, what was found, and what it rests on."""

    case: Case
    findings: Findings
    source: str
    attribution: str  # whom to name where the route is shown
    ships: int  # heard with a position
    first_ms: int
    last_ms: int
    notes: tuple[str, ...] = ()  # what the sources themselves do not hold
    replay: Replay | None = None  # of archives: what was refused, and which failed


class Witness:
    """A sink that keeps what an investigation needs of a replay."""

    written: tuple[Path, ...] = ()

    def __init__(self, number: int) -> None:
        self._number = number  # of the cable in the index
        self._gathered = Gathered()
        self._crossings: list[Array] = []
        self._alerts: dict[str, Alert] = {}
        self._ships: dict[int, Said] = {}

    def opened(
        self, stations: Stations, config_hash: str, cables: Sequence[Cable]
    ) -> AbstractContextManager[None]:
        """Nothing is to be opened."""
        return nullcontext()

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Keep a fix a minute of each ship, crossings, and the newest version of each alert."""
        self._gathered.add(fixes)
        self._crossings.append(of_cable([crossings], self._number))
        self._alerts.update((alert.id, alert) for alert in alerts)

    def describe(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        faults: Sequence[str],
    ) -> None:
        """Keep what ships said of themselves."""
        rows, counts = vessels.known()
        names = [name.decode("utf-8", "replace") for name in rows.name.tolist()]
        said = zip(
            rows.mmsi.tolist(),
            names,
            rows.ship_type.tolist(),
            counts["ship_type"].tolist(),
            rows.t_ms.tolist(),
            strict=True,
        )
        changes = [change.mmsi for change in vessels.changes() if change.field == "ship_type"]
        self._ships = ships_said(said, changes)

    def heard(self) -> Heard:
        """All of it."""
        crossings = of_cable(self._crossings, self._number)
        alerts = list(self._alerts.values())
        return Heard(self._gathered.fixes, crossings, alerts, self._ships)


@dataclass(frozen=True)
class Question:
    """What a person asks, before routes are known."""

    cable_id: str
    start_ms: int
    end_ms: int
    at: str | None = None
    at_error_km: float = ERROR_KM

    def case(self, cables: Sequence[Cable]) -> Case:
        """The question on one of the `cables`; UsageError where it cannot be asked of it."""
        cable = cable_of(cables, self.cable_id)
        line = Line(cable)
        fault = None if self.at is None else fault_at(self.at, self.at_error_km, cable, line)
        return Case(cable, line, self.start_ms, self.end_ms, fault)


def store_among(paths: Sequence[Path]) -> Path | None:
    """The store folder that is named; None where archives are.

    Raises
    ------
    UsageError
        A store is named beside something else.
    """
    stores = [path for path in paths if (path / FILE).is_file()]
    if stores and len(paths) > 1:
        raise UsageError(
            str(stores[0]), "is a store, and something else is named", "name it alone, or archives"
        )
    return stores[0] if stores else None


def investigate(
    paths: Sequence[Path],
    question: Question,
    cables: Sequence[Cable] | None = None,
    *,
    options: ReadOptions = DEFAULTS,
    database: str | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] = lambda done, total: None,
    surroundings: Surroundings = NOWHERE,
) -> Investigation:
    """Rank the ships that crossed a cable in a window, or may have.

    Parameters
    ----------
    paths : sequence of Path
        Archives, folders of them and patterns; or one folder that ``replay --store`` wrote.
    cables : sequence of Cable, optional
        Routes; None are those of the store, or those that ship with cablewatch.
    options : ReadOptions
        How to read archives; their selection is that of the question.
    database : str, optional
        URL of the database that the alerts of the store are in; None: in the store.
    surroundings : Surroundings
        Places and depths that may lower an alert; of a store they are those of its replay.

    Raises
    ------
    ArchiveError, StoreError, UsageError
        The question cannot be asked of the cable, nothing can be read, or nothing of the window is
        there.
    """
    folder = store_among(paths)
    if folder is None:
        routes = load_cables() if cables is None else cables
        return _of_archives(paths, question, routes, options, workers, progress, surroundings)
    if cables is not None or options != DEFAULTS or surroundings is not NOWHERE:
        what = "a store has the routes, the fixes and the places it was made with"
        do = "leave out --cables, --context, --bathymetry and options of archives"
        raise UsageError(str(folder), what, do)
    alerts = AlertReader(place_of_alerts(folder, database))
    return investigate_store(folder, question, alerts, progress)


def _of_archives(
    paths: Sequence[Path],
    question: Question,
    cables: Sequence[Cable],
    options: ReadOptions,
    workers: int,
    progress: Callable[[int, int], None],
    surroundings: Surroundings,
) -> Investigation:
    case = question.case(cables)
    span = Selection(case.start_ms - BEFORE_MS, case.end_ms + AFTER_MS)
    witness = Witness(list(cables).index(case.cable))
    result = replay(
        paths,
        cables,
        options=replace(options, selection=span),
        workers=workers,
        store=witness,
        progress=progress,
        surroundings=surroundings,
    )
    heard = witness.heard()
    if heard.span_ms is None and result.errors:
        raise result.errors[0]
    names = ", ".join(path.name or str(path) for path in paths)
    return replace(_found(case, heard, names), replay=result)


def investigate_store(
    folder: Place,
    question: Question,
    alerts: AlertReader,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Investigation:
    """Rank the ships of a store folder, whose alerts are read from `alerts`."""
    run = read_run(folder)
    with on_disk(folder / ROUTES) as routes:
        case = question.case(load_cables(routes))
    start_ms, end_ms = case.start_ms - BEFORE_MS, case.end_ms + AFTER_MS
    gathered = Gathered()
    for begin in range(start_ms, end_ms, BLOCK_MS):
        gathered.add(read_block(folder / TRACKS, begin, min(begin + BLOCK_MS, end_ms)))
        progress(begin + BLOCK_MS - start_ms, end_ms - start_ms)
    wanted = Wanted(start_ms=start_ms, end_ms=end_ms)
    known = alerts.latest(wanted, limit=ALL_ALERTS).alerts
    modelled = () if run is None else run.modelled
    crossings = _stored_crossings(folder, case.cable.id)
    heard = Heard(gathered.fixes, crossings, known, _stored_ships(folder), modelled)
    notes: tuple[str, ...] = ()
    if run is None or not run.complete:
        notes = ("The store is not complete: ships may be missing.",)
    return replace(_found(case, heard, named(folder)), notes=notes)


def _found(case: Case, heard: Heard, source: str) -> Investigation:
    """The answer; UsageError where nothing of the window was heard."""
    asked = f"{rfc3339(case.start_ms)} to {rfc3339(case.end_ms)}"
    span_ms = heard.span_ms
    do = "name archives of that time, or another --from and --to"
    if span_ms is None:
        raise UsageError(source, f"no position of a ship about {asked}", do)
    if span_ms[1] < case.start_ms or span_ms[0] >= case.end_ms:
        what = f"nothing from {asked}, but from {rfc3339(span_ms[0])} to {rfc3339(span_ms[1])}"
        raise UsageError(source, what, do)
    return Investigation(
        case=case,
        findings=rank(case, heard),
        source=source,
        attribution=attribution([case.cable]),
        ships=len(np.unique(heard.fixes.mmsi)),
        first_ms=span_ms[0],
        last_ms=span_ms[1],
    )


def _stored_crossings(folder: Place, cable_id: str) -> Array:
    """Crossings of one cable as the fold said them, numbered 0."""
    names = [name for name in CROSSING_DTYPE.names or () if name not in ("t_ms", "cable")]
    wanted = [("cable", "=", cable_id)]
    table = _table(folder / "crossings.parquet", ["time", *names], wanted)
    rows = np.zeros(table.num_rows, CROSSING_DTYPE)
    rows["t_ms"] = table["time"].cast(pa.int64()).to_numpy()
    for name in names:
        rows[name] = table[name].to_numpy()
    return rows


def _stored_ships(folder: Place) -> dict[int, Said]:
    names = ["mmsi", "name", "ship_type", "ship_type_confirmed", "t_ms"]
    rows = _table(folder / "vessels.parquet", names).to_pydict()
    wanted = [("field", "=", "ship_type")]
    changes = _table(folder / "vessel_changes.parquet", ["mmsi"], wanted)
    return ships_said(zip(*rows.values(), strict=True), changes["mmsi"].to_pylist())


def _table(
    path: Place, names: list[str], filters: list[tuple[str, str, str]] | None = None
) -> pa.Table:
    try:
        return read_table(path, filters=filters).select(names)
    except (OSError, KeyError, pa.ArrowException) as error:
        what = f"cannot be read ({str(error).partition(chr(10))[0]})"
        raise StoreError(str(path), what, _MEND) from error
