"""Pictures of the map in ``docs/img``, from the demo: ``python -m tools.make_pictures [STORE]``.

STORE is a store of `cablewatch demo`; one is made if none is given. Chromium draws in software.
"""

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tools.chromium import DESK, PHONE, context_of, launched, missing, served

IMAGES = Path(__file__).parents[1] / "docs/img"
CROSSING = "t=2024-11-18T02:03:11Z"
DRAG = "[...document.querySelectorAll('#alerts li.critical button')].map(one => one.id)[0]"


def main() -> None:
    """Take them all."""
    if reason := missing():
        sys.exit(reason)
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        store = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(folder) / "store"
        if len(sys.argv) < 2:
            call = [sys.executable, "-m", "cablewatch", "demo", "--no-serve", "--store", str(store)]
            subprocess.run(call, check=True)
        with served(store) as url, launched() as browser:
            for theme in ("dark", "light"):
                _pictures(browser, url, theme)


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
    context = context_of(browser, size)
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
