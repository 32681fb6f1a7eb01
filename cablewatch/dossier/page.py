"""The page: one HTML file that loads nothing and runs nothing.

All that comes from ships, files and routes is escaped text. The policy in the head allows one style
sheet, by its hash, and nothing else. What it says depends on the contents alone, so that it can be
written again and compared.
"""

import base64
import hashlib
from collections.abc import Sequence
from html import escape
from importlib import resources

from cablewatch.cables.model import attribution
from cablewatch.dossier import words
from cablewatch.dossier.chart import chart
from cablewatch.dossier.contents import Contents
from cablewatch.dossier.html import figure, listed, text
from cablewatch.dossier.matter import Matter, moment
from cablewatch.dossier.scene import style_sheet
from cablewatch.dossier.sections import (
    head,
    how_to_check,
    met_cables,
    raw_rows,
    routes,
    said,
    sure,
    terms,
)
from cablewatch.dossier.shown import Shown
from cablewatch.dossier.timeline import timeline

MAP_NOTE = (
    "North is up; transverse Mercator about the middle of the track. Corridors (shaded) are zone "
    "and uncertainty of the route together. Coast: Natural Earth 1:50 million, for orientation."
)
TIME_NOTE = (
    "Every figure is computed anew from the raw rows by the rules themselves, once a minute of the "
    "ship's own time. The alert keeps the strongest minute. What counts once, such "
    "as a stop, shows in its minute alone; what lowers a score is in the table of terms alone."
)


def page(matter: Matter, contents: Contents, rows: Sequence[Shown]) -> str:
    """Write the page of a dossier.

    `rows` are the raw rows that it quotes.
    """
    alert = matter.alert
    title = (
        f"{alert.name or alert.mmsi}: {alert.kind.replace('_', ' ')}, {moment(alert.started_ms)}"
    )
    style = style_sheet() + _sheet()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = [
        *head(matter, contents),
        *_section("Where", figure(chart(matter), MAP_NOTE), met_cables(matter)),
        *_section("When", figure(timeline(matter), TIME_NOTE)),
        *_section("Why", terms(matter)),
        *_section("How sure", *sure(matter)),
        *_section("What is not known", listed(words.unknown(matter, contents))),
        *_section("Routes", routes(matter)),
        *_section("What was said, and when", said(contents)),
        *_section("Raw rows", *raw_rows(contents, rows)),
        *_section("How to check this", *how_to_check(contents)),
        f"<footer><p>{text(contents.about['made_by'])}, {text(contents.about['made'])}. "
        f"Routes: {text(attribution(tuple(matter.cables)))}. Coast: Natural Earth, public domain. "
        "All times are UTC.</p></footer>",
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy)}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{text(title)}</title><style>{style}</style></head>\n"
        f"<body><main>\n{chr(10).join(body)}\n</main></body></html>\n"
    )


def _sheet() -> str:
    sheet = resources.files("cablewatch.dossier").joinpath("style.css").read_text(encoding="utf-8")
    return sheet.replace("\n", "")


def _section(title: str, *parts: str) -> list[str]:
    return [f"<section><h2>{text(title)}</h2>", *parts, "</section>"]
