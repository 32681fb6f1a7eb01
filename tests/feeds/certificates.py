"""An authority of a test's own, and a certificate of it for this machine."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-noenc")


class Certificates(NamedTuple):
    """Files: the authority's certificate, the server's and its key."""

    authority: Path
    server: Path
    key: Path


def made(folder: Path) -> Certificates:
    """Make both; a test is skipped where OpenSSL is not installed."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not installed")

    def run(name: str, *said: str) -> Path:
        out = folder / f"{name}.crt"
        files = ["-out", str(out), "-keyout", str(folder / f"{name}.key")]
        command = [program, "req", "-x509", *KEY, "-days", "2", *files, *said]
        subprocess.run(command, check=True, capture_output=True)
        return out

    usage = "keyUsage=critical,keyCertSign"
    authority = run("authority", "-subj", "/CN=authority", "-addext", usage)
    issued = ["-CA", str(authority), "-CAkey", str(folder / "authority.key")]
    issued += ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=CA:FALSE"]
    server = run("server", "-subj", "/CN=server", *issued)
    return Certificates(authority, server, folder / "server.key")
