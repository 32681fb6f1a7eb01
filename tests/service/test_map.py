"""The map in Chromium against the real service: what a duty officer does with it."""

import json
import re
import time
import urllib.request
from collections.abc import Iterator

import pytest
from browsing import AXE, WAIT_MS, chromium, opened
from serving import running

from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.stores.alerts import AlertStore
from cablewatch.units import HOUR_MS, MINUTE_MS

T0 = epoch_ms("2024-11-17T06:00:00Z")
HOSTILE = "<img src=x onerror=alert(1)>"
OFFLINE = ("Failed to load resource", "ERR_CONNECTION")
CROSSED = T0 + 100 * MINUTE_MS


@pytest.fixture(scope="module")
def browser() -> Iterator[object]:
    with chromium() as found:
        yield found


def moment(page) -> str:
    return page.locator("#moment").get_attribute("datetime")


def hears(page) -> None:
    page.locator("#connection.connected").wait_for()


def test_a_duty_officer_filters_selects_and_reviews(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        assert page.locator("#alerts > li").count() == 4
        assert HOSTILE in page.locator("#alert-alert001").inner_text()
        assert page.locator("#alerts img").count() == 0
        assert "Modelled" in page.locator("#banner").inner_text()
        page.select_option("#filter-severity", "warning")
        page.locator("#alert-alert001").wait_for(state="detached")
        assert page.locator("#alerts > li").count() == 2
        page.click("#alert-alert000")
        page.locator("#detail h2").wait_for()
        said = page.locator("#detail").inner_text()
        for words in ("YI PENG 3", "Cable west", "Cable east", "71", "91.5", "Pilotage", "never"):
            assert words in said, words
        page.click("#review-acknowledge")
        assert "who you are" in page.locator("#review-said").inner_text()
        page.fill("#review-actor", "Night desk")
        page.fill("#review-text", "Called on channel 16.")
        page.click("#review-acknowledge")
        page.locator("text=This alert is acknowledged.").wait_for()
        assert "by Night desk" in page.locator("#review").inner_text()
        page.click("#review-dismiss")
        assert "needs a reason" in page.locator("#review-said").inner_text()
        page.fill("#review-text", "The buoy tender at work.")
        page.click("#review-dismiss")
        page.locator("text=This alert is dismissed.").wait_for()
        with urllib.request.urlopen(f"{server.url}/api/v1/alerts/alert000") as answer:
            told = json.load(answer)
        assert [one["action"] for one in told["reviews"]] == ["acknowledge", "dismiss"]
        assert told["properties"]["review"] == "dismissed"


def test_a_link_reproduces_moment_view_and_selection(browser, store):
    start = CROSSED - 5 * MINUTE_MS
    address = f"#/alert/alert000?t={rfc3339(start)}&at=57.0500,19.3000,9.25"
    with running(store) as server:
        with opened(browser, f"{server.url}/{address}") as page:
            page.locator("#detail h2").wait_for()
            assert moment(page) == rfc3339(start)
            assert "Next cable" in page.locator(".countdown").inner_text()
            page.click("#play")
            page.wait_for_function(
                "end => window.cablewatch.timeline.at > end", arg=CROSSED, timeout=WAIT_MS
            )
            page.click("#play")
            page.click("#copy-link")
            link = page.url
            seen = moment(page)
            places = page.evaluate("() => window.cablewatch.fleet.ships.size")
            assert places == 2
        with opened(browser, link) as page:
            page.locator("#detail h2").wait_for()
            assert moment(page) == seen
            view = page.evaluate("window.cablewatch.chart.view")
            assert (view["lat"], view["lon"]) == pytest.approx((57.05, 19.3), abs=1e-3)
            assert view["zoom"] == pytest.approx(9.25, abs=1e-2)
            assert "YI PENG 3" in page.locator("#detail h2").inner_text()


def test_alerts_arrive_also_after_the_service_was_away(browser, store, make_alert):
    alerts = AlertStore(store / "alerts.sqlite")
    with running(store) as server:
        port = server.address[1]
        manager = opened(browser, f"{server.url}/", pardoned=OFFLINE)
        page = manager.__enter__()
        hears(page)
        alerts.append([make_alert(7, name="LATE ARRIVAL", severity="warning")])
        page.locator("#alert-alert007").wait_for()
        assert "New alert: LATE ARRIVAL" in page.locator("#status").inner_text()
    page.locator("#connection.cut").wait_for()
    alerts.append([make_alert(8, name="WHILE IT WAS AWAY")])
    with running(store, port=port):
        page.locator("#alert-alert008").wait_for()
        hears(page)
        manager.__exit__(None, None, None)


def test_it_is_worked_by_keys_alone(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        page.focus("#tab-alerts")
        for _ in range(20):
            page.keyboard.press("Tab")
            if page.evaluate("document.activeElement.id") == "alert-alert000":
                break
        page.keyboard.press("Enter")
        page.locator("#detail h2").wait_for()
        page.wait_for_function("() => document.activeElement.id === 'detail'")
        page.keyboard.press("Space")
        page.locator("#play[aria-pressed=true]").wait_for()
        page.keyboard.press("Space")
        page.locator("#play[aria-pressed=false]").wait_for()
        page.focus("#slider")
        page.keyboard.press("Home")
        first = page.locator("#slider").get_attribute("aria-valuetext")
        page.keyboard.press("ArrowRight")
        page.wait_for_function(
            "said => document.getElementById('slider').getAttribute('aria-valuetext') > said",
            arg=first,
        )
        assert first == rfc3339(T0)
        page.keyboard.press("Escape")
        page.locator("#alert-alert000").wait_for()
        page.wait_for_function("() => document.activeElement.id === 'alert-alert000'")
        page.keyboard.press("/")
        page.keyboard.type("yi")
        page.locator("#found button").wait_for()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.locator("text=Days heard").wait_for()


def test_on_a_phone_nothing_is_cut_off(browser, store):
    phone = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
    with running(store) as server, opened(browser, f"{server.url}/", **phone) as page:
        page.locator("#alert-alert000").wait_for()
        page.tap("#alert-alert000")
        page.locator("#detail h2").wait_for()
        wide = "document.documentElement.scrollWidth <= innerWidth"
        assert page.evaluate(wide)
        for name in ("#map", "#play", "#slider", "#detail h2"):
            box = page.locator(name).bounding_box()
            assert box["x"] >= 0 and box["x"] + box["width"] <= 391, name
            assert box["y"] + min(box["height"], 20) <= 844, name


@pytest.mark.skipif(not AXE.is_file(), reason="axe-core is not installed: `make map`")
def test_nothing_serious_is_found_by_axe(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        assert serious(page) == []
        page.click("#alert-alert000")
        page.locator("#detail h2").wait_for()
        assert serious(page) == []
        page.click("#theme")
        assert serious(page) == []
        page.click("#tab-cables")
        page.click("#cable-east")
        page.locator("text=Who was here?").wait_for()
        assert serious(page) == []


def serious(page) -> list[str]:
    """What axe finds serious or critical on the page as it is now."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}"
        for one in found
        if one["impact"] in ("serious", "critical")
    ]


def test_a_cable_says_who_was_there(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/#/cable/east") as page:
        page.locator("#who-ask").wait_for()
        said = page.locator("#detail").inner_text()
        assert "Cable east" in said and "2 crossings" in said and HOSTILE in said
        page.fill("#who-from", rfc3339(T0 + HOUR_MS))
        page.fill("#who-to", rfc3339(T0 + 3 * HOUR_MS))
        page.click("#who-ask")
        page.locator("text=/By evidence|No ship crossed it/").wait_for()


def test_an_empty_store_says_what_to_do(browser, tmp_path):
    pardoned = ("503",)
    with running(tmp_path) as server, opened(browser, f"{server.url}/", pardoned=pardoned) as page:
        page.locator("text=cablewatch replay ARCHIVE").wait_for()


def test_it_asks_for_the_key_and_keeps_it(browser, store, keys):
    key = keys.make("desk", ["review"])[1]
    refused = ("401",)
    with (
        running(store, require_keys=True) as server,
        opened(browser, f"{server.url}/", pardoned=refused) as page,
    ):
        page.locator("#key[open]").wait_for()
        page.fill("#key-text", key)
        page.keyboard.press("Enter")
        page.locator("#alert-alert000").wait_for()
        hears(page)


def test_no_other_host_is_asked(browser, store):
    hosts = set()
    with running(store) as server, opened(browser, "about:blank") as page:
        page.on("request", lambda asked: hosts.add(re.sub(r"^(\w+://[^/]+).*", r"\1", asked.url)))
        page.goto(f"{server.url}/")
        page.locator("#alert-alert000").wait_for()
        hears(page)
        deadline = time.monotonic() + 5
        while not page.evaluate("window.cablewatch.chart.map.areTilesLoaded()"):
            assert time.monotonic() < deadline + 25
            page.wait_for_timeout(200)
        assert hosts == {server.url}, json.dumps(sorted(hosts))
