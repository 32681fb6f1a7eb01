"""Pieces of HTML: every one takes text, and none takes markup but from its own kind."""

from collections.abc import Iterable, Sequence
from html import escape

from cablewatch.dossier.scene import Scene
from cablewatch.output.text import printable

SWIPE = "The picture is wider than this screen: swipe it to see the rest."


def text(value: object) -> str:
    """Escaped text; what cannot be seen is shown as such."""
    return escape(printable(str(value)))


def listed(items: Iterable[str]) -> str:
    """A list of texts."""
    return "<ul>" + "".join(f"<li>{text(item)}</li>" for item in items) + "</ul>"


def figure(scene: Scene, note: str) -> str:
    """A picture with a note under it."""
    return (
        f'<p class="swipe">{SWIPE}</p><figure tabindex="0">{scene.as_svg()}'
        f"<figcaption>{text(note)}</figcaption></figure>"
    )


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], looks: Sequence[str], look: str = "plain"
) -> str:
    """A table of cells that are text; `looks` are classes of the columns, `look` is its own."""
    named = [f' class="{look}"' if look else "" for look in looks]
    head = "".join(f"<th{n}>{text(h)}</th>" for h, n in zip(heads, named, strict=True))
    lines = (
        "<tr>"
        + "".join(f"<td{n}>{text(c)}</td>" for c, n in zip(row, named, strict=True))
        + "</tr>"
        for row in rows
    )
    return (
        f'<div class="wide"><table class="{look}"><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )
