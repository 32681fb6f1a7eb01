"""Messages: every AIS message of NMEA logs, all its fields, as a line of JSON."""

import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TextIO

from cablewatch.ais.messages import lines
from cablewatch.archives import Archive, ReadOptions, Refused, opened
from cablewatch.archives.nmea import NmeaLog
from cablewatch.archives.options import DEFAULTS
from cablewatch.errors import ArchiveError, UsageError
from cablewatch.fixes import Stations
from cablewatch.places import Place
from cablewatch.usecases.output import whole

STANDARD_OUTPUT = Path("-")
LISTED_ALL_THE_SAME = ("no_time", "ambiguous_time")
"""Reasons that cost a fix and not the message."""


@dataclass
class Messages:
    """What was written, and what was not."""

    types: Counter[int] = field(default_factory=Counter)  # messages by type
    unread: int = 0  # of these, messages that pyais could not read
    refused: Refused = field(default_factory=Refused)
    errors: list[ArchiveError] = field(default_factory=list)
    strays: list[ArchiveError] = field(default_factory=list)  # files in folders, no logs

    @property
    def failed(self) -> bool:
        """Whether nothing came of it: no file was written then."""
        return bool(self.errors) and not self.types

    @property
    def summary(self) -> str:
        """What was written, in words."""
        said = f"{self.types.total():,} messages of {len(self.types)} types"
        return said + (f", {self.unread:,} of them not read" if self.unread else "")


def write_messages(
    paths: Sequence[Place],
    output: Path,
    *,
    options: ReadOptions = DEFAULTS,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Messages:
    """Write every message of NMEA logs as ``.jsonl``, or to standard output (``-``).

    File by file in time order, each in its own. A reader who closes standard output ends the run.

    Raises
    ------
    ArchiveError, UsageError
        No log can be opened, or the output's ending is another.
    """
    if output != STANDARD_OUTPUT and output.suffix != ".jsonl":
        raise UsageError(str(output), "unknown ending", "end it in .jsonl, or give - for a stream")
    stations = Stations()
    source = opened(paths, options, stations)
    result = Messages(errors=source.errors, strays=source.strays)
    logs = _logs(source.archives, result)
    total, before = sum(log.size_bytes for log in logs), 0
    with _writing(output, logs, result) as file:
        for log in logs:
            start = before

            def advance(read: int, start: int = start) -> None:
                progress(start + read, total)

            try:
                for decoded in log.messages(advance):
                    for line in lines(decoded, stations):
                        file.write(json.dumps(line, separators=(",", ":")) + "\n")
                        result.types[line["type"]] += 1
                        result.unread += "error" in line
            except ArchiveError as error:
                result.errors.append(error)
            before += log.size_bytes
            result.refused.merge(log.refused)
    for reason in LISTED_ALL_THE_SAME:
        result.refused.counts.pop(reason, None)
    return result


def _logs(archives: Sequence[Archive], result: Messages) -> list[NmeaLog]:
    """The archives that hold sentences; the others are errors."""
    logs = []
    for archive in archives:
        if isinstance(archive, NmeaLog):
            logs.append(archive)
        else:
            what = f"{archive.format} holds no NMEA sentences"
            result.errors.append(ArchiveError(str(archive.path), what, "give NMEA logs to --all"))
    if not logs and result.errors:
        raise result.errors[0]
    return logs


@contextmanager
def _writing(output: Path, logs: Sequence[NmeaLog], result: Messages) -> Iterator[TextIO]:
    """A file that has its name once it is whole, or standard output."""
    if output != STANDARD_OUTPUT:
        with whole(output, [log.path for log in logs]) as unfinished:
            with unfinished.open("w", encoding="ascii") as file:
                yield file
            if result.failed:
                unfinished.unlink()
        return
    try:
        yield sys.stdout
        sys.stdout.flush()
    except BrokenPipeError:  # the reader has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
