"""What a scene is: ships that move and report, and the alerts that are expected of them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cablewatch.batches import Batch
from cablewatch.cables.model import Cable
from cablewatch.fixes import Array, Stations
from cablewatch.scenario import log
from cablewatch.scenario.reception import Site, receive, static_times_s, transmitted_s
from cablewatch.scenario.scenes.craft import Craft
from cablewatch.scenario.ship import Motion
from cablewatch.vessels.statics import STATIC_DTYPE

STATIC_EVERY_S = 360  # s between static messages, ITU-R M.1371-5 annex 1, 4.2.1

Edit = Callable[[Array], Array]
"""Rows of ``reception.REPORT_DTYPE`` as they would be, to rows as they are: see ``faults``."""


@dataclass(frozen=True, slots=True)
class Actor:
    """One ship: what she is, how she moves, and what happens to her reports.

    `says` are what her static messages say in turn, where that is not one thing.
    """

    craft: Craft
    motion: Motion
    edits: tuple[Edit, ...] = ()
    says: tuple[Craft, ...] = ()


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a scene is played: ships, stations, routes."""

    actors: tuple[Actor, ...]
    sites: tuple[Site, ...]
    cables: tuple[Cable, ...]


@dataclass(frozen=True, slots=True)
class Expected:
    """An alert that a scene must bring, at its highest: of whom, of what kind, how severe."""

    mmsi: int
    kind: str
    severity: str = "watch"


@dataclass(frozen=True, slots=True)
class Script:
    """A scene in the registry.

    Attributes
    ----------
    says
        What happens, in one sentence.
    source
        Where its figures come from.
    play
        Gives the stage for a generator.
    expected
        Alerts that must come.
    may
        Alerts (MMSI, kind) that may come beside them. No other reaches `watch`.
    never
        Alerts (MMSI, kind) that must not come at any severity.
    notices
        Notices (``engine.transitions.NOTICES``) that must be given.
    """

    name: str
    says: str
    source: str
    play: Callable[[np.random.Generator], Stage]
    expected: tuple[Expected, ...] = ()
    may: tuple[tuple[int, str], ...] = ()
    never: tuple[tuple[int, str], ...] = ()
    notices: tuple[str, ...] = ()

    @property
    def expects(self) -> str:
        """What is expected, in words."""
        alerts = [f"{one.kind} of {one.mmsi}, {one.severity} or higher" for one in self.expected]
        notices = [f"notice {name}" for name in self.notices]
        possible = [f"perhaps {kind} of {mmsi}" for mmsi, kind in self.may]
        return "; ".join([*alerts, *notices, *possible, "no other alert of watch or higher"])


@dataclass(frozen=True, slots=True)
class Scene:
    """A script played with a seed: reports in file order, and the ships that sent them.

    `reports` has rows of ``reception.REPORT_DTYPE``, `vessels` of ``statics.STATIC_DTYPE``.
    """

    script: Script
    seed: int
    reports: Array
    vessels: Array
    sites: tuple[Site, ...]
    cables: tuple[Cable, ...]

    def nmea(self) -> Iterator[bytes]:
        """Give the sentences in chunks of whole lines."""
        return log.chunks(self.reports, self.vessels, self.sites)

    def write(self, path: Path) -> int:
        """Write all sentences to `path`; returns the number of bytes."""
        return log.write(path, self.nmea())

    def batch(self, stations: Stations) -> Batch:
        """Fixes and static messages as a reader of the sentences gives them."""
        return log.columns(self.reports, self.vessels, self.sites, stations)

    def statement(self) -> str:
        """Say what happens, what is expected, and that all of it is invented."""
        return (
            f"Invented: all {len(self.mmsis)} ships, and the cable. {self.script.says} "
            f"Expected: {self.script.expects}. "
            "This shows that a rule does what it says on what it was made for, no more."
        )

    @property
    def mmsis(self) -> tuple[int, ...]:
        """Numbers of all ships, as they are reported."""
        return tuple(np.unique(self.reports["mmsi"]).tolist())


def played(script: Script, seed: int) -> Scene:
    """Play a script: every ship draws from her own generator, so one seed gives one scene."""
    stage = script.play(np.random.default_rng([seed, *script.name.encode()]))
    vessels: list[Array] = []
    parts: list[Array] = []
    for number, actor in enumerate(stage.actors):
        rng = np.random.default_rng([seed, number, *script.name.encode()])
        said = actor.says or (actor.craft,)
        parts.append(_heard(rng, actor, stage.sites, len(vessels), len(said)))
        vessels += [craft.static() for craft in said]
    reports = np.concatenate(parts)
    return Scene(
        script,
        seed,
        reports[np.argsort(reports["order_s"], kind="stable")],
        np.array(vessels, STATIC_DTYPE),
        stage.sites,
        stage.cables,
    )


def _heard(
    rng: np.random.Generator, actor: Actor, sites: Sequence[Site], first: int, saying: int
) -> Array:
    """Reports of a ship as the stations hold them, with her static messages among them.

    `first` is the number of what she says first among the vessels, `saying` how many they are.
    """
    craft, motion = actor.craft, actor.motion
    interval_s = transmitted_s(motion, craft.class_b)
    rows = receive(rng, motion, interval_s, craft.class_b, craft.gyro, sites)
    rows["mmsi"], rows["vessel"] = craft.mmsi, first
    for edit in actor.edits:
        rows = edit(rows)
    static = static_times_s(rng, rows[np.argsort(rows["order_s"])], STATIC_EVERY_S).copy()
    static["kind"] = 24 if craft.class_b else 5
    static["order_s"] += 1e-3
    if saying > 1:
        static["vessel"] = first + np.arange(len(static)) % saying
    return np.concatenate([rows, static])
