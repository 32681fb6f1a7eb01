"""What a report holds and says, and what it refuses."""

import hashlib
import json
import re
import zipfile
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from cablewatch.alerts.records import record
from cablewatch.archives import ReadOptions
from cablewatch.dossier.picture import picture
from cablewatch.dossier.png import png
from cablewatch.dossier.scene import PALETTE, STYLES, Label
from cablewatch.errors import CablewatchError, UsageError
from cablewatch.output.text import content_hash
from cablewatch.stores.alerts import AlertReader
from cablewatch.usecases.recheck import recheck
from cablewatch.usecases.report import Report, matter_of, report
from tests.commands import run
from tests.dossier.scenes import HOSTILE, MADE_MS, MMSI, loiterer, stored
from tests.investigation.scenes import archive

Made = tuple[Path, Path, Report]


class Tags(HTMLParser):
    """Tags, attributes and text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.said = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.said += data


@pytest.fixture(scope="module")
def page(made: Made) -> str:
    return made[2].files["report.html"].decode()


def test_the_alert_comes_of_its_inputs_and_of_its_rows_alone(made: Made) -> None:
    assert made[2].contents.about["recheck"] == {"whole": [], "alone": []}


def test_all_versions_are_those_of_the_store(made: Made) -> None:
    store, _, found = made
    history = AlertReader(store / "alerts.sqlite").history(found.alert.id)
    said = json.loads(found.files["alert.json"])
    assert [v["sha256"] for v in said] == [v.hash for v in history]
    assert [content_hash(v["alert"]) for v in said] == [
        content_hash(record(v.alert)) for v in history
    ]


def test_rows_are_the_ships_own_verbatim_with_their_lines(made: Made) -> None:
    _, archive, found = made
    lines = archive.read_bytes().split(b"\n")
    rows = [row.split(",") for row in found.files["rows.csv"].decode().splitlines()[1:]]
    assert len(rows) == 1 + len(loiterer().rows)
    for _, line, digest in rows:
        assert hashlib.sha256(lines[int(line) - 1]).hexdigest() == digest
    excerpt = found.files["rows/01/01/tracks.csv"]
    assert excerpt.split(b"\n")[:-1] == [lines[int(line) - 1] for _, line, _ in rows]


def test_only_votes_that_the_ship_can_read_come_along(made: Made) -> None:
    assert len(made[2].files["context.csv"].splitlines()) < 100


def test_the_page_loads_and_runs_nothing(page: str) -> None:
    tags = Tags(page).tags
    assert {"script", "img", "link", "iframe", "object", "form"}.isdisjoint(t for t, _ in tags)
    attributes = [a for _, attrs in tags for a in attrs]
    assert {"src", "href", "style", "srcset"}.isdisjoint(attributes)
    assert not [a for a in attributes if a.startswith("on")]
    assert "url(" not in page and "@import" not in page


def test_the_policy_names_the_one_style_sheet(page: str) -> None:
    import base64

    policy = next(a["content"] for t, a in Tags(page).tags if "http-equiv" in a)
    style = re.search(r"<style>(.*?)</style>", page, re.S)
    assert policy and style
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert policy.startswith(f"default-src 'none'; style-src 'sha256-{digest}'")


def test_names_are_text_never_markup(page: str) -> None:
    assert HOSTILE not in page
    assert HOSTILE in Tags(page).said


def test_the_page_says_who_when_where_why_and_how_sure(made: Made, page: str) -> None:
    alert, said = made[2].alert, " ".join(Tags(page).said.split())
    assert str(MMSI) in said and alert.id in said
    assert "2024-03-02 " in said and "Z" in said
    assert "km of the route" in said and "North" in said
    for term in alert.evidence:
        assert " ".join(term.text.split()) in said
    assert "1 in 100" in said
    assert "never intent" in said
    assert "CC0-1.0" in said
    assert "no reports" in said or "silence" in said
    for needed in (alert.config_hash, alert.rule_version, "cablewatch verify"):
        assert needed in said


def test_the_page_bears_the_seal(made: Made, page: str) -> None:
    assert hashlib.sha256(made[2].files["manifest.json"]).hexdigest() in page


def test_rows_next_to_each_meeting_are_quoted(made: Made, page: str) -> None:
    said = Tags(page).said
    lines = made[2].files["rows/01/01/tracks.csv"].decode().splitlines()
    first = made[2].alert.cables[0].t_ms
    from cablewatch.output.text import epoch_ms

    before = max(line for line in lines[1:] if epoch_ms(line[:20]) <= first)
    assert before in said


def test_the_same_contents_make_the_same_page(made: Made) -> None:
    store, archive, found = made
    again = report(store, found.alert.id, [archive], options=ReadOptions(), made_ms=MADE_MS)
    assert {k: v for k, v in again.files.items() if k != "map.png"} == {
        k: v for k, v in found.files.items() if k != "map.png"
    }


def test_the_picture_is_a_png(made: Made) -> None:
    image = made[2].files["map.png"]
    assert image.startswith(b"\x89PNG\r\n\x1a\n")
    assert int.from_bytes(image[16:20], "big") > 1000


def test_the_picture_says_whose_and_what_it_is(made: Made) -> None:
    """It goes about without its page: ship, times, licence of the routes, and what it is not."""
    found = made[2]
    again = recheck(found.contents)
    scene = picture(matter_of(found.contents, again), found.contents)
    said = " ".join(part.said for part in scene.parts if isinstance(part, Label))
    for needed in (str(MMSI), "2024-03-02 ", "never intent", "made", found.alert.id):
        assert needed in said


@pytest.mark.parametrize("name", ["漁船 $x^2$ 丸", "AB\u202eCD\x00", "x" * 400, "$", ""])
@pytest.mark.filterwarnings("error")
def test_any_name_can_be_drawn(made: Made, name: str) -> None:
    contents = made[2].contents
    again = recheck(contents)
    versions = tuple(v._replace(alert=replace(v.alert, name=name)) for v in contents.versions)
    other = replace(contents, versions=versions)
    scene = picture(matter_of(other, again), other)
    assert png(scene).startswith(b"\x89PNG")
    assert "\u202e" not in scene.as_svg() and "\x00" not in scene.as_svg()


def test_styles_name_colours_that_are_there() -> None:
    used = {colour for s in STYLES.values() for colour in (s.stroke, s.fill) if colour}
    assert used <= set(PALETTE)


def test_the_bundle_is_checked_by_any_tool(bundle: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(bundle) as packed:
        packed.extractall(tmp_path / "out")
    sums = (tmp_path / "out/SHA256SUMS").read_text().splitlines()
    assert len(sums) == 9
    for line in sums:
        digest, name = line.split("  ")
        assert hashlib.sha256((tmp_path / "out" / name).read_bytes()).hexdigest() == digest


@pytest.mark.parametrize(
    ("prefix", "paths", "what"),
    [
        ("ffffffffffffffffff", [], "no alert has this id"),
        ("", [], "no alert has this id"),
        (None, ["nowhere.csv"], "cannot be read"),
    ],
)
def test_what_cannot_be_reported_is_said(
    made: Made, prefix: str | None, paths: list[str], what: str
) -> None:
    wanted = made[2].alert.id if prefix is None else prefix
    with pytest.raises(CablewatchError, match=what):
        report(made[0], wanted, list(map(Path, paths)), options=ReadOptions(), made_ms=MADE_MS)


def test_inputs_that_moved_are_asked_for(made: Made, tmp_path: Path) -> None:
    import shutil

    store = tmp_path / "deep" / "store"
    shutil.copytree(made[0], store)
    with pytest.raises(UsageError, match=r"not beside the store: tracks\.csv"):
        report(store, made[2].alert.id, [], options=ReadOptions(), made_ms=MADE_MS)


def test_the_command_writes_page_picture_and_bundle(made: Made, tmp_path: Path) -> None:
    store, _, found = made
    done = run("report", found.alert.id[:8], "--store", store, "--out", tmp_path)
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == [f"report-{found.alert.id}.{end}" for end in ("html", "png", "zip")]
    assert "alike" in done.stdout


def test_alerts_are_read_from_the_database_that_the_settings_name(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/elsewhere.sqlite"
    store, alert = stored(archive(tmp_path, [loiterer()]), database=url)
    call = "report", alert.id[:8], "--store", store
    lost = run(*call, ok=2, folder=tmp_path)
    assert "in a database; name it with --database" in lost.stderr
    (tmp_path / "cablewatch.toml").write_text(f'database_url = "{url}"')
    run(*call, folder=tmp_path)
    assert (tmp_path / f"report-{alert.id}.zip").is_file()
