"""Debian's Chromium, which draws in software, and a service for it to look at."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from cablewatch.service.routes.page import ASSETS

FLAGS = (
    *("--no-sandbox", "--disable-quic", "--no-first-run", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync"),
    *("--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"),
)
DESK, PHONE = (1440, 900), (390, 844)
WAIT_MS = 180_000  # for a state that comes at once on an idle machine


def missing() -> str | None:
    """What there must be for the map to be looked at, if it is not there."""
    if shutil.which("chromium") is None:
        return "Chromium is not installed: apt-get install chromium"
    if not (ASSETS / "map/index.html").is_file():
        return "the map is not built: `make map`, which needs Node.js"
    return None


@contextmanager
def launched() -> Iterator[Any]:
    """A browser of Playwright."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=shutil.which("chromium"), args=[*FLAGS])
        yield browser
        browser.close()


def context_of(browser: Any, size: tuple[int, int], **options: Any) -> Any:
    """A fresh profile with a window of `size` (width, height), which waits for long."""
    width, height = size
    made = browser.new_context(viewport={"width": width, "height": height}, **options)
    made.set_default_timeout(WAIT_MS)
    made.set_default_navigation_timeout(WAIT_MS)
    return made


class Served(NamedTuple):
    """A service that runs."""

    url: str
    process: subprocess.Popen[str]


@contextmanager
def served(store: Path) -> Iterator[Served]:
    """The service over a store, in a process of its own."""
    call = [sys.executable, "-m", "cablewatch", "serve", "--store", str(store), "--port", "0"]
    with subprocess.Popen(call, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as run:
        assert run.stdout
        words = (word for line in run.stdout for word in line.split())
        try:
            url = next(word for word in words if word.startswith("http://"))
            yield Served(url.rstrip("/.,"), run)
        finally:
            run.terminate()
