"""The map in Chromium against the real service: what a duty officer does with it."""

import base64
import http.server
import json
import re
import threading
import urllib.request
from typing import Any

import pytest
from browsing import AXE, hears, opened, plays_to, serious, shifted, whole
from serving import running

from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.units import HOUR_MS, MINUTE_MS
from tools.chromium import PHONE

T0 = epoch_ms("2024-11-17T06:00:00Z")
HOSTILE = "<img src=x onerror=alert(1)>"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


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
        page.select_option("#filter-severity", "")
        for name, value, left in (
            ("kind", "loitering", "alert001"),
            ("state", "closed", "alert002"),
            ("review", "dismissed", None),
        ):
            page.select_option(f"#filter-{name}", value)
            page.wait_for_function(
                "left => document.querySelectorAll('#alerts button').length === (left ? 1 : 0)"
                " && (!left || document.getElementById(`alert-${left}`))",
                arg=left,
            )
            page.select_option(f"#filter-{name}", "")
        page.locator("#alert-alert000").wait_for()
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
        page.locator(f"#slider[aria-valuetext='{rfc3339(T0)}']").wait_for()
        page.keyboard.press("ArrowRight")
        page.locator(f"#slider[aria-valuetext='{rfc3339(T0 + MINUTE_MS)}']").wait_for()
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
    phone = {"size": PHONE, "has_touch": True, "is_mobile": True}
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
        assert page.evaluate(OVERLAPPING) == []


def test_what_is_chosen_while_it_loads_stays_chosen(browser, store):
    held: list[Any] = []
    with running(store) as server, opened(browser, "about:blank") as page:
        page.route("**/api/v1/replays", lambda one: held.append(one))
        page.goto(f"{server.url}/")
        page.click("#alert-alert000")
        page.wait_for_function("() => location.hash === '#/alert/alert000'")
        page.locator("#detail h2").wait_for()
        assert "not raised yet" not in page.inner_text("#detail")
        page.click("#copy-link")
        assert page.evaluate("location.hash") == "#/alert/alert000"
        for one in held:
            one.continue_()
        page.wait_for_function("() => location.hash.startsWith('#/alert/alert000?at=57.0')")
        assert page.evaluate("window.cablewatch.timeline.at") >= T0 + HOUR_MS


def test_a_list_is_of_the_filters_that_were_set_last(browser, store):
    held: list[Any] = []
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        page.route("**/api/v1/alerts?*kind=loitering*", lambda one: held.append(one))
        page.select_option("#filter-kind", "loitering")
        page.select_option("#filter-kind", "")
        page.select_option("#filter-state", "closed")
        page.locator("#alert-alert000").wait_for(state="detached")
        with page.expect_response("**/api/v1/alerts?*kind=loitering*"):
            held[0].continue_()
        page.wait_for_timeout(500)
        assert page.locator("#alert-alert002").count() == page.locator("#alerts > li").count() == 1


def test_more_of_a_list_that_is_no_longer_asked_for_is_not_offered(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        page.evaluate("cablewatch.state.set({more: 'api/v1/alerts?limit=2'})")
        page.locator("#more").wait_for()
        page.route("**/api/v1/alerts?*kind=loitering*", lambda one: None)
        page.select_option("#filter-kind", "loitering")
        page.locator("#more").wait_for(state="detached")


@pytest.mark.parametrize("pressed", ["mouse", "space"])
def test_what_is_pressed_is_still_there_when_it_is_let_go(browser, store, pressed):
    with running(store) as server, opened(browser, f"{server.url}/") as page:
        page.locator("#alert-alert000").wait_for()
        page.evaluate("window.kept = document.getElementById('filter-kind')")
        page.select_option("#speed", "300")
        page.click("#play")
        plays_to(page, T0 + 45 * MINUTE_MS)  # from here on the next cable is nearer each minute
        if pressed == "mouse":
            page.hover("#alert-alert000")
            page.mouse.down()
        else:
            page.focus("#alert-alert000")
            page.keyboard.down("Space")
        page.evaluate("window.under = document.getElementById('alert-alert000')")
        plays_to(page, page.evaluate("window.cablewatch.timeline.at") + 5 * MINUTE_MS)
        page.wait_for_timeout(600)
        assert page.evaluate("window.under.isConnected && window.kept.isConnected")
        if pressed == "mouse":
            page.mouse.up()
        else:
            page.keyboard.up("Space")
        page.locator("#detail h2").wait_for()


OVERLAPPING = """() => {
    const shown = [...document.querySelectorAll("header button, .tools button, .controls button,"
        + " .controls select, .moment, .legend, .credit, .tabs button")]
        .map(node => [node.id || node.className, node.getBoundingClientRect()])
        .filter(([, box]) => box.width);
    const over = (a, b) => Math.min(a.right, b.right) - Math.max(a.left, b.left) > 1
        && Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top) > 1;
    const off = shown.filter(([, box]) => box.left < 0 || box.right > innerWidth);
    return [...off.map(([name]) => name), ...shown.flatMap(([name, box], n) =>
        shown.slice(n + 1).filter(([, other]) => over(box, other)).map(([other]) => name + other))];
}"""
"""Names of controls that lie on one another, or beside the screen."""


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


def test_a_cable_says_who_crossed_and_that_nobody_was_looked_for(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/#/cable/east") as page:
        page.locator("#who-ask").wait_for()
        said = page.locator("#detail").inner_text()
        assert "Cable east" in said and "2 crossings" in said and HOSTILE in said
        page.fill("#who-from", rfc3339(T0 + HOUR_MS))
        page.fill("#who-to", rfc3339(T0 + 3 * HOUR_MS))
        page.click("#who-ask")
        page.locator("text=No replay into the store has come to its end.").wait_for()
        assert page.locator("text=No ship crossed it").count() == 0
        assert page.locator("img[src=x]").count() == 0


def test_a_report_in_the_store_is_opened(browser, store):
    text = "<!doctype html><title>R</title><style>h1{color:red}</style><h1>As it was made</h1>"
    report = store / "report-alert000.html"
    with running(store) as server, opened(browser, f"{server.url}/#/alert/alert000") as page:
        page.locator("text=cablewatch report alert000").wait_for()
        report.write_text(text)
        page.reload()
        page.click("#report")
        page.locator("text=As it was made").wait_for()
        colour = "getComputedStyle(document.querySelector('h1')).color"
        assert page.evaluate(colour) == "rgb(255, 0, 0)"


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
        page.click("#alert-alert000")
        with page.expect_download() as saved:
            page.click("text=GeoJSON")
        assert json.loads(saved.value.path().read_text())["id"] == "alert000"


def test_no_other_host_is_asked(browser, store):
    hosts = set()
    with running(store) as server, opened(browser, "about:blank") as page:
        page.on("request", lambda asked: hosts.add(re.sub(r"^(\w+://[^/]+).*", r"\1", asked.url)))
        page.goto(f"{server.url}/")
        page.locator("#alert-alert000").wait_for()
        hears(page)
        whole(page)
        assert shifted(page) < 0.05
        assert hosts == {server.url}, json.dumps(sorted(hosts))


def test_tiles_of_ones_own_are_asked_of_their_host_alone(browser, store):
    asked = threading.Event()

    class Tiles(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.set()
            self.send_response(200)
            self.send_header("Access-Control-Allow-Origin", "*")
            self.end_headers()
            self.wfile.write(PIXEL)

        def log_message(self, *_said: object) -> None:
            pass

    tiles = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Tiles)
    threading.Thread(target=tiles.serve_forever).start()
    address = f"http://127.0.0.1:{tiles.server_port}/{{z}}/{{x}}/{{y}}"
    with (
        running(store, tiles=address, tiles_credit=HOSTILE) as server,
        opened(browser, f"{server.url}/") as page,
    ):
        whole(page)
        assert asked.is_set()
        assert f"Tiles: {HOSTILE}." in page.locator("#credit").inner_text()
        assert page.locator("#status").inner_text() == ""
    tiles.shutdown()
    tiles.server_close()
