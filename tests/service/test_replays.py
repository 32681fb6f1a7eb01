"""Replays: blocks that caches may keep, in two forms, told apart without reading a row."""

import gzip
import io
import json

import numpy as np
import pyarrow as pa
import pytest

from cablewatch.fixes import Fixes, Stations
from cablewatch.output.text import epoch_ms
from cablewatch.service.replay_schemas import ReplayBlock, Replays
from cablewatch.service.routes import replays
from cablewatch.stores.tracks import TrackWriter, read_block

HOUR = "2024-11-17T07:00:00Z"
BLOCK = f"/api/v1/replays/blocks/{HOUR}"
ARROW = "application/vnd.apache.arrow.stream"


@pytest.fixture
def ended(store):
    """Let the run of the store have come to its end."""
    path = store / "run.json"
    said = json.loads(path.read_text())
    said["replays"][0]["ended"] = "2024-11-18T00:00:00Z"
    path.write_text(json.dumps(said))


def decoded(said):
    """Rows (mmsi, t_ms since the start, lon, lat) of a JSON block."""
    rows, at = [], 0
    for mmsi, count in zip(said["mmsi"], said["count"], strict=True):
        part = slice(at, at + count)
        sums = (np.cumsum(said[name][part]) for name in ("t_ms", "lon_e6", "lat_e6"))
        rows += [(mmsi, int(t), x / 1e6, y / 1e6) for t, x, y in zip(*sums, strict=True)]
        at += count
    assert at == said["fixes"] == len(said["sog_e1"])
    return rows


def test_a_block_holds_the_fixes_of_the_store(client, store):
    said = client.get(BLOCK).json()
    ReplayBlock.model_validate(said)
    start_ms = epoch_ms(HOUR)
    fixes = read_block(store / "tracks", start_ms, start_ms + 600_000)
    wanted = zip(
        fixes.mmsi.tolist(),
        (fixes.t_ms - start_ms).tolist(),
        np.round(fixes.lon_deg, 6).tolist(),
        np.round(fixes.lat_deg, 6).tolist(),
        strict=True,
    )
    assert decoded(said) == sorted(wanted)
    assert len(decoded(said)) == 20
    arrow = client.get(BLOCK, params={"f": "arrow"})
    assert arrow.headers["content-type"] == ARROW
    table = pa.ipc.open_stream(io.BytesIO(arrow.content)).read_all()
    rows = [(row["mmsi"], row["lon"], row["lat"]) for row in table.to_pylist()]
    assert rows == sorted(
        zip(*(c.tolist() for c in (fixes.mmsi, fixes.lon_deg, fixes.lat_deg)), strict=True),
        key=lambda row: (row[0], -row[1]),
    )


def test_a_box_and_the_fixes_before(client):
    everything = decoded(client.get(BLOCK).json())
    one = client.get(BLOCK, params={"bbox": "19.40,50,19.45,60"}).json()
    assert one["bbox"] == [19.4, 50, 19.45, 60]
    assert decoded(one) == [row for row in everything if 19.4 <= row[2] <= 19.45]
    world = client.get(BLOCK, params={"bbox": "-180,-90,180,90"}).json()
    assert decoded(world) == everything
    past_180 = client.get(BLOCK, params={"bbox": "19.45,50,-170,60"}).json()
    assert decoded(past_180) == [row for row in everything if row[2] >= 19.45]
    earlier = decoded(client.get(BLOCK, params={"before": "true"}).json())
    assert [row for row in earlier if row[1] >= 0] == everything
    assert [row[:2] for row in earlier if row[1] < 0] == [(414270000, -60_000)]


@pytest.mark.usefixtures("ended")
def test_a_closed_block_is_for_caches_to_keep(client):
    answer = client.get(BLOCK)
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["etag"].startswith('"') and answer.json()["closed"] is True
    assert "accept" in answer.headers["vary"].lower()


@pytest.mark.usefixtures("ended")
def test_where_keys_are_asked_for_no_shared_cache_keeps_a_block(client):
    guarded = client.app.state.settings.model_copy(update={"require_keys": True})
    client.app.state.settings = guarded
    assert client.get(BLOCK).headers["cache-control"] == "private, max-age=31536000, immutable"


def fail(*arguments, **named):
    raise AssertionError("rows are read")


@pytest.mark.parametrize("query", ["", "?f=arrow", "?bbox=10,50,20,60&before=true"])
@pytest.mark.parametrize("whole", [True, False])
def test_what_the_client_has_is_told_without_reading_rows(
    client, request, monkeypatch, query, whole
):
    if whole:
        request.getfixturevalue("ended")
    first = client.get(BLOCK + query)
    tag = first.headers["etag"]
    assert tag.startswith('"') == whole
    monkeypatch.setattr(replays, "read_ships", fail)
    again = client.get(BLOCK + query, headers={"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    for name in ("etag", "cache-control", "vary"):
        assert again.headers[name] == first.headers[name]
    assert client.get(BLOCK + query).status_code == 500  # without the tag rows are read


def test_a_block_that_may_grow_is_asked_for_again(client, store):
    answer = client.get(BLOCK)
    assert answer.headers["cache-control"] == "public, max-age=5"
    assert answer.headers["etag"].startswith('W/"') and answer.json()["closed"] is False
    later = Fixes.from_columns(t_ms=[epoch_ms(HOUR) + 1], mmsi=[2], lon_deg=[19.0], lat_deg=[57.0])
    with TrackWriter(store / "tracks", Stations()) as writer:
        writer.append(later)
    again = client.get(BLOCK, headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.json()["fixes"]) == (200, 21)


@pytest.mark.usefixtures("ended")
def test_after_the_data_nothing_is_closed(client):
    for start in ("2024-11-17T10:00:00Z", "2030-01-01T00:00:00Z"):
        answer = client.get(f"/api/v1/replays/blocks/{start}")
        assert answer.status_code == 200
        assert answer.headers["cache-control"] == "public, max-age=5"


@pytest.mark.usefixtures("ended")
def test_an_address_with_another_version_is_not_kept(client):
    (day,) = client.get("/api/v1/replays").json()["days"]
    kept = client.get(BLOCK, params={"version": day["version"]})
    assert "immutable" in kept.headers["cache-control"]
    stale = client.get(BLOCK, params={"version": "0123"})
    assert stale.headers["cache-control"] == "public, max-age=5"
    assert stale.json() == kept.json()


def test_the_form_and_the_coding_are_those_the_client_prefers(client):
    tags = set()
    for accept, media_type in [
        (ARROW, ARROW),
        (f"application/json;q=0.5, {ARROW}", ARROW),
        (f"{ARROW};q=0.1, */*", "application/json"),
        ("text/html", "application/json"),
    ]:
        answer = client.get(BLOCK, headers={"Accept": accept})
        assert answer.headers["content-type"] == media_type, accept
        tags.add(answer.headers["etag"])
    plain = client.get(BLOCK, headers={"Accept-Encoding": "identity"})
    for coding in ("zstd", "gzip"):
        with client.stream("GET", BLOCK, headers={"Accept-Encoding": f"{coding}, br;q=0.1"}) as got:
            raw = b"".join(got.iter_raw())
            assert got.headers["content-encoding"] == coding
            tags.add(got.headers["etag"])
        if coding == "gzip":
            assert gzip.decompress(raw) == plain.content
        else:
            codec = pa.Codec("zstd")
            assert codec.decompress(raw, len(plain.content)).to_pybytes() == plain.content
    assert len(tags | {plain.headers["etag"]}) == 4


def test_what_there_is_to_replay(client):
    said = client.get("/api/v1/replays").json()
    Replays.model_validate(said)
    (day,) = said["days"]
    assert (day["day"], day["fixes"], len(day["counts"])) == ("2024-11-17", 241, 144)
    assert (day["counts"][42], sum(day["counts"])) == (20, 241)
    assert said["closed_to"] is None
    assert (
        client.get("/api/v1/replays", params={"from": "2024-11-18T00:00:00Z"}).json()["days"] == []
    )


@pytest.mark.usefixtures("ended")
def test_how_far_blocks_are_closed(client):
    assert client.get("/api/v1/replays").json()["closed_to"] == "2024-11-17T09:50:00Z"


@pytest.mark.parametrize(
    ("path", "parameter"),
    [
        ("/blocks/2024-11-17T07:05:00Z", "start"),
        ("/blocks/2024-11-17T07:00:00.001Z", "start"),
        ("/blocks/2024-11-17T07:00:00", "start"),
        ("/blocks/1731826800", "start"),
        ("/blocks/yesterday", "start"),
        ("/blocks/0001-01-01T00:00:00%2B14:00", "start"),
        ("/blocks/9999-12-31T23:50:00-14:00", "start"),
        (f"/blocks/{HOUR}?bbox=1,2,3", "bbox"),
        (f"/blocks/{HOUR}?bbox=1,nan,3,4", "bbox"),
        (f"/blocks/{HOUR}?bbox=1,9,3,4", "bbox"),
        (f"/blocks/{HOUR}?f=xml", "f"),
        (f"/blocks/{HOUR}?before=perhaps", "before"),
        (f"/blocks/{HOUR}?version={'9' * 65}", "version"),
        (f"/blocks/{HOUR}?f=json&f=arrow", "f"),
        (f"/blocks/{HOUR}?start=1", "start"),
        ("?from=2024-11-18T00:00:00Z&to=2024-11-17T00:00:00Z", "from"),
        ("?from=2024", "from"),
    ],
)
def test_what_cannot_be_asked_is_named(client, path, parameter):
    answer = client.get(f"/api/v1/replays{path}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"] == parameter


@pytest.mark.parametrize("start", ["0001-01-01T00:00:00Z", "9999-12-31T23:50:00Z"])
def test_the_ends_of_time_are_empty(client, start):
    answer = client.get(f"/api/v1/replays/blocks/{start}", params={"before": "true"})
    assert (answer.status_code, answer.json()["fixes"]) == (200, 0)
