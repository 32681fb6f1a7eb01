"""`cablewatch fetch` from outside: announced, asked for, exit codes, one line for what is wrong."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from host import Fault, File

from tests import commands

ROOT = Path(__file__).resolve().parents[2]


CALL = [sys.executable, "-m", "cablewatch", "fetch"]
ENV = os.environ | {"PYTHONPATH": str(ROOT)}


def run(folder: Path, *arguments: str, ok: int = 0) -> commands.Done:
    return commands.run("fetch", *arguments, ok=ok, folder=folder)


def test_a_run_and_another(host, tmp_path, archive):
    host.files = {f"/aisdk-2024-11-1{n}.zip": File(archive) for n in (6, 7, 8)}
    host.files["/aisdk-2024-11-17.zip"].faults = [Fault(cut_after=n) for n in (1, 2, 3)]
    wanted = ["dma", "2024-11-16..18", "--into", "november", "--base-url", host.url]
    done = run(tmp_path, *wanted)
    assert "Danish Maritime Authority" in done.stderr and "Terms: " in done.stderr
    assert "3 of 3 files, 0.2 MB to fetch" in done.stderr
    assert done.stdout.splitlines() == [f"november/aisdk-2024-11-1{n}.zip" for n in (6, 7, 8)]
    assert all(path.read_bytes() == archive for path in (tmp_path / "november").iterdir())
    done = run(tmp_path, *wanted)
    assert "0 of 3 files" in done.stderr and done.stderr.count("(complete)") == 3


def test_what_is_not_there_is_named_and_the_rest_is_fetched(host, tmp_path, archive):
    host.files["/aisdk-2024-11-16.zip"] = File(archive)
    done = run(tmp_path, "dma", "2024-11-16..17", "--base-url", host.url, ok=2)
    assert "nothing for 2024-11-17: no aisdk-2024-11-17.zip" in done.stderr
    assert (tmp_path / "aisdk-2024-11-16.zip").read_bytes() == archive


@pytest.mark.parametrize(
    ("arguments", "word"),
    [
        (["dma", "yesterday"], "2024-11-16..18"),
        (["noaa", "2024-11-16"], "marinecadastre"),
        (["dma", "2024-11-16", "--base-url", "ftp://127.0.0.1"], "--base-url"),
        (["dma", "1999-01-01"], "2006-03-01"),
        (["dma", "2024-11-16", "--base-url", "HOST"], "nothing for 2024-11-16"),
    ],
)
def test_wrong_wishes_are_one_line(host, tmp_path, arguments, word):
    arguments = [host.url if argument == "HOST" else argument for argument in arguments]
    done = run(tmp_path, *arguments, ok=2)
    line = done.stderr.strip().splitlines()[-1]
    assert line.startswith("cablewatch: ") and word in line


def test_without_a_terminal_unknown_sizes_want_a_yes(host, tmp_path, archive):
    host.files["/aisdk-2024-11-16.zip"] = File(archive, length=False)
    wanted = ["dma", "2024-11-16", "--base-url", host.url]
    assert "--yes" in run(tmp_path, *wanted, ok=2).stderr
    assert list(tmp_path.iterdir()) == []
    run(tmp_path, *wanted, "--yes")
    assert (tmp_path / "aisdk-2024-11-16.zip").exists()


@pytest.mark.skipif(not hasattr(os, "openpty"), reason="needs a pseudo-terminal")
@pytest.mark.parametrize("answer", ["y", "n"])
def test_on_a_terminal_it_asks(host, tmp_path, archive, answer):
    host.files["/aisdk-2024-11-16.zip"] = File(archive)
    ours, theirs = os.openpty()
    os.write(ours, f"{answer}\n".encode())
    call = [*CALL, "dma", "2024-11-16", "--base-url", host.url]
    subprocess.run(call, cwd=tmp_path, env=ENV, stdin=theirs, check=True, timeout=120)
    os.close(ours)
    os.close(theirs)
    assert (tmp_path / "aisdk-2024-11-16.zip").exists() == (answer == "y")


@pytest.mark.skipif(os.name != "posix", reason="sends a signal")
def test_an_interrupted_run_keeps_what_came(host, tmp_path, archive):
    file = host.files["/aisdk-2024-11-16.zip"] = File(archive, faults=[Fault(silent_after=30_000)])
    call = [*CALL, "dma", "2024-11-16", "--base-url", host.url]
    with subprocess.Popen(
        call, cwd=tmp_path, env=ENV, stderr=subprocess.PIPE, text=True
    ) as running:
        part = tmp_path / "aisdk-2024-11-16.zip.part"
        while not (part.exists() and part.stat().st_size == 30_000):
            assert running.poll() is None
            time.sleep(0.01)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=60)
    assert running.returncode == 130 and "interrupted" in said and "Traceback" not in said
    file.faults.clear()
    host.requests.clear()
    run(tmp_path, "dma", "2024-11-16", "--base-url", host.url)
    assert host.ranges("/aisdk-2024-11-16.zip") == ["bytes=30000-"]


def test_without_the_library_it_says_what_to_install(tmp_path):
    code = (
        "import sys; sys.modules['httpx2'] = None; sys.argv[0] = 'cablewatch'\n"
        "from cablewatch.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "fetch", "dma", "2024-11-16"],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
        env=ENV,
    )
    assert done.returncode == 2 and "cablewatch[fetch]" in done.stderr


def test_the_documented_spans_are_spans():
    from cablewatch.usecases.fetch import parse_span

    text = (ROOT / "docs" / "formats.md").read_text() + (ROOT / "README.md").read_text()
    spans = re.findall(r"cablewatch fetch (?:dma|marinecadastre) (\S+)", text)
    assert len(spans) >= 4
    for span in spans:
        parse_span(span)
