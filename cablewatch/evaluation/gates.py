"""Why a drag was missed: the first gate that it did not pass.

The rule raises `watch` only where a chain of conditions holds at once. A drag passes a gate when
that gate *and all before it* hold in three minutes in a row, as many as an episode is raised after;
the first that it does not pass is what kept it from being found. The order is that of the rule:
speed loss, then the search for the cycle, then its ratio, then the sum, then a cable.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from cablewatch.engine import cycle, drag, fishtail, speed_loss
from cablewatch.engine.episode import BANDS, RAISE_AFTER
from cablewatch.engine.trail import unrolled
from cablewatch.engine.transitions import OUTPUT_DTYPE
from cablewatch.evaluation.minutes import Minute
from cablewatch.fixes import Array
from cablewatch.units import KNOT_M_S, MINUTE_MS

NEEDED = BANDS[1] - drag.PRIOR  # nats of evidence that `watch` takes

GATES = {
    "baseline": "no own or typical speed known, or no speed reported",
    "loss": f"speed loss below {speed_loss.SUSPECT:g} nats: the cycle is not searched each minute",
    "speed": f"speed outside {fishtail.LOW_KN:g}-{fishtail.HIGH_KN:g} kn",
    "fixes": "fixes too rare: fewer than eight, or less than three quarters of a window",
    "turn": f"net turn over {cycle.NET_TURN_DEG:g} degrees in both windows",
    "periods": "reports too rare for any period that a window holds",
    "wave": "no wave: a slower one fits better, or course and way across disagree",
    "swing": f"a wave, less than {fishtail.CYCLE_NONE_DEG:g} degree of it a swing and no wander",
    "lengths": "period outside the ship lengths sailed",
    "steered": f"deviation over {fishtail.CYCLE_MOST_DEG:g} degrees",
    "habit": f"less than {fishtail.CYCLE_NONE_DEG:g} degree beyond the ship's own habit",
    "sum": "each kind of evidence there, their sum below that of watch",
    "cable": "evidence enough: no cable met or ahead, or raised at another time",
}
"""Gates in the order of the rule: name, and what a drag that stops there lacked."""


class Searched(NamedTuple):
    """What the search of one window found, and why it found nothing."""

    gate: str  # the gate of `GATES` at which it stopped, "" none
    deviation_deg: float  # as far as it is a swing and no wander
    period_s: float


def searched(ship: np.void, now_ms: int, window_ms: int, out: np.void) -> Searched:
    """Search one window as the rule does, and tell what stopped it."""
    found_deg, gain, period_s = cycle.search(ship, now_ms, window_ms, out)  # type: ignore[no-untyped-call]
    if math.isnan(found_deg):
        return Searched(_not_searched(ship, now_ms, window_ms, out), 0.0, math.nan)
    if found_deg == 0.0:
        return Searched("wave", 0.0, math.nan)
    swinging = fishtail.swinging_deg(found_deg, gain)  # type: ignore[no-untyped-call]
    return Searched(
        "" if swinging >= fishtail.CYCLE_NONE_DEG else "swing", float(swinging), period_s
    )


def _not_searched(ship: np.void, now_ms: int, window_ms: int, out: np.void) -> str:
    """Which gate kept a window from being searched."""
    trail = ship["trail"]
    if trail["n"] < cycle.LEAST_FIXES or now_ms - trail["t_ms"] > cycle.STALE_MS:
        return "fixes"
    n, first_deg = unrolled(trail, now_ms, window_ms, out)  # type: ignore[no-untyped-call]
    if n < cycle.LEAST_FIXES or 1000.0 * out["time_s"][n - 1] < cycle.FILLED * window_ms:
        return "fixes"
    turn_deg, speed_m_s = _turned(out, n, first_deg)
    return (
        "turn" if abs(turn_deg) > cycle.NET_TURN_DEG or speed_m_s < cycle.SLOWEST_M_S else "periods"
    )


def _turned(out: np.void, n: int, first_deg: float) -> tuple[float, float]:
    """Turn of the course over a window (degrees) and the speed made good (m/s)."""
    time_s, course = out["time_s"][:n], out["course"][:n]
    mean = math.radians(first_deg + float(course.mean()))
    way_m = out["east_m"][n - 1] * math.sin(mean) + out["north_m"][n - 1] * math.cos(mean)
    rise: Array = np.polyfit(time_s, course, 1)
    return float(rise[0] * (time_s[-1] - time_s[0])), float(way_m / time_s[-1])


def gate_of(minute: Minute, out: np.void) -> str:
    """The first gate at which a minute stops; "" where it has the evidence for `watch`."""
    ship = minute.ship
    if minute.evidence >= NEEDED:
        return ""
    if not minute.told:
        return "baseline"
    if ship["cusum"] < speed_loss.SUSPECT:
        return "loss"
    if not fishtail.LOW_KN <= ship["minute_kn"] <= fishtail.HIGH_KN:
        return "speed"
    windows = [
        searched(ship, minute.now_ms, window_ms, out)
        for window_ms in (cycle.SHORT_MS, cycle.LONG_MS)
    ]
    order = list(GATES)
    best = max(
        windows, key=lambda w: (w.deviation_deg, -1 if w.gate == "" else order.index(w.gate))
    )
    return best.gate or _unlike(ship, best)


def _unlike(ship: np.void, found: Searched) -> str:
    """Which gate stops a minute in which a cycle was found."""
    if ship["length_m"] > 0.0:
        lengths = found.period_s * ship["minute_kn"] * KNOT_M_S / ship["length_m"]
        if not fishtail.LENGTHS_LOW <= lengths <= fishtail.LENGTHS_HIGH:
            return "lengths"
    habit_deg = float(np.nan_to_num(ship["habit_deg"]))
    if found.deviation_deg - habit_deg > fishtail.CYCLE_MOST_DEG:
        return "steered"
    return "habit" if found.deviation_deg - habit_deg < fishtail.CYCLE_NONE_DEG else "sum"


def first_gate(minutes: Sequence[Minute]) -> str:
    """The first gate that a drag did not pass; `minutes` are hers, by time."""
    order = [*GATES, ""]
    out = np.zeros(1, OUTPUT_DTYPE)[0]
    reached = [order.index(gate_of(minute, out)) for minute in minutes]
    best = 0
    for k in range(len(reached) - RAISE_AFTER + 1):
        row = slice(k, k + RAISE_AFTER)
        apart_ms = minutes[k + RAISE_AFTER - 1].now_ms - minutes[k].now_ms
        if apart_ms == (RAISE_AFTER - 1) * MINUTE_MS:
            best = max(best, min(reached[row]))
    return order[best] or "cable"
