"""`cablewatch feeds`: what live sources deliver."""

import asyncio
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.terminal import say

if TYPE_CHECKING:
    from cablewatch.feeds.keeping import Health
    from cablewatch.usecases.survey import Survey

feeds_app = typer.Typer(help="What live sources deliver.", no_args_is_help=True)


@feeds_app.command("check")
def check(
    url: Annotated[str, typer.Argument(help="As for 'cablewatch watch'", show_default=False)],
    seconds: Annotated[float, typer.Option(help="How long to listen", min=1.0)] = 30.0,
) -> None:
    """Listen to a source and say what it delivers; nothing is stored.

    Exit code 2 where nothing that can be used came.

    Example: cablewatch feeds check tcp://153.44.253.27:5631
    """
    from cablewatch.feeds.addresses import open_feed
    from cablewatch.usecases.survey import survey

    feed = open_feed(url)
    say(f"Listening to {feed.source.name} for {seconds:g} s ...")
    found = asyncio.run(survey(feed, seconds))
    for name, value in rows(found, seconds):
        print(f"{name:<20}{value}")
    if not found.tally.fixes:
        say(f"cablewatch: {feed.source.name}: no position came; {_why(found.health)}")
        raise typer.Exit(2)


def rows(found: "Survey", seconds: float) -> list[tuple[str, str]]:
    """What is shown of a survey."""
    from cablewatch.live.tallies import AGES_S

    tally = found.tally
    said = [
        ("connection", _connection(found.health)),
        ("lines", f"{found.lines:,} ({found.lines / seconds:.1f} a second)"),
        ("positions", f"{tally.fixes:,} ({tally.fixes / seconds:.1f} a second)"),
        ("static data", f"{tally.statics:,}"),
        ("ships", f"{len(found.ships):,}"),
        ("stations", _names(found.stations)),
    ]
    if tally.fixes:
        timed = 1.0 - found.untimed / tally.fixes
        said.append(("own times", f"{timed:.0%} of positions; receipt stands in for the others"))
    if tally.ages.sum():
        within = ", ".join(
            f"{share:.0%} within {age} s"
            for age, share in zip(AGES_S, tally.ages.cumsum() / tally.ages.sum(), strict=False)
            if age <= 60
        )
        said.append(("age as they came", within))
    if found.box is not None:
        west, south, east, north = found.box
        said.append(("area", f"{south:.2f} to {north:.2f} N, {west:.2f} to {east:.2f} E"))
    for reason, n in found.refused.most_common():
        example = found.examples.get(reason, "")
        said.append(
            ("not accepted", f"{reason} {n:,}" + (f"; first: {example}" if example else ""))
        )
    return said


def _names(stations: set[str]) -> str:
    named = sorted(stations - {""})
    more = f" and {len(named) - 5} more" if len(named) > 5 else ""
    return ", ".join(named[:5]) + more if named else "none named"


def _connection(health: "Health") -> str:
    times = "once" if health.cuts == 1 else f"{health.cuts} times"
    return f"{health.state}, was cut {times}" if health.cuts else health.state


def _why(health: "Health") -> str:
    if health.state == "cut":
        return health.reason
    if health.state == "connecting":
        return "nothing came at all; see whether what sends to it is there"
    return "see whether it sends AIS, and in which format (?format=)"
