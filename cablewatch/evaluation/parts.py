"""Parts of the page: tables, and plots beside each other."""

from collections.abc import Sequence
from html import escape


def table(rows: Sequence[Sequence[str]], head: Sequence[str] = ()) -> str:
    """Rows of text as a table, with a head if one is given."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    lines = ("".join(f"<td>{escape(cell)}</td>" for cell in row) for row in rows)
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<table>{f'<tr>{top}</tr>' if head else ''}{body}</table>"


def pair(*images: str) -> str:
    """Plots beside each other, where there is room."""
    figures = "".join(f"<figure>{image}</figure>" for image in images)
    return f'<div class="pair">{figures}</div>'
