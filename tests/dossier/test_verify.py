"""A sound bundle agrees; each kind of tampering is found, and named."""

import json
from pathlib import Path

import pytest

from cablewatch.dossier.bundle import SUMS, read_bundle, write_bundle
from cablewatch.errors import UsageError
from cablewatch.usecases.report import Report
from cablewatch.usecases.verify import verify
from tests.commands import run
from tests.dossier.scenes import Change, tampered

Made = tuple[Path, Path, Report]


def wrong(bundle: Path, *paths: Path) -> list[str]:
    """What does not agree."""
    return [check.what for check in verify(bundle, paths) if check.agrees is False]


def replaced(old: str, new: str, count: int = 1) -> Change:
    return lambda data: data.replace(old.encode(), new.encode(), count)


def figure(**changed: object) -> Change:
    """The newest version says something else."""

    def change(data: bytes) -> bytes:
        said = json.loads(data)
        said[-1]["alert"] |= changed
        return json.dumps(said, indent=1, ensure_ascii=False).encode() + b"\n"

    return change


def moved(data: bytes) -> bytes:
    """The route lies elsewhere, by a twentieth of a degree."""
    said = json.loads(data)
    for vertex in said["features"][0]["geometry"]["coordinates"][0]:
        vertex[0] += 0.05
    return json.dumps(said).encode()


def slower(data: bytes) -> bytes:
    """Fifty rows say another speed."""
    rows = data.split(b"\n")
    for k in range(200, 250):
        cells = rows[k].split(b",")
        cells[3] = b"%.6f" % (float(cells[3]) + 0.002)
        rows[k] = b",".join(cells)
    return b"\n".join(rows)


def test_a_sound_bundle_agrees(bundle: Path) -> None:
    found = list(verify(bundle))
    assert [check.what for check in found if check.agrees is False] == []
    assert [check.agrees for check in found].count(None) == 1
    assert any("in every figure" in check.what for check in found)


def test_with_its_inputs_all_is_checked(made: Made, bundle: Path) -> None:
    found = list(verify(bundle, [made[1]]))
    assert {check.agrees for check in found} == {True}
    assert any("whole inputs again, in every figure" in check.what for check in found)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("rows/01/01/tracks.csv", slower, "the row of line"),
        ("rows.csv", replaced(",2,", ",3,"), "rows.csv: is not the file"),
        ("alert.json", figure(probability=0.99), "is not what its hash states"),
        ("cables.geojson", moved, "rules, figures or routes differ"),
        ("context.csv", lambda data: data + b"1,2,5,-500\n", "context.csv: is not the file"),
        ("run.json", replaced("Replay of", "Record of"), "run.json: is not the file"),
        ("report.html", replaced("never intent", "intent"), "says something other"),
        ("map.png", lambda data: data + b"x", "map.png: is not the file"),
        ("manifest.json", replaced('"until"', '"until "'), "is none of 'cablewatch report'"),
    ],
)
def test_each_tampering_is_found(bundle: Path, name: str, change: Change, told: str) -> None:
    found = wrong(tampered(bundle, name, change))
    assert any(told in line for line in found), found
    assert any(line.startswith(name) for line in found)


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        ("rows/01/01/tracks.csv", slower, "folded again: version"),
        ("alert.json", figure(probability=0.99), "probability: 0.99 said"),
        ("alert.json", figure(severity="info"), "severity: info said"),
        ("cables.geojson", moved, "rules, figures or routes differ"),
        ("report.html", replaced("never intent", "intent"), "says something other"),
    ],
)
def test_hashes_made_anew_hide_nothing(bundle: Path, name: str, change: Change, told: str) -> None:
    """Who changes all hashes too is found by what the rows come to."""
    found = wrong(tampered(bundle, name, change, sealed=True))
    assert any(told in line for line in found), found


def test_a_row_left_out_is_found_in_the_inputs(made: Made, bundle: Path) -> None:
    """One that changes no figure, with every hash made anew."""

    def shifted(data: bytes) -> bytes:
        return data.replace(b",70\n", b",70 \n", 1)

    path = tampered(bundle, "rows/01/01/tracks.csv", shifted, sealed=True)
    assert any("is not so in the input" in line for line in wrong(path, made[1]))


def test_other_inputs_are_told(made: Made, bundle: Path, tmp_path: Path) -> None:
    other = tmp_path / "tracks.csv"
    text = made[1].read_text().splitlines(keepends=True)
    other.write_text("".join(line for line in text if "219000001" not in line))
    found = wrong(bundle, other)
    assert any("input tracks.csv is not among the files" in line for line in found)


@pytest.mark.parametrize("name", ["alert.json", "rows.csv", "manifest.json", "SHA256SUMS"])
def test_what_is_missing_is_told(bundle: Path, name: str) -> None:
    import zipfile

    path = bundle.with_name("less.zip")
    with zipfile.ZipFile(path, "w") as packed:
        for member, data in read_bundle(bundle).items():
            if member != name:
                packed.writestr(member, data)
    assert any("missing" in line for line in wrong(path))


def resummed(bundle: Path, **changed: bytes) -> Path:
    """A copy with other files, under sums that fit them."""
    files = {k: v for k, v in read_bundle(bundle).items() if k != SUMS}
    path = bundle.with_name("resummed.zip")
    write_bundle(path, {**files, **changed})
    return path


@pytest.mark.parametrize("name", ["map.png", "rows/01/02/more.csv", "note.html"])
def test_sums_made_anew_hide_no_file(bundle: Path, name: str) -> None:
    found = wrong(resummed(bundle, **{name: b"other"}))
    assert any(line.startswith(f"{name}: ") and "manifest.json" in line for line in found), found


@pytest.mark.parametrize(
    "changed",
    [
        {"surroundings": [1]},
        {"surroundings": "ab"},
        {"inputs": [{"name": "tracks.csv"}]},
        {"inputs": {}},
        {"recheck": {"whole": []}},
        {"recheck": {"whole": [], "alone": [7]}},
        {"made_by": None},
        {"until": "2024-03-02T10:00:00Z" * 400},
        {"reading": []},
        {"rows": []},
        {"rows": [{"path": "rows/01/01/..", "rows": 1, "heads": 0}]},
    ],
)
def test_a_manifest_that_says_nonsense_is_told(bundle: Path, changed: dict[str, object]) -> None:
    """No error of Python's own, and none that ends the checks without a word."""
    said = json.loads(read_bundle(bundle)["manifest.json"]) | changed
    found = wrong(resummed(bundle, **{"manifest.json": json.dumps(said).encode()}))
    assert any("is none of 'cablewatch report'" in line for line in found), found


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("alert.json", b"[" * 200_000),
        ("rows.csv", b"path,line,sha256\n" + b"x" * 200_000),
        ("context.csv", b"bin,cell,votes,sum_milli\n1,2\n"),
    ],
)
def test_files_that_are_nonsense_are_told(bundle: Path, name: str, data: bytes) -> None:
    found = wrong(resummed(bundle, **{name: data}))
    assert any("is none of 'cablewatch report'" in line for line in found), found


@pytest.mark.parametrize(
    "changed",
    [
        {"mmsi": [1]},
        {"name": 7},
        {"track": []},
        {"probability": "0.5"},
        {"suppressed_by": [None]},
        {"evidence": [{"name": "a", "value": 1, "unit": "", "contribution": 0.1, "text": 5}]},
        {"severity": None},
        {"note": "one more"},
    ],
)
def test_an_alert_that_is_none_is_told(bundle: Path, changed: dict[str, object]) -> None:
    found = wrong(tampered(bundle, "alert.json", figure(**changed), sealed=True))
    assert any("is none of 'cablewatch report'" in line for line in found), found


def test_what_the_rows_of_one_ship_cannot_tell_is_not_said_to_agree(bundle: Path) -> None:
    """Silence is judged by what other ships are heard: nothing of it can be folded alone."""
    path = tampered(bundle, "alert.json", figure(kind="silence"), sealed=True)
    found = list(verify(path))
    assert any(c.agrees is None and "judged by what all ships" in c.what for c in found)
    assert not any("comes of its rows again" in c.what for c in found)


def test_a_damaged_zip_is_an_error(bundle: Path) -> None:
    data = bytearray(bundle.read_bytes())
    for at in range(200, len(data) - 2000, 4001):
        data[at] ^= 0x55
    bundle.write_bytes(data)
    with pytest.raises(UsageError, match="no sound zip"):
        list(verify(bundle))


def test_what_is_no_bundle_is_an_error(tmp_path: Path) -> None:
    path = tmp_path / "none.zip"
    path.write_bytes(b"no zip")
    with pytest.raises(UsageError, match="no sound zip"):
        list(verify(path))


@pytest.mark.parametrize(("code", "change"), [(0, None), (1, figure(mmsi=219000001))])
def test_exit_codes(bundle: Path, code: int, change: Change | None) -> None:
    path = bundle if change is None else tampered(bundle, "alert.json", change)
    run("verify", path, ok=code)


def test_a_file_that_is_none_is_code_2(tmp_path: Path) -> None:
    run("verify", tmp_path / "none.zip", ok=2)
