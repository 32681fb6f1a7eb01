"""A PostgreSQL server of one's own, which is stopped and started again."""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.durability.clients import free_port
from tests.patience import DEADLINE_S

DEBIAN = Path("/usr/lib/postgresql")


class Cluster:
    """A server in a folder of its own, on a port of loopback."""

    def __init__(self, folder: Path, tools: Path, user: dict[str, Any]) -> None:
        self._folder, self._tools, self._user = folder, tools, user
        self._port = free_port()
        self._run("initdb", "--auth=trust", "--username=postgres", "--encoding=UTF8")
        self.start()

    @property
    def url(self) -> str:
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    def start(self) -> None:
        """Start it, and wait until it takes connections."""
        said = f"-p {self._port} -c listen_addresses=127.0.0.1 -k {self._folder}"
        self._control("start", "-o", said, "-l", str(self._folder / "log"))

    def stop(self, mode: str) -> None:
        """Stop it: ``fast`` rolls back and ends in order, ``immediate`` is as a crash."""
        self._control("stop", "-m", mode)

    def _control(self, what: str, *options: str) -> None:
        self._run("pg_ctl", what, "-w", "-t", str(int(DEADLINE_S)), *options)

    def _run(self, tool: str, *options: str) -> None:
        command = [str(self._tools / tool), *options, "-D", str(self._folder / "data")]
        with (self._folder / "told").open("ab") as told:  # a pipe would be held by the server
            done = subprocess.run(
                command, stdout=told, stderr=told, cwd=self._folder, check=False, **self._user
            )
        assert done.returncode == 0, (self._folder / "told").read_text()[-2000:]


def tools() -> Path | None:
    """The folder of the server's programs; None where there is none."""
    found = shutil.which("pg_ctl")
    if found is not None and (Path(found).parent / "initdb").exists():
        return Path(found).parent
    debian = sorted(DEBIAN.glob("*/bin/initdb"), key=lambda path: int(path.parts[-3]))
    return debian[-1].parent if debian else None


@contextmanager
def running_cluster() -> Iterator[Cluster]:
    """A server that ends with the test; skipped where its programs are absent."""
    found = tools()
    if found is None:
        pytest.skip(f"no initdb on the path or in {DEBIAN}")
    folder = Path(tempfile.mkdtemp(prefix="cablewatch-"))
    user: dict[str, Any] = {}
    if os.geteuid() == 0:  # the server does not run as root
        someone = _someone()
        os.chown(folder, someone.pw_uid, someone.pw_gid)
        user = {"user": someone.pw_uid, "group": someone.pw_gid, "extra_groups": []}
    try:
        cluster = Cluster(folder, found, user)
        try:
            yield cluster
        finally:
            cluster.stop("immediate")
    finally:
        shutil.rmtree(folder)


def _someone() -> pwd.struct_passwd:
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    pytest.skip("neither postgres nor nobody is a user, and root may run no server")
