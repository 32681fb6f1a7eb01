"""What holds for the whole service: its documents, its page, its errors and its defences."""

import json
import re
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from anyio.to_thread import current_default_thread_limiter
from fastapi.testclient import TestClient

from cablewatch.errors import StoreError
from cablewatch.service import (
    cable_schemas,
    create_app,
    feed_schemas,
    replay_schemas,
    review_schemas,
    schemas,
    vessel_schemas,
    webhook_schemas,
)
from cablewatch.service.app import READERS
from cablewatch.service.routes import page
from cablewatch.service.routes.page import ASSETS
from cablewatch.service.schemas import CableCollection, Run
from cablewatch.service.settings import Settings
from cablewatch.stores.alerts import AlertStore
from cablewatch.stores.run import Run as StoredRun

CREDIT = "Survey of nobody, CC0-1.0"
ANSWERS = (
    "/",
    "/health",
    "/openapi.json",
    "/assets/icon.svg",
    "/api/v1/alerts",
    "/api/v1/alerts/alert000",
    "/api/v1/alerts/alert000/reviews",
    "/api/v1/cables",
    "/api/v1/cables/east",
    "/api/v1/cables/east/crossings",
    "/api/v1/replays",
    "/api/v1/replays/blocks/2024-11-17T06:00:00Z",
    "/api/v1/run",
    "/api/v1/vessels?q=1",
    "/api/v1/vessels/1",
    "/api/v1/vessels/414270000/track",
    "/api/v1/webhooks",
)
ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "api.md"
WEB = ROOT / "web" / "src"


DAMAGED = [
    '{"features": [NaN]',
    '{"features": 5, "title": 5}',
    '{"features": [1], "from": "yesterday"}',
    '{"features": [{"properties": {"id": 1}}], "replays": {}}',
    "[" * 100_000,
]


def routes(client):
    """Every route a client can call, from the document and from the page's own mount."""
    return client.app.openapi()["paths"]


def test_every_route_is_documented(client):
    text = DOCS.read_text(encoding="utf-8")
    assert len(routes(client)) > 10
    for path, methods in routes(client).items():
        for method, said in methods.items():
            heading = f"### `{method.upper()} {path}`"
            assert heading in text, heading
            section = text.split(heading)[1].split("\n### ")[0]
            assert "```" in section, f"{heading} has no example"
            for parameter in said.get("parameters", []):
                assert f"`{parameter['name']}`" in section, (heading, parameter["name"])


def test_openapi_is_complete(client):
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    schemas = answer.json()["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    operations = [(path, said) for path, way in routes(client).items() for said in way.values()]
    ids = [operation["operationId"] for _, operation in operations]
    assert len(set(ids)) == len(ids)
    for path, operation in operations:
        assert operation["summary"] and operation["description"] and operation["tags"]
        for parameter in operation.get("parameters", []):
            assert parameter["description"]
            assert '"null"' not in json.dumps(parameter["schema"])
        assert ("422" in operation["responses"]) == (path != "/")
        for status, response in operation["responses"].items():
            for media_type in response.get("content", ()):
                assert (media_type == "application/problem+json") == (status[0] != "2")
    for reference in re.findall(r'"#/components/schemas/(\w+)"', answer.text):
        assert reference in schemas


def test_every_answer_has_an_example_of_its_schema(client):
    modules = (
        schemas,
        cable_schemas,
        feed_schemas,
        replay_schemas,
        review_schemas,
        vessel_schemas,
        webhook_schemas,
    )
    models = {name: model for module in modules for name, model in vars(module).items()}
    operations = [(path, said) for path, way in routes(client).items() for said in way.values()]
    for path, operation in operations:
        made = [said for status, said in operation["responses"].items() if status[0] == "2"]
        if "content" not in made[0]:  # 204
            continue
        content = next(iter(made[0]["content"].values()))
        if "example" not in content:
            assert path == "/"  # the page
        elif "$ref" in content["schema"]:  # else a stream
            models[content["schema"]["$ref"].rpartition("/")[2]].model_validate(content["example"])


def test_every_schema_says_what_its_members_are(client):
    for name, schema in client.app.openapi()["components"]["schemas"].items():
        if "enum" in schema:  # a choice of words
            continue
        assert schema["properties"], name
        for member, said in schema["properties"].items():
            assert {"type", "$ref", "anyOf", "enum", "const"} & set(said), (name, member)
            assert said.get("additionalProperties") is not True, (name, member)


def test_what_comes_late_to_a_store_is_empty_not_an_error(client, store):
    shutil.rmtree(store / "tracks")
    for name in ("cables.geojson", "vessels.parquet", "run.json"):
        (store / name).unlink()
    answer = client.get("/api/v1/cables")
    assert (answer.json()["features"], answer.json()["numberMatched"]) == ([], 0)
    assert client.get("/api/v1/vessels/1/track").json()["geometry"] is None
    said = client.get("/api/v1/run").json()
    assert (said["title"], said["complete"]) == ("", False)
    assert client.get("/api/v1/alerts").json()["numberMatched"] == 4
    assert client.get("/api/v1/vessels/1").status_code == 404


def test_a_folder_without_alerts_is_no_store(bare_client):
    folder = bare_client.app.state.folder.path
    for prepare in (lambda path: None, Path.touch):
        prepare(folder / "alerts.sqlite")
        for path in ("/api/v1/alerts", "/api/v1/alerts/a"):
            answer = bare_client.get(path)
            assert answer.status_code == 503
            assert answer.headers["content-type"] == "application/problem+json"
    assert bare_client.get("/").status_code == 200
    assert [path.stat().st_size for path in folder.iterdir()] == [0]  # reading makes nothing


def test_a_store_that_can_be_read_is_ready(client, bare_client, store):
    assert client.get("/ready").json() == {"status": "ready"}
    (store / "run.json").write_text("{")
    answer = client.get("/ready")
    assert answer.status_code == 503
    assert answer.headers["content-type"] == "application/problem+json"
    assert "run: " in answer.json()["detail"]
    assert str(store) not in answer.text and "alerts:" not in answer.text
    assert "alerts: write one" in bare_client.get("/ready").json()["detail"]


def test_a_database_of_an_older_version_is_not_ready(bare_client):
    with sqlite3.connect(bare_client.app.state.folder.path / "alerts.sqlite") as db:
        db.execute("CREATE TABLE alert_history (id)")
        db.execute("PRAGMA user_version = 1")
    db.close()
    answer = bare_client.get("/ready")
    assert answer.status_code == 503 and "bring it up to date" in answer.json()["detail"]


def test_a_missing_store_folder_is_named(tmp_path):
    with pytest.raises(StoreError, match="nowhere"):
        create_app(tmp_path / "nowhere")


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("alerts.sqlite", "/api/v1/alerts"),
        ("cables.geojson", "/api/v1/cables"),
        ("run.json", "/api/v1/run"),
        ("vessels.parquet", "/api/v1/vessels/1"),
    ],
)
@pytest.mark.parametrize("content", DAMAGED)
def test_a_damaged_file_is_a_503_that_names_no_path(store, name, path, content):
    (store / name).write_text(content)
    for leftover in store.glob(f"{name}-*"):
        leftover.unlink()
    with TestClient(create_app(store), raise_server_exceptions=False) as client:
        answer = client.get(path)
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert str(store) not in answer.text
        assert client.get("/health").status_code == 200


def test_an_unforeseen_error_is_a_problem_without_its_reason(client, monkeypatch):
    def fail(self):
        raise RuntimeError("a secret")

    monkeypatch.setattr("cablewatch.service.folder.StoreFolder.run", fail)
    answer = client.get("/api/v1/run")
    assert answer.status_code == 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert "secret" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_cables_carry_attribution_and_a_warning(client):
    answer = client.get("/api/v1/cables")
    made = CableCollection.model_validate(answer.json())
    assert made.attribution == CREDIT
    assert "approximate" in made.note
    assert [f.properties.id for f in made.features] == ["east", "west"]


def test_run_says_what_is_reconstructed(client):
    said = client.get("/api/v1/run").json()
    assert (said["title"], said["about"]) == ("Test run", "All of it is made up.")
    assert Run.model_validate(said).attribution == [CREDIT]
    assert said["complete"] is False  # begun, not ended


def test_health_answers_while_every_worker_thread_waits(client, monkeypatch):
    waiting, release = threading.Semaphore(0), threading.Event()

    def wait(self):
        waiting.release()
        release.wait(60)
        return StoredRun()

    monkeypatch.setattr("cablewatch.service.folder.StoreFolder.run", wait)
    with ThreadPoolExecutor(2 * READERS) as callers:
        answers = [callers.submit(client.get, "/api/v1/run") for _ in range(2 * READERS - 1)]
        try:
            for _ in range(READERS):
                assert waiting.acquire(timeout=30)
            health = callers.submit(client.get, "/health").result(timeout=30)
        finally:
            release.set()
    assert health.json()["status"] == "ok"
    assert {answer.result().status_code for answer in answers} == {200}


def test_few_threads_read_so_that_no_crowd_delays_the_others(client):
    assert READERS <= 4
    limiter = client.portal.call(current_default_thread_limiter)
    assert limiter.total_tokens == READERS


@pytest.mark.parametrize("path", ANSWERS)
def test_a_head_is_a_get_without_its_body(client, path):
    whole, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-type", "content-length", "etag"):
        assert head.headers.get(name) == whole.headers.get(name)


@pytest.mark.parametrize("path", [path for path in ANSWERS if path != "/health"])
def test_what_the_client_has_is_not_sent_again(client, store, path, monkeypatch):
    tag = client.get(path).headers["etag"]
    monkeypatch.setattr("cablewatch.service.routes.alerts.now", lambda: "2030-01-01T00:00:00Z")
    monkeypatch.setattr("cablewatch.service.routes.cables.now", lambda: "2030-01-01T00:00:00Z")
    monkeypatch.setattr("cablewatch.service.routes.crossings.now", lambda: "2030-01-01T00:00:00Z")
    for wanted in (tag, f'"other", {tag}', tag.removeprefix("W/")):
        answer = client.get(path, headers={"If-None-Match": wanted})
        assert (answer.status_code, answer.content) == (304, b"")
        assert answer.headers["etag"] == tag
        kept = "public, max-age=5" if "/blocks/" in path else "no-cache"
        assert answer.headers["cache-control"] == kept
    assert client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


def test_what_has_changed_is_sent_again(client, store, make_alert):
    tag = client.get("/api/v1/alerts").headers["etag"]
    AlertStore(store / "alerts.sqlite").append([make_alert(9)])
    answer = client.get("/api/v1/alerts", headers={"If-None-Match": tag})
    assert (answer.status_code, answer.json()["numberMatched"]) == (200, 5)


@pytest.mark.parametrize(
    ("query", "parameter"),
    [("severty=critical", "severty"), ("mmsi=1&mmsi=2", "mmsi"), ("limit=2&limit=2", "limit")],
)
def test_unknown_and_repeated_parameters_are_refused(client, query, parameter):
    answer = client.get(f"/api/v1/alerts?{query}")
    assert answer.status_code == 422
    (wrong,) = answer.json()["errors"]
    assert wrong["parameter"] == parameter and wrong["detail"]


@pytest.mark.parametrize(
    "path", [path for path in ANSWERS if path not in ("/", "/assets/icon.svg")]
)
def test_no_route_takes_unknown_parameters(client, path):
    answer = client.get(path, params={"nonsense": "1"})
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == "nonsense"


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("localhost:8000", 200),
        ("LOCALHOST", 200),
        ("127.0.0.1:8000", 200),
        ("[::1]:8000", 200),
        ("evil.example:8000", 421),
        ("127.0.0.1.evil.example", 421),
        ("", 421),
    ],
)
def test_on_loopback_only_own_names_are_answered(store, host, status):
    app = create_app(store, names=("localhost", "127.0.0.1", "::1"))
    with TestClient(app) as client:
        answer = client.get("/health", headers={"Host": host})
        assert answer.status_code == status
        assert answer.headers["x-content-type-options"] == "nosniff"
        if status != 200:
            assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    "path",
    ["/nowhere", "/api/v1/alerts/", "/health/", "/docs", "/redoc", "/assets/nothing.js"],
)
def test_an_unknown_path_is_a_404_problem(client, path):
    answer = client.get(path, follow_redirects=False)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"


def test_another_method_is_a_405_problem(client):
    answer = client.post("/api/v1/alerts")
    assert answer.status_code == 405
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    "path",
    [
        "/assets/../app.py",
        "/assets/%2e%2e/app.py",
        "/assets/..%2fapp.py",
        "/assets/%2e%2e%2fapp.py",
        "/assets/..%5capp.py",
        "/assets//etc/passwd",
        "/assets/%2fetc%2fpasswd",
        "/api/v1/alerts/..%2f..%2frun.json",
        "/api/v1/alerts/%2e%2e%2f%2e%2e%2frun.json",
        "/api/v1/vessels/..%2f..%2frun.json/track",
    ],
)
def test_no_path_leaves_what_is_served(client, path):
    answer = client.get(path)
    assert answer.status_code in (404, 422)
    assert answer.headers["content-type"] == "application/problem+json"


class Page(HTMLParser):
    """Collects the tags of a page and the text inside scripts and styles."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.inline = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        if self.tags and self.tags[-1][0] in ("script", "style"):
            self.inline += data.strip()


@pytest.fixture(params=["built", "not built"])
def shown(request, monkeypatch, tmp_path):
    """The map as it is built, and the page that stands for it where it is not."""
    if request.param == "not built":
        shutil.copytree(ASSETS, tmp_path / "assets", ignore=shutil.ignore_patterns("map"))
        monkeypatch.setattr(page, "ASSETS", tmp_path / "assets")
    elif not (ASSETS / "map").is_dir():
        pytest.skip("the map is not built: `make map`, which needs Node.js")


@pytest.mark.usefixtures("shown")
def test_the_page_needs_no_other_host_and_nothing_inline(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    said = Page(answer.text)
    assert said.inline == ""
    for tag, attributes in said.tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        target = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        if target:
            assert client.get(f"/{target}").status_code == 200, target
    assert "OpenStreetMap" not in answer.text  # routes may be anyone's; the API says whose
    assert "approximate" in answer.text


def test_the_page_may_ask_the_host_of_its_tiles_and_no_other(store):
    said = Settings(tiles='https://tiles.example/{z}/{x}/{y}?k="1"', tiles_credit="A & <b>B</b>")
    answer = TestClient(create_app(store, settings=said)).get("/")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert policy.endswith("; connect-src 'self' https://tiles.example")
    if (ASSETS / "map").is_dir():
        metas = [attributes for tag, attributes in Page(answer.text).tags if tag == "meta"]
        content = {one["name"]: one["content"] for one in metas if "name" in one}
        assert content["tiles"] == said.tiles
        assert content["tiles-credit"] == said.tiles_credit


def test_without_its_map_the_page_says_how_to_get_it(client, monkeypatch, tmp_path):
    shutil.copytree(ASSETS, tmp_path / "assets", ignore=shutil.ignore_patterns("map"))
    monkeypatch.setattr(page, "ASSETS", tmp_path / "assets")
    text = client.get("/").text
    assert "make map" in text and "Node.js" in text and "openapi.json" in text


@pytest.mark.parametrize("path", sorted(WEB.rglob("*.ts")), ids=lambda path: path.name)
def test_scripts_put_names_into_text_nodes_only(path):
    text = path.read_text(encoding="utf-8")
    for markup in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert markup not in text
    allowed = r"www\.w3\.org/2000/svg|www\.openstreetmap\.org/copyright"  # a name, and a link
    assert not re.findall(rf"https?://(?!{allowed})", text)
    assert len(text.splitlines()) <= 310


def test_every_answer_carries_the_defences(client):
    for path in ("/", "/health", "/nowhere", "/assets/icon.svg", "/api/v1/alerts?limit=0"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"


def palettes():
    """Colours of the page by name, light and dark."""
    text = (WEB / "palette.css").read_text()
    blocks = re.findall(r":root\S* \{(.*?)\}", text, re.DOTALL)
    dark, light = (dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", block)) for block in blocks)
    return {"dark": dark, "light": dark | light}


def contrast(one, other):
    """Contrast ratio of two colours, WCAG 2.2."""

    def luminance(colour):
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


TEXT = {
    "ink": ("paper", "panel", "sea", "land"),
    "quiet": ("paper", "panel", "sea", "land"),
    "next": ("paper", "panel", "sea"),
    "on-badge": ("info", "warning", "critical"),
    "on-watch": ("watch",),
    "on-note": ("note",),
    "map-label": ("land",),
    "cable-label": ("sea",),
    "score-4": ("sea",),
}
CLASSES = ("cargo", "tanker", "passenger", "fishing", "service", "pleasure", "other")
LINES = (
    *("cable", "next", "info", "watch", "warning", "critical", "focus", "curve", "sea-label"),
    *(f"ship-{name}" for name in CLASSES),
)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_text_and_lines_stand_out_as_wcag_aa_asks(name):
    colours = palettes()[name]
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    for text, grounds in TEXT.items():
        for ground in grounds:
            assert contrast(colours[text], colours[ground]) >= 4.5, (text, ground)
    for line in LINES:
        for ground in ("sea", "panel"):
            assert contrast(colours[line], colours[ground]) >= 3, (line, ground)
