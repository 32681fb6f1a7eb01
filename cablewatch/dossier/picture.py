"""The picture: map and curves, and what must be said where it goes about without its page."""

import textwrap

from cablewatch.cables.model import attribution
from cablewatch.dossier import words
from cablewatch.dossier.chart import chart
from cablewatch.dossier.contents import Contents
from cablewatch.dossier.labels import GLYPH
from cablewatch.dossier.matter import Matter, moment
from cablewatch.dossier.scene import Label, Scene, stacked
from cablewatch.dossier.timeline import timeline
from cablewatch.dossier.view import SIDE, WIDTH

LINE = 1.45  # height of a line, in parts of its size


def picture(matter: Matter, contents: Contents) -> Scene:
    """Map and time as one picture, for a file of its own."""
    head, foot = _head(matter, contents), _foot(matter, contents)
    return stacked(head.title, [head, chart(matter), timeline(matter), foot])


def _head(matter: Matter, contents: Contents) -> Scene:
    """Who did what and when, how sure, and what is modelled."""
    alert = matter.alert
    scene = Scene(WIDTH, 6.0, words.headline(alert))
    end_ms = alert.ended_ms or alert.updated_ms
    when = f"{moment(alert.started_ms)} to {moment(end_ms)}, UTC"
    _write(scene, words.headline(alert), 17, bold=True)
    _write(scene, f"{when}. {alert.severity}, probability {alert.probability:.0%}", 13)
    for line in words.modelled(contents)[:1]:
        _write(scene, line, 13, bold=True)
    return scene


def _foot(matter: Matter, contents: Contents) -> Scene:
    """What it is not, whose the routes are, and where to check it."""
    alert = matter.alert
    scene = Scene(WIDTH, 0.0, "")
    _write(scene, words.NOT_INTENT, 12)
    routes = f"Routes, approximate: {attribution(tuple(matter.cables))}. Coast: Natural Earth."
    _write(scene, f"{routes} Alert {alert.id}, {contents.about['made_by']}.", 12)
    return scene


def _write(scene: Scene, said: str, size: int, bold: bool = False) -> None:
    """Lines of text below what is there."""
    for line in textwrap.wrap(said, int((WIDTH - 2 * SIDE) / (GLYPH * size))):
        scene.height += LINE * size
        scene.add(Label(SIDE, scene.height, line, "ink", size=size, bold=bold))
    scene.height += 4.0
