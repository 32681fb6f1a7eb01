"""decode --all: every message as a line, whatever the log, and how the command ends."""

import gzip
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyais import encode_dict
from typer.testing import CliRunner

from cablewatch.cli import app
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.usecases import messages
from cablewatch.usecases.messages import write_messages


def log(path: Path, n: int = 1, prefix: str = "2024-11-18T06:01:44Z ") -> Path:
    kinds = [{"msg_type": 1, "lon": 12.5, "lat": 55.5}, {"msg_type": 5, "destination": "KIEL"}]
    lines = [
        prefix + line
        for kind in kinds
        for line in encode_dict(kind | {"mmsi": 219000001}, talker_id="AI", sentence_type="VDM")
    ]
    path.write_text("\n".join(lines * n) + "\n")
    return path


def told(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_messages_stand_in_the_order_of_the_times_of_their_files(tmp_path: Path) -> None:
    later = log(tmp_path / "a.nmea", prefix="2024-11-19T00:00:00Z ")
    earlier = tmp_path / "b.nmea.gz"
    earlier.write_bytes(gzip.compress(log(tmp_path / "c").read_bytes()))
    (tmp_path / "c").unlink()
    out, seen = tmp_path / "out.jsonl", []
    done = write_messages([later, earlier], out, progress=lambda *at: seen.append(at))
    lines = told(out)
    assert [(line["type"], line["time"][:10]) for line in lines] == [
        *((1, "2024-11-18"), (5, "2024-11-18")),
        *((1, "2024-11-19"), (5, "2024-11-19")),
    ]
    assert done.types == {1: 2, 5: 2} and done.summary == "4 messages of 2 types"
    total = later.stat().st_size + earlier.stat().st_size
    assert seen[-1] == (total, total) and not (tmp_path / "out.jsonl.tmp").exists()


def test_a_log_without_times_is_no_error(tmp_path: Path) -> None:
    done = write_messages([log(tmp_path / "a.nmea", prefix="")], tmp_path / "out.jsonl")
    assert [line["time"] for line in told(tmp_path / "out.jsonl")] == [None, None]
    assert not done.errors and not done.refused.counts


def test_what_is_refused_is_counted_and_shown(tmp_path: Path) -> None:
    source = log(tmp_path / "a.nmea")
    source.write_text(source.read_text() + "!AIVDM,1,1,,A,1,0*00\nhello\n")
    done = CliRunner().invoke(app, ["decode", "--all", str(source), "-o", "-"])
    assert done.exit_code == 0
    assert [json.loads(line)["type"] for line in done.stdout.splitlines()] == [1, 5]
    assert "2 messages of 2 types in -\n" in done.stderr
    assert f"refused 1: bad_length; first: {source}: !AIVDM,1,1,,A,1,0*00" in done.stderr
    assert "refused 1: not_ais" in done.stderr


def test_a_damaged_log_gives_what_was_read_and_exit_code_2(tmp_path: Path) -> None:
    whole = gzip.compress(log(tmp_path / "a.nmea", 2000).read_bytes())
    damaged = tmp_path / "b.nmea.gz"
    damaged.write_bytes(whole[:-20])
    out = tmp_path / "out.jsonl"
    done = CliRunner().invoke(app, ["decode", "--all", str(damaged), "-o", str(out)])
    assert done.exit_code == 2
    assert "b.nmea.gz" in done.stderr
    assert len(told(out)) > 100


def test_messages_that_cannot_be_read_are_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(messages, "lines", lambda *_: iter([{"type": 1, "error": "x"}]))
    done = write_messages([log(tmp_path / "a.nmea")], tmp_path / "out.jsonl")
    assert done.unread == done.types.total() > 0
    assert "of them not read" in done.summary


@pytest.mark.parametrize("name", ["out.csv", "out", "missing/out.jsonl"])
def test_outputs_that_cannot_be(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError):
        write_messages([log(tmp_path / "a.nmea")], tmp_path / name)


def test_an_input_is_never_written_over(tmp_path: Path) -> None:
    source = log(tmp_path / "a.jsonl")
    with pytest.raises(UsageError, match="one of the inputs"):
        write_messages([source], source)


def test_other_formats_hold_no_sentences(tmp_path: Path) -> None:
    table = tmp_path / "t.csv"
    table.write_text(
        "time_utc,mmsi,lon,lat,sog_kn,cog_deg\n2024-11-18T06:01:44Z,219000001,1,2,3,4\n"
    )
    with pytest.raises(ArchiveError, match="csv holds no NMEA sentences"):
        write_messages([table], tmp_path / "out.jsonl")
    done = write_messages([table, log(tmp_path / "a.nmea")], tmp_path / "out.jsonl")
    assert len(done.errors) == 1 and done.types.total() == 2


def test_a_reader_who_has_seen_enough_ends_it_quietly(tmp_path: Path) -> None:
    source = log(tmp_path / "a.nmea", 3000)
    command = [sys.executable, "-m", "cablewatch", "decode", "--all", str(source), "-o", "-"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None and process.stderr is not None
        assert json.loads(process.stdout.readline())["type"] == 1
        process.stdout.close()
        said = process.stderr.read().decode()
    assert process.returncode == 0
    assert "Traceback" not in said and "Exception" not in said
