"""Sections of the page: why drags were missed, what evidence is worth, drags heard otherwise."""

import math
from itertools import pairwise

from cablewatch.evaluation.figures import Figures
from cablewatch.evaluation.minutes import RATIOS
from cablewatch.evaluation.parts import pair, table
from cablewatch.evaluation.ratios import BINS, CLASSES_S
from cablewatch.evaluation.summary import calm, interval_of, percent
from cablewatch.output import svg

STRONGEST = 4.0  # nats at which the shades of a ratio end

MISSED = """Of each target drag that was missed, the first gate of the rule that it did not pass in
three minutes in a row, with all gates before it."""
RATIOS_ARE = """Large: the logarithm of the shares in target drags and in ordinary ships, measured.
Small: the ratio that the rule gives. Where no ordinary minute lies, the measured ratio has a
lower bound alone (">"), or none ("?")."""


def missed(figures: Figures) -> str:
    """The gates at which missed drags stopped, as a plot and a table."""
    found = figures["missed"]
    columns = ["recorded" if i == 0 else f"{i:g}" for i in found["intervals"]]
    shares = [
        [
            n / every if every else None
            for n, every in zip(row["drags"], found["drags"], strict=True)
        ]
        for row in found["gates"]
    ]
    texts = [
        [(str(n), f"of {every}") for n, every in zip(row["drags"], found["drags"], strict=True)]
        for row in found["gates"]
    ]
    names = [row["gate"] for row in found["gates"]]
    image = svg.heat_map(
        "Missed target drags by the first gate that they did not pass",
        ("gate", "report interval, s"),
        *(names, columns, shares, texts),
    )
    rows = [(row["gate"], row["lacked"], *(str(n) for n in row["drags"])) for row in found["gates"]]
    head = ("gate", "what was lacking", *columns)
    return f"<p>{MISSED}</p>{pair(image)}{table(rows, head)}"


def ratios(figures: Figures) -> str:
    """Ratios measured and given, a plot a kind of evidence, and all in one table."""
    plots = [
        _ratios(kind, [r for r in figures["ratios"] if r["evidence"] == kind]) for kind in RATIOS
    ]
    head = (
        "evidence",
        "reports, s",
        "bin, nats",
        "drags",
        "ordinary",
        "rule",
        "measured",
        "95 %",
        "",
    )
    rows = [
        (
            row["evidence"],
            class_label(row["interval_s"]),
            bin_label(row["from"], row["to"]),
            percent(row["drags"]),
            percent(row["ordinary"]),
            f"{row['given']:+.2f}",
            _measured(row),
            " to ".join(_signed(bound) for bound in row["interval"]),
            row["verdict"],
        )
        for row in figures["ratios"]
    ]
    return f"<p>{RATIOS_ARE}</p>{pair(*plots)}{table(rows, head)}"


def _ratios(kind: str, rows: list[Figures]) -> str:
    """Classes of report interval down, bins of the ratio given across."""
    classes = list(pairwise(None if math.isinf(s) else s for s in CLASSES_S))
    bins = list(pairwise(None if math.isinf(nats) else nats for nats in BINS))
    cells = {(tuple(r["interval_s"]), (r["from"], r["to"])): r for r in rows}
    found = [[cells.get((c, b)) for b in bins] for c in classes]
    shades = [[_shade(cell) for cell in line] for line in found]
    texts = [
        [
            ("", "")
            if cell is None
            else (_measured(cell), f"rule {round(cell['given'], 1) + 0.0:+.1f}")
            for cell in line
        ]
        for line in found
    ]
    return svg.heat_map(
        f"{kind}: log ratio measured, and given",
        ("reports, s", "ratio given, nats"),
        [class_label(c) for c in classes],
        [bin_label(*b) for b in bins],
        *(shades, texts),
    )


def _shade(row: Figures | None) -> float | None:
    if row is None:
        return None
    value = row["measured"]
    if value is None:
        bound = row["interval"][0 if row["drags"] else 1]
        value = 0.0 if bound is None else bound
    return 0.5 + 0.5 * max(-1.0, min(1.0, float(value) / STRONGEST))


def _measured(row: Figures) -> str:
    """The measured ratio, else the bound that there is."""
    low, high = row["interval"]
    if row["measured"] is not None:
        return f"{row['measured']:+.1f}"
    if not row["drags"]:
        return "?" if high is None else f"< {high:+.1f}"
    return "?" if low is None else f"> {low:+.1f}"


def _signed(value: float | None) -> str:
    return "?" if value is None else f"{value:+.1f}"


def class_label(bounds: tuple[float | None, float | None] | list[float | None]) -> str:
    """A class of report intervals.

    >>> class_label((0.0, 12.0)), class_label((200.0, None))
    ('to 12', 'over 200')
    """
    low, high = bounds
    if high is None:
        return f"over {low:g}"
    return f"{low:g}-{high:g}" if low else f"to {high:g}"


def bin_label(low: float | None, high: float | None) -> str:
    """A bin of a ratio.

    >>> bin_label(None, -0.5), bin_label(1.0, 2.0), bin_label(3.0, None)
    ('< -0.5', '1..2', '>= 3')
    """
    if low is None:
        return f"< {high:g}"
    return f">= {low:g}" if high is None else f"{low:g}..{high:g}"


KNOWN = ("own speed", "speed loss", "cycle", "own habit")
KNOWN_ARE = """Shares of the minutes in which the own speed and the present one are known, a loss is
suspected, the course cycle is searched, and the own habit is known."""


def receptions(figures: Figures) -> str:
    """The same drags heard otherwise, a row a reception."""
    rows = [
        (
            row["reception"],
            f"{percent(row['recall'])} ({row['found']} of {row['drags']})",
            interval_of(row["bootstrap"], 100),
            calm(row["median_min"]),
            *(percent(row["known"][name]) for name in KNOWN),
        )
        for row in figures["receptions"]
    ]
    head = ("heard", "recall", "by ship", "median, min", *KNOWN)
    return f"<p>{KNOWN_ARE}</p>{table(rows, head)}"


def incidents(figures: Figures) -> str:
    """Recorded incidents, a row each; nothing where none is named."""
    rows = [
        (
            *(row[name] for name in ("name", "what", "from", "to")),
            f"{row['fixes']} in {row['minutes']} min",
            calm(row["highest_nats"]),
            calm(row["probability"]),
            row["watch"] or "-",
            *(percent(row["known"][name]) for name in KNOWN),
        )
        for row in figures["incidents"]
    ]
    head = ("incident", "", "from", "to", "fixes", "nats", "probability", "watch", *KNOWN)
    return f"<h2>Recorded incidents</h2>{table(rows, head)}" if rows else ""
