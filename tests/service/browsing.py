"""Chromium with the map in it: one browser for all tests of a module, a fresh profile for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools.chromium import context_of, launched, missing

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
SMALL = (860, 600)  # fewer pixels to draw in software


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Chromium; skips with the reason where that cannot be."""
    pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    if reason := missing():
        pytest.skip(reason)
    with launched() as found:
        yield found


@contextmanager
def opened(
    browser: Any,
    url: str,
    size: tuple[int, int] = SMALL,
    pardoned: tuple[str, ...] = (),
    **options: Any,
) -> Iterator[Any]:
    """A page of its own, on which nothing may go wrong but what `pardoned` names."""
    context = context_of(browser, size, **options)
    page, wrong = context.new_page(), []
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("dialog", lambda dialog: wrong.append("a name was run as markup"))
    page.goto(url)
    yield page
    wrong = [text for text in wrong if not any(one in text for one in pardoned)]
    context.close()
    assert wrong == []


def serious(page: Any) -> list[str]:
    """What axe finds serious or critical on the page as it is now."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
