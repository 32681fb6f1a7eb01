"""How answers are packed, and which pages of other origins may read them."""

import gzip

import brotli
import pytest
from fastapi.testclient import TestClient

from cablewatch.service import create_app
from cablewatch.service.settings import Settings

LONG, SHORT = "/openapi.json", "/health"
PAGE = "https://map.example"


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("br, gzip", "br"),
        ("gzip, br", "br"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, gzip", "gzip"),
        ("br;q=0.5, gzip", "gzip"),
        ("gzip;q=0, br;q=0", None),
        ("zstd", None),
        ("identity", None),
        ("", None),
        ("*;q=0", None),
    ],
)
def test_answers_are_packed_as_the_client_likes_best(client, accepted, coding):
    plain = client.get(LONG, headers={"Accept-Encoding": "identity"})
    with client.stream("GET", LONG, headers={"Accept-Encoding": accepted}) as answer:
        raw = b"".join(answer.iter_raw())
    assert answer.headers.get("content-encoding") == coding
    assert int(answer.headers["content-length"]) == len(raw)
    unpack = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[coding]
    assert unpack(raw) == plain.content
    assert len(raw) < len(plain.content) / 3 or coding is None
    assert answer.headers["etag"] == plain.headers["etag"]
    assert answer.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_a_packed_answer_is_not_sent_again(client, coding):
    asked = {"Accept-Encoding": coding}
    tag = client.get(LONG, headers=asked).headers["etag"]
    answer = client.get(LONG, headers={**asked, "If-None-Match": tag})
    assert (answer.status_code, answer.content) == (304, b"")
    assert "content-encoding" not in answer.headers


def test_short_answers_are_not_packed(client):
    answer = client.get(SHORT, headers={"Accept-Encoding": "br, gzip"})
    assert "content-encoding" not in answer.headers


def test_no_page_of_another_origin_reads_answers_unless_it_is_named(client):
    for origin in (PAGE, "null", "http://testserver"):
        answer = client.get(LONG, headers={"Origin": origin})
        assert not [name for name in answer.headers if name.startswith("access-control")]
    asked = {"Origin": PAGE, "Access-Control-Request-Method": "POST"}
    assert client.options("/api/v1/alerts", headers=asked).status_code == 405


@pytest.fixture
def open_client(store):
    """A client of a service that pages of one other origin may read."""
    with TestClient(create_app(store, settings=Settings(cors_origins=[PAGE]))) as made:
        yield made


@pytest.mark.parametrize("path", [LONG, "/api/v1/alerts?limit=0", "/api/v1/alerts/nothing"])
def test_pages_of_named_origins_read_answers_and_problems(open_client, path):
    answer = open_client.get(path, headers={"Origin": PAGE})
    assert answer.headers["access-control-allow-origin"] == PAGE
    assert "Origin" in answer.headers["vary"]
    assert "access-control-allow-credentials" not in answer.headers
    for other in ("https://map.example.evil.example", "http://map.example", "null"):
        answer = open_client.get(path, headers={"Origin": other})
        assert "access-control-allow-origin" not in answer.headers


def test_pages_of_named_origins_may_send_reviews(open_client):
    asked = {
        "Origin": PAGE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization, content-type, idempotency-key",
    }
    answer = open_client.options("/api/v1/alerts/alert000/reviews", headers=asked)
    assert answer.status_code == 200
    assert "POST" in answer.headers["access-control-allow-methods"]
    refused = open_client.options(
        "/api/v1/alerts", headers=asked | {"Origin": "https://evil.example"}
    )
    assert "access-control-allow-origin" not in refused.headers
