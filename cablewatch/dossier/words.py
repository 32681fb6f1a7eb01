"""Sentences of the page: what kinds of alert are, what could not be known, how sure it is."""

import json
import math
from collections.abc import Iterator

from cablewatch.alerts.model import Alert
from cablewatch.cables.model import Cable
from cablewatch.dossier.contents import Contents
from cablewatch.dossier.matter import Matter, moment, span
from cablewatch.stores.run import origin_of, run_of
from cablewatch.units import NAUTICAL_MILE_M

BEHAVIOUR = {
    "anchor_drag": "moved as a ship does that drags its anchor under way",
    "anchor_drag_at_anchor": "moved as a ship does whose anchor drags",
    "anchored_on_cable": "lay as a ship does that is anchored over a cable",
    "loitering": "stayed over a cable, slowly or crossing it again and again",
    "drifting": "moved as a ship does that drifts",
    "silence": "was not heard where others were, within reach of a cable",
    "identity": "was heard under an identity that does not fit",
    "integrity": "was reported at positions that cannot be right",
}
PRIORS = (1e-4, 1e-3, 1e-2, 1e-1)
ORIGINS = {
    "reconstructed": "Positions that this alert rests on are reconstructed from published figures, "
    "not recorded.",
    "invented": "This ship is invented. No receiver heard it.",
}
NOT_INTENT = (
    "This names behaviour, never intent. It is a finding of where to look, made by rules from ship "
    "reports and approximate routes, not a proof."
)
JUDGED = (
    "an alert of this kind is judged by what all ships are heard, of which the bundle has one: "
    "only with the inputs can it be checked"
)
DRAWN = {
    "schematic": "schematic: drawn to show that there is a cable, not where it lies",
    "generalised": "generalised: the line is simplified",
    "charted": "as charted",
    "surveyed": "as surveyed",
}


def headline(alert: Alert) -> str:
    """What the ship did, in a sentence."""
    name = alert.name or "A ship without a name"
    behaviour = BEHAVIOUR.get(alert.kind, alert.kind.replace("_", " "))
    return f"{name} (MMSI {alert.mmsi}) {behaviour}"


def modelled(contents: Contents) -> list[str]:
    """What no receiver heard; empty where all is as archived."""
    alert = contents.alert
    run = run_of(json.loads(contents.run))
    origin = origin_of(run.modelled, alert.mmsi, alert.started_ms, alert.updated_ms)
    return [] if origin is None else [ORIGINS[origin], *filter(None, [run.about])]


def unknown(matter: Matter, contents: Contents) -> Iterator[str]:
    """What could not be computed, is not recorded or not certain."""
    alert = matter.alert
    for term in alert.evidence:
        if math.isnan(term.value) and not math.isnan(term.contribution):
            yield f"{term.text[0].upper()}{term.text[1:]}."
    last_ms = alert.ended_ms or alert.updated_ms
    silences = [(a, b) for a, b in matter.gaps if b >= alert.started_ms and a <= last_ms]
    if silences:
        longest = max(silences, key=lambda gap: gap[1] - gap[0])
        yield (
            f"{len(silences)} silence{'s' if len(silences) > 1 else ''} of more than ten minutes "
            f"while it lasted; the longest {span(longest[1] - longest[0])}, from "
            f"{moment(longest[0])}. What the ship did then is not known; the map shows a straight "
            "line."
        )
    inferred = sum(met.inferred for met in alert.cables)
    if inferred:
        yield (
            f"{inferred} of the crossings are inferred: the ship was heard on either side of the "
            "cable, more than ten minutes apart. Their times and places are estimates."
        )
    for cable in matter.named.values():
        if cable.position_class == "schematic":
            yield f"The route of {cable.name} is schematic and proves no crossing of the cable."
    if alert.suppressed_by:
        reasons = ", ".join(alert.suppressed_by).replace("_", " ")
        yield (
            f"The score is lowered by what is assumed of such ships or places: {reasons} (see the "
            "table of terms). A ship that threatens a cable can be one, or be there."
        )
    if not any(minute.terms for minute in matter.minutes):
        yield "The terms of this alert are not drawn by the minute; the table has those that count."
    run = run_of(json.loads(contents.run))
    for fault in dict.fromkeys(fault for part in run.parts for fault in part.faults):
        yield f"Input was not read to its end: {fault}."
    if not alert.stations:
        yield "The input does not say which stations heard the ship."
    yield (
        "AIS is what a ship says of itself. It can be wrong, forged or absent; nothing here says "
        "whether an anchor was down, and nothing says why."
    )


def odds(alert: Alert) -> tuple[float, float]:
    """Log odds of the prior, and the sum of all other terms, nats."""
    prior = sum(term.contribution for term in alert.evidence if term.name == "prior")
    rest = sum(
        term.contribution
        for term in alert.evidence
        if term.name != "prior" and not math.isnan(term.contribution)
    )
    return prior, rest


def probability(log_odds: float) -> float:
    """Probability of log odds."""
    return 1.0 / (1.0 + math.exp(-log_odds))


def at_priors(alert: Alert) -> list[tuple[float, float]]:
    """What the same evidence comes to at other priors."""
    _, rest = odds(alert)
    return [(prior, probability(math.log(prior) + rest)) for prior in PRIORS]


def route(cable: Cable) -> str:
    """How well a route is known, and who says so."""
    drawn = DRAWN.get(cable.position_class, cable.position_class)
    return (
        f"{drawn}; the cable may lie {cable.position_uncertainty_m:,.0f} m off it. Corridor "
        f"{cable.half_width_m:,.0f} m to either side ({cable.half_width_m / NAUTICAL_MILE_M:.2f} "
        f"nmi), with a zone of {cable.protection_zone_m:,.0f} m ({cable.zone_basis})"
    )
