"""The bench of decoders runs without recordings and says which peers are missing."""

import re
from pathlib import Path

import pytest

from bench import decode


def test_invented_sentences_are_read_alike(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    monkeypatch.setenv("CABLEWATCH_SHARED", str(tmp_path))
    monkeypatch.setattr("sys.argv", ["bench decode", "--sentences", "4000", "--runs", "1"])
    monkeypatch.setattr(decode, "MIN_RUN_S", 0.0)
    decode.main()
    said = capsys.readouterr().out
    assert re.match(r"invented sentences: \d,\d{3} sentences", said)
    ours, pyais = (
        re.search(rf"^{name} .* ([\d,]+) messages", said, re.M) for name in ("cablewatch", "pyais")
    )
    assert ours and pyais and ours[1] == pyais[1]
    assert len(re.findall("(?m)^(?:libais|aiscat) ", said)) == 2


def test_recordings_keep_tag_blocks_and_lose_prefixes(tmp_path: Path) -> None:
    log = tmp_path / "a.nmea"
    sentence = b"!AIVDM,1,1,,A,1,0*00"
    log.write_bytes(b"2016-03-31 00:00:01, %b\n\\s:a*00\\%b\nx\n" % (sentence, sentence))
    assert decode.sentences_of(log).split(b"\r\n") == [
        sentence,
        b"\\s:a*00\\" + sentence,
        b"",
    ]
    assert decode.count(decode.repeated(decode.sentences_of(log), 7)) == 8
