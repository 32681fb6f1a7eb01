"""`cablewatch decode`: archives to one table of fixes, or NMEA logs to lines of all messages."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cablewatch.commands.options import (
    FormatOption,
    MapOption,
    MaxBytesOption,
    MaxLinesOption,
    Paths,
    ZoneOption,
    places,
)
from cablewatch.commands.terminal import progress, say_errors
from cablewatch.output.text import printable

if TYPE_CHECKING:
    from cablewatch.usecases.decode import Decoded
    from cablewatch.usecases.messages import Messages


def decode(
    paths: Paths,
    output: Annotated[
        Path,
        typer.Option(
            "-o", "--output", help=".parquet or .csv of fixes; with --all .jsonl, - is a stream"
        ),
    ],
    every_message: Annotated[
        bool, typer.Option("--all", help="All messages of NMEA logs, all fields, as JSON lines")
    ] = False,
    format: FormatOption = None,
    columns: MapOption = None,
    zone: ZoneOption = None,
    max_bytes: MaxBytesOption = None,
    max_lines: MaxLinesOption = None,
) -> None:
    """Decode archives into a table of fixes that replay reads back, or into all messages.

    Examples: cablewatch decode receiver.nmea -o fixes.parquet;
    cablewatch decode --all receiver.nmea -o messages.jsonl
    """
    from cablewatch.arguments import read_options

    options = read_options(
        format=format, columns=columns, zone=zone, max_bytes=max_bytes, max_lines=max_lines
    )
    result: Decoded | Messages
    with progress("Decoding") as advance:
        if every_message:
            from cablewatch.usecases.messages import write_messages

            result = write_messages(places(paths), output, options=options, progress=advance)
        else:
            from cablewatch.usecases.decode import decode as use_case

            result = use_case(places(paths), output, options=options, progress=advance)
    out = sys.stderr if every_message and str(output) == "-" else sys.stdout
    written = f"not written: {output}" if result.failed else f"in {output}"
    print(printable(f"{result.summary} {written}"), file=out)
    for reason, count in sorted(result.refused.counts.items()):
        example = result.refused.examples.get(reason)
        first = f"; first: {example}" if example else ""
        print(printable(f"  refused {count:,}: {reason}{first}"), file=out)
    say_errors(result.strays, result.errors)
