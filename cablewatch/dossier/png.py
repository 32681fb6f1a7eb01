"""Scenes as PNG, without a browser: by matplotlib, which brings its own fonts."""

import io
import warnings
from typing import Any

from cablewatch.dossier.scene import PALETTE, STYLES, Dot, Label, Part, Path, Scene
from cablewatch.errors import UsageError
from cablewatch.output.text import printable

DPI = 144  # twice the 72 points of an inch: a pixel of the scene is two of the image
POINTS = 1.0  # of a pixel of the scene, at 72 to the inch
ANCHORS = {"start": "left", "middle": "center", "end": "right"}


def png(scene: Scene) -> bytes:
    """The picture on light paper.

    Raises
    ------
    UsageError
        matplotlib is not installed.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError as error:
        raise UsageError(
            "report", f"{error.name} is not installed", "pip install 'cablewatch[report]'"
        ) from error
    figure = Figure((scene.width / 72.0, scene.height / 72.0), DPI, facecolor=_colour("paper"))
    FigureCanvasAgg(figure)
    axes = figure.add_axes((0.0, 0.0, 1.0, 1.0))
    axes.set_xlim(0.0, scene.width)
    axes.set_ylim(scene.height, 0.0)
    axes.set_axis_off()
    for order, part in enumerate(scene.parts):
        _draw(axes, part, order)
    buffer = io.BytesIO()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")  # drawn as a box
        figure.savefig(
            buffer, format="png", metadata={"Title": printable(scene.title), "Software": None}
        )
    return buffer.getvalue()


def _draw(axes: Any, part: Part, order: int) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Circle, Polygon

    style = STYLES[part.style]
    if isinstance(part, Label):
        font: dict[str, Any] = {
            "fontsize": 0.92 * part.size,
            "fontweight": "bold" if part.bold else "normal",
        }
        axes.text(
            *(part.x, part.y, printable(part.said)),
            **font,
            parse_math=False,
            color=_colour(style.fill),
            ha=ANCHORS[part.anchor],
            va="baseline",
            zorder=order,
        )
        return
    drawn: dict[str, Any] = {
        "linewidth": style.width * POINTS,
        "alpha": style.opacity,
        "zorder": order,
    }
    if isinstance(part, Path) and not part.closed:
        xs, ys = zip(*part.points, strict=True)
        line = Line2D(xs, ys, color=_colour(style.stroke), solid_joinstyle="round", **drawn)
        if style.dash:
            line.set_linestyle((0, tuple(d / style.width for d in style.dash)))
        axes.add_line(line)
        return
    look = {"edgecolor": _colour(style.stroke), "facecolor": _colour(style.fill), **drawn}
    if isinstance(part, Dot):
        axes.add_patch(Circle((part.x, part.y), part.radius, **look))
    else:
        axes.add_patch(Polygon(list(part.points), closed=True, **look))


def _colour(name: str | None) -> str:
    return PALETTE[name][0] if name else "none"
