"""Scenes, ways to fold them, and what "the same transitions" means."""

import importlib
import itertools
import pkgutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from types import ModuleType
from typing import NamedTuple

import numpy as np
import shapely

from cablewatch import engine
from cablewatch.cables.index import CableIndex, build_index
from cablewatch.cables.model import Cable
from cablewatch.engine.fold import Engine, Transitions, merged
from cablewatch.engine.judging import Judges
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.order import Order
from cablewatch.units import HOUR_MS
from cablewatch.vessels.register import Alternation, Vessels
from cablewatch.vessels.statics import Statics

RULE_NAMES = {"RULE", "KIND", "VERSION", "TERMS", "PRIOR", "evaluate"}
TAIL_MS = 13 * HOUR_MS  # past the end, so that silence ends what is open
PARALLEL = {"event_cables": "cables_n", "event_vertices": "vertices_n", "event_ahead": "ahead_n"}


def rules() -> list[ModuleType]:
    """Every module of the engine that has what makes a rule."""
    names = [module.name for module in pkgutil.iter_modules(engine.__path__)]
    modules = [importlib.import_module(f"cablewatch.engine.{name}") for name in names]
    return [module for module in modules if set(dir(module)) >= RULE_NAMES]


Piece = tuple[Fixes, Statics, int]
"""Rows of a scene, and the watermark after them."""


class Play(NamedTuple):
    """What a fold said, push by push, and what it counted."""

    parts: list[Transitions]
    counts: dict[str, int]

    @property
    def all(self) -> Transitions:
        """All of it, in the order of one push."""
        return merged(self.parts)


@dataclass(frozen=True)
class Scene:
    """Ordered fixes and statics over cables."""

    fixes: Fixes
    statics: Statics
    cables: tuple[Cable, ...]
    index: CableIndex = field(init=False)
    alternations: list[Alternation] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "index", build_index(self.cables))
        vessels = Vessels()
        vessels.update(self.statics)
        object.__setattr__(self, "alternations", vessels.alternations())

    @property
    def span_ms(self) -> tuple[int, int]:
        """First and last time."""
        return int(self.fixes.t_ms[0]), int(self.fixes.t_ms[-1])

    def engine(self, **capacity: int) -> Engine:
        """An engine over the cables that has seen nothing."""
        return Engine(self.index, **capacity)

    def judges(self) -> Judges:
        """Judges over the cables that have seen nothing."""
        return Judges(self.index, heard_by)

    def judged(self, judges: Judges, said: Transitions, piece: Piece) -> Transitions:
        """What the fold said of a piece, and what judges bring to it."""
        fixes, statics, until_ms = piece
        judges.follow(fixes, self.in_turns(statics))
        return judges.push(said, until_ms)

    def in_turns(self, statics: Statics) -> list[Alternation]:
        """What takes turns in some of the scene's messages."""
        messages = set(zip(statics.t_ms.tolist(), statics.mmsi.tolist(), strict=True))
        return [said for said in self.alternations if (said.t_ms, said.mmsi) in messages]

    def between(self, start_ms: int, end_ms: int) -> tuple[Fixes, Statics]:
        """Rows from `start_ms` to before `end_ms`."""
        f = np.searchsorted(self.fixes.t_ms, (start_ms, end_ms))
        s = np.searchsorted(self.statics.t_ms, (start_ms, end_ms))
        return self.fixes.take(slice(*f)), self.statics.take(slice(*s))

    def pieces(self, cuts: Iterable[int]) -> list[tuple[Fixes, Statics, int]]:
        """The scene cut at watermarks, and its end."""
        edges = [-(1 << 62), *sorted(set(cuts)), self.span_ms[1] + TAIL_MS]
        return [(*self.between(a, b), b) for a, b in itertools.pairwise(edges)]

    def play(self, cuts: Iterable[int] = (), with_engine: Engine | None = None) -> Play:
        """Fold the scene cut at watermarks, and judge its bins."""
        engine, judges = with_engine or self.engine(), self.judges()
        pieces = self.pieces(cuts)
        parts = [self.judged(judges, engine.push(*piece), piece) for piece in pieces]
        return Play(parts, engine.counts)

    def only(self, mmsi: Sequence[int]) -> "Scene":
        """The scene of some ships."""
        wanted = np.isin(self.fixes.mmsi, mmsi), np.isin(self.statics.mmsi, mmsi)
        return replace(self, fixes=self.fixes.take(wanted[0]), statics=self.statics.take(wanted[1]))

    def turned(self, degrees: float) -> "Scene":
        """The scene moved east; longitudes are wrapped but by a whole turn."""
        return replace(
            self,
            fixes=replace(self.fixes, lon_deg=_east(self.fixes.lon_deg, degrees)),
            cables=tuple(replace(c, route=_moved(c.route, degrees)) for c in self.cables),
        )


def heard_by(code: int) -> tuple[str, ...]:
    """Name of one of two stations."""
    return (f"s{code % 2}",)


def ordered(fixes: Fixes, statics: Statics, cables: Iterable[Cable]) -> Scene:
    """The scene that leaves `Order`."""
    stations = Stations()
    for code in range(1, int(fixes.station.max(initial=0)) + 1):
        stations.code(f"s{code}")
    order = Order(stations)
    fixes = fixes.take(np.argsort(fixes.t_ms, kind="stable"))
    first, rest = order.push(fixes, statics), order.flush()
    return Scene(
        Fixes.concat([first.fixes, rest.fixes]),
        Statics.concat([first.statics, rest.statics]),
        tuple(cables),
    )


def _east(lon: Array, degrees: float) -> Array:
    moved = lon + degrees
    return moved if degrees % 360.0 == 0.0 else np.where(moved >= 180.0, moved - 360.0, moved)


def _moved(route: shapely.MultiLineString, degrees: float) -> shapely.MultiLineString:
    if degrees % 360.0 == 0.0:
        return route

    def east(lon_lat: Array) -> Array:
        return np.column_stack([_east(lon_lat[:, 0], degrees), lon_lat[:, 1]])

    return shapely.transform(route, east)


def columns(said: Transitions) -> dict[str, Array]:
    """Every field of every row, without what lies beyond the counts of parallel arrays."""
    flat: dict[str, Array] = {}
    for name, rows in said._asdict().items():
        if name in PARALLEL:
            used = np.arange(rows.shape[1]) < said.events[PARALLEL[name]][:, None]
            rows = rows[used]
        for column in rows.dtype.names or ():
            flat[f"{name}.{column}"] = rows[column]
    return flat


def assert_same(said: Transitions, expected: Transitions) -> None:
    """Equal, bit for bit."""
    other = columns(expected)
    for name, column in columns(said).items():
        assert column.tobytes() == other[name].tobytes(), f"{name}: {column} {other[name]}"


def assert_same_in_order(parts: Sequence[Transitions], expected: Transitions) -> None:
    """Equal, bit for bit, and events, notices and tallies already in the order of one push.

    A crossing is said with the fix after it, so those of a gap may come behind later ones.
    """
    assert_same(merged(parts), expected)
    for name in ("events", "notices", "tallies"):
        rows = np.concatenate([getattr(part, name) for part in parts])
        whole = getattr(expected, name)
        for column in rows.dtype.names:
            assert rows[column].tobytes() == whole[column].tobytes(), f"{name}.{column}"
