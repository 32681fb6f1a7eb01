"""What was packed when the page was built goes out packed, to who takes it."""

import brotli
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from cablewatch.service.static import PackedFiles

PLAIN = b"const ships = 5000;\n" * 300


@pytest.fixture
def client(tmp_path):
    (tmp_path / "main.js").write_bytes(PLAIN)
    (tmp_path / "main.js.br").write_bytes(brotli.compress(PLAIN))
    (tmp_path / "icon.svg").write_bytes(b"<svg/>")
    files = PackedFiles(directory=tmp_path)
    return TestClient(Starlette(routes=[Mount("/assets", files)]))


def get(client, name, accepted, **more):
    return client.get(f"/assets/{name}", headers={"accept-encoding": accepted} | more)


def test_who_takes_brotli_gets_what_was_packed(client):
    answer = get(client, "main.js", "gzip, br")
    assert answer.headers["content-encoding"] == "br"
    assert answer.headers["content-type"].startswith("text/javascript")
    assert int(answer.headers["content-length"]) < len(PLAIN) / 10
    assert answer.content == PLAIN


@pytest.mark.parametrize("accepted", ["gzip", "identity", "br;q=0", "identity, br;q=0.5", ""])
def test_who_does_not_gets_the_file(client, accepted):
    answer = get(client, "main.js", accepted)
    assert "content-encoding" not in answer.headers
    assert (answer.content, int(answer.headers["content-length"])) == (PLAIN, len(PLAIN))


def test_what_is_not_packed_goes_out_as_it_is(client):
    answer = get(client, "icon.svg", "br")
    assert (answer.content, answer.headers["content-type"]) == (b"<svg/>", "image/svg+xml")
    assert "content-encoding" not in answer.headers
    assert get(client, "none.js", "br").status_code == 404


def test_each_form_has_a_tag_of_its_own(client):
    tags = {coding: get(client, "main.js", coding).headers["etag"] for coding in ("br", "gzip")}
    assert tags["br"] != tags["gzip"]
    again = get(client, "main.js", "br", **{"if-none-match": tags["br"]})
    assert (again.status_code, again.content) == (304, b"")
    assert get(client, "main.js", "br", **{"if-none-match": tags["gzip"]}).status_code == 200
