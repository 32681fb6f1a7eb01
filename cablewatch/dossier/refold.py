"""The fold of one ship once more, stopped at every minute to note what each term said.

It is the engine itself, over the same cables, with the tallies of the other ships given to it; a
stop between minutes changes nothing (law of the split). The terms of a minute are the words that
the rule left when it was evaluated (`Engine.words`); no rule is asked a second time here.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import NamedTuple

import numpy as np

from cablewatch.alerts.book import AlertBook
from cablewatch.alerts.model import Alert
from cablewatch.cables.index import build_index
from cablewatch.cables.model import Cable
from cablewatch.context.surroundings import NOWHERE, Surroundings
from cablewatch.engine.fold import RULES, Engine, by_bin
from cablewatch.engine.kernels import QUIET_MS
from cablewatch.engine.state import N_RULES
from cablewatch.fixes import Array, Fixes, Stations
from cablewatch.ordering.order import SEPARATOR
from cablewatch.units import MINUTE_MS
from cablewatch.vessels.register import Vessels
from cablewatch.vessels.statics import Statics

Terms = dict[str, float]


def is_folded(kind: str) -> bool:
    """Whether alerts of a kind come of one ship's own fixes; others are judged over all ships."""
    return any(kind == rule.KIND and rule.RULE < N_RULES for rule in RULES.values())


class Last(NamedTuple):
    """The newest fix of a track."""

    t_ms: int
    lon_deg: float
    lat_deg: float
    cog_deg: float


@dataclass(frozen=True)
class Minute:
    """What stood of a track at the end of a minute; NaN where it was not known."""

    t_ms: int
    last: Last
    speed_kn: float
    usual_kn: float  # the ship's own: upper quartile of its moving speed
    terms: Terms  # contributions, nats; empty where nothing could be said

    @property
    def log_odds(self) -> float:
        """Sum of the terms, the prior among them; NaN where nothing could be said."""
        return sum(self.terms.values()) if self.terms else math.nan


@dataclass(frozen=True)
class Refold:
    """What the fold says of a ship's rows."""

    versions: tuple[Alert, ...]  # of all its alerts, in the order they are said
    minutes: tuple[Minute, ...]  # of the track that the alert is of
    fixes: Fixes  # as folded
    statics: int  # messages in which it said something of itself


def _terms(rule: ModuleType | None, words: Array, track: int, now_ms: int) -> Terms:
    """What a rule last said of a track; a rule that looks now and then stands by it until then."""
    if rule is None or not is_folded(rule.KIND):
        return {}
    word = words[rule.RULE, track]
    if word["mmsi"] == 0 or now_ms - word["t_ms"] > QUIET_MS or math.isnan(word["log_odds"]):
        return {}
    names = [name for name, _ in rule.TERMS]
    return {"prior": rule.PRIOR, **dict(zip(names, word["ratio"].tolist(), strict=False))}


def refold(
    fixes: Fixes,
    statics: Statics,
    stations: Stations,
    cables: Sequence[Cable],
    tallies: Array,
    until_ms: int,
    alert: Alert,
    config_hash: str,
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
    alert : Alert
        Whose rule, track and source they are.
    config_hash : str
        Said in the versions.
    surroundings : Surroundings
        Places and depths of the run.
    """
    engine, vessels = Engine(build_index(cables)), Vessels()
    engine.context.add(tallies)

    def heard(code: int) -> tuple[str, ...]:
        return tuple(stations.name(code).split(SEPARATOR))

    book = AlertBook(cables, vessels, heard, config_hash, alert.source, surroundings)
    rule = next((rule for rule in RULES.values() if alert.kind == rule.KIND), None)
    versions: list[Alert] = []
    minutes: dict[int, list[Minute]] = {}
    track = None
    for end_ms, some_fixes, some_statics in _by_minute(fixes, statics, until_ms):
        confirmed = vessels.update(some_statics)
        for piece in by_bin(some_fixes, confirmed, end_ms, engine.bin):
            said = engine.push_piece(*piece)
            some = book.take(said)
            own = [k for k, version in enumerate(some) if version.id == alert.id]
            track = int(said.events[own[0]]["track"]) if own else track
            versions += some
        for ship in _records(engine, end_ms) if end_ms % MINUTE_MS == 0 else ():
            terms = _terms(rule, engine.words, int(ship["track"]), end_ms)
            speed_kn, usual_kn = float(ship["minute_kn"]), float(ship["baseline_kn"])
            last = Last(*ship[["t_ms", "lon", "lat", "cog"]].item())
            minute = Minute(end_ms, last, speed_kn, usual_kn, terms)
            minutes.setdefault(int(ship["track"]), []).append(minute)
    if track is None:  # the alert did not come again: the track heard most
        track = max(minutes, key=lambda number: len(minutes[number]), default=0)
    return Refold(tuple(versions), tuple(minutes.get(track, ())), fixes, len(statics))


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


def _records(engine: Engine, now_ms: int) -> Iterator[np.void]:
    """Records of the ship's tracks whose minute was evaluated."""
    ships = engine.state.ships
    yield from ships[(ships["mmsi"] != 0) & (now_ms - ships["t_ms"] <= QUIET_MS)]
