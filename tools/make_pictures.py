"""Pictures of the map in ``docs/img``, from the demo: ``python tools/make_pictures.py [STORE]``.

STORE is a store of `cablewatch demo`; one is made if none is given. Chromium draws in software.
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

IMAGES = Path(__file__).parents[1] / "docs/img"
DESK, PHONE = (1440, 900), (390, 844)
CROSSING = "t=2024-11-18T02:03:11Z"
DRAG = "[...document.querySelectorAll('#alerts li.critical button')].map(one => one.id)[0]"
FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
)
PATIENCE_MS = 120_000


@contextmanager
def served(store: Path) -> Iterator[str]:
    """Address of the service over a store."""
    call = [sys.executable, "-m", "cablewatch", "serve", "--store", str(store), "--port", "0"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        assert run.stdout
        url = next(
            word for line in run.stdout for word in line.split() if word.startswith("http://")
        )
        yield url.rstrip("/.,")
        run.terminate()


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "store"
        if len(sys.argv) < 2:
            call = [sys.executable, "-m", "cablewatch", "demo", "--no-serve", "--store", str(store)]
            subprocess.run(call, check=True)
        with served(store) as url, sync_playwright() as driver:
            browser = driver.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS])
            for theme in ("dark", "light"):
                _pictures(browser, url, theme)
            browser.close()


def _pictures(browser: Any, url: str, theme: str) -> None:
    page = _page(browser, url, theme, DESK)
    page.locator("#alerts li.critical").first.wait_for()
    drag = page.evaluate(DRAG).removeprefix("alert-")
    _taken(page, f"map-list-{theme}")
    page.goto(f"{url}/#/alert/{drag}?{CROSSING}&at=56.0000,17.9000,7.60")
    page.locator("#detail .countdown, #detail .note").first.wait_for()
    _taken(page, "page" if theme == "dark" else "page-light")
    page.goto(f"{url}/#/cable/c-lion1?{CROSSING}")
    page.locator("#who-ask").wait_for()
    _taken(page, f"map-cable-{theme}")
    page.context.close()
    page = _page(browser, f"{url}/#/alert/{drag}?{CROSSING}", theme, PHONE)
    page.locator("#detail h2").wait_for()
    _taken(page, f"map-phone-{theme}")
    page.context.close()


def _page(browser: Any, url: str, theme: str, size: tuple[int, int]) -> Any:
    width, height = size
    context = browser.new_context(viewport={"width": width, "height": height})
    context.set_default_timeout(PATIENCE_MS)
    kept = {"cablewatch-theme": theme, "cablewatch-tour": "1"}
    for name, value in kept.items():
        context.add_init_script(f"localStorage.setItem({name!r}, {value!r})")
    page = context.new_page()
    page.goto(url)
    return page


def _taken(page: Any, name: str) -> None:
    """Save the page once the map is whole and two frames long still."""
    page.wait_for_function("() => window.cablewatch?.chart.map.areTilesLoaded()")
    page.wait_for_timeout(2500)
    page.wait_for_function("() => window.cablewatch.chart.map.areTilesLoaded()")
    page.screenshot(path=IMAGES / f"{name}.png")
    print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
