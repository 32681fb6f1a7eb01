"""An investigation for people at a terminal: suspects, their evidence, and why not the others."""

import math
from collections import Counter

from rich import box
from rich.console import Console
from rich.table import Table

from cablewatch.commands.results import console_of, format_of, shown, write_text
from cablewatch.investigation.ranking import Cleared, Suspect
from cablewatch.investigation.records import FORMATS
from cablewatch.output.text import rfc3339
from cablewatch.usecases.investigate import Investigation

ROWS = 15  # of suspects; the rest is in the output
EXPLAINED = 5  # of them, with every term
NEAREST = 8  # ships in `why not`, the nearest first; the rest likewise
REASONS = {
    "outside_window": "crossed outside the window",
    "service": "service ships at their work",
    "at_rest": "lay still",
    "elsewhere": "passed elsewhere",
    "not_in_window": "heard outside the window only",
    "no_data": "say neither speed nor course",
    "too_few_fixes": "heard in one minute only",
    "only_statics": "no position",
}
NOBODY = "No ship crossed the cable in the window, and none may have unheard."


def write_findings(result: Investigation, out: str) -> None:
    """Write findings to a file by its ending, or as JSON lines to standard output (``-``)."""
    writer = FORMATS[format_of(out, FORMATS)]
    write_text(writer(result.case, result.findings, result.source, result.attribution), out)


def print_findings(result: Investigation, to_stderr: bool = False) -> None:
    """Print who crossed the cable, by evidence, and why not the others."""
    console = console_of(to_stderr)
    for line in _head(result):
        console.print(line)
    suspects = result.findings.suspects
    if suspects:
        console.print(_table(suspects[:ROWS], len(suspects)))
        if len(suspects) > ROWS:
            console.print(f"... and {len(suspects) - ROWS} more; --out keeps them all")
        for rank, suspect in enumerate(suspects[:EXPLAINED], 1):
            _print_evidence(console, rank, suspect)
    else:
        console.print(NOBODY)
    _print_why_not(console, result.findings.why_not)
    _print_sources(console, result)


def _head(result: Investigation) -> list[str]:
    case = result.case
    cable, fault = case.cable, case.fault
    where = "no fault was located: ranked without its place"
    if fault is not None:
        off = f", reported {fault.offset_m / 1000.0:.1f} km off the line" if fault.offset_m else ""
        where = f"fault at km {fault.km:.1f} +- {fault.error_m / 1000.0:g} km{off}"
    return [
        f"{shown(cable.name)} ({shown(cable.id)}), {case.line.length_km:,.0f} km, "
        f"{rfc3339(case.start_ms)} to {rfc3339(case.end_ms)}; {where}",
        f"Route {cable.position_class}, +- {cable.position_uncertainty_m:,.0f} m. Score: sum of "
        "log-likelihood ratios, no probability. It names behaviour, not intent.",
    ]


def _table(suspects: tuple[Suspect, ...], total: int) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    modelled = any(suspect.origin for suspect in suspects)
    for heading in ("", "score"):
        table.add_column(heading, justify="right")
    for heading in ("ship", "passed (UTC)", "how"):
        table.add_column(heading, overflow="fold")
    for heading in ("km", "angle", "kn before, at, after", "of own"):
        table.add_column(heading, justify="right")
    for heading in ("alert", *(["positions"] if modelled else [])):
        table.add_column(heading, overflow="fold")
    for rank, suspect in enumerate(suspects, 1):
        passage, alert = suspect.passage, suspect.alert
        own = next(term.value for term in suspect.evidence if term.name == "own_speed")
        speeds = (passage.before_kn, passage.at_kn, passage.after_kn)
        table.add_row(
            str(rank),
            f"{suspect.score:+.2f}",
            shown(f"{suspect.mmsi} {suspect.name}".strip()),
            rfc3339(passage.t_ms)[:16].replace("T", " ") + "Z",
            passage.how,
            f"{passage.km:.1f}",
            _figure(passage.angle_deg, ".0f"),
            " ".join(_figure(speed, ".1f") for speed in speeds),
            _figure(own, ".0%"),
            "-" if alert is None else f"{alert.kind} {alert.severity}",
            *([suspect.origin or "as archived"] if modelled else []),
        )
    return table


def _figure(value: float, form: str) -> str:
    return "-" if math.isnan(value) else format(value, form)


def _print_evidence(console: Console, rank: int, suspect: Suspect) -> None:
    marked = f", {suspect.origin} positions" if suspect.origin else ""
    more = f"; the strongest of {suspect.passages}" if suspect.passages > 1 else ""
    head = shown(f"{suspect.mmsi} {suspect.name}".strip())
    console.print(f"\n{rank}. {head}: {suspect.score:+.2f}{marked}{more}")
    for term in suspect.evidence:
        console.print(f"  {term.contribution:+6.2f}  {shown(term.text)}")


def _print_why_not(console: Console, why_not: tuple[Cleared, ...]) -> None:
    if not why_not:
        return
    console.print("\nWhy not the others:")
    counts = Counter(cleared.reason for cleared in why_not)
    for reason, text in REASONS.items():
        if counts[reason]:
            console.print(f"  {counts[reason]:>6,}  {text}")
    for cleared in sorted(why_not, key=lambda c: c.reason != "service")[:NEAREST]:
        head = shown(f"{cleared.mmsi} {cleared.name}".strip())
        console.print(f"  {head}: {shown(cleared.text)}")
    if len(why_not) > NEAREST:
        console.print(f"  ... and {len(why_not) - NEAREST} more; --out keeps them all")


def _print_sources(console: Console, result: Investigation) -> None:
    modelled = [suspect for suspect in result.findings.suspects if suspect.origin]
    console.print()
    if modelled:
        counts = Counter(suspect.origin for suspect in modelled)
        told = ", ".join(f"{n} {origin}" for origin, n in sorted(counts.items(), key=str))
        console.print(f"Modelled, not recorded: {told} of {len(result.findings.suspects)} suspects")
    console.print(
        f"{result.ships:,} ships heard, {rfc3339(result.first_ms)} to {rfc3339(result.last_ms)}, "
        f"in {shown(result.source)}"
    )
    for note in result.notes:
        console.print(f"  {note}")
    if result.replay is not None:
        for reason, count in sorted(result.replay.counts.items()):
            console.print(f"  {count:>9,}  {shown(reason)}")
    console.print(f"Routes are approximate. {shown(result.attribution)}.")
