"""Writing a store folder: tracks, alerts, crossings, routes and what the run was.

==========================  =====================================================================
``alerts.sqlite``           every version of every alert; or they are in a database by URL
``tracks/``                 fixes of all ships, Parquet by UTC day
``crossings.parquet``       every crossing of every cable by every ship
``vessels.parquet``         last known static data, a row a ship, and which of it is confirmed
``vessel_changes.parquet``  every value that came to count, and from when
``cables.geojson``          the routes the alerts were made with
``run.json``                what was begun, what came to its end, what is modelled (``run``)
==========================  =====================================================================
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

import numpy as np

from cablewatch import __version__
from cablewatch.alerts.model import Alert
from cablewatch.cables.model import Cable, as_collection, attribution
from cablewatch.engine.state import CROSSING_DTYPE
from cablewatch.errors import CablewatchError, StoreError, UsageError
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.objects import ObjectPath
from cablewatch.output.text import Json, content_hash, now, rfc3339
from cablewatch.places import Place
from cablewatch.stores.alerts import AlertReader, AlertStore
from cablewatch.stores.compaction import FEW_PARTS, compact
from cablewatch.stores.feed_state import FeedStateStore
from cablewatch.stores.growing import TABLES, add_rows, crossing_table, table_at
from cablewatch.stores.places import held, write, writing
from cablewatch.stores.run import FILE, Modelled, Part, Run, read_run, write_run
from cablewatch.stores.ships import change_table, vessel_table
from cablewatch.stores.tracks import TrackWriter
from cablewatch.vessels.register import Vessels

SHOWN_NAMES = 3  # of archives in the title of a run
ALERTS, TRACKS, ROUTES = "alerts.sqlite", "tracks", "cables.geojson"
RESULTS = (ALERTS, TRACKS, ROUTES, *TABLES)
NAMES = frozenset({*RESULTS, FILE, f"{ALERTS}-wal", f"{ALERTS}-shm"})
"""Every name a replay gives to what it writes into a store folder."""


def place_of_alerts(folder: Path, database: str | None) -> Path | str:
    """Where the alerts of a store are; StoreError where they are not where `database` says."""
    _check_place(folder, (folder / ALERTS).exists(), database)
    return database or folder / ALERTS


def _check_place(folder: Place, in_file: bool, database: str | None) -> None:
    """Refuse a database for a store with a file of alerts, and a store that has none without."""
    if in_file == (database is None):
        return
    kept = ALERTS if in_file else "a database"
    do = "do without --database, or give an empty one" if in_file else "name it with --database"
    raise StoreError(str(folder), f"has its alerts in {kept}", do)


class StoreWriter:
    """A store folder open for one replay.

    Writing the same replay again adds nothing, and another replay over the same routes by the same
    rules adds to it. What other rules, routes or selections made is never mixed in, nor is anything
    replaced that no replay wrote.

    Parameters
    ----------
    folder : Place
        Made when it is absent; nothing is written before :meth:`opened`.
    title, about : str
        Shown by the page: what the data are, what is recorded and what is reconstructed.
    modelled : sequence of Modelled
        Which positions come from a model; all others are as archived.
    source : str, optional
        Tells replays of one title and text apart.
    database : str, optional
        URL of a database for the alerts, instead of a file in the folder: a store of objects needs
        one. Any number of folders may share one.
    """

    def __init__(
        self,
        folder: Place,
        title: str,
        about: str,
        modelled: Sequence[Modelled] = (),
        source: str | None = None,
        database: str | None = None,
    ) -> None:
        alerts_place(folder, database)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                str(folder), f"cannot be made: {error.strerror}", "choose another folder"
            ) from error
        self.folder = folder
        self._part = Part(title, about, source)
        self._modelled = modelled
        self._database = database
        self._crossings: list[Array] = []
        self._run = read_run(folder) or Run()

    @classmethod
    def of_archives(
        cls, folder: Place, paths: Sequence[Place], database: str | None = None
    ) -> "StoreWriter":
        """A writer that claims no more of the archives than their names.

        Where they lie is hashed, not written: the store may be given away or served.
        """
        shown = ", ".join(path.name or str(path) for path in paths[:SHOWN_NAMES])
        more = len(paths) - SHOWN_NAMES
        names = f"{shown} and {more} more" if more > 0 else shown
        about = f"As archived in {names}; whether it was recorded, its source must say."
        places = sorted({str(path.resolve()) for path in paths})
        source = content_hash({"paths": places})[:16]
        return cls(folder, f"Replay of {names}", about, source=source, database=database)

    @classmethod
    def of_sources(
        cls, folder: Place, names: Sequence[str], database: str | None = None
    ) -> "StoreWriter":
        """A writer for what live sources send; the same sources go on where they left off."""
        shown = ", ".join(names)
        about = f"As received from {shown}; recordings keep their times."
        return cls(folder, f"Live from {shown}", about, source="live", database=database)

    @property
    def written(self) -> list[Place]:
        """Paths of all that replays write here."""
        return [self.folder / name for name in sorted(NAMES)]

    @contextmanager
    def opened(
        self, stations: Stations, config_hash: str, cables: Sequence[Cable] = ()
    ) -> Iterator[None]:
        """Hold the store and open its tracks for fixes with station codes of `stations`.

        What is begun, and the routes, are written first: a replay that is cut is known for it. Days
        in many parts are compacted when all is written.

        Raises
        ------
        StoreError
            Another replay writes into the folder, it holds what another configuration or no replay
            made, or it cannot be read.
        """
        with held(self.folder):
            self._check(config_hash)
            try:
                self._begin(config_hash, cables)
                with TrackWriter(self.folder / TRACKS, stations) as self._tracks:
                    yield
                compact(self.folder / TRACKS, FEW_PARTS)
            except BaseException as error:
                with suppress(OSError, StoreError):
                    write_run(self.folder, self._run.with_last(faults=(_reason(error),)))
                raise
            self._run = self._run.with_last(ended=now())
            with writing(self.folder):
                write_run(self.folder, self._run)

    def append(self, fixes: Fixes, alerts: Sequence[Alert], crossings: Array) -> None:
        """Add what one batch brought."""
        self._crossings.append(crossings)
        if alerts:
            self.append_alerts(alerts)
        self._tracks.append(fixes)

    def say_feeds(self, states: Mapping[str, Json]) -> None:
        """Store how live sources are."""
        feeds = FeedStateStore(self._alerts.database)
        for source, state in states.items():
            feeds.save(source, state)

    def append_alerts(self, alerts: Sequence[Alert]) -> None:
        """Add versions of alerts alone; those that are there add nothing."""
        self._alerts.append(alerts)

    @property
    def unwritten(self) -> tuple[Fixes, Array]:
        """Fixes and crossings that are in no file yet."""
        return self._tracks.held, np.concatenate([np.empty(0, CROSSING_DTYPE), *self._crossings])

    def take_back(self, fixes: Fixes, crossings: Array) -> None:
        """Take what was unwritten when a run before was cut."""
        self._tracks.append(fixes)
        self._crossings.append(crossings)

    def settle(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        faults: Sequence[str] = (),
    ) -> None:
        """Write what is known so far, and go on."""
        self._tracks.flush()
        self.describe(cables, vessels, first_ms, last_ms, faults)
        self._crossings.clear()

    def describe(
        self,
        cables: Sequence[Cable],
        vessels: Vessels,
        first_ms: int | None,
        last_ms: int | None,
        faults: Sequence[str] = (),
    ) -> None:
        """Write what is known at the end: ships, crossings and the run itself.

        `cables` are in the order of the engine's index; `faults` say what could not be read.
        """
        starts = [self._run.start, None if first_ms is None else rfc3339(first_ms)]
        ends = [self._run.end, None if last_ms is None else rfc3339(last_ms)]
        self._run = replace(
            self._run.with_last(faults=tuple(faults)),
            start=min(filter(None, starts), default=None),
            end=max(filter(None, ends), default=None),
        )
        with writing(self.folder):
            crossings = crossing_table(self._crossings, cables)
            add_rows(self.folder / "vessels.parquet", vessel_table(vessels), "t_ms")
            add_rows(self.folder / "vessel_changes.parquet", change_table(vessels), "confirmed")
            add_rows(self.folder / "crossings.parquet", crossings, "time")
            write_run(self.folder, self._run)

    def _check(self, config_hash: str) -> None:
        """Refuse what cannot be added to."""
        self._run = read_run(self.folder) or Run()  # as it is now that the folder is held
        there = {path.name for path in self.folder.iterdir()}
        theirs = [name for name in RESULTS if name in there]
        if not self._run.parts and theirs and not self._only_keys(theirs):
            what = f"holds {theirs[0]} of which no complete replay is known"
            raise StoreError(str(self.folder), what, "choose another folder")
        if (self._run.config_hash or config_hash) != config_hash:
            raise StoreError(
                str(self.folder),
                "was made with other rules, routes or selected ships",
                "choose another folder",
            )
        if theirs:
            _check_place(self.folder, ALERTS in theirs, self._database)
        for name in TABLES:
            table_at(self.folder / name)

    def _only_keys(self, theirs: list[str]) -> bool:
        """Whether all there is are keys of a service that began before its first replay."""
        if theirs != [ALERTS] or not isinstance(self.folder, Path):
            return False
        return not AlertReader(self.folder / ALERTS).latest(limit=1).matched

    def _begin(self, config_hash: str, cables: Sequence[Cable]) -> None:
        """Write what is begun."""
        begun = replace(self._part, begun=now())
        self._run = replace(
            self._run.begun(begun, self._modelled, config_hash),
            created_by=f"cablewatch {__version__}",
            attribution=(attribution(cables),) if cables else self._run.attribution,
        )
        self._alerts = AlertStore(alerts_place(self.folder, self._database))
        with writing(self.folder):
            write_run(self.folder, self._run)
            if cables:
                text = json.dumps(as_collection(tuple(cables)))
                write(self.folder / ROUTES, lambda path: path.write_text(text, encoding="utf-8"))


def alerts_place(folder: Place, database: str | None) -> Path | str:
    """Where the alerts of a store are: in a database by URL, else in a file of the folder.

    Raises
    ------
    UsageError
        There is no database, and the store is no folder of this machine.
    """
    if database:
        return database
    if isinstance(folder, ObjectPath):
        do = "give --database sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME"
        raise UsageError(str(folder), "alerts of an object store are kept in a database", do)
    return folder / ALERTS


def _reason(error: BaseException) -> str:
    """Why a replay ended early, without a path."""
    if isinstance(error, CablewatchError):
        return error.what
    return "interrupted" if isinstance(error, KeyboardInterrupt) else type(error).__name__
