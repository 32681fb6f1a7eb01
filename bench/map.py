"""How the map moves: frames with many ships, first view, sizes.

    python -m bench map [--ships N] [--seconds N]

N ships sail an hour in the Baltic, a fix every 30 s each. ``cablewatch serve`` answers over them in
a process of its own; Chromium draws in software (SwiftShader) at 1440 x 900 and plays at 60 times.
Targets: a frame every 33 ms (median), all ships in view; a first view within 2 s on loopback, in a
browser that is open and has nothing of the page; 500 kB of scripts and styles, packed, and a
basemap below 3 MB.
"""

import argparse
import gzip
import itertools
import json
import statistics
import tempfile
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np

from cablewatch.fixes import Fixes, Stations
from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.service.routes.page import ASSETS
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.tracks import TrackWriter
from cablewatch.units import HOUR_MS
from tools.chromium import DESK, context_of, launched, missing, served

T0 = epoch_ms("2024-11-17T06:00:00Z")
STEP_S = 30
SETTLED_MS = 5000  # until a browser that was just started has made its own pages
VIEWS = 7
SEEN = [
    f"() => window.cablewatch?.{part} && performance.now() / 1000"
    for part in ("state.now.run", "ships.count", "chart.whole")
]
FRAMES = """seconds => new Promise(resolve => {
  const at = [], end = performance.now() + 1000 * seconds;
  const frame = now => { at.push(now); now < end ? requestAnimationFrame(frame) : resolve(at); };
  requestAnimationFrame(frame);
})"""


def main() -> None:
    arguments = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    arguments.add_argument("--ships", type=int, default=5_000)
    arguments.add_argument("--seconds", type=float, default=20)
    said = arguments.parse_args()
    if reason := missing():
        print(f"skipped: {reason}")
        return
    _print_sizes()
    with tempfile.TemporaryDirectory() as folder:
        _make(Path(folder), said.ships)
        with served(Path(folder)) as service:
            _print_motion(service.url, said.seconds)


def _print_sizes() -> None:
    files = sorted((ASSETS / "map").iterdir())
    code = [path for path in files if path.suffix in (".js", ".mjs", ".css", ".html")]
    packed = sum(len(gzip.compress(path.read_bytes())) for path in code)
    basemap = ASSETS / "map/basemap.bin"
    land = len(gzip.compress(basemap.read_bytes()))
    print(f"scripts, styles, page: {packed / 1000:.0f} kB gzip")
    print(f"basemap: {basemap.stat().st_size / 1e6:.2f} MB, {land / 1000:.0f} kB gzip")


def _make(store: Path, ships: int) -> None:
    """An hour of ships on straight courses, and no alerts."""
    random = np.random.default_rng(7)
    steps = np.arange(0, 3600, STEP_S)
    lon, lat = random.uniform(14, 22, ships), random.uniform(54.5, 60, ships)
    course, speed = random.uniform(0, 2 * np.pi, ships), random.uniform(6, 18, ships)
    sailed = speed[:, None] / 3600 * steps / 60  # degrees of latitude
    offset = random.integers(0, STEP_S, ships)[:, None]
    t_ms = (T0 + (steps + offset) * 1000).ravel()
    order = np.argsort(t_ms, kind="stable")
    east = np.sin(course)[:, None] * sailed / np.cos(np.radians(lat))[:, None]
    fixes = Fixes.from_columns(
        t_ms=t_ms[order],
        mmsi=np.repeat(np.arange(200_000_000, 200_000_000 + ships), len(steps))[order],
        lon_deg=(lon[:, None] + east).ravel()[order],
        lat_deg=(lat[:, None] + np.cos(course)[:, None] * sailed).ravel()[order],
        sog_kn=np.repeat(speed, len(steps))[order],
        cog_deg=np.repeat(np.degrees(course), len(steps))[order],
    )
    AlertStore(store / "alerts.sqlite").append([])
    writer = TrackWriter(store / "tracks", Stations())
    writer.append(fixes)
    writer.close()
    (store / "cables.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": []}))
    ended = {"title": "Bench", "about": "Made up.", "begun": rfc3339(T0), "ended": rfc3339(T0)}
    (store / "run.json").write_text(json.dumps({"replays": [ended]}))


def _view(browser: Any, address: str) -> list[float]:
    """Seconds until each part of a first view is there, in a fresh profile."""
    with closing(context_of(browser, DESK)) as context:
        page = context.new_page()
        page.wait_for_timeout(SETTLED_MS)
        page.goto(address, wait_until="commit")
        return [float(page.wait_for_function(one).json_value()) for one in SEEN]


def _print_motion(url: str, seconds: float) -> None:
    address = f"{url}/#/?t={rfc3339(T0 + HOUR_MS // 6)}&at=57.3000,18.0000,5.60"
    with launched() as browser:
        came = [_view(browser, address) for _ in range(VIEWS)]
        lists, ships, land = (statistics.median(column) for column in zip(*came, strict=True))
        print(
            f"first view: lists after {lists:.2f} s, ships {ships:.2f} s, land and names "
            f"{land:.2f} s (medians of {VIEWS}; land of the first {came[0][-1]:.2f} s)"
        )
        page = context_of(browser, DESK).new_page()
        page.goto(address)
        page.wait_for_function(SEEN[-1])
        page.click("#play")
        page.wait_for_timeout(2000)
        at = page.evaluate(FRAMES, seconds)
        steps = sorted(b - a for a, b in itertools.pairwise(at))
        draws = page.evaluate(
            "() => { const s = performance.now(); for (let n = 0; n < 50; n++)"
            " cablewatch.ships.draw(cablewatch.timeline.at + n + 1, -n);"
            " return (performance.now() - s) / 50; }"
        )
        shown = page.locator("#ship-count").inner_text()
        print(
            f"{shown} at 60x, software rendering: a frame every {statistics.median(steps):.1f} ms "
            f"(median of {len(steps)}), 95 in 100 within {steps[int(len(steps) * 0.95)]:.0f} ms; "
            f"placing and drawing the ships takes {draws:.1f} ms of it"
        )


if __name__ == "__main__":
    main()
