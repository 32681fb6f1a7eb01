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
AHEAD = "t=2024-11-18T01:50:00Z"  # of it
NOON = "t=2024-11-17T12:00:00Z"
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
        with served(store) as service, launched() as browser:
            for theme in ("dark", "light"):
                _pictures(browser, service.url, theme)


def _pictures(browser: Any, url: str, theme: str) -> None:
    page = _page(browser, f"{url}/#/?{NOON}", theme, DESK)
    page.locator("#alerts li.critical").first.wait_for()
    drag = page.evaluate(DRAG).removeprefix("alert-")
    _taken(page, f"map-list-{theme}")
    page.goto(f"{url}/#/alert/{drag}?{AHEAD}&at=55.9300,17.3500,8.20")
    page.locator("#detail .countdown, #detail .note").first.wait_for()
    _taken(page, "page" if theme == "dark" else "page-light")
    page.goto(f"{url}/#/cable/c-lion1?{CROSSING}")
    page.locator("#who-ask").wait_for()
    _taken(page, f"map-cable-{theme}")
    page.context.close()
    page = _page(browser, f"{url}/#/alert/{drag}?{AHEAD}", theme, PHONE)
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
    """Save the page once the map is whole, and is so still when all of it was drawn."""
    page.wait_for_function("() => window.cablewatch?.chart.whole")
    page.wait_for_timeout(2500)
    page.wait_for_function("() => window.cablewatch.chart.whole")
    page.screenshot(path=IMAGES / f"{name}.png")
    print(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
