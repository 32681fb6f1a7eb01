"""Results for people at a terminal, and alerts into files."""

import sys
from collections.abc import Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cablewatch.alerts import Alert
from cablewatch.cables.lines import length_km
from cablewatch.cables.model import Cable, attribution
from cablewatch.errors import UsageError
from cablewatch.render import FORMATS, format_of, rfc3339
from cablewatch.units import HOUR_MS, NAUTICAL_MILE_M
from cablewatch.usecases.replay import Replay

ROWS = 30  # of a summary; the rest is in the output and the store
CROSSINGS = 8  # told of an alert; the rest likewise


def write_alerts(alerts: Sequence[Alert], out: str) -> None:
    """Write alerts to a file by its ending, or as JSON lines to standard output (``-``)."""
    if out == "-":
        sys.stdout.writelines(FORMATS["jsonl"](alerts))
        return
    path = Path(out)
    chunks = FORMATS[format_of(path)](alerts)
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.writelines(chunks)
    except OSError as error:
        raise UsageError(
            out, f"cannot be written: {error.strerror}", "choose another file"
        ) from error


def check_writable(out: str) -> None:
    """Refuse an output that cannot be written, before any work is done for it."""
    if out == "-":
        return
    path = Path(out)
    format_of(path)
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(out, "is a folder, or its folder is missing", "choose another file")


def print_summary(result: Replay, to_stderr: bool = False) -> None:
    """Print what a replay found: the table of alerts, then what was read and refused."""
    console = Console(stderr=to_stderr)
    ranked = result.ranked()
    if ranked:
        console.print(_alert_table(ranked[:ROWS]))
        if len(ranked) > ROWS:
            console.print(f"... and {len(ranked) - ROWS} more; --out or --store keeps them all")
        for alert in ranked:
            if alert.severity != "info":
                _print_reasons(console, alert)
        console.print()
    else:
        console.print("No alerts.")
    span = ""
    if result.first_ms is not None and result.last_ms is not None:
        span = f", {rfc3339(result.first_ms)} to {rfc3339(result.last_ms)}"
    console.print(
        f"{result.fixes:,} fixes of {result.ships:,} ships ({result.ship_days:,.1f} ship-days)"
        f"{span}; {result.crossings:,} crossings of cables",
        highlight=False,
    )
    for reason, count in sorted(result.counts.items()):
        example = result.examples.get(reason)
        said = f"{reason}; first: {example}" if example else reason
        console.print(f"  {count:>9,}  {escape(said)}", highlight=False)
    for name, columns in result.ignored_columns.items():
        console.print(f"  {escape(name)}: columns not used: {escape(', '.join(columns))}")
    if result.skipped_files:
        console.print(f"  {result.skipped_files:>9,}  files hold nothing of the time asked for")
    if result.counts["late"]:
        console.print("  late fixes are stored, but came too late to be judged")
    console.print(f"Routes are approximate. {escape(result.attribution)}.", highlight=False)


def _alert_table(alerts: Sequence[Alert]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("p", justify="right")
    for heading in ("severity", "kind", "ship", "raised (UTC)", "crossed", "next cable"):
        table.add_column(heading, overflow="fold")
    for alert in alerts:
        table.add_row(
            f"{alert.probability:.2f}",
            alert.severity,
            alert.kind,
            escape(f"{alert.mmsi} {alert.name}".strip()),
            rfc3339(alert.raised_ms)[5:16].replace("T", " ") + "Z",
            str(len(alert.cables)),
            "\n".join(_next(alert)[:1]),
        )
    return table


def _print_reasons(console: Console, alert: Alert) -> None:
    """Print what an alert of `watch` or higher rests on."""
    head = f"{alert.mmsi} {alert.name}".strip()
    console.print(f"\n{escape(head)}: {alert.kind}, {alert.severity}, incident {alert.incident_id}")
    for term in alert.evidence:
        console.print(f"  {term.contribution:+6.2f}  {escape(term.text)}", highlight=False)
    for name in alert.suppressed_by:
        console.print(f"  lowered: {escape(name)}", highlight=False)
    for met in alert.cables[:CROSSINGS]:
        how = "inferred across a gap" if met.inferred else f"at {met.sog_kn:.1f} kn"
        console.print(
            f"  crossed {escape(met.id)} km {met.km:.1f}, {rfc3339(met.t_ms)[:16]}Z, {how}",
            highlight=False,
        )
    if len(alert.cables) > CROSSINGS:
        console.print(f"  ... and {len(alert.cables) - CROSSINGS} more crossings")
    for line in _next(alert):
        console.print(f"  next {line}", highlight=False)


def _next(alert: Alert) -> list[str]:
    return [
        f"{c.id} {c.distance_m / NAUTICAL_MILE_M:.0f} nmi, "
        f"in {(c.eta_ms - alert.updated_ms) / HOUR_MS:.1f} h"
        for c in alert.next_cables
    ]


def print_cables(cables: Sequence[Cable]) -> None:
    """Print the routes with lengths (km), position class and half width of the corridor (m)."""
    table = Table(box=box.SIMPLE_HEAD, header_style="bold")
    for heading in ("id", "name", "kind", "km", "position", "corridor +- m", "source"):
        table.add_column(heading, overflow="fold")
    for cable in cables:
        table.add_row(
            cable.id,
            escape(cable.name),
            cable.kind,
            f"{length_km(cable.route):,.0f}",
            cable.position_class,
            f"{cable.half_width_m:,.0f}",
            escape(f"{cable.source}, {cable.licence}"),
        )
    console = Console()
    console.print(table)
    console.print(f"Routes are approximate. {escape(attribution(cables))}.", highlight=False)
