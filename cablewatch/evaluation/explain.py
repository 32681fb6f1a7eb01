"""Why drags were missed, and what the evidence is worth: the rounds once more, minute by minute.

Rounds are folded again and stopped in the minutes of their target drags (:mod:`.minutes`): of those
missed the first gate is named (:mod:`.gates`), and the ratios given in all of them are set against
those of ordinary ships (:mod:`.ratios`). The highest evidence of each ordinary ship-day says at
which sum an alarm budget is kept (:mod:`.budget`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from cablewatch.cables.model import Cable
from cablewatch.evaluation.budget import Highest, budget
from cablewatch.evaluation.figures import Figures, as_json, is_target
from cablewatch.evaluation.gates import GATES, first_gate
from cablewatch.evaluation.injections import Drag
from cablewatch.evaluation.minutes import as_recorded, during
from cablewatch.evaluation.ratios import Shares, measured
from cablewatch.evaluation.traffic import Traffic
from cablewatch.evaluation.trials import GRACE_MS, Outcome, with_drags

STEP_MIN = 5  # of ordinary ships one minute in five is looked at: evidence moves within minutes


def explained(
    traffic: Traffic,
    rounds: Sequence[Sequence[Drag]],
    cables: Sequence[Cable],
    outcomes: Sequence[Outcome],
    split: str,
    seed: int,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Figures:
    """Figures of gates, ratios and budget.

    `cables` are those of the rounds, the lattice included; `outcomes` what became of their drags.
    """
    targets = {(o.drag.mmsi, o.drag.start_ms): o for o in outcomes if is_target(o)}
    intervals = sorted({d.interval_s for drags in rounds for d in drags})
    total = len(rounds) + len(intervals)
    missed: Counter[tuple[str, float]] = Counter()
    of_drags, ordinary, highest = Shares(), Shares(), Highest()
    for number, drags in enumerate(rounds):
        asked = [d for d in drags if (d.mmsi, d.start_ms) in targets]
        fixes, _ = with_drags(traffic, drags)
        spans = {d.mmsi: (d.start_ms, d.end_ms + GRACE_MS) for d in asked}
        seen = during(traffic, fixes, cables, spans) if asked else {}
        for one in asked:
            minutes = seen[one.mmsi]
            of_drags.add(m for m in minutes if m.now_ms <= one.end_ms)
            if targets[one.mmsi, one.start_ms].detected_ms is None:
                missed[first_gate(minutes), one.interval_s] += 1
        progress(number + 1, total)
    for number, interval_s in enumerate(intervals):
        for minute in as_recorded(traffic, cables, split, interval_s, STEP_MIN):
            ordinary.add([minute])
            if interval_s == 0.0:
                highest.add(minute)
        progress(len(rounds) + number + 1, total)
    told: Figures = as_json(
        {
            "missed": _missed(missed, intervals, targets.values()),
            "ratios": measured(of_drags, ordinary),
            "budget": budget(highest, sum(traffic.ship_days(split).values()), seed),
        }
    )
    return told


def _missed(
    missed: Counter[tuple[str, float]], intervals: Sequence[float], targets: Iterable[Outcome]
) -> Figures:
    """Target drags missed by the first gate that they did not pass, a count an interval."""
    every = Counter(o.drag.interval_s for o in targets)
    counts = {gate: [missed[gate, i] for i in intervals] for gate in GATES}
    return {
        "intervals": intervals,
        "drags": [every[i] for i in intervals],
        "gates": [
            {"gate": gate, "lacked": GATES[gate], "drags": row}
            for gate, row in counts.items()
            if sum(row)
        ],
    }
