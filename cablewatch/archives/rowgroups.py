"""Row groups of a Parquet file that may hold what is asked for, by their statistics.

A group is passed over where all its times lie outside the span, or all its MMSIs beside the ships;
its static data and its refusals are then not read either. Without statistics it is read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

import numpy as np

from cablewatch.archives.options import ReadOptions
from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.archives.spec import TableSpec
from cablewatch.archives.times import texts_ms, unix_ms
from cablewatch.units import DAY_MS

TEXT_SLACK_MS = DAY_MS  # texts with different offsets sort by their clocks


class Group(NamedTuple):
    """A row group: its number, and how many rows precede it."""

    number: int
    first_row: int


def wanted_groups(
    file: Any, spec: TableSpec, fields: Mapping[str, str], options: ReadOptions
) -> Iterator[Group]:
    """Groups of an open ``ParquetFile`` to be read, in their order."""
    metadata = file.metadata
    first_row = 0
    for number in range(metadata.num_row_groups):
        group = metadata.row_group(number)
        ranges = _ranges(group)
        if _timely(ranges.get(fields["time"]), spec, options) and _of_ships(
            ranges.get(fields["mmsi"]), options.selection.mmsi
        ):
            yield Group(number, first_row)
        first_row += group.num_rows


def _ranges(group: Any) -> dict[str, tuple[Any, Any]]:
    """Least and greatest value of the columns that have both."""
    found = {}
    for k in range(group.num_columns):
        column = group.column(k)
        statistics = column.statistics
        if statistics is not None and statistics.has_min_max:
            found[column.path_in_schema] = (statistics.min, statistics.max)
    return found


def _timely(span: tuple[Any, Any] | None, spec: TableSpec, options: ReadOptions) -> bool:
    if span is None:
        return True
    first_ms, last_ms = (_ms(value, spec, options.zone) for value in span)
    if NO_TIME_MS in (first_ms, last_ms):
        return True
    slack_ms = TEXT_SLACK_MS if isinstance(span[0], str | bytes) else 0
    return options.selection.may_hold(first_ms - slack_ms, last_ms + slack_ms)


def _ms(value: Any, spec: TableSpec, zone: tzinfo) -> int:
    """Time of a statistic in ms UTC; NO_TIME_MS where it tells none."""
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=zone)
        return round(moment.timestamp() * 1000)
    if isinstance(value, str | bytes):
        text = value.encode() if isinstance(value, str) else value
        # the order of texts is that of times in ISO 8601 only
        return int(texts_ms([text], [form for form in spec.times if form == "iso"], zone)[0])
    if isinstance(value, int | float):
        return int(unix_ms(np.array([value], np.float64))[0])
    return int(NO_TIME_MS)


def _of_ships(span: tuple[Any, Any] | None, ships: frozenset[int] | None) -> bool:
    if span is None or ships is None or not isinstance(span[0], int | float):
        return True
    return any(span[0] <= ship <= span[1] for ship in ships)
