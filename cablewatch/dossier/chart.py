"""The map: cables with their corridors, the track coloured by evidence, crossings and silences.

North up, with a scale bar in nautical miles; :mod:`cablewatch.dossier.view` projects.
"""

import math
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import shapely

from cablewatch.cables.model import Cable
from cablewatch.dossier.coast import land
from cablewatch.dossier.labels import Box, Places
from cablewatch.dossier.matter import GAP_MS, Matter, clock, span
from cablewatch.dossier.scene import Dot, Label, Part, Path, Point, Scene, box
from cablewatch.dossier.view import FOOT, SIDE, WIDTH, View
from cablewatch.fixes import Array
from cablewatch.units import HOUR_MS, MINUTE_MS, NAUTICAL_MILE_M

STEPS_DEG = (1 / 60, 1 / 30, 1 / 12, 1 / 6, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)
BARS_NMI = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500)
MOST_NAMED = 12  # crossings with a label of their own; of more, one a cable
LEGEND = (
    ("around", "track, not evaluated"),
    ("calm", "evidence below info"),
    ("info", "reaches info (0.1)"),
    ("watch", "watch (0.2)"),
    ("warning", "warning (0.5)"),
    ("gap", "no reports, straight line"),
    ("cable", "cable met or ahead, with corridor"),
)


def chart(matter: Matter) -> Scene:
    """The map of an alert."""
    view = _view(matter)
    left, top, right, bottom = view.box
    title = f"Map: track of {matter.alert.mmsi} {matter.alert.name}".strip() + " and cables"
    scene = Scene(WIDTH, bottom + FOOT, title)
    scene.add(box(left, top, right - left, bottom - top, "water"))
    scene.add(*_areas(view.on_page(part) for part in view.near(land())))
    scene.add(*_grid(view))
    scene.add(*_routes(matter, view))
    track = view.at(matter.shown.lon_deg, matter.shown.lat_deg)
    scene.add(*_track(matter, view, track))
    places = Places(view.box, [(x, y) for x, y in track[::5].tolist()])
    bar, taken = _scale_bar(view)
    places.take(taken)
    if len(track):
        scene.add(*_marks(matter, view, track, places))
    scene.add(*bar, box(left, top, right - left, bottom - top, "frame"))
    scene.add(*_legend(bottom))
    return scene


def _view(matter: Matter) -> View:
    """The episode and what it met; all that is shown where it is short."""
    alert, shown = matter.alert, matter.shown
    until_ms = alert.ended_ms or alert.updated_ms
    inside = (shown.t_ms >= alert.started_ms - HOUR_MS) & (shown.t_ms <= until_ms + HOUR_MS)
    places = [(lon, lat) for lon, lat, _ in alert.track]
    lon = np.array([*shown.lon_deg[inside], *(lon for lon, _ in places)])
    lat = np.array([*shown.lat_deg[inside], *(lat for _, lat in places)])
    return View(lon, lat)


def _lines(shapes: Iterator[shapely.Geometry], style: str) -> Iterator[Part]:
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.geom_type == "LineString" and not part.is_empty:
                yield Path(shapely.get_coordinates(part).tolist(), style)


def _areas(shapes: Iterator[shapely.Geometry], style: str = "land") -> Iterator[Part]:
    for shape in shapes:
        for part in shapely.get_parts(shape):
            if part.geom_type == "Polygon" and not part.is_empty:
                rim = part.exterior.simplify(0.3)
                yield Path(shapely.get_coordinates(rim).tolist(), style, closed=True)


def _routes(matter: Matter, view: View) -> Iterator[Part]:
    """All routes in view, those of the alert over the others, with their corridors."""
    named = matter.named
    for cable in sorted(matter.cables, key=lambda cable: cable.id in named):
        lines = [view.on_page(part) for part in view.near(cable.route)]
        if cable.id in named:
            half_px = cable.half_width_m * view.px_m
            if half_px >= 1.5:
                frame = shapely.box(*view.box)
                whole = shapely.union_all([line.buffer(half_px) for line in lines])
                yield from _areas(iter([whole.intersection(frame)]), "corridor")
            yield from _lines(iter(lines), "cable")
        else:
            yield from _lines(iter(lines), "other")


def _track(matter: Matter, view: View, track: Array) -> Iterator[Part]:
    """Stretches of one band each; a silence is a dashed line from its last to its next fix."""
    shown, alert = matter.shown, matter.alert
    if not len(shown):
        return
    until_ms = alert.ended_ms or alert.updated_ms
    points: list[Point] = [(x, y) for x, y in track.tolist()]
    frame = shapely.box(*view.box)
    run, style = [points[0]], ""
    for (t0, t1), (a, b) in zip(pairwise(shown.t_ms.tolist()), pairwise(points), strict=True):
        level = matter.levels.get(t1 // MINUTE_MS, "around")
        if not alert.started_ms <= t1 <= until_ms:
            level = "around"
        level = "gap" if t1 - t0 > GAP_MS else level
        if level != style:
            yield from _run(run, style, frame)
        if level != style:
            run, style = [a], level
        run.append(b)
    yield from _run(run, style, frame)


def _run(run: list[Point], style: str, frame: shapely.Geometry) -> Iterator[Part]:
    """A stretch of the track, cut at the frame."""
    if len(run) > 1:
        yield from _lines(iter([shapely.LineString(run).intersection(frame)]), style)


def _marks(matter: Matter, view: View, track: Array, places: Places) -> Iterator[Part]:
    """Beginning, raising, crossings, silences and end; then their labels, most wanted first."""
    alert, shown = matter.alert, matter.shown
    labels: list[tuple[Point, str, str, bool]] = []
    met = [(m, _where(matter, track, m.t_ms)) for m in alert.cables]
    for _, at in met:
        yield Dot(*at, 5.0, "met")
    firsts = {m.id: (m, at) for m, at in reversed(met)}
    wanted = met if len(met) <= MOST_NAMED else list(firsts.values())
    for m, at in wanted:
        name = _short(matter.named, m.id)
        labels.append((at, f"{name} km {m.km:.1f}, {clock(m.t_ms)}", "cable-name", True))
    for said, t_ms in (("begins about", alert.started_ms), ("raised", alert.raised_ms)):
        at = _where(matter, track, t_ms)
        yield Dot(*at, 4.5, "mark")
        labels.append((at, f"{said} {clock(t_ms)}", "ink", False))
    last_ms = alert.ended_ms or alert.updated_ms
    heard = int(np.searchsorted(shown.t_ms, last_ms, side="right")) - 1
    at = _where(matter, track, int(shown.t_ms[max(0, heard)]))
    yield Dot(*at, 4.5, "mark")
    labels.append(
        (at, f"{'ended' if alert.ended_ms else 'last said'} {clock(last_ms)}", "ink", False)
    )
    for t0, t1 in matter.gaps:
        if t1 - t0 >= HOUR_MS and alert.started_ms <= t1 and t0 <= last_ms:
            k = int(np.searchsorted(shown.t_ms, t0))
            middle = (track[k] + track[k + 1]) / 2
            labels.append(
                (
                    (float(middle[0]), float(middle[1])),
                    f"no reports {span(t1 - t0)}",
                    "gap-name",
                    False,
                )
            )
    for label in labels:
        yield from places.label(*label)


def _where(matter: Matter, track: Array, t_ms: int) -> Point:
    """Place on the drawn track at a time, between fixes on a straight line."""
    times = matter.shown.t_ms
    x, y = (float(np.interp(t_ms, times, track[:, k])) for k in (0, 1))
    return x, y


def _short(named: dict[str, Cable], name: str) -> str:
    """Name of a cable, without what stands in brackets."""
    cable = named.get(name)
    text = name if cable is None else cable.name.partition(" (")[0]
    return text if len(text) <= 26 else text[:25] + "…"


def _grid(view: View) -> Iterator[Part]:
    west, south, east, north = view.bounds_deg
    left, top, right, bottom = view.box
    for along, (low, high) in enumerate(((west, east), (south, north))):
        step = next((s for s in STEPS_DEG if (high - low) / s <= 6), STEPS_DEG[-1])
        for k in range(math.ceil(low / step), math.floor(high / step) + 1):
            value, n = k * step, np.linspace(0.0, 1.0, 41)
            lon = np.full(41, value) if along == 0 else west + (east - west) * n
            lat = south + (north - south) * n if along == 0 else np.full(41, value)
            whole = shapely.LineString(view.at(lon, lat)).intersection(shapely.box(*view.box))
            yield from _lines(iter([whole]), "grid")
            if whole.is_empty or whole.geom_type != "LineString":
                continue
            ends = shapely.get_coordinates(whole)
            if along == 0:
                x = float(ends[np.argmax(ends[:, 1])][0])
                if left + 40 < x < right - 40:
                    yield Label(x, bottom - 6, _degrees(value, "EW"), "faint", "middle", 11)
            else:
                y = float(ends[np.argmin(ends[:, 0])][1])
                if top + 16 < y < bottom - 24:
                    yield Label(left + 5, y - 4, _degrees(value, "NS"), "faint", "start", 11)


def _degrees(value: float, signs: str) -> str:
    """Whole degrees and minutes.

    >>> _degrees(-0.5, "NS"), _degrees(181.25, "EW")
    ("0°30'S", "178°45'W")
    """
    value = (value + 180.0) % 360.0 - 180.0 if signs == "EW" else value
    degrees, minutes = divmod(round(abs(value) * 60), 60)
    return f"{degrees}°{minutes:02}'{signs[0] if value >= 0 else signs[1]}"


def _scale_bar(view: View) -> tuple[list[Part], Box]:
    """A bar in nautical miles in the lower right corner, in two halves; and where it lies."""
    _, _, right, bottom = view.box
    px_nmi = view.px_m * NAUTICAL_MILE_M
    length = max((b for b in BARS_NMI if b * px_nmi <= 190.0), default=BARS_NMI[0])
    wide = length * px_nmi
    x, y = right - wide - 34.0, bottom - 40.0
    parts: list[Part] = [
        box(x - 14, y - 20, wide + 40, 36, "plate"),
        box(x, y, wide / 2, 6, "bar"),
        box(x + wide / 2, y, wide / 2, 6, "bar-light"),
        Label(x, y - 5, "0", "ink", "middle", 11),
        Label(x + wide / 2, y - 5, f"{length / 2:g}", "ink", "middle", 11),
        Label(x + wide, y - 5, f"{length:g} nmi", "ink", "middle", 11),
    ]
    return parts, (x - 14, y - 20, x + wide + 26, y + 16)


def _legend(bottom: float) -> Iterator[Part]:
    x, y = SIDE, bottom + 24.0
    for k, (style, words) in enumerate(LEGEND):
        if k == 5:
            x, y = SIDE, y + 24.0
        yield Path([(x, y), (x + 26.0, y)], style)
        yield Label(x + 33.0, y + 4, words, "ink", size=12)
        x += 54.0 + 6.6 * len(words)
