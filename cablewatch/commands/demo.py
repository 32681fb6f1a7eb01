"""`cablewatch demo`: the Yi Peng 3 window or a scene, replayed into a folder of its own and served.

::

    STORE/demo.txt                whose folder it is
    STORE/next/                   where a demo is made; moved up when it is whole
    STORE/modelled-scenario.nmea  the input; the alerts name it as their source
    STORE/run.json ...            the store

Only what a demo wrote is ever removed: the folder must hold the marker with its text, names that a
demo gives and no others, and no replay but demos.
"""

import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NamedTuple

import typer

from cablewatch.commands.options import HostOption, PortOption, folder
from cablewatch.commands.replay import run_replay
from cablewatch.commands.serve import run_server, settings_of
from cablewatch.commands.terminal import say
from cablewatch.errors import UsageError

if TYPE_CHECKING:
    from cablewatch.cables.model import Cable
    from cablewatch.scenario import Scenario
    from cablewatch.stores.run import Modelled

TITLE = "Modelled passage: the Yi Peng 3 window, 16-18 November 2024"
OLD_TITLE = "The Yi Peng 3 window, 16-18 November 2024"
SCENE_TITLE = "Modelled scene: "
MARKER, NEXT, LOG, OLD_LOG = "demo.txt", "next", "modelled-scenario.nmea", "scenario.nmea"
MARKER_TEXT = "A demo of cablewatch; the next one replaces this folder.\n"


class Laid(NamedTuple):
    """What a demo replays."""

    title: str
    statement: str  # what is recorded, reconstructed and invented
    modelled: "Sequence[Modelled]"
    cables: "Sequence[Cable]"
    write: Callable[[Path], int]


def demo(
    scenario: Annotated[
        str | None, typer.Option(help="Replay this scene instead; --scenarios lists them")
    ] = None,
    scenarios: Annotated[bool, typer.Option("--scenarios", help="List the scenes and end")] = False,
    no_serve: Annotated[bool, typer.Option("--no-serve", help="End after printing")] = False,
    store: Annotated[Path, typer.Option(parser=folder, help="Folder for tracks and alerts")] = Path(
        "demo-store"
    ),
    seed: Annotated[int, typer.Option(min=0, help="Another seed draws other ships")] = 0,
    port: PortOption = None,
    host: HostOption = None,
) -> None:
    """Replay the Yi Peng 3 window, 16-18 November 2024, or a scene, and serve it.

    Offline. Says which positions are recorded, which reconstructed and which invented. A scene is
    half a day to two days of invented traffic about one cable, with the alerts that are expected.
    Replaces an earlier demo in the folder, and nothing else.

    Example: cablewatch demo --no-serve --store demo-store
    """
    if scenarios:
        _list()
        return
    if not no_serve and settings_of(store=store, host=host, port=port).exposed:
        do = "add --no-serve, then 'cablewatch keys create' and 'cablewatch serve'"
        raise UsageError("demo", "what others may reach asks for a key, and a demo has none", do)
    laid = _window(seed) if scenario is None else _scene(scenario, seed)
    _replay(laid, store)
    if not no_serve:
        # its alerts are in the folder, whatever the environment says
        run_server(store=store, host=host, port=port, database_url="")


def _list() -> None:
    from cablewatch.scenario.scenes import SCRIPTS

    for script in SCRIPTS.values():
        print(f"{script.name}\n    {script.says} Expected: {script.expects}.")


def _window(seed: int) -> Laid:
    """Three days round Yi Peng 3, over the routes that ship."""
    from cablewatch.cables.model import load_cables
    from cablewatch.scenario import make_scenario

    say("Laying the scenario: 301 ships, three days ...")
    made = make_scenario(seed)
    return Laid(TITLE, made.statement(), modelled_of(made), load_cables(), made.write)


def modelled_of(made: "Scenario") -> "list[Modelled]":
    """What of the window is reconstructed, and what invented."""
    from cablewatch.stores.run import Modelled

    real = made.recorded.keys() | made.reconstructed.keys()
    return [
        *(
            Modelled("reconstructed", (mmsi,), first_ms, last_ms)
            for mmsi, spans in made.reconstructed.items()
            for first_ms, last_ms in spans
        ),
        Modelled("invented", tuple(sorted(made.truth.keys() - real))),
    ]


def _scene(name: str, seed: int) -> Laid:
    """A scene over its own cable."""
    from cablewatch.scenario.scenes import make_scene
    from cablewatch.stores.run import Modelled

    made = make_scene(name, seed)
    modelled = [Modelled("invented", made.mmsis)]
    return Laid(SCENE_TITLE + name, made.statement(), modelled, made.cables, made.write)


def _replay(laid: Laid, store: Path) -> None:
    """Replay into the folder, in the place of the demo before."""
    from cablewatch.archives import ReadOptions
    from cablewatch.stores.folder import StoreWriter
    from cablewatch.stores.places import held

    _claim(store)
    with held(store):
        _check(store)
        _remove(store / NEXT)
        say(laid.statement)
        writer = StoreWriter(store / NEXT, laid.title, laid.statement, laid.modelled)
        log = store / NEXT / LOG
        laid.write(log)
        run_replay([log], laid.cables, ReadOptions(), writer, modelled=laid.modelled)
        _move_up(store)


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
        ours = (TITLE, OLD_TITLE, SCENE_TITLE)
        foreign = next((p.title for p in run.parts if not p.title.startswith(ours)), None)
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
