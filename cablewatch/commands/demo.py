"""`cablewatch demo`: the Yi Peng 3 window, replayed into a folder of its own and served.

::

    STORE/demo.txt                whose folder it is
    STORE/next/                   where a demo is made; moved up when it is whole
    STORE/modelled-scenario.nmea  the input; the alerts name it as their source
    STORE/run.json ...            the store

Only what a demo wrote is ever removed: the folder must hold the marker with its text, names that a
demo gives and no others, and no replay but demos.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import HostOption, PortOption
from cablewatch.commands.replay import run_replay
from cablewatch.commands.serve import run_server
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.scenario import Scenario
    from cablewatch.stores.run import Modelled

TITLE = "Modelled passage: the Yi Peng 3 window, 16-18 November 2024"
OLD_TITLE = "The Yi Peng 3 window, 16-18 November 2024"
MARKER, NEXT, LOG, OLD_LOG = "demo.txt", "next", "modelled-scenario.nmea", "scenario.nmea"
MARKER_TEXT = "A demo of cablewatch; the next one replaces this folder.\n"


def demo(
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after printing")] = False,
    store: Annotated[Path, typer.Option(help="Folder for tracks and alerts")] = Path("demo-store"),
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other background ships")] = 0,
    port: PortOption = 8000,
    host: HostOption = "127.0.0.1",
) -> None:
    """Replay the Yi Peng 3 window, 16-18 November 2024, and serve it.

    Offline. Says which positions are recorded, which reconstructed and which invented. Replaces an
    earlier demo in the folder, and nothing else.

    Example: cablewatch demo --no-serve --store demo-store
    """
    from cablewatch.archives import ReadOptions
    from cablewatch.cables.model import load_cables
    from cablewatch.scenario import make_scenario
    from cablewatch.stores.days import held
    from cablewatch.stores.folder import StoreWriter

    _claim(store)
    with held(store):
        _check(store)
        _remove(store / NEXT)
        say("Laying the scenario: 301 ships, three days ...")
        scenario = make_scenario(seed)
        say(scenario.statement())
        models = _models(scenario)
        writer = StoreWriter(store / NEXT, TITLE, scenario.statement(), models)
        log = store / NEXT / LOG
        scenario.write(log)
        run_replay([log], load_cables(), ReadOptions(), writer, modelled=models)
        _move_up(store)
    if not no_serve:
        run_server(store, host, port)


def _models(scenario: "Scenario") -> "list[Modelled]":
    """What of the scenario no receiver heard."""
    from cablewatch.stores.run import Modelled

    real = scenario.recorded.keys() | scenario.reconstructed.keys()
    invented = tuple(sorted(scenario.truth.keys() - real))
    return [
        *(
            Modelled("reconstructed", (mmsi,), first_ms, last_ms)
            for mmsi, spans in scenario.reconstructed.items()
            for first_ms, last_ms in spans
        ),
        Modelled("invented", invented),
    ]


def _claim(store: Path) -> None:
    """Make the folder and mark it, if it is empty."""
    try:
        store.mkdir(parents=True, exist_ok=True)
        if not any(store.iterdir()):
            (store / MARKER).write_text(MARKER_TEXT)
    except OSError as error:
        raise UsageError(
            str(store), f"cannot be written: {error.strerror}", "name another folder by --store"
        ) from error


def _check(store: Path) -> None:
    """Refuse a folder that holds anything but demos."""
    from cablewatch.stores.run import read_run

    foreign = _foreign(store)
    run = read_run(store)
    if not foreign and run is not None:
        foreign = next((p.title for p in run.parts if p.title not in (TITLE, OLD_TITLE)), None)
    if foreign:
        raise UsageError(
            str(store),
            f"holds something other than a demo: {foreign}",
            "name another folder by --store",
        )


def _foreign(store: Path) -> str | None:
    """The first thing in the folder that no demo wrote."""
    from cablewatch.stores.days import MANIFEST, NAME
    from cablewatch.stores.folder import NAMES, TRACKS

    marker = store / MARKER
    if marker.is_symlink() or not marker.is_file() or marker.read_bytes() != MARKER_TEXT.encode():
        return "no marker of a demo"
    for path in sorted(store.rglob("*")):
        place = path.relative_to(store)
        parts = place.parts[1:] if place.parts[0] == NEXT else place.parts
        top = parts[0] if parts else ""
        if path.is_symlink():
            return str(place)
        if path.is_dir():
            known = not parts or parts == (TRACKS,)
            known = known or (len(parts) == 2 and top == TRACKS and parts[1].startswith("day="))
        elif len(parts) == 1:
            known = top in NAMES | {MARKER, LOG, OLD_LOG} or top.endswith(".tmp")
        else:
            name = parts[-1]
            known = bool(NAME.fullmatch(name)) or name == MANIFEST or name.endswith(".tmp")
            known = known and top == TRACKS and len(parts) == 3
        if not known:
            return str(place)
    return None


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _move_up(store: Path) -> None:
    """Let the demo that is whole take the place of an earlier one.

    ``run.json`` goes first and comes last, so that a half moved demo never looks like a whole one.
    """
    from cablewatch.stores.run import FILE

    for path in sorted(store.iterdir(), key=lambda path: path.name != FILE):
        if path.name not in (MARKER, NEXT):
            _remove(path)
    for path in sorted((store / NEXT).iterdir(), key=lambda path: path.name == FILE):
        path.rename(store / path.name)
    (store / NEXT).rmdir()
