"""A command in this process, as from outside: its words, its streams, its exit code.

A process takes two to four seconds to load what a command needs. One is started where that it is a
process counts: for signals, terminals, and what is loaded or compiled.
"""

import sys
from contextlib import chdir
from pathlib import Path
from typing import NamedTuple
from unittest.mock import patch

import pytest
from typer.testing import CliRunner

from cablewatch.cli import main


class Done(NamedTuple):
    """What a command said."""

    stdout: str
    stderr: str


def run(*arguments: object, ok: int = 0, folder: Path | None = None, **environment: str) -> Done:
    """Run `cablewatch`, which must end with the exit code `ok`, in a folder if not in this one."""
    with (
        chdir(folder or Path.cwd()),
        patch.object(sys, "argv", ["cablewatch", *map(str, arguments)]),
        CliRunner().isolation(env=environment) as (stdout, stderr, _),
    ):
        with pytest.raises(SystemExit) as ended:
            main()
        done = Done(stdout.getvalue().decode(), stderr.getvalue().decode())
    assert (ended.value.code or 0) == ok, done
    return done
