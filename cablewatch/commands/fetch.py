"""`cablewatch fetch`: announce, ask, download, say what is there."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.terminal import say
from cablewatch.errors import FetchError, UsageError

if TYPE_CHECKING:
    from cablewatch.usecases.fetch import Plan

UNASKED_BYTES = 1_000_000_000  # without a terminal, more than this wants --yes


def fetch_archives(
    source: Annotated[str, typer.Argument(help="dma (Danish waters) or marinecadastre (US)")],
    days: Annotated[
        str, typer.Argument(help="2024-11-16, 2024-11-16..18, 2024-11-16..2024-12-02, 2023-05")
    ],
    into: Annotated[Path, typer.Option(help="Folder for the archives")] = Path(),
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
    base_url: Annotated[
        str | None, typer.Option(help="A mirror, with the publisher's paths below it")
    ] = None,
) -> None:
    """Download daily archives; a run that was cut goes on where it ended.

    Says source, terms, files and size first, and asks. Without a terminal it goes on up to 1 GB,
    and beyond that only with --yes. What is complete already is left alone.

    Example: cablewatch fetch dma 2024-11-16..18 --into november
    """
    try:
        from cablewatch.usecases.fetch import (
            SOURCES,
            Patience,
            connect,
            fetch,
            make_plan,
            parse_span,
        )
        from cablewatch.usecases.fetch.plan import absence
    except ModuleNotFoundError as error:
        raise UsageError(
            "fetch", f"{error.name} is not installed", "pip install 'cablewatch[fetch]'"
        ) from error
    if source not in SOURCES:
        raise UsageError(source, "no such source", f"name one of {', '.join(SOURCES)}")
    span, patience = parse_span(days), Patience()
    with connect(patience) as client:
        plan = make_plan(client, SOURCES[source], span, into, patience, base_url)
        _announce(plan)
        errors = [absence(plan.source, plan.absent)] if plan.absent else []
        if plan.to_fetch:
            _ask(plan, yes)
            try:
                with _progress(plan.n_kept, plan.n_kept + plan.n_bytes) as tell:
                    errors += fetch(client, plan, tell, patience)
            except KeyboardInterrupt:
                say("cablewatch: interrupted; what came is kept, run it again")
                raise typer.Exit(130) from None
    _conclude(plan, errors)


def _announce(plan: "Plan") -> None:
    """Say what will be fetched, from whom and on what terms, before it is."""
    say(f"Source: {plan.source.title}")
    say(f"Terms: {plan.source.licence}")
    for item in plan.items:
        size = "size unknown" if item.version.size is None else _size(item.version.size)
        there = " (complete)" if item.complete else f" ({_size(item.kept)} kept)" * bool(item.kept)
        say(f"  {item.url}  {size}{there}")
    more = "" if plan.sizes_known else ", and files of unknown size"
    say(f"{len(plan.to_fetch)} of {len(plan.items)} files, {_size(plan.n_bytes)}{more} to fetch")


def _ask(plan: "Plan", yes: bool) -> None:
    """Return if the user agrees, or has agreed."""
    if yes:
        return
    if sys.stdin.isatty():
        if not typer.confirm(f"Fetch into {plan.into}?", err=True):
            raise typer.Exit(0)
    elif plan.n_bytes > UNASKED_BYTES or not plan.sizes_known:
        raise UsageError("fetch", f"{_size(plan.n_bytes)} or more, and nobody to ask", "add --yes")


def _conclude(plan: "Plan", errors: list[FetchError]) -> None:
    there = [item for item in plan.items if item.target.exists()]
    for item in there:
        print(item.target)
    for error in errors:
        say(f"cablewatch: {error}")
    if errors:
        raise typer.Exit(2)
    say(f"Next: cablewatch replay {' '.join(str(item.target) for item in there[:3])}")


@contextmanager
def _progress(kept: int, total: int) -> Iterator[Callable[[int], None]]:
    """A bar with size, rate and time left, on a terminal's error stream."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    columns = BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn()
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task("fetch", total=total or None, completed=kept)
        yield lambda count: bar.advance(task, count)


def _size(count: int) -> str:
    return f"{count / 1e9:,.2f} GB" if count >= 1e8 else f"{count / 1e6:,.1f} MB"
