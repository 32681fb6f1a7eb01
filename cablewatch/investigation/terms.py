"""The evidence of a passage, term by term: value, unit, contribution in nats, and a sentence.

A contribution is the logarithm of how much likelier the measured value is if this passage hurt the
cable than if it was an ordinary one. The figures are starting values from physics and published
incidents, stated beside each; ``docs/investigate.md`` has the formulas.
"""

import math
from collections.abc import Sequence

import numpy as np

from cablewatch.alerts.model import Alert, Evidence
from cablewatch.engine.baseline import MOVING_KN, UPPER_QUARTILE
from cablewatch.engine.crossing import POSITION_ERROR_M
from cablewatch.engine.speed_loss import PERSIST_MIN, STOPPED, speed_ratio_llr
from cablewatch.fixes import Array, Fixes
from cablewatch.investigation.case import Case
from cablewatch.investigation.heard import BEFORE_MS
from cablewatch.investigation.passages import Passage
from cablewatch.output.text import rfc3339
from cablewatch.units import HOUR_MS, MINUTE_MS

DOUBT = 0.01  # share of reports, places and routes that are wrong altogether; bounds a term
UNHEARD = math.log(0.05)  # so often does an unheard ship make the detour over the line; assumed
HELD = math.log(0.5)  # a ship holds course and speed unheard as often as not; assumed
LEAST_ANGLE_DEG = 10.0  # below it the place of a crossing is as uncertain as at it
AROUND_MS = 15 * MINUTE_MS  # speed at the passage: the median so long about it
WAITS_MS = 30 * MINUTE_MS  # the last half hour is no habit; engine.baseline
HABIT_N, HABIT_MS = 20, HOUR_MS  # speeds, over a time, from which a habit is known
BEFORE_MS_OF_DROP = (-30 * MINUTE_MS, -5 * MINUTE_MS)
AFTER_MS_OF_DROP = (-2 * MINUTE_MS, 15 * MINUTE_MS)
DROP_NONE, DROP_FULL = 0.02, 0.06  # share of speed lost; published: 5 % to 25 % at the cable
DROP_SAYS = math.log(0.5 / 0.15)  # half of the hits, assumed; of 455 ordinary passages of lines off
# Los Angeles 14 % lost 6 % or more (MarineCadastre, 1-4 June 2018)
DROP_DENIES = math.log(0.5 / 0.85)


def passage_term(case: Case, passage: Passage) -> Evidence:
    """Whether the cable was passed at all."""
    text = "crossed the line, between fixes at most ten minutes apart"
    chance, value = 0.0, 1.0
    if passage.how == "inferred":
        text = "crossed the line in a silence: heard on both sides of it"
    elif passage.how == "gap":
        text = "may have crossed in a silence: the line was within reach of her speed, and back"
        chance = UNHEARD
        if passage.open_ended:
            side = "before" if math.isnan(passage.before_kn) else "after"
            text = f"may have crossed: not heard {side}, and course and speed, held, meet the line"
            chance = HELD
    elif passage.how == "near":
        sigma_m = max(case.cable.position_uncertainty_m / 2.0, POSITION_ERROR_M / 2.0)
        chance = math.log(max(DOUBT, 0.5 * math.erfc(passage.off_m / sigma_m / math.sqrt(2.0))))
        text = (
            f"came within {passage.off_m:,.0f} m of the line, inside its uncertainty of "
            f"{case.cable.position_uncertainty_m:,.0f} m, without crossing it in the window"
        )
    value = math.exp(chance)
    return _term("passage", value, "chance", chance, text)


def time_term(case: Case, passage: Passage) -> Evidence:
    """How much of the time at which it may have passed lies in the window."""
    share = passage.share_within(case.start_ms, case.end_ms)
    text = f"passed at {rfc3339(passage.t_ms)}, in the window"
    if passage.last_ms > passage.first_ms:
        text = (
            f"passed between {rfc3339(passage.first_ms)} and {rfc3339(passage.last_ms)}; "
            f"{share:.0%} of it lies in the window"
        )
    return _term("time", share, "share", math.log(max(DOUBT, share)), text)


def sigma_km(case: Case, passage: Passage) -> float:
    """Standard deviation of passage and fault along the line, all uncertainties together."""
    angle = max(passage.angle_deg, LEAST_ANGLE_DEG) if passage.angle_deg >= 0.0 else 45.0
    across_m = math.hypot(case.cable.position_uncertainty_m, POSITION_ERROR_M) / 2.0
    along_m = across_m * max(1.0, 1.0 / math.tan(math.radians(angle)))
    fault_m = math.hypot(case.fault.error_m / 2.0, case.fault.offset_m) if case.fault else 0.0
    return math.hypot(along_m, fault_m) / 1000.0


def place_term(case: Case, passage: Passage) -> Evidence:
    """Distance of the passage from the reported fault, against a passage anywhere on the cable."""
    if case.fault is None:
        text = f"at km {passage.km:.1f}; no fault was located (--at)"
        return _term("place", math.nan, "km", 0.0, text)
    sigma, at = sigma_km(case, passage), case.fault.km
    low, high = passage.low_km - at, passage.high_km - at
    if high - low < 1e-3 * sigma:
        density = math.exp(-0.5 * (low / sigma) ** 2) / (sigma * math.sqrt(2.0 * math.pi))
    else:
        ends = (math.erf(km / sigma / math.sqrt(2.0)) for km in (high, low))
        density = 0.5 * (next(ends) - next(ends)) / (high - low)
    ratio = math.log(DOUBT + (1.0 - DOUBT) * case.line.length_km * density)
    away = abs(passage.km - at)
    where = f"at km {passage.km:.1f}"
    if high > low:
        where = f"between km {passage.low_km:.1f} and {passage.high_km:.1f}"
    text = f"passed {where}, {away:.1f} km along the line from the fault at km {at:.1f} (one sigma "
    return _term("place", away, "km", ratio, text + f"{sigma:.1f} km)")


def angle_term(case: Case, passage: Passage) -> Evidence:
    """The angle: no evidence by itself, but the flatter, the less certain the place."""
    if math.isnan(passage.angle_deg):
        return _term("angle", math.nan, "deg", 0.0, "angle not known: no crossing was seen")
    text = f"crossed at {passage.angle_deg:.0f} degrees: no evidence by itself"
    if passage.angle_deg < 45.0:
        text += ", but so flat that the place on the cable is less certain"
    return _term("angle", passage.angle_deg, "deg", 0.0, text)


def alert_term(alert: Alert | None) -> Evidence:
    """What the detector found on the ship at that time, without its prior."""
    if alert is None:
        text = "no alert on the ship at that time, which speaks neither for nor against it"
        return _term("alert", 0.0, "nats", 0.0, text)
    ratio = found_of(alert)
    said = "; ".join(e.text for e in alert.evidence if e.contribution > 0.0)
    text = f"alert {alert.kind} ({alert.severity}) {alert.id} held then: {said}{lowered(alert)}"
    return _term("alert", ratio, "nats", ratio, text)


def lowered(alert: Alert) -> str:
    """What lowers an alert, to be said behind it; empty where nothing does."""
    names = ", ".join(name.replace("_", " ") for name in alert.suppressed_by)
    return f"; lowered by {names}, which is not counted here" if names else ""


def found_of(alert: Alert) -> float:
    """Sum of an alert's ratios, without prior and without what lowers it."""
    lowering = {"prior", *alert.suppressed_by}
    return sum(term.contribution for term in alert.evidence if term.name not in lowering)


def own_speed_kn(track: Fixes, t_ms: int, alert: Alert | None) -> float:
    """The ship's own speed: of her alert, or the upper quartile of a day under way; NaN unknown."""
    said = {} if alert is None else {term.name: term.value for term in alert.evidence}
    typical = math.isfinite(said.get("ship_type", math.nan))  # of her class, not her own
    if not typical and math.isfinite(said.get("own_speed", math.nan)):
        return said["own_speed"]
    then = (track.t_ms >= t_ms - BEFORE_MS) & (track.t_ms < t_ms - WAITS_MS)
    rows = then & (track.sog_kn >= MOVING_KN)
    if rows.sum() < HABIT_N or np.ptp(track.t_ms[rows]) < HABIT_MS:
        return math.nan
    return float(np.quantile(track.sog_kn[rows].astype(float), UPPER_QUARTILE))


def speed_then_kn(track: Fixes, passage: Passage) -> float:
    """Speed of the passage: made good across a silence, else the median about it."""
    if passage.how in ("inferred", "gap"):
        return passage.made_good_kn
    speeds = _speeds(track, passage.t_ms, (-AROUND_MS, AROUND_MS))
    return float(np.median(speeds)) if len(speeds) else math.nan


def own_speed_term(track: Fixes, passage: Passage, alert: Alert | None) -> Evidence:
    """Speed of the passage against the ship's own: 0.50 to 0.82 of it is the band of tows."""
    own, then = own_speed_kn(track, passage.t_ms, alert), speed_then_kn(track, passage)
    ratio = then / own
    if math.isnan(ratio):
        what = "her own speed is not known" if math.isnan(own) else "no speed was heard then"
        text = f"speed not compared: {what}"
        return _term("own_speed", math.nan, "of own speed", 0.0, text)
    text = f"made {then:.1f} kn, {ratio:.0%} of her own usual {own:.1f} kn"
    log_ratio = math.log(max(ratio, 1e-3))
    said = PERSIST_MIN * float(speed_ratio_llr(log_ratio))  # type: ignore[no-untyped-call]
    if log_ratio <= STOPPED:
        said, text = 0.0, f"{text}: too slow for a tow under way, which says nothing of others"
    if alert is not None and alert.kind == "anchor_drag":
        said, text = 0.0, f"{text}; counted in the alert"
    return _term("own_speed", ratio, "of own speed", said, text)


def drop_term(track: Fixes, passage: Passage) -> Evidence:
    """Loss of speed at the passage: the slowest of medians of three, against the time before."""
    before = _speeds(track, passage.t_ms, BEFORE_MS_OF_DROP)
    after = _speeds(track, passage.t_ms, AFTER_MS_OF_DROP)
    if passage.how in ("inferred", "gap") or len(before) < 3 or len(after) < 3:
        return _term(
            "speed_drop", math.nan, "of speed before", 0.0, "loss of speed not known: too few fixes"
        )
    usual = float(np.median(before))
    if usual < MOVING_KN:
        return _term(
            "speed_drop", math.nan, "of speed before", 0.0, "no loss of speed: hardly under way"
        )
    slowest = min(float(np.median(after[k : k + 3])) for k in range(len(after) - 2))
    drop = 1.0 - slowest / usual
    grown = min(1.0, max(0.0, (drop - DROP_NONE) / (DROP_FULL - DROP_NONE)))
    ratio = DROP_DENIES + (DROP_SAYS - DROP_DENIES) * grown
    text = f"went from {usual:.1f} to {slowest:.1f} kn at the line"
    return _term("speed_drop", drop, "of speed before", ratio, text)


def alert_then(alerts: Sequence[Alert], passage: Passage, cable_id: str) -> Alert | None:
    """The alert with the strongest evidence among those that held at a passage.

    A drag is one wherever it leads; a stay counts only at the cable that it met.
    """
    held = [
        alert
        for alert in alerts
        if (alert.kind == "anchor_drag" or any(met.id == cable_id for met in alert.cables))
        and alert.started_ms <= passage.last_ms
        and passage.first_ms <= (alert.ended_ms or alert.updated_ms + HOUR_MS)
    ]
    return max(held, key=lambda alert: (found_of(alert), alert.id), default=None)


def _speeds(track: Fixes, t_ms: int, about_ms: tuple[int, int]) -> Array:
    rows = (track.t_ms >= t_ms + about_ms[0]) & (track.t_ms <= t_ms + about_ms[1])
    speeds = track.sog_kn[rows].astype(float)
    known: Array = speeds[~np.isnan(speeds)]
    return known


def _term(name: str, value: float, unit: str, contribution: float, text: str) -> Evidence:
    return Evidence(name, float(f"{value:.6g}"), unit, float(f"{contribution:.6g}"), text)
