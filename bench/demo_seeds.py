"""What the demo scenario's alerts say, and when, over its first seeds.

    python bench/demo_seeds.py [SEEDS] [--background N]

Each seed is made, written as NMEA and replayed over the shipped routes into a store; the figures
come from the versions of the alerts in it. Times are hours before the crossing of C-Lion1. A drag
of a background ship at `watch` or higher is a failure, as is Yi Peng 3 raised after that crossing.
Takes about 40 s a seed.
"""

import argparse
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from cablewatch.alerts.model import SEVERITIES, Alert
from cablewatch.cables.model import load_cables
from cablewatch.output.text import rfc3339
from cablewatch.scenario import Scenario, make_scenario
from cablewatch.scenario.yi_peng_3 import MMSI
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.folder import StoreWriter
from cablewatch.units import HOUR_MS, MINUTE_MS
from cablewatch.usecases.replay import replay

BCS, C_LION1 = "bcs-east-west-interlink", "c-lion1"
WATCH = SEVERITIES.index("watch")


class Named(NamedTuple):
    """A version that names C-Lion1 as next cable."""

    lead_h: float  # hours before the crossing at which it was said
    error_min: float  # its estimate less the crossing


@dataclass(frozen=True)
class Figures:
    """What one seed gave; times in UTC milliseconds, None where it never came."""

    seed: int
    raised_ms: int | None  # first version of Yi Peng 3 at `watch` or higher
    bcs_ms: int
    c_lion1_ms: int
    bcs_behind: bool  # in the last version before the crossing of C-Lion1
    named: tuple[Named, ...]  # versions before the crossing that name C-Lion1 as next
    steady: Named | None  # the first from which on every version does
    top: Alert | None  # Yi Peng 3's most probable alert
    rank: int  # of that alert, 1 is the top
    others: tuple[tuple[str, Alert], ...]  # class of the ship, alert; by probability

    def raised_before(self, crossing_ms: int) -> bool:
        """Whether Yi Peng 3 was raised before a crossing."""
        return self.raised_ms is not None and self.raised_ms < crossing_ms

    def background_drags(self) -> list[Alert]:
        """Drags of other ships at `watch` or higher; there must be none."""
        return [
            alert
            for kind, alert in self.others
            if kind != "yi_peng_3" and alert.kind == "anchor_drag" and is_raised(alert)
        ]


def is_raised(alert: Alert) -> bool:
    return SEVERITIES.index(alert.severity) >= WATCH


def measure(seed: int, background: int) -> Figures:
    """Make, write and replay one seed, and read its figures from the store."""
    scenario = make_scenario(seed, background)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        scenario.write(folder / "scenario.nmea")
        writer = StoreWriter(folder / "store", f"seed {seed}", scenario.statement())
        result = replay([folder / "scenario.nmea"], load_cables(), store=writer)
        store = AlertStore(folder / "store" / "alerts.sqlite")
        ranked = result.ranked()
        own = [a for a in ranked if a.mmsi == MMSI and a.kind == "anchor_drag"]
        versions = sorted(
            (v.alert for alert in own for v in store.history(alert.id)), key=lambda a: a.updated_ms
        )
    return figures(scenario, ranked, versions)


def figures(scenario: Scenario, ranked: list[Alert], versions: list[Alert]) -> Figures:
    """Read the figures from all alerts by rank and Yi Peng 3's drag versions by time."""
    at = scenario.truth[MMSI].crossings
    before = [alert for alert in versions if alert.updated_ms < at[C_LION1]]
    said = [_named(alert, at[C_LION1]) for alert in before]
    silent = [k for k, named in enumerate(said) if named is None]
    steady = said[silent[-1] + 1 :] if silent else said
    drags = [a for a in ranked if a.mmsi == MMSI and a.kind == "anchor_drag"]
    top = drags[0] if drags else None
    return Figures(
        seed=scenario.seed,
        raised_ms=next((a.updated_ms for a in versions if is_raised(a)), None),
        bcs_ms=at[BCS],
        c_lion1_ms=at[C_LION1],
        bcs_behind=bool(before) and any(c.id == BCS for c in before[-1].cables),
        named=tuple(named for named in said if named is not None),
        steady=steady[0] if steady else None,
        top=top,
        rank=ranked.index(top) + 1 if top is not None else len(ranked) + 1,
        others=tuple((scenario.truth[a.mmsi].kind, a) for a in ranked if a is not top),
    )


def _named(alert: Alert, crossing_ms: int) -> Named | None:
    """What a version says of C-Lion1 as a cable ahead."""
    for cable in alert.next_cables:
        if cable.id == C_LION1:
            lead_h = (crossing_ms - alert.updated_ms) / HOUR_MS
            return Named(lead_h, (cable.eta_ms - crossing_ms) / MINUTE_MS)
    return None


def show(f: Figures) -> None:
    """Print one seed: a line for Yi Peng 3, a line for every other alert."""
    print(f"seed {f.seed}: {_own_line(f)}")
    for kind, a in f.others:
        print(
            f"    {a.probability:.2f} {a.severity:8} {a.kind:12} {kind:15} {a.mmsi} "
            f"raised {rfc3339(a.raised_ms)[:16]}Z, {len(a.cables)} crossings: {_terms(a)}"
        )


def _own_line(f: Figures) -> str:
    if f.raised_ms is None or f.top is None:
        return "Yi Peng 3 NOT RAISED"
    moments = {"first": f.named[:1], "steadily": (f.steady,), "last": f.named[-1:]}
    named = [
        f"{when} {n.lead_h:.1f} h ahead ({n.error_min:+.0f} min)"
        for when, said in moments.items()
        for n in said
        if n is not None
    ]
    return (
        f"raised {rfc3339(f.raised_ms)[:16]}Z, "
        f"{(f.bcs_ms - f.raised_ms) / HOUR_MS:.1f} h before BCS, "
        f"{_lead_h(f, f.raised_ms):.1f} h before C-Lion1; "
        f"BCS behind: {'yes' if f.bcs_behind else 'NO'}; "
        f"C-Lion1 named {', '.join(named) or 'NEVER'}; "
        f"{f.top.severity}, p {f.top.probability:.2f}, rank {f.rank} of {len(f.others) + 1}"
    )


def _lead_h(f: Figures, t_ms: int) -> float:
    return (f.c_lion1_ms - t_ms) / HOUR_MS


def _terms(alert: Alert) -> str:
    spoken = (e for e in alert.evidence if e.contribution and e.name != "prior")
    said = [f"{e.name} {e.value:.3g} {e.unit} ({e.contribution:+.2f})" for e in spoken]
    return ", ".join([*said, *(f"lowered: {name}" for name in alert.suppressed_by)])


def summary(all_figures: list[Figures]) -> None:
    """Print the counts over all seeds as a table."""
    n = len(all_figures)
    raised = [f for f in all_figures if f.raised_ms is not None]
    lead = sorted(_lead_h(f, f.raised_ms) for f in raised if f.raised_ms is not None)
    steady = [f.steady for f in all_figures if f.steady is not None]
    last = sorted(abs(f.named[-1].error_min) for f in all_figures if f.named)
    others = Counter(
        (alert.kind, alert.severity, kind) for f in all_figures for kind, alert in f.others
    )
    rows = [
        ("Yi Peng 3 raised at watch or higher", f"{len(raised)} of {n}"),
        ("before BCS", f"{sum(f.raised_before(f.bcs_ms) for f in all_figures)} of {n}"),
        ("before C-Lion1", f"{sum(f.raised_before(f.c_lion1_ms) for f in all_figures)} of {n}"),
        ("hours before C-Lion1: least, median, most", _spread(lead)),
        ("BCS behind it, just before C-Lion1", f"{sum(f.bcs_behind for f in all_figures)} of {n}"),
        ("C-Lion1 named as next cable", f"{sum(bool(f.named) for f in all_figures)} of {n}"),
        ("in every version up to the crossing, from", f"{len(steady)} of {n}"),
        ("... hours ahead: least, median, most", _spread(sorted(s.lead_h for s in steady))),
        (
            "... error of that time to reach, min (absolute)",
            _spread(sorted(abs(s.error_min) for s in steady)),
        ),
        ("error of the last time to reach, min (absolute)", _spread(last)),
        ("Yi Peng 3 the top alert", f"{sum(f.rank == 1 for f in all_figures)} of {n}"),
        ("its rank, worst", f"{max(f.rank for f in all_figures)}"),
        (
            "background drags at watch or higher (must be 0)",
            f"{sum(len(f.background_drags()) for f in all_figures)}",
        ),
    ]
    print("\n| over seeds | |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")
    print("\n| other alerts | severity | class of ship | count |\n|---|---|---|---|")
    by_severity = sorted(others.items(), key=lambda row: -SEVERITIES.index(row[0][1]))
    for (kind, severity, ship), count in by_severity:
        print(f"| {kind} | {severity} | {ship} | {count} |")


def _spread(values: list[float]) -> str:
    if not values:
        return "-"
    return f"{values[0]:.1f}, {values[len(values) // 2]:.1f}, {values[-1]:.1f}"


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("seeds", type=int, nargs="?", default=20)
    arguments.add_argument("--background", type=int, default=300)
    options = arguments.parse_args()
    done = []
    for seed in range(options.seeds):
        done.append(measure(seed, options.background))
        show(done[-1])
    summary(done)


if __name__ == "__main__":
    main()
