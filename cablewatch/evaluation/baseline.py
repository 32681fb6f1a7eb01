"""A measurement against an earlier one: what became worse than chance allows."""

from cablewatch.evaluation.figures import Figures
from cablewatch.evaluation.summary import calm, percent


def worse(now: Figures, before: Figures) -> list[str]:
    """What became worse, a sentence each; the intervals are those of the earlier measurement.

    Recall of the target drags below its 95 % interval, or alerts and drag episodes as recorded
    above theirs.
    """
    found = []
    least = before["target"]["wilson"][0]
    if now["target"]["recall"] < least:
        found.append(f"recall {percent(now['target']['recall'])}, below {percent(least)}")
    rates = {row["kind"]: row["all"] for row in now["alarms"]} | {"episodes": now["drag_episodes"]}
    known = {row["kind"]: row["all"] for row in before["alarms"]}
    known["episodes"] = before["drag_episodes"]
    for kind, rate in rates.items():
        most = known[kind]["poisson"][1] if kind in known else 0.0
        if rate["per_1000"] > most:
            told = calm(rate["per_1000"])
            found.append(f"{kind}: {told} per 1,000 ship-days, above {calm(most)}")
    return found
