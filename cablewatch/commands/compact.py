"""`cablewatch compact`: days of a store made fast to read, as a job of its own."""

from typing import Annotated

import typer

from cablewatch.commands.terminal import progress, say


def compact(
    store: Annotated[str, typer.Argument(help="Folder of a store, or its URL")],
    parts: Annotated[
        int, typer.Option(min=0, max=10_000, help="Leave alone days of no more parts than this")
    ] = 0,
) -> None:
    """Compact the days of a store: a track, or ten minutes of all ships, from one file.

    Replays and watches do so where days have become many parts; this is for days that were written
    bit by bit, as by a replay each hour, and for those that few parts left as they came. What is
    read meanwhile is whole. A store that a watch or a replay writes into is refused.

    Example: cablewatch compact s3://ais/november
    """
    from cablewatch.places import place_of
    from cablewatch.stores.compaction import compact as use_case
    from cablewatch.stores.days import days
    from cablewatch.stores.folder import TRACKS
    from cablewatch.stores.places import held

    place = place_of(store)
    days(place / TRACKS, 0, 0)  # an absent store has its own words
    with progress("Compacting") as advance, held(place):
        done = use_case(place / TRACKS, parts, advance)
    for day in done:
        print(f"compacted {day}")
    say("compacted all there was" if done else "there was nothing to compact")
