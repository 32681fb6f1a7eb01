"""A client in TypeScript, made from the document of the API, against the service itself."""

import hashlib
import os
import re
import shutil
import subprocess
from pathlib import Path

import platformdirs
import pytest
from serving import running

HERE = Path(__file__).parent / "typescript"
DOCS = Path(__file__).parents[3] / "docs" / "api.md"
LOCKED = ("package.json", "package-lock.json", ".npmrc")
CODE = ("tsconfig.json", "alerts.ts", "strict.ts")
UNREACHABLE = re.compile("ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|EHOSTUNREACH")

pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None or shutil.which("node") is None,
    reason="Node and npm are not installed",
)


def ran(folder, *command):
    """What a command prints, which must end well."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def packages():
    """The locked packages, installed once on this machine, outside the tree."""
    lock = hashlib.sha256(b"".join((HERE / name).read_bytes() for name in LOCKED)).hexdigest()
    kept = Path(platformdirs.user_cache_dir("cablewatch")) / "clients" / lock[:16]
    if not kept.exists():
        made = kept.with_name(f"{lock[:16]}.{os.getpid()}")
        made.mkdir(parents=True)
        try:
            _install(made)
            made.rename(kept)
        except OSError:  # another process was first
            assert kept.exists()
        finally:
            shutil.rmtree(made, ignore_errors=True)
    return kept / "node_modules"


def _install(folder):
    for name in LOCKED:
        shutil.copy(HERE / name, folder)
    options = ("--ignore-scripts", "--no-audit", "--no-fund", "--fetch-retries=1")
    command = ["npm", "ci", *options, "--fetch-timeout=60000"]
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    except subprocess.TimeoutExpired:
        pytest.skip("the registry of npm does not answer in time")
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("the registry of npm is out of reach")
    assert done.returncode == 0, done.stderr


@pytest.fixture
def workshop(packages, tmp_path_factory):
    """A folder with the client's code and its packages, as in a project of somebody."""
    folder = tmp_path_factory.mktemp("client")
    for name in ("package.json", *CODE):
        shutil.copy(HERE / name, folder)
    (folder / "node_modules").symlink_to(packages)
    return folder


@pytest.mark.parametrize("keyed", [pytest.param(False, marks=pytest.mark.soak), True])
def test_a_client_made_from_the_document_lists_alerts(store, keys, workshop, keyed):
    token = [keys.make("reader", ["read"])[1]] if keyed else []
    with running(store, require_keys=keyed) as server:
        document = f"{server.url}/openapi.json"
        ran(workshop, "npx", "--no", "openapi-typescript", document, "-o", "cablewatch.d.ts")
        ran(workshop, "npx", "--no", "tsc")
        said = ran(workshop, "node", "alerts.js", server.url, *token)
    assert said.splitlines() == [
        "alert003 | anchor_drag | warning | YI PENG 3 | west",
        "alert001 | loitering | watch | <img src=x onerror=alert(1)> | -",
        "alert000 | anchor_drag | critical | YI PENG 3 | west",
        "speed_loss | 0.62 |  | 3.40",
        "limit_cycle | 4.10 | ° | 2.30",
        "prior | - |  | -4.60",
        "422 | Unprocessable Entity | limit",
    ]


def test_the_types_know_every_answer_but_tables(store, workshop):
    """`unknown` for an answer would take every other form of it along."""
    with running(store) as server:
        document = f"{server.url}/openapi.json"
        ran(workshop, "npx", "--no", "openapi-typescript", document, "-o", "cablewatch.d.ts")
    types = (workshop / "cablewatch.d.ts").read_text()
    assert set(re.findall(r'"(\S+)": unknown;', types)) == {"application/vnd.apache.arrow.stream"}
    assert not re.search(r"\bany;|Record<string, unknown>", types)


def test_the_document_shows_this_client():
    (shown,) = re.findall(r"```ts\n(.*?)```", DOCS.read_text(encoding="utf-8"), re.DOTALL)
    assert shown in (HERE / "alerts.ts").read_text()
