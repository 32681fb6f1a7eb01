"""The map in Chromium, live and at any moment: links, the slider, and a service that is away."""

import os
import re
import signal

import pytest
from browsing import hears, opened, plays_to, shifted, shows
from serving import running

from cablewatch.output.text import epoch_ms, rfc3339
from cablewatch.stores.alerts import AlertStore
from cablewatch.units import HOUR_MS, MINUTE_MS
from tools.chromium import served

T0 = epoch_ms("2024-11-17T06:00:00Z")
OFFLINE = ("Failed to load resource", "ERR_CONNECTION")
CROSSED = T0 + 100 * MINUTE_MS


def test_a_link_reproduces_moment_view_and_selection(browser, store):
    start = CROSSED - 5 * MINUTE_MS
    address = f"#/alert/alert000?t={rfc3339(start)}&at=57.0500,19.3000,9.25"
    with running(store) as server:
        with opened(browser, f"{server.url}/{address}") as page:
            page.locator("#detail h2").wait_for()
            shows(page, rfc3339(start))
            assert "Next cable" in page.locator(".countdown").inner_text()
            page.click("#play")
            plays_to(page, CROSSED)
            page.click("#play")
            page.click("#copy-link")
            link = page.url
            seen = re.search("t=([^&]*)", link)[1]
            shows(page, seen)
            places = page.evaluate("() => window.cablewatch.fleet.ships.size")
            assert places == 2
            assert shifted(page) < 0.05
        with opened(browser, link) as page:
            page.locator("#detail h2").wait_for()
            shows(page, seen)
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
        page.locator("text=New alert: LATE ARRIVAL").wait_for()
        assert "LATE ARRIVAL" in page.locator("#alert-alert007").inner_text()
    page.locator("#connection.cut").wait_for()
    alerts.append([make_alert(8, name="WHILE IT WAS AWAY")])
    with running(store, port=port):
        page.locator("#alert-alert008").wait_for()
        hears(page)
        manager.__exit__(None, None, None)


def test_alerts_arrive_after_the_service_stood_still(browser, store, make_alert):
    alerts = AlertStore(store / "alerts.sqlite")
    with served(store) as service, opened(browser, f"{service.url}/", pardoned=OFFLINE) as page:
        hears(page)
        os.kill(service.process.pid, signal.SIGSTOP)
        alerts.append([make_alert(7, name="WHILE IT STOOD")])
        page.locator("#connection.cut").wait_for()  # nothing was heard for 40 s
        os.kill(service.process.pid, signal.SIGCONT)
        page.locator("#alert-alert007").wait_for()
        hears(page)


def test_what_somebody_writes_outlasts_another_version(browser, store, make_alert):
    with running(store) as server, opened(browser, f"{server.url}/#/alert/alert000") as page:
        hears(page)
        page.fill("#review-actor", "Night desk")
        page.fill("#review-text", "No answer on channel 16")
        AlertStore(store / "alerts.sqlite").append([make_alert(0, updated_ms=T0 + 5 * HOUR_MS)])
        page.locator("text=2 stored versions").wait_for()
        page.keyboard.type(" as yet.")
        page.hover("#review-comment")
        page.mouse.down()
        AlertStore(store / "alerts.sqlite").append([make_alert(0, updated_ms=T0 + 6 * HOUR_MS)])
        page.locator("text=3 stored versions").wait_for()
        page.mouse.up()
        page.locator("text=No answer on channel 16 as yet.").wait_for()
        assert page.input_value("#review-text") == ""


def test_a_moment_is_chosen_by_steps_and_by_dragging(browser, store):
    with running(store) as server, opened(browser, f"{server.url}/#/?t={rfc3339(T0)}") as page:
        shows(page, rfc3339(T0))
        page.click("#step-on")
        shows(page, rfc3339(T0 + MINUTE_MS))
        page.click("#step-back")
        shows(page, rfc3339(T0))
        box = page.locator("#slider").bounding_box()
        places = [(box["x"] + box["width"] * share, box["y"] + 20) for share in (0.3, 0.6, 0.9)]
        page.mouse.move(*places[0])
        page.mouse.down()
        reached = [T0]
        for place in places:
            page.mouse.move(*place)
            plays_to(page, reached[-1] + 20 * MINUTE_MS)
            reached.append(page.evaluate("window.cablewatch.timeline.at"))
        page.mouse.up()
        speeds = page.locator("#speed option").all_inner_texts()
        assert (int(speeds[0][:-1]), int(speeds[-1][:-1])) == (1, 3600)
