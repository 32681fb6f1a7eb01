"""What commands say to the person at the terminal, apart from results: on the error stream."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import typer

from cablewatch.errors import ArchiveError
from cablewatch.output.text import printable


def say(text: str) -> None:
    """Say a line; names in it may come from ships and files."""
    print(printable(text), file=sys.stderr, flush=True)


def say_errors(strays: Sequence[ArchiveError], errors: Sequence[ArchiveError]) -> None:
    """Name the files passed over and those that failed; only the latter end with code 2."""
    for stray in strays:
        say(f"cablewatch: passed over: {stray}")
    for error in errors:
        say(f"cablewatch: {error}")
    if errors:
        raise typer.Exit(2)


def announce_compiling() -> None:
    """Say that the detectors are compiled first, where this machine has not done so yet."""
    from cablewatch.engine.kernels import fold
    from cablewatch.jit import is_compiled

    if not is_compiled(fold):
        say("Compiling the detectors for this machine, once: one to three minutes ...")


@contextmanager
def progress(what: str) -> Iterator[Callable[[int, int], None]]:
    """A progress bar on the terminal's error stream; nothing where there is no terminal."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
