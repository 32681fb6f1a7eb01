"""Plots as SVG text: heat maps, bars with intervals, curves. Nothing is loaded, nothing runs."""

import math
from collections.abc import Sequence
from html import escape
from typing import NamedTuple

INK, FAINT, LINE, MARK = "#1b2733", "#5b6b7a", "#c9d3dc", "#0b5fa5"
LOW, HIGH = (239, 244, 249), (8, 72, 135)  # colours of 0 and 1
CELL_W, CELL_H = 74, 44
LEAST_W = 530  # of a heat map, so that its title fits
Maybe = float | None


class Bar(NamedTuple):
    """One bar: its value, the interval of it, and what is written beside it."""

    label: str
    value: float
    low: float
    high: float
    text: str


class Point(NamedTuple):
    """A point of a curve with an interval of y."""

    x: float
    y: float
    low: float
    high: float


def text(x: float, y: float, said: str, anchor: str = "middle", size: int = 12, **more: str) -> str:
    """A line of text."""
    style = "".join(f' {name}="{escape(value)}"' for name, value in more.items())
    return (
        f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" font-size="{size}"{style}>'
        f"{escape(said)}</text>"
    )


def line(x0: float, y0: float, x1: float, y1: float, colour: str = LINE, width: float = 1) -> str:
    """A straight line."""
    return (
        f'<line x1="{x0:.1f}" y1="{y0:.1f}" x2="{x1:.1f}" y2="{y1:.1f}" stroke="{colour}" '
        f'stroke-width="{width}"/>'
    )


def drawing(width: float, height: float, title: str, parts: Sequence[str]) -> str:
    """Parts as one image that tells its title to those who do not see it."""
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" role="img" '
        f'aria-label="{escape(title)}" font-family="system-ui, sans-serif" fill="{INK}">'
        f"<title>{escape(title)}</title>{''.join(parts)}</svg>"
    )


def heat_map(
    title: str,
    axes: tuple[str, str],
    rows: Sequence[str],
    columns: Sequence[str],
    shades: Sequence[Sequence[Maybe]],
    texts: Sequence[Sequence[tuple[str, str]]],
) -> str:
    """Cells shaded from 0 to 1 (None is blank), each with a large and a small text.

    `axes` says what the rows and what the columns are.
    """
    left, top = 84, 66
    width = max(left + CELL_W * len(columns) + 6, LEAST_W)
    height = top + CELL_H * len(rows) + 6
    parts = [
        text(6, 18, title, "start", 14, **{"font-weight": "600"}),
        text(left + CELL_W * len(columns) / 2, 40, axes[1], fill=FAINT),
        _upright(16, top + CELL_H * len(rows) / 2, axes[0]),
    ]
    parts += [text(left + CELL_W * (k + 0.5), 58, c) for k, c in enumerate(columns)]
    for j, row in enumerate(rows):
        y = top + CELL_H * j
        parts.append(text(left - 8, y + CELL_H / 2 + 4, row, "end"))
        for k in range(len(columns)):
            parts.append(_cell(left + CELL_W * k, y, shades[j][k], *texts[j][k]))
    return drawing(width, height, title, parts)


def _upright(x: float, y: float, said: str) -> str:
    """What is said beside an axis that goes up."""
    return text(x, y, said, fill=FAINT, transform=f"rotate(-90 {x} {y})")


def _cell(x: float, y: float, shade: Maybe, large: str, small: str) -> str:
    part = 0.0 if shade is None else min(1.0, max(0.0, shade))
    mixed = [round(a + (b - a) * part) for a, b in zip(LOW, HIGH, strict=True)]
    colour = "#ffffff" if shade is None else f"rgb({mixed[0]},{mixed[1]},{mixed[2]})"
    ink = "#ffffff" if part > 0.5 else INK
    middle = x + CELL_W / 2
    return (
        f'<rect x="{x}" y="{y}" width="{CELL_W - 2}" height="{CELL_H - 2}" fill="{colour}" '
        f'stroke="{LINE}"/>'
        + text(middle, y + 19, large, size=14, fill=ink)
        + text(middle, y + 34, small, size=10, fill=ink)
    )


def bars(title: str, unit: str, rows: Sequence[Bar]) -> str:
    """Horizontal bars with whiskers, on one scale from 0."""
    left, wide, step, top = 96, 270, 26, 40
    tick = _tick(max([bar.high for bar in rows], default=1.0) / 4)
    most = 4 * tick
    parts = [text(6, 18, title, "start", 14, **{"font-weight": "600"})]
    for k, bar in enumerate(rows):
        y = top + step * k
        end, low, high = (left + wide * v / most for v in (bar.value, bar.low, bar.high))
        parts += [
            text(left - 8, y + 13, bar.label, "end"),
            f'<rect x="{left}" y="{y}" width="{end - left:.1f}" height="18" fill="{MARK}"/>',
            line(low, y + 9, high, y + 9, INK, 1.5),
            line(low, y + 5, low, y + 13, INK, 1.5),
            line(high, y + 5, high, y + 13, INK, 1.5),
            text(left + wide + 12, y + 13, bar.text, "start", 11, fill=FAINT),
        ]
    foot = top + step * len(rows) + 6
    parts += [line(left, foot, left + wide, foot, FAINT)]
    for k in range(5):
        x = left + wide * k / 4
        parts += [line(x, foot, x, foot + 4, FAINT), text(x, foot + 17, f"{tick * k:g}")]
    parts.append(text(left + wide / 2, foot + 34, unit, fill=FAINT))
    return drawing(left + wide + 170, foot + 44, title, parts)


def _tick(least: float) -> float:
    """The round step that is at least so large: 1, 2 or 5 and zeros."""
    power = 10.0 ** math.floor(math.log10(max(least, 1e-9)))
    return next(k * power for k in (1, 2, 5, 10) if k * power >= least * (1 - 1e-9))


def curve(
    title: str,
    axes: tuple[str, str],
    points: Sequence[Point],
    joined: bool = False,
    diagonal: bool = False,
) -> str:
    """Points on axes from 0 to 1, with whiskers, joined by a line or not."""
    left, top, side = 62, 34, 300

    def at(x: float, y: float) -> tuple[float, float]:
        return left + side * x, top + side * (1.0 - y)

    parts = [text(6, 18, title, "start", 14, **{"font-weight": "600"})]
    for k in range(6):
        share = k / 5
        (x, y0), (x0, y) = at(share, 0), at(0, share)
        parts += [line(x, top, x, y0), line(x0, y, left + side, y)]
        parts += [text(x, y0 + 18, f"{share:g}"), text(x0 - 8, y + 4, f"{share:g}", "end")]
    parts.append(text(left + side / 2, top + side + 38, axes[0], fill=FAINT))
    parts.append(_upright(16, top + side / 2, axes[1]))
    if diagonal:
        parts.append(line(*at(0, 0), *at(1, 1), FAINT))
    if joined:
        way = " ".join(f"{x:.1f},{y:.1f}" for x, y in (at(p.x, p.y) for p in points))
        parts.append(f'<polyline points="{way}" fill="none" stroke="{MARK}" stroke-width="2"/>')
    for p in points:
        (x, y), (_, low), (_, high) = at(p.x, p.y), at(p.x, p.low), at(p.x, p.high)
        parts.append(line(x, low, x, high, MARK, 1.5))
        if not joined:
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{MARK}"/>')
    return drawing(LEAST_W, top + side + 50, title, parts)
