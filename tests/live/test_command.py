"""`cablewatch watch` and `cablewatch feeds check`, from outside."""

import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from pathlib import Path

import pytest

from cablewatch.cables.model import collection_text
from cablewatch.scenario.scenes import make_scene
from cablewatch.stores.alerts import AlertReader
from cablewatch.stores.snapshots import FILE
from tests.commands import run

LATENESS_S = "60"


@pytest.fixture(scope="module")
def scene(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A log and its cables."""
    folder = tmp_path_factory.mktemp("scene")
    made = make_scene("anchor-drag", 1)
    made.write(folder / "scene.nmea")
    text = collection_text(tuple(made.cables))
    (folder / "cables.geojson").write_text(text, encoding="utf-8")
    return folder / "scene.nmea", folder / "cables.geojson"


def test_a_log_is_watched_to_its_end(scene: tuple[Path, Path], tmp_path: Path) -> None:
    log, cables = scene
    store, kept = tmp_path / "store", tmp_path / "kept"
    command = [sys.executable, "-m", "cablewatch", "watch", log, "--speed", "0", "--store", store]
    command += ["--cables", cables, "--record", kept, "--lateness", LATENESS_S]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    assert re.search(r"anchor_drag SCENE DRAGGER \(299100001\) p 0\.\d\d open", done.stderr)
    assert AlertReader(store / "alerts.sqlite").latest().matched >= 1
    assert "Traceback" not in done.stderr
    assert '"anchor_drag"' in run("replay", kept, "--cables", cables, "--out", "-").stdout


def test_a_watch_serves_and_ends_with_a_signal(scene: tuple[Path, Path], tmp_path: Path) -> None:
    log, cables = scene
    store = tmp_path / "store"
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"tcp://127.0.0.1:{server.getsockname()[1]}?name=pier"
        command = [sys.executable, "-m", "cablewatch", "watch", url, "--store", str(store)]
        command += ["--cables", str(cables), "--serve", "--port", "0", "--lateness", LATENESS_S]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
            assert process.stderr is not None
            server.settimeout(120)
            connection, _ = server.accept()
            said = ""
            while not (port := re.search(r"127\.0\.0\.1:(\d+)/", said)):
                said = process.stderr.readline()
                assert said, "it ended"
            threading.Thread(target=process.stderr.read, daemon=True).start()
            connection.sendall(log.read_bytes())
            for _ in range(240):
                with urllib.request.urlopen(
                    f"http://127.0.0.1:{port[1]}/api/v1/feeds", timeout=60
                ) as answer:
                    feeds = json.loads(answer.read())["feeds"]
                if feeds and feeds[0]["fixes"]:
                    break
                time.sleep(0.5)
            assert feeds[0]["name"] == "pier" and feeds[0]["state"] == "receiving"
            process.send_signal(signal.SIGTERM)
            assert process.wait(120) == 0
            connection.close()
    assert (store / FILE).stat().st_size > 0
    assert AlertReader(store / "alerts.sqlite").latest().matched >= 1


def test_a_check_says_what_a_source_delivers(scene: tuple[Path, Path], tmp_path: Path) -> None:
    done = run("feeds", "check", scene[0], "--seconds", 60)
    said = dict(line.split("  ", 1) for line in done.stdout.splitlines())
    assert said["connection"].strip() == "ended"
    assert int(said["ships"]) >= 1 and said["own times"].strip().startswith("100%")
    silent = tmp_path / "silent.nmea"
    silent.write_bytes(b"!AIVDM,1,1,,A,13aG?P0P00PD;88MD5MTDww@2<0L,0*00\r\n")
    wrong = run("feeds", "check", silent, "--seconds", 60, ok=2)
    assert "bad_checksum 1" in wrong.stdout
    assert "no position came" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["watch", "tcp://nowhere"], "names no host and port"),
        (["watch", "gopher://host:1"], "is no kind of source"),
        (["watch", "missing.nmea"], "cannot be read"),
        (["feeds", "check", "udp://example.org:1"], ""),
    ],
)
def test_what_cannot_be_watched_is_said_in_a_line(arguments: list[str], says: str) -> None:
    seconds = ["--seconds", 2] if arguments[0] == "feeds" else []
    assert says in run(*arguments, *seconds, ok=2).stderr
