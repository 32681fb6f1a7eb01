"""Every command is documented, and every documented command exists."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def leaves(command: object, path: str) -> Iterator[tuple[str, str]]:
    """Paths such as `cablewatch cables check`, each with its help text."""
    below = getattr(command, "commands", {})
    if not below:
        yield path, getattr(command, "help", None) or ""
    for name, child in below.items():
        yield from leaves(child, f"{path} {name}")


@pytest.fixture(scope="module")
def commands() -> dict[str, str]:
    """Help text by command."""
    cli = pytest.importorskip("cablewatch.cli", reason="the command line is not there yet")
    typer = pytest.importorskip("typer")
    return dict(leaves(typer.main.get_command(cli.app), "cablewatch"))


def test_each_command_says_what_it_does(commands: dict[str, str]) -> None:
    assert [path for path, text in commands.items() if not text.strip()] == []


def test_readme_shows_the_commands_there_are(commands: dict[str, str]) -> None:
    blocks = re.findall(r"(?ms)^```sh\n(.*?)^```", (ROOT / "README.md").read_text())
    shown = [line for block in blocks for line in block.splitlines()]
    used = [line for line in shown if line.startswith("cablewatch ")]
    for path in commands:
        assert any(re.match(rf"{path}\b", line) for line in used), f"the README leaves out {path}"
    for line in used:
        assert any(re.match(rf"{path}\b", line) for path in commands), f"no command for: {line}"
