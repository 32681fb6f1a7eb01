"""Speed, course and evidence over time, on one axis; silences are left open and shaded."""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from cablewatch.dossier.matter import GAP_MS, Matter, clock
from cablewatch.dossier.refold import Minute
from cablewatch.dossier.scene import Dot, Label, Part, Path, Point, Scene, box
from cablewatch.engine.episode import BANDS
from cablewatch.units import HOUR_MS

WIDTH, LEFT, RIGHT = 860.0, 56.0, 12.0  # px
HIGH, ABOVE, BELOW = 118.0, 26.0, 8.0  # px of a panel, its title and what is under it
STEPS_H = (1, 2, 3, 6, 12, 24, 48, 96, 240)
MOST_TICKS = 10
COLOURS = ("loss", "cycle", "held", "watch")  # of terms, in their order
ODDS_LOW, ODDS_HIGH = -8.0, 4.0  # nats shown: 0.03 % to 98 %


class Axis(NamedTuple):
    """Time across, a figure up."""

    first_ms: int
    last_ms: int
    low: float
    high: float
    top: float

    def at(self, t_ms: float, value: float) -> Point:
        """Pixels; a value beyond the panel lies on its edge."""
        share = (t_ms - self.first_ms) / max(1, self.last_ms - self.first_ms)
        part = min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))
        return LEFT + (WIDTH - LEFT - RIGHT) * share, self.top + HIGH * (1.0 - part)


Series = Iterable[tuple[int, float]]


def timeline(matter: Matter) -> Scene:
    """The panels of an alert, one below the other."""
    scene = Scene(WIDTH, 0.0, "Speed, course and evidence over time, UTC")
    minutes = matter.shown_minutes
    speeds = [m.speed_kn for m in minutes if not math.isnan(m.speed_kn)]
    usual = [m.usual_kn for m in minutes if not math.isnan(m.usual_kn)]
    most = 2.0 * math.ceil((max([*speeds, *usual, 4.0]) + 1.0) / 2.0)
    panel = _panel(scene, matter, "Speed over ground, kn", 0.0, most, _steps(0, most))
    _name(scene, panel, [("calm", "by the minute"), ("usual", "its own usual speed")])
    scene.add(*_ways([(m.t_ms, m.speed_kn) for m in minutes], panel, "calm"))
    scene.add(*_ways([(m.t_ms, m.usual_kn) for m in minutes], panel, "usual"))
    _courses(scene, matter)
    if any(m.terms for m in minutes):
        _evidence(scene, matter, minutes)
    scene.add(*_clock(matter, scene.height))
    scene.height += 36.0
    return scene


def _courses(scene: Scene, matter: Matter) -> None:
    """Courses as dots; where the ship keeps to a quarter of the compass, that quarter alone."""
    shown = matter.shown
    known = ~np.isnan(shown.cog_deg)
    t_ms, cog = shown.t_ms[known], shown.cog_deg[known].astype(float)
    low, high = 0.0, 360.0
    if len(cog):
        mean = float(np.degrees(np.angle(np.exp(1j * np.radians(cog)).mean())))
        turned = mean + (cog - mean + 180.0) % 360.0 - 180.0
        ends = np.quantile(turned, [0.01, 0.99])
        first = 15.0 * math.floor((ends[0] - 5.0) / 15.0)
        last = 15.0 * math.ceil((ends[1] + 5.0) / 15.0)
        if last - first <= 120.0:
            low, high, cog = first, last, turned
    step = next(s for s in (5, 15, 30, 90) if (high - low) / s <= 5)
    ticks = [low + step * k for k in range(int((high - low) / step) + 1)]
    panel = _panel(scene, matter, "Course over ground, degrees", low, high, ticks, 360)
    dots = zip(t_ms.tolist(), cog.tolist(), strict=True)
    scene.add(*(Dot(*panel.at(t, c), 0.8, "dot") for t, c in dots))


def _evidence(scene: Scene, matter: Matter, minutes: Sequence[Minute]) -> None:
    """Log odds with the bands of severity, and the terms that they are the sum of."""
    ticks = (-6, -3, 0, 3)
    panel = _panel(scene, matter, "Log odds of the minute, nats", ODDS_LOW, ODDS_HIGH, ticks)
    for level, band in zip(("info", "watch", "warning"), BANDS, strict=True):
        ends = [panel.at(t, band) for t in (panel.first_ms, panel.last_ms)]
        scene.add(Path(ends, f"{level}-line"))
    lines = [
        ("info-line", "info 0.1"),
        ("watch-line", "watch 0.2"),
        ("warning-line", "warning 0.5"),
    ]
    _name(scene, panel, [("odds", "sum of all terms"), *lines])
    scene.add(*_ways([(m.t_ms, m.log_odds) for m in minutes], panel, "odds"))
    said = dict.fromkeys(name for m in minutes for name, ratio in m.terms.items() if ratio)
    names = [name for name in said if name != "prior"]
    panel = _panel(scene, matter, "Contribution, nats", -2.0, 4.0, (-2, 0, 2, 4))
    _name(scene, panel, [(c, n.replace("_", " ")) for c, n in zip(COLOURS, names, strict=False)])
    for colour, name in zip(COLOURS, names, strict=False):
        points = [(m.t_ms, m.terms.get(name, math.nan)) for m in minutes]
        scene.add(*_ways(points, panel, colour))


def _steps(low: float, high: float) -> tuple[float, ...]:
    step = next(s for s in (1, 2, 5, 10, 20, 50) if (high - low) / s <= 5)
    return tuple(low + step * k for k in range(int((high - low) / step) + 1))


def _panel(
    scene: Scene,
    matter: Matter,
    title: str,
    low: float,
    high: float,
    ticks: Sequence[float],
    around: int = 0,
) -> Axis:
    """Frame, ticks, silences and moments of a panel below what is there.

    Ticks of an axis that goes `around` are said as less than that.
    """
    axis = Axis(*matter.span_ms, low, high, scene.height + ABOVE)
    scene.height += ABOVE + HIGH + BELOW
    for t0, t1 in matter.gaps:
        (x0, _), (x1, _) = axis.at(t0, low), axis.at(t1, low)
        scene.add(box(x0, axis.top, x1 - x0, HIGH, "silence"))
    for value in ticks:
        a, b = axis.at(axis.first_ms, value), axis.at(axis.last_ms, value)
        said = value % around if around and value not in (0, around) else value
        scene.add(Path([a, b], "grid"), Label(LEFT - 8, a[1] + 4, f"{said:g}", "faint", "end", 11))
    scene.add(*_moments(matter, axis))
    scene.add(Label(LEFT, axis.top - 8, title, "ink", size=13, bold=True))
    scene.add(box(LEFT, axis.top, WIDTH - LEFT - RIGHT, HIGH, "frame"))
    return axis


def _moments(matter: Matter, axis: Axis) -> Iterator[Part]:
    """Upright lines where cables were met, and where the alert began and was raised."""
    alert = matter.alert
    times = [("met-line", met.t_ms) for met in alert.cables]
    times += [("moment", alert.started_ms), ("moment", alert.raised_ms)]
    for style, t_ms in times:
        yield Path([axis.at(t_ms, axis.low), axis.at(t_ms, axis.high)], style)


def _name(scene: Scene, axis: Axis, lines: Sequence[tuple[str, str]]) -> None:
    """A legend at the right of a panel's title."""
    x = WIDTH - RIGHT
    for style, said in reversed(lines):
        x -= 6.3 * len(said)
        scene.add(Label(x, axis.top - 8, said, "faint", size=11))
        scene.add(Path([(x - 26, axis.top - 12), (x - 6, axis.top - 12)], style))
        x -= 40.0


def _ways(series: Series, axis: Axis, style: str) -> Iterator[Part]:
    """A line that breaks where nothing is known."""
    run: list[Point] = []
    last_ms = 0
    for t_ms, value in series:
        if math.isnan(value) or t_ms - last_ms > GAP_MS:
            yield from _line(run, style)
            run = []
        if not math.isnan(value):
            run.append(axis.at(t_ms, value))
        last_ms = t_ms
    yield from _line(run, style)


def _line(run: list[Point], style: str) -> Iterator[Part]:
    if len(run) > 1:
        yield Path(run, style)


def _clock(matter: Matter, top: float) -> Iterator[Part]:
    """Ticks of whole hours, and what the upright lines mean."""
    first_ms, last_ms = matter.span_ms
    axis = Axis(first_ms, last_ms, 0.0, 1.0, top - BELOW - HIGH)
    hours = (last_ms - first_ms) / HOUR_MS
    step_ms = next((s for s in STEPS_H if hours / s <= MOST_TICKS), STEPS_H[-1]) * HOUR_MS
    for t_ms in range(-(-first_ms // step_ms) * step_ms, last_ms + 1, step_ms):
        x, y = axis.at(t_ms, 0.0)
        yield Path([(x, y), (x, y + 5)], "axis")
        if LEFT + 20 < x < WIDTH - 46:
            yield Label(x, y + 18, clock(t_ms), "faint", "middle", 11)
    y = top + 24.0
    x = LEFT
    for style, said in (
        ("met-line", "a cable met"),
        ("moment", "begins about, raised"),
        ("silence", "no reports"),
    ):
        if style == "silence":
            yield box(x, y - 9, 22, 11, style)
        else:
            yield Path([(x + 11, y - 10), (x + 11, y + 3)], style)
        yield Label(x + 28, y, said, "faint", size=11)
        x += 60.0 + 6.3 * len(said)
