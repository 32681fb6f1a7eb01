"""The map over the demo: its tour, the crossing of C-Lion1, and who was there."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from browsing import opened, plays_to, shifted, whole

from cablewatch.output.text import epoch_ms
from cablewatch.units import MINUTE_MS
from tools.chromium import served

CROSSED = "2024-11-18T02:03:11Z"
SHIP = 414270000


@pytest.fixture(scope="module")
def url(browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store: Path = tmp_path_factory.mktemp("demo") / "store"
    call = [sys.executable, "-m", "cablewatch", "demo", "--no-serve", "--store", str(store)]
    subprocess.run(call, check=True, capture_output=True)
    with served(store) as service:
        yield service.url


def test_it_opens_on_a_tour_that_says_what_is_made_up(browser, url):
    with opened(browser, f"{url}/") as page:
        page.locator("#tour h2").wait_for()
        first = page.locator("#tour").inner_text()
        assert "two cables" in first and "reconstructed" in first and "recorded" in first
        page.locator("#detail h2 >> text=YI PENG 3").wait_for()
        titles, moments = [], []
        while page.locator("#tour-skip").count():
            page.click("#tour-next")
            titles.append(page.locator("#tour h2").inner_text())
            moments.append(page.evaluate("window.cablewatch.timeline.at"))
        assert "C-Lion1 lies ahead" in titles and titles[-1] == "Now you"
        assert len(set(moments)) == len(moments) and moments == sorted(moments)
        page.click("#tour button:has-text('Back')")
        page.locator("#tour h2 >> text=To the crossing").wait_for()
        page.locator("#play[aria-pressed=true]").wait_for()
        page.click("#tour-next")
        page.click("#tour-next")
        page.locator("#tour").wait_for(state="hidden")
        page.reload()
        page.locator("#tour-start").click()
        page.locator("#tour h2").wait_for()


def test_it_plays_to_the_crossing_of_c_lion1(browser, url):
    with opened(browser, f"{url}/#/ship/{SHIP}?t=2024-11-18T01:55:00Z&at=55.9,17.3,9") as page:
        page.click("#detail .list button:has(.critical) >> nth=0")
        page.locator(".countdown >> text=/C-Lion1 in \\d/").wait_for()
        page.select_option("#speed", "60")
        page.click("#play")
        plays_to(page, epoch_ms(CROSSED) + 2 * MINUTE_MS)  # it is told at 02:05
        page.click("#play")
        met = page.locator("#detail tr:has-text('C-Lion1')", has_text="02:03")
        assert "744." in met.first.inner_text()
        drawn = page.evaluate(
            "async () => (await cablewatch.chart.map.getSource('crossings').getData())"
            ".features.map(one => one.properties.name)"
        )
        assert "C-Lion1" in drawn
        assert page.evaluate("cablewatch.ships.count") > 50
        page.click("text=Moment it was raised")
        page.wait_for_function(f"() => document.getElementById('moment').dateTime < '{CROSSED}'")


def test_who_was_there_is_ranked_and_drawn(browser, url):
    with opened(browser, f"{url}/#/cable/c-lion1?t={CROSSED}") as page:
        page.fill("#who-from", "2024-11-18T01:30:00Z")
        page.fill("#who-to", "2024-11-18T02:30:00Z")
        page.click("#who-ask")
        first = page.locator("#suspects li").first
        first.wait_for()
        assert "YI PENG 3" in first.inner_text() and "reconstructed" in first.inner_text()
        drawn = page.evaluate(
            "async () => (await cablewatch.chart.map.getSource('suspects').getData())"
            ".features.map(one => one.properties.rank)"
        )
        assert 1 in drawn
        first.locator("button").click()
        page.locator("#detail h2 >> text=YI PENG 3").wait_for()


@pytest.mark.parametrize("said", ["yi peng", str(SHIP), "9224984"])
def test_a_ship_is_found_by_name_mmsi_and_imo(browser, url, said):
    with opened(browser, f"{url}/#/?t={CROSSED}&tab=ships") as page:
        page.fill("#search", said)
        page.click("#found button:has-text('YI PENG 3')")
        page.locator(".days button").first.wait_for()
        assert page.locator(".days button").count() == 3
        page.click(".days button >> nth=1")
        page.locator("#moment[datetime^='2024-11-17']").wait_for()


def test_nothing_moves_by_itself_while_it_loads(browser, url):
    for address in (f"/#/?t={CROSSED}", f"/#/ship/{SHIP}?t={CROSSED}&at=55.9,17.3,9"):
        with opened(browser, url + address) as page:
            page.locator("#panel > *, #detail h2").first.wait_for()
            whole(page)
            assert shifted(page) < 0.05
