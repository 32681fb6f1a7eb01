"""Chromium with the map in it: one browser for all tests of a module, a fresh profile for each."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from cablewatch.service.routes.page import ASSETS

ROOT = Path(__file__).parents[2]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"
SOFTWARE = (
    "--disable-gpu",
    "--use-gl=angle",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
QUIET = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
)
WAIT_MS = 60_000  # on a busy machine


@contextmanager
def chromium() -> Iterator[Any]:
    """Debian's Chromium, drawing in software; skips with the reason where that cannot be."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    found = shutil.which("chromium")
    if found is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    if not (ASSETS / "map/index.html").is_file():
        pytest.skip("the map is not built: `make map`, which needs Node.js")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=found, args=[*QUIET, *SOFTWARE])
        yield browser
        browser.close()


@contextmanager
def opened(browser: Any, url: str, **options: Any) -> Iterator[Any]:
    """A page of its own, on which nothing may go wrong but what `pardoned` names."""
    pardoned = options.pop("pardoned", ())
    context = browser.new_context(**({"viewport": {"width": 860, "height": 600}} | options))
    context.set_default_timeout(WAIT_MS)
    context.set_default_navigation_timeout(WAIT_MS)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append("a name was run as markup"))
    page.goto(url)
    yield page
    wrong = [text for text in wrong if not any(one in text for one in pardoned)]
    context.close()
    assert wrong == []
