"""Results for people at a terminal, and alerts into files."""

import sys
from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from cablewatch.alerts.formats import FORMATS
from cablewatch.alerts.model import Alert
from cablewatch.alerts.parquet import parquet
from cablewatch.cables.lines import length_km
from cablewatch.cables.model import Cable, attribution
from cablewatch.errors import UsageError
from cablewatch.output.text import printable, rfc3339
from cablewatch.stores.run import Modelled, origin_of
from cablewatch.units import HOUR_MS, NAUTICAL_MILE_M
from cablewatch.usecases.replay import Replay

ALERTS = (*FORMATS, "parquet")  # formats of --out
_ENDINGS = {
    ".geojson": "geojson",
    ".json": "geojson",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".csv": "csv",
    ".parquet": "parquet",
}
ROWS = 30  # of a summary; the rest is in the output and the store
CROSSINGS = 8  # told of an alert; the rest likewise
PIPED_WIDTH = 1000  # columns; wider than any row
NOTHING_READ = (
    "No alerts: there is no fix to judge. Nothing matched the selection, or nothing could be used."
)
NOTHING_FOUND = "No alerts: no ship did over these cables what the rules look for."


def write_alerts(alerts: Sequence[Alert], out: str, attribution: str) -> None:
    """Write alerts to a file by its ending, or as JSON lines to standard output (``-``).

    `attribution` is whom the routes are owed to.
    """
    form = format_of(out)
    if form == "parquet":
        _write(out, [parquet(alerts, attribution)])
    else:
        write_text(FORMATS[form](alerts, attribution), out)


def write_text(chunks: Iterable[str], out: str) -> None:
    """Write pieces of text to a file, or to standard output (``-``)."""
    if out == "-":
        sys.stdout.writelines(chunks)
    else:
        _write(out, (chunk.encode() for chunk in chunks))


def _write(out: str, chunks: Iterable[bytes]) -> None:
    try:
        with Path(out).open("wb") as file:
            file.writelines(chunks)
    except OSError as error:
        raise UsageError(
            out, f"cannot be written: {error.strerror}", "choose another file"
        ) from error


def format_of(out: str, formats: Container[str] = ALERTS) -> str:
    """Return the one of the formats that an output asks for by its ending; ``-`` is JSON lines.

    Raises
    ------
    UsageError
        None of them has this ending.
    """
    suffix = ".jsonl" if out == "-" else Path(out).suffix.lower()
    known = {ending: form for ending, form in _ENDINGS.items() if form in formats}
    if suffix not in known:
        *most, last = known
        raise UsageError(
            out,
            f"no format has the suffix {suffix!r}",
            f"name the file {', '.join(most)} or {last}",
        )
    return known[suffix]


def check_writable(out: str, inputs: Sequence[Path] = (), formats: Container[str] = ALERTS) -> None:
    """Refuse an output that cannot be written or is an input, before any work is done for it."""
    format_of(out, formats)
    if out == "-":
        return
    path = Path(out)
    if path.is_dir() or not path.parent.is_dir():
        raise UsageError(out, "is a folder, or its folder is missing", "choose another file")
    if path.exists() and any(one.exists() and path.samefile(one) for one in inputs):
        raise UsageError(out, "is one of the inputs", "choose another file")


def console_of(to_stderr: bool = False) -> Console:
    """Console for results: as wide as the terminal, or nothing folded where there is none."""
    console = Console(stderr=to_stderr, highlight=False)
    if console.is_terminal:
        return console
    return Console(stderr=to_stderr, highlight=False, width=PIPED_WIDTH)


def shown(text: str) -> str:
    """Text of ships and files, as rich may print it."""
    return escape(printable(text))


def print_summary(
    result: Replay, modelled: Sequence[Modelled] = (), to_stderr: bool = False
) -> None:
    """Print what a replay found: the table of alerts, then what was read and refused.

    Alerts that rest on `modelled` positions are marked with their origin.
    """
    console = console_of(to_stderr)
    ranked = result.ranked()
    origins = {a.id: origin_of(modelled, a.mmsi, a.started_ms, a.updated_ms) or "" for a in ranked}
    if ranked:
        console.print(_alert_table(ranked[:ROWS], origins))
        if len(ranked) > ROWS:
            console.print(f"... and {len(ranked) - ROWS} more; --out or --store keeps them all")
        for alert in ranked:
            if alert.severity != "info":
                _print_reasons(console, alert, origins[alert.id])
        console.print()
    else:
        console.print(NOTHING_FOUND if result.fixes else NOTHING_READ)
    if any(origins.values()):
        told = Counter(filter(None, origins.values()))
        counts = ", ".join(f"{n} {origin}" for origin, n in sorted(told.items()))
        console.print(f"Modelled, not recorded: {counts} of {len(ranked)} alerts")
    span = ""
    if result.first_ms is not None and result.last_ms is not None:
        span = f", {rfc3339(result.first_ms)} to {rfc3339(result.last_ms)}"
    console.print(
        f"{result.fixes:,} fixes of {result.ships:,} ships ({result.ship_days:,.1f} ship-days)"
        f"{span}; {result.crossings:,} crossings of cables"
    )
    for reason, count in sorted(result.counts.items()):
        example = result.examples.get(reason)
        said = f"{reason}; first: {example}" if example else reason
        console.print(f"  {count:>9,}  {shown(said)}")
    for name, columns in result.ignored_columns.items():
        console.print(f"  {shown(name)}: columns not used: {shown(', '.join(columns))}")
    if result.skipped_files:
        console.print(f"  {result.skipped_files:>9,}  files hold nothing of the time asked for")
    if result.read_before:
        console.print(f"  {result.read_before:>9,}  files are in the state already")
    if result.counts["late"]:
        console.print("  late fixes are stored, but came too late to be judged")
    console.print(f"Routes are approximate. {shown(result.attribution)}.")


def _alert_table(alerts: Sequence[Alert], origins: Mapping[str, str]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, header_style="bold", pad_edge=False)
    table.add_column("p", justify="right")
    for heading in ("severity", "kind", "ship"):
        table.add_column(heading, overflow="fold")
    if any(origins.values()):
        table.add_column("modelled", overflow="fold")
    for heading in ("raised (UTC)", "crossed", "next cable"):
        table.add_column(heading, overflow="fold")
    for alert in alerts:
        table.add_row(
            f"{alert.probability:.2f}",
            alert.severity,
            alert.kind,
            shown(f"{alert.mmsi} {alert.name}".strip()),
            *([origins[alert.id]] if any(origins.values()) else []),
            rfc3339(alert.raised_ms)[:16].replace("T", " ") + "Z",
            str(sum(met.crossed for met in alert.cables)),
            "\n".join(_next(alert)[:1]),
        )
    return table


def _print_reasons(console: Console, alert: Alert, origin: str) -> None:
    """Print what an alert of `watch` or higher rests on."""
    head = shown(f"{alert.mmsi} {alert.name}".strip())
    marked = f", {origin} positions" if origin else ""
    console.print(f"\n{head}: {alert.kind}, {alert.severity}{marked}, incident {alert.incident_id}")
    for term in alert.evidence:
        console.print(f"  {term.contribution:+6.2f}  {shown(term.text)}")
    for met in alert.cables[:CROSSINGS]:
        how = "inferred across a gap" if met.inferred else f"at {met.sog_kn:.1f} kn"
        verb = "crossed" if met.crossed else "in the corridor of"
        console.print(f"  {verb} {shown(met.id)} km {met.km:.1f}, {rfc3339(met.t_ms)[:16]}Z, {how}")
    if len(alert.cables) > CROSSINGS:
        console.print(f"  ... and {len(alert.cables) - CROSSINGS} more")
    for line in _next(alert):
        console.print(f"  next {line}")


def _next(alert: Alert) -> list[str]:
    return [
        f"{shown(c.id)} {c.distance_m / NAUTICAL_MILE_M:.0f} nmi, "
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
            shown(cable.name),
            cable.kind,
            f"{length_km(cable.route):,.0f}",
            cable.position_class,
            f"{cable.half_width_m:,.0f}",
            shown(f"{cable.source}, {cable.licence}"),
        )
    console = console_of()
    console.print(table)
    console.print(f"Routes are approximate. {shown(attribution(cables))}.")
