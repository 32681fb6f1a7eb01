"""What holds for the whole service: its documents, its page, its errors and its defences."""

import re
import threading
from concurrent.futures import ThreadPoolExecutor
from html.parser import HTMLParser
from pathlib import Path

import pytest
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from cablewatch.errors import StoreError
from cablewatch.render import ATTRIBUTION
from cablewatch.service import create_app
from cablewatch.service.routes.page import ASSETS
from cablewatch.service.schemas import CableCollection, Run

WORKER_THREADS = 40  # of anyio, unless it is told otherwise
DOCS = Path(__file__).parents[2] / "docs" / "api.md"


def routes(client):
    """Every route a client can call, from the document and from the page's own mount."""
    return client.app.openapi()["paths"]


def test_every_route_is_documented(client):
    text = DOCS.read_text(encoding="utf-8")
    paths = {route.path for route in client.app.routes if isinstance(route, APIRoute)}
    assert paths <= set(routes(client))
    for path, methods in routes(client).items():
        assert f"### `GET {path}`" in text, path
        section = text.split(f"### `GET {path}`")[1].split("\n### ")[0]
        assert "```" in section, f"{path} has no example"
        for parameter in methods["get"].get("parameters", []):
            assert f"`{parameter['name']}`" in section, (path, parameter["name"])


def test_openapi_is_complete(client):
    answer = client.get("/openapi.json")
    assert answer.status_code == 200
    schemas = answer.json()["components"]["schemas"]
    assert "HTTPValidationError" not in schemas
    operations = [methods["get"] for methods in routes(client).values()]
    ids = [operation["operationId"] for operation in operations]
    assert len(set(ids)) == len(ids)
    for operation in operations:
        assert operation["summary"] and operation["description"] and operation["tags"]
        for parameter in operation.get("parameters", []):
            assert parameter["description"]
        assert ("422" in operation["responses"]) == bool(operation.get("parameters"))
        for status, response in operation["responses"].items():
            (media_type,) = response["content"]
            assert (media_type == "application/problem+json") == (status != "200")
    for reference in re.findall(r'"#/components/schemas/(\w+)"', answer.text):
        assert reference in schemas


def test_what_the_store_lacks_is_empty_not_an_error(bare_client):
    for path in ("/api/v1/alerts", "/api/v1/cables"):
        answer = bare_client.get(path)
        assert answer.status_code == 200
        assert answer.json()["features"] == []
        assert answer.json()["numberMatched"] == 0
    assert bare_client.get("/api/v1/vessels/1/track").json()["geometry"] is None
    assert bare_client.get("/api/v1/run").json()["title"] == ""
    assert bare_client.get("/").status_code == 200
    assert bare_client.get("/api/v1/alerts/a").status_code == 404
    assert bare_client.get("/api/v1/vessels/1").status_code == 404
    assert list(bare_client.app.state.folder.path.iterdir()) == []  # reading makes no files


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
def test_a_damaged_file_is_a_503_that_names_no_path(store, name, path):
    (store / name).write_text('{"features": [NaN]')
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


def test_cables_carry_attribution_and_a_warning(client):
    answer = client.get("/api/v1/cables")
    made = CableCollection.model_validate(answer.json())
    assert made.attribution == ATTRIBUTION
    assert "approximate" in made.note
    assert [f.properties["id"] for f in made.features] == ["east", "west"]


def test_run_says_what_is_reconstructed(client):
    said = client.get("/api/v1/run").json()
    assert (said["title"], said["about"]) == ("Test run", "All of it is made up.")
    assert Run.model_validate(said).attribution == ["nobody"]


def test_health_answers_while_every_worker_thread_waits(client, monkeypatch):
    waiting, release = threading.Semaphore(0), threading.Event()

    def wait(self):
        waiting.release()
        release.wait(60)
        return {}

    monkeypatch.setattr("cablewatch.service.folder.StoreFolder.run", wait)
    with ThreadPoolExecutor(2 * WORKER_THREADS) as callers:
        answers = [callers.submit(client.get, "/api/v1/run") for _ in range(2 * WORKER_THREADS - 1)]
        try:
            for _ in range(WORKER_THREADS):
                assert waiting.acquire(timeout=30)
            health = callers.submit(client.get, "/health").result(timeout=30)
        finally:
            release.set()
    assert health.json()["status"] == "ok"
    assert {answer.result().status_code for answer in answers} == {200}


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
    assert answer.headers["allow"] == "GET"


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


def test_the_page_needs_no_other_host_and_nothing_inline(client):
    answer = client.get("/")
    assert answer.headers["content-type"].startswith("text/html")
    policy = answer.headers["content-security-policy"]
    assert policy.startswith("default-src 'self'")
    assert "unsafe" not in policy
    page = Page(answer.text)
    assert page.inline == ""
    for tag, attributes in page.tags:
        assert tag != "style"
        assert not [name for name in attributes if name == "style" or name.startswith("on")]
        target = attributes.get("src") or (attributes.get("href") if tag == "link" else None)
        if target:
            assert client.get(f"/{target}").status_code == 200, target
    assert ATTRIBUTION in " ".join(answer.text.split())
    assert "approximate" in answer.text


@pytest.mark.parametrize("path", sorted(ASSETS.glob("*.js")), ids=lambda path: path.name)
def test_scripts_put_names_into_text_nodes_only(client, path):
    text = path.read_text(encoding="utf-8")
    for markup in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval("):
        assert markup not in text
    assert not re.findall(r"https?://(?!www\.w3\.org/2000/svg)", text)
    for module in re.findall(r'from "\./(.+?)"', text):
        assert client.get(f"/assets/{module}").status_code == 200


def test_every_answer_carries_the_defences(client):
    for path in ("/", "/health", "/nowhere", "/assets/main.js", "/api/v1/alerts?limit=0"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'self'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
