"""A picture as lines, dots and labels in named styles, which SVG and PNG draw alike.

Coordinates are pixels of a page, x to the right and y down. A style names colours of the palette,
each with a light and a dark one; SVG leaves the choice to the reader's screen, PNG and print take
the light ones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from cablewatch.output import svg
from cablewatch.output.text import printable

Point = tuple[float, float]

PALETTE: dict[str, tuple[str, str]] = {
    "ink": ("#14212b", "#e6edf3"),
    "faint": ("#566573", "#9fb0bf"),
    "rule": ("#c6d0d8", "#3a4955"),
    "paper": ("#ffffff", "#10181f"),
    "water": ("#e9f1f6", "#14222d"),
    "land": ("#efe8d8", "#2a3138"),
    "coast": ("#c5b894", "#4d5861"),
    "cable": ("#6a4c93", "#b79ce0"),
    "other": ("#a99bbd", "#6b5f80"),
    "calm": ("#4a6a80", "#8fb3cb"),
    "info": ("#b58900", "#e0bb3d"),
    "watch": ("#d95f02", "#ff9a4d"),
    "warning": ("#c4161c", "#ff6b6b"),
    "gap": ("#7a7f85", "#8d959c"),
    "loss": ("#0b6fa4", "#5cb8ea"),
    "cycle": ("#2b8a3e", "#69c77d"),
    "held": ("#8a4fbf", "#c79bf0"),
}
"""Colours by name: on light and on dark paper."""


class Style(NamedTuple):
    """How a mark looks; colours are names of the palette, None draws nothing."""

    stroke: str | None = None
    fill: str | None = None
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0


STYLES: dict[str, Style] = {
    "ink": Style(fill="ink"),
    "faint": Style(fill="faint"),
    "axis": Style("faint", width=1.0),
    "grid": Style("rule", width=0.6),
    "frame": Style("faint", width=1.2),
    "water": Style(fill="water"),
    "land": Style("coast", "land", 0.8),
    "plate": Style(fill="paper", opacity=0.82),
    "corridor": Style(fill="cable", opacity=0.16),
    "cable": Style("cable", width=2.0),
    "cable-name": Style(fill="cable"),
    "other": Style("other", width=1.0),
    "other-name": Style(fill="other"),
    "around": Style("gap", width=1.4),
    "calm": Style("calm", width=2.6),
    "info": Style("info", width=3.2),
    "watch": Style("watch", width=3.8),
    "warning": Style("warning", width=4.4),
    "info-line": Style("info", width=1.0, dash=(5, 4)),
    "watch-line": Style("watch", width=1.0, dash=(5, 4)),
    "warning-line": Style("warning", width=1.0, dash=(5, 4)),
    "gap": Style("gap", width=1.6, dash=(3, 5)),
    "gap-name": Style(fill="gap"),
    "silence": Style(fill="gap", opacity=0.14),
    "mark": Style("ink", "paper", 1.8),
    "met": Style("paper", "cable", 1.6),
    "moment": Style("ink", width=1.0, dash=(2, 3)),
    "met-line": Style("cable", width=1.0, dash=(2, 3)),
    "dot": Style(fill="ink"),
    "bar": Style("ink", "ink", 1.0),
    "bar-light": Style("ink", "paper", 1.0),
    "usual": Style("faint", width=1.4, dash=(6, 4)),
    "odds": Style("ink", width=2.0),
    "loss": Style("loss", width=1.8),
    "cycle": Style("cycle", width=1.8),
    "held": Style("held", width=1.8),
}


class Path(NamedTuple):
    """A line, or an area where it is closed."""

    points: Sequence[Point]
    style: str
    closed: bool = False


class Dot(NamedTuple):
    """A circle."""

    x: float
    y: float
    radius: float
    style: str


class Label(NamedTuple):
    """A line of text; `anchor` is start, middle or end."""

    x: float
    y: float
    said: str
    style: str = "ink"
    anchor: str = "start"
    size: int = 13
    bold: bool = False


Part = Path | Dot | Label


@dataclass
class Scene:
    """A picture with a title that tells it to those who do not see it."""

    width: float
    height: float
    title: str
    parts: list[Part] = field(default_factory=list)

    def add(self, *parts: Part) -> None:
        """Draw these over what is there."""
        self.parts += parts

    def as_svg(self) -> str:
        """The picture as SVG text whose colours are the classes of :func:`style_sheet`."""
        parts = [_svg(part) for part in self.parts]
        return svg.drawing(self.width, self.height, printable(self.title), parts)


def box(x: float, y: float, width: float, height: float, style: str) -> Path:
    """An upright rectangle."""
    return Path(
        [(x, y), (x + width, y), (x + width, y + height), (x, y + height)], style, closed=True
    )


def stacked(title: str, scenes: Sequence[Scene], gap: float = 10.0) -> Scene:
    """Scenes one below the other."""
    whole = Scene(max(s.width for s in scenes), 0.0, title)
    for scene in scenes:
        whole.parts += [_moved(part, whole.height) for part in scene.parts]
        whole.height += scene.height + gap
    return whole


def style_sheet() -> str:
    """CSS of the palette, light and dark, and of the styles."""
    light = "".join(f"--{name}:{pair[0]};" for name, pair in PALETTE.items())
    dark = "".join(f"--{name}:{pair[1]};" for name, pair in PALETTE.items())
    rules = "".join(f".s-{name}{{{_css(style)}}}" for name, style in STYLES.items())
    return (
        f":root{{{light}}}@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}{rules}"
    )


def _css(style: Style) -> str:
    stroke = f"var(--{style.stroke})" if style.stroke else "none"
    fill = f"var(--{style.fill})" if style.fill else "none"
    dash = f"stroke-dasharray:{','.join(f'{d:g}' for d in style.dash)};" if style.dash else ""
    faded = f"opacity:{style.opacity:g};" if style.opacity < 1.0 else ""
    return (
        f"stroke:{stroke};fill:{fill};stroke-width:{style.width:g};{dash}{faded}"
        "stroke-linejoin:round;stroke-linecap:round;"
    )


def _svg(part: Part) -> str:
    if isinstance(part, Label):
        weight = {"font-weight": "600"} if part.bold else {}
        look = {"class": f"s-{part.style}", **weight}
        return svg.text(part.x, part.y, printable(part.said), part.anchor, part.size, **look)
    named = f'class="s-{escape(part.style)}"'
    if isinstance(part, Dot):
        return f'<circle cx="{part.x:.1f}" cy="{part.y:.1f}" r="{part.radius:g}" {named}/>'
    way = "L".join(f"{x:.1f} {y:.1f}" for x, y in part.points)
    return f'<path d="M{way}{"Z" if part.closed else ""}" {named}/>'


def _moved(part: Part, down: float) -> Part:
    if isinstance(part, Path):
        return part._replace(points=[(x, y + down) for x, y in part.points])
    return part._replace(y=part.y + down)
