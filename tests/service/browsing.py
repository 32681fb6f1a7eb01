"""Pages of the map in Chromium, each in a fresh profile, and what is asked of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.chromium import context_of

AXE = Path(__file__).parents[2] / "web/node_modules/axe-core/axe.min.js"
SMALL = (860, 600)  # fewer pixels to draw in software


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


def shows(page: Any, moment: str) -> None:
    """Wait until a moment is shown."""
    page.locator(f"#moment[datetime='{moment}']").wait_for()


def hears(page: Any) -> None:
    """Wait until it hears of what arrives."""
    page.locator("#connection.connected").wait_for()


def plays_to(page: Any, end_ms: int) -> None:
    """Wait until the clock of the page has passed a moment."""
    page.wait_for_function("end => window.cablewatch.timeline.at > end", arg=end_ms)


def whole(page: Any) -> None:
    """Wait until all that belongs on the map is on it."""
    page.wait_for_function("() => window.cablewatch?.chart.whole")


def shifted(page: Any) -> float:
    """How far what was shown has moved by itself (cumulative layout shift); input excuses it."""
    return float(
        page.evaluate(
            """() => new Promise(resolve => {
                let sum = 0;
                const add = list => list.forEach(one => one.hadRecentInput || (sum += one.value));
                const seen = new PerformanceObserver(list => add(list.getEntries()));
                seen.observe({type: "layout-shift", buffered: true});
                requestAnimationFrame(() => requestAnimationFrame(() => {
                    add(seen.takeRecords());
                    resolve(sum);
                }));
            })"""
        )
    )


def serious(page: Any) -> list[str]:
    """What axe finds serious or critical on the page as it is now."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]
