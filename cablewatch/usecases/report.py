"""Report: an alert of a store and its input files in, a bundle that others can check out.

::

    store, inputs -> replay, watched -> the ship's rows, votes of others -> folded alone again
                          |                                                      |
                          └- is it the alert of the store? -> Contents, page, picture <-┘

The inputs are replayed as a whole, for that tells whether the alert comes of them, and what of the
other ships it rests on. The ship's rows are all it has in them: its own speed is measured with a
half-life of a day, and its habit, its length and its tracks on all that was heard before, so that
no shorter history is sure to give the same figures.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from cablewatch import __version__
from cablewatch.alerts.model import Alert
from cablewatch.archives import ReadOptions, opened
from cablewatch.archives.rawfile import sha256
from cablewatch.cables.model import load_cables
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.dossier.bundle import PAGE
from cablewatch.dossier.checks import differences, shown
from cablewatch.dossier.contents import FORMAT, Contents, newest, reading_of
from cablewatch.dossier.excerpt import Excerpt, excerpts, place_of
from cablewatch.dossier.matter import Matter
from cablewatch.dossier.page import page
from cablewatch.dossier.picture import picture
from cablewatch.dossier.png import png
from cablewatch.dossier.refold import is_folded
from cablewatch.dossier.shown import quoted
from cablewatch.dossier.witness import Witness
from cablewatch.errors import StoreError, UsageError
from cablewatch.fixes import Stations
from cablewatch.ordering.order import SEPARATOR
from cablewatch.output.text import Json, rfc3339
from cablewatch.stores.alerts import AlertReader, Version
from cablewatch.stores.folder import ROUTES, place_of_alerts
from cablewatch.stores.run import FILE
from cablewatch.usecases.recheck import Again, recheck
from cablewatch.usecases.replay import replay

Progress = Callable[[int, int], None]


class Report(NamedTuple):
    """A report that was made."""

    alert: Alert
    contents: Contents
    files: dict[str, bytes]  # of the bundle; page and picture among them


def report(
    store: Path,
    prefix: str,
    paths: Sequence[Path],
    *,
    options: ReadOptions,
    made_ms: int,
    database: str | None = None,
    surroundings: Surroundings = NOWHERE,
    progress: Progress = lambda done, total: None,
) -> Report:
    """Make the report of an alert.

    Parameters
    ----------
    store : Path
        A folder that ``replay --store`` wrote.
    prefix : str
        Id of the alert, or the beginning of it.
    paths : sequence of Path
        Its inputs; none are looked for where the store lies, by the names that the alert has.
    options : ReadOptions
        How they were read, and what was selected of them, when the store was made.
    made_ms : int
        When the report is made.
    database : str, optional
        URL of the database that the alerts of the store are in; None: in the store.
    surroundings : Surroundings
        Places and depths that the store was made with.

    Raises
    ------
    ArchiveError, StoreError, UsageError
        No alert or more than one begins so, or an input is not there or cannot be read.
    """
    versions = versions_in(store, prefix, database)
    alert = newest(versions).alert
    inputs = list(paths) or inputs_of(store, alert)
    cables = load_cables(store / ROUTES)
    witness = Witness(alert.mmsi)
    result = replay(
        inputs,
        cables,
        options=options,
        store=witness,
        watch=witness.watch,
        progress=progress,
        surroundings=surroundings,
    )
    if result.errors:
        raise result.errors[0]
    found, rows = rows_of_ship(inputs, options, alert.mmsi, progress)
    about: Json = {
        "format": FORMAT,
        "alert": alert.id,
        "made": rfc3339(made_ms // 1000 * 1000),
        "made_by": f"cablewatch {__version__}",
        "inputs": found,
        "reading": reading_of(options),
        "surroundings": list(surroundings.hashes),
        "until": rfc3339(witness.until_ms),
        "recheck": {"whole": whole(versions, witness), "alone": []},
    }
    files = [(store / name).read_bytes() for name in (ROUTES, FILE)]
    contents = Contents(about, versions, rows, witness.tallies(), *files)
    again = recheck(contents, surroundings)
    if not len(again.refold.fixes):
        what = f"no row of {alert.mmsi} can be read from the inputs given"
        raise UsageError(f"alert {alert.id}", what, "name the inputs that the store was made of")
    about["recheck"]["alone"] = alone(contents, again)
    return _drawn(contents, again)


def whole(versions: Sequence[Version], witness: Witness) -> list[str]:
    """In what the alert of the whole inputs differs from the one that is reported."""
    said = [version.alert for version in versions]
    own = [alert for alert in witness.versions if alert.id == said[0].id]
    then, now = said[-1].config_hash, witness.config_hash
    other = [] if then == now else [f"rules, figures, routes or selection: {then} then, {now} now"]
    return [*other, *shown(differences(said, own))]


def alone(contents: Contents, again: Again) -> list[str]:
    """In what the alert of the ship's own rows differs from the one that is reported."""
    if not is_folded(contents.alert.kind):
        return [again.fault] if again.fault else []
    own = [v for v in again.refold.versions if v.id == contents.alert.id]
    found = shown(differences([v.alert for v in contents.versions], own))
    return [again.fault, *found] if again.fault else found


def matter_of(contents: Contents, again: Again) -> Matter:
    """What is drawn and written."""
    return Matter(contents.alert, again.cables, again.refold.minutes)


def page_of(contents: Contents, again: Again) -> bytes:
    """The page; of the same contents the same bytes."""
    return page(matter_of(contents, again), contents, quoted(contents)).encode()


def _drawn(contents: Contents, again: Again) -> Report:
    drawn = replace(contents, picture=png(picture(matter_of(contents, again), contents)))
    return Report(contents.alert, drawn, {PAGE: page_of(drawn, again), **drawn.files()})


def versions_in(store: Path, prefix: str, database: str | None = None) -> tuple[Version, ...]:
    """Versions of the one alert whose id begins so; UsageError where there is none."""
    if not (store / FILE).is_file():
        raise StoreError(str(store), "is no store", "name one that 'replay --store' wrote")
    reader = AlertReader(place_of_alerts(store, database))
    ids = reader.beginning(prefix) if prefix else ()
    if not ids:
        raise UsageError(prefix, "no alert has this id", "take one from the page or 'replay --out'")
    if len(ids) > 1 and prefix not in ids:
        raise UsageError(prefix, f"begins the ids {', '.join(ids)}", "give more of it")
    return reader.history(prefix if prefix in ids else ids[0])


def inputs_of(store: Path, alert: Alert) -> list[Path]:
    """Files of the names that the alert gives as its source, in or beside the store."""
    names = alert.source.split(SEPARATOR)
    places = (store, store.parent, Path())
    found = [next((p for place in places if (p := place / n).is_file()), None) for n in names]
    missing = [name for name, path in zip(names, found, strict=True) if path is None]
    if missing:
        listed = ", ".join(missing[:3]) + (f" and {len(missing) - 3} more" if missing[3:] else "")
        raise UsageError(
            f"alert {alert.id}",
            f"its inputs are not beside the store: {listed}",
            "name their paths",
        )
    return [path for path in found if path is not None]


def rows_of_ship(
    paths: Sequence[Path], options: ReadOptions, mmsi: int, progress: Progress
) -> tuple[list[Json], dict[str, Excerpt]]:
    """Inputs with size and hash, and the ship's rows in each, by path in the bundle."""
    whole = replace(options, selection=replace(options.selection, start_ms=None, end_ms=None))
    archives = opened(paths, whole, Stations()).archives
    total = sum(archive.size_bytes for archive in archives)
    inputs: list[Json] = []
    rows: dict[str, Excerpt] = {}
    done = 0
    for number, archive in enumerate(archives, 1):

        def advance(read: int, before: int = done) -> None:
            progress(before + read, total)

        for member, excerpt in enumerate(excerpts(archive, options, mmsi, advance), 1):
            rows[place_of(number, member, excerpt)] = excerpt
        inputs.append(
            {
                "name": archive.path.name,
                "bytes": archive.size_bytes,
                "sha256": sha256(archive.path),
            }
        )
        done += archive.size_bytes
    return inputs, rows
