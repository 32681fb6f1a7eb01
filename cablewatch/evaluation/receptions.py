"""The same drags as other receivers would hear them: class B, each three minutes, satellites.

Target drags of an hour and longer are drawn once, and laid into the tracks anew for each reception;
only the ship that drags is heard otherwise, before her drag too. Beside recall stands in how much
of the drags each term could be computed.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from cablewatch.cables.model import Cable
from cablewatch.evaluation.figures import Figures, as_json, recall
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.minutes import Minute, during, known
from cablewatch.evaluation.plan import Design, plan
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import Detector, Outcome, Sighting, outcomes_of, with_drags
from cablewatch.fixes import Fixes, FixFlag
from cablewatch.units import MINUTE_MS

DRAWN = Design((0.8, 0.7, 0.6), (3.0, 4.0, 6.0), (60.0, 120.0), (0.0,), 3)
DRAWN_QUICK = Design((0.7,), (4.0,), (60.0,), (0.0,), 4)


class Reception(NamedTuple):
    """How a ship is heard."""

    name: str
    interval_s: float  # no two reports nearer; 0 as recorded
    class_b: bool = False
    period_min: float = 0.0  # from pass to pass of a satellite; 0 heard all the time
    pass_min: float = 0.0  # of it that the satellite hears


RECEPTIONS = (
    Reception("as recorded", 0.0),
    Reception("class B, each 30 s", 30.0, class_b=True),  # ITU-R M.1371-5: CS above 2 kn
    Reception("each 3 minutes", 180.0),  # class A at the anchored rate; type 27
    Reception("satellite, 10 of each 95 min", 0.0, period_min=95.0, pass_min=10.0),  # low orbit
)


def heard(fixes: Fixes, ships: Sequence[int], reception: Reception) -> Fixes:
    """What a reception leaves of the reports of some ships; of all others everything."""
    ours = np.isin(fixes.mmsi, ships)
    out = Fixes(*(column.copy() for column in fixes.columns()))
    if reception.class_b:
        out.flags[ours] |= int(FixFlag.CLASS_B)
    if reception.period_min > 0.0:
        into_ms = out.t_ms % round(reception.period_min * MINUTE_MS)
        return out.take(~ours | (into_ms < reception.pass_min * MINUTE_MS))
    return out


def receptions(
    traffic: Traffic,
    cables: Sequence[Cable],
    split: str,
    seed: int,
    plain: Sequence[Sighting],
    design: Design,
    detector: Detector,
) -> list[Figures]:
    """Recall by reception, and the share of the minutes of drags in which each term was known.

    `cables` with the lattice; `plain` are the drag alerts as recorded over them.
    """
    rounds = plan(traffic, split, design, seed)
    rows = []
    for reception in RECEPTIONS:
        outcomes: list[Outcome] = []
        minutes: list[Minute] = []
        for group in rounds:
            drags = [replace(one, interval_s=reception.interval_s) for one in group]
            fixes, reports = with_drags(traffic, drags)
            fixes = heard(fixes, [one.mmsi for one in drags], reception)
            seen = detector(fixes, traffic.statics, traffic.stations, cables)
            outcomes += outcomes_of(traffic, drags, reports, seen, plain, len(cables) - 1)
            minutes += _within(traffic, fixes, cables, drags)
        rows.append(
            {"reception": reception.name, **recall(outcomes, seed), "known": known(minutes)}
        )
    told: list[Figures] = as_json(rows)
    return told


def _within(
    traffic: Traffic, fixes: Fixes, cables: Sequence[Cable], drags: Sequence[Drag]
) -> Iterator[Minute]:
    """Minutes of the drags of a round."""
    spans = {one.mmsi: (one.start_ms, one.end_ms) for one in drags}
    for minutes in during(traffic, fixes, cables, spans).values():
        yield from minutes
