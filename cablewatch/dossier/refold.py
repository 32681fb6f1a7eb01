"""The fold of one ship once more, stopped at every minute to note what each term said.

It is the engine itself, over the same cables, with the tallies of the other ships given to it; a
stop between minutes changes nothing (law of the split). The terms of a minute are those that the
rule computes from the ship's record; no rule is written a second time here.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from cablewatch.alerts import Alert
from cablewatch.book import AlertBook
from cablewatch.cables.index import build_index
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine import drag, loiter
from cablewatch.engine.fold import Engine, by_bin
from cablewatch.engine.kernels import QUIET_MS
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.order import SEPARATOR
from cablewatch.units import MINUTE_MS
from cablewatch.vessels import Statics, Vessels

Terms = dict[str, float]
_DRAG: Any = drag.evidence  # kernels, which have no types
_LOITER: Any = loiter.evaluate


@dataclass(frozen=True)
class Minute:
    """What stood at the end of a minute; NaN where it was not known."""

    t_ms: int
    speed_kn: float
    usual_kn: float  # the ship's own: upper quartile of its moving speed
    cycle_deg: float  # deviation of the course cycle beyond the ship's habit
    terms: Terms  # contributions, nats; empty where nothing could be said

    @property
    def log_odds(self) -> float:
        """Sum of the terms, the prior among them; NaN where nothing could be said."""
        return sum(self.terms.values()) if self.terms else math.nan


@dataclass(frozen=True)
class Refold:
    """What the fold says of a ship's rows."""

    versions: tuple[Alert, ...]  # of all its alerts, in the order they are said
    minutes: tuple[Minute, ...]
    fixes: Fixes  # as folded
    statics: int  # messages in which it said something of itself


def _drag_terms(ship: np.void, now_ms: int) -> Terms:
    if math.isnan(ship["baseline_kn"]) or math.isnan(ship["minute_kn"]):
        return {}
    loss, cycle, held = _DRAG(ship, now_ms)
    return {"prior": drag.PRIOR, "speed_loss": loss, "course_cycle": cycle, "cycle_held": held}


def _loiter_terms(ship: np.void, now_ms: int) -> Terms:
    out = np.zeros(1, OUTPUT_DTYPE)[0]
    if math.isnan(_LOITER(ship, now_ms, out)[0]):
        return {}
    ratios = out["ratio"].tolist()
    said = {name: ratio for (name, _), ratio in zip(loiter.TERMS, ratios, strict=False)}
    return {"prior": loiter.PRIOR, **said}


TERMS_OF: dict[str, Callable[[np.void, int], Terms]] = {
    drag.KIND: _drag_terms,
    loiter.KIND: _loiter_terms,
}
"""Kinds whose terms are noted minute by minute; of others the page shows the alert's alone."""


def refold(
    fixes: Fixes,
    statics: Statics,
    stations: Stations,
    cables: Sequence[Cable],
    tallies: Array,
    until_ms: int,
    kind: str,
    said: tuple[str, str],
    surroundings: Surroundings = NOWHERE,
) -> Refold:
    """Fold one ship.

    Parameters
    ----------
    fixes, statics : Fixes, Statics
        Of one ship, as `order` released them; `station` is a code in `stations`.
    cables : sequence of Cable
        All routes of the run, in its order.
    tallies : array of TALLY_DTYPE
        What all ships cast, in the cells and bins that this ship reads.
    until_ms : int
        Up to it the timers of the run went.
    kind : str
        Kind of alert whose terms are noted.
    said : (str, str)
        `config_hash` and `source` that the alerts name.
    surroundings : Surroundings
        Places and depths of the run.
    """
    engine, vessels = Engine(build_index(cables)), Vessels()
    engine.context.add(tallies)

    def heard(code: int) -> tuple[str, ...]:
        return tuple(stations.name(code).split(SEPARATOR))

    book = AlertBook(cables, vessels, heard, *said, surroundings)
    terms_of = TERMS_OF.get(kind)
    versions: list[Alert] = []
    minutes: list[Minute] = []
    for end_ms, some_fixes, some_statics in _by_minute(fixes, statics, until_ms):
        confirmed = vessels.update(some_statics)
        for piece in by_bin(some_fixes, confirmed, end_ms, engine.bin):
            versions += book.take(engine.push_piece(*piece))
        ship = _record(engine, end_ms)
        if ship is not None and end_ms % MINUTE_MS == 0:
            terms = terms_of(ship, end_ms) if terms_of else {}
            speed_kn, usual_kn = float(ship["minute_kn"]), float(ship["baseline_kn"])
            minutes.append(Minute(end_ms, speed_kn, usual_kn, float(ship["cycle_deg"]), terms))
    return Refold(tuple(versions), tuple(minutes), fixes, len(statics))


def _by_minute(fixes: Fixes, statics: Statics, until_ms: int) -> "list[tuple[int, Fixes, Statics]]":
    """Cut at whole minutes from the first fix or message on, and at the end."""
    times = [int(part.t_ms[0]) for part in (fixes, statics) if len(part)]
    first_ms = min(times, default=until_ms) // MINUTE_MS * MINUTE_MS + MINUTE_MS
    ends = np.append(np.arange(first_ms, until_ms, MINUTE_MS), until_ms)
    of_fixes = np.searchsorted(fixes.t_ms, ends).tolist()
    of_statics = np.searchsorted(statics.t_ms, ends).tolist()
    starts = zip([0, *of_fixes], [0, *of_statics], strict=True)
    return [
        (end_ms, fixes.take(slice(f0, f1)), statics.take(slice(s0, s1)))
        for end_ms, (f0, s0), f1, s1 in zip(
            ends.tolist(), starts, of_fixes, of_statics, strict=False
        )
    ]


def _record(engine: Engine, now_ms: int) -> np.void | None:
    """Record of the ship, if its minute was evaluated; of several tracks the one heard most."""
    ships = engine.state.ships
    heard = ships[(ships["mmsi"] != 0) & (now_ms - ships["t_ms"] <= QUIET_MS)]
    return None if not len(heard) else heard[int(np.argmax(heard["heard_min"]))]
