"""Row groups of a Parquet file that may hold what is asked for, by their statistics.

A group is passed over where all its times lie outside the span, or all its MMSIs beside the ships;
its static data and its refusals are then not read either. Without statistics it is read.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, NamedTuple

import numpy as np

from cablewatch.archives.rows import NO_TIME_MS
from cablewatch.archives.selection import Selection
from cablewatch.archives.spec import TableSpec
from cablewatch.archives.times import texts_ms, unix_ms
from cablewatch.units import DAY_MS

TEXT_SLACK_MS = DAY_MS  # texts with different offsets sort by their clocks


class Group(NamedTuple):
    """A row group: its number, and how many rows precede it."""

    number: int
    first_row: int


class Statistics:
    """What the footer of a Parquet file says of its row groups.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    spec : TableSpec
        Format of the table.
    fields : mapping
        Names of the columns by field.
    zone : tzinfo
        Zone of times that have none.
    """

    def __init__(
        self, metadata: Any, spec: TableSpec, fields: Mapping[str, str], zone: tzinfo
    ) -> None:
        self._metadata = metadata
        self._spec = spec
        self._zone = zone
        places = {name: k for k, name in enumerate(metadata.schema.names)}
        self._time, self._mmsi = (places.get(fields[field]) for field in ("time", "mmsi"))

    def wanted_groups(self, selection: Selection) -> Iterator[Group]:
        """Groups to be read, in their order."""
        first_row = 0
        for number in range(self._metadata.num_row_groups):
            span = self._span(number)
            if (span is None or selection.may_hold(*span)) and self._has_ship(number, selection):
                yield Group(number, first_row)
            first_row += self._metadata.row_group(number).num_rows

    def span(self) -> tuple[int, int] | None:
        """First and last time of the file; None unless every row group states its own."""
        spans = [self._span(number) for number in range(self._metadata.num_row_groups)]
        stated = [span for span in spans if span is not None]
        if not stated or len(stated) < len(spans):
            return None
        return min(first for first, _ in stated), max(last for _, last in stated)

    def _span(self, number: int) -> tuple[int, int] | None:
        """First and last time of a group, UTC milliseconds."""
        least_and_most = self._extremes(number, self._time)
        if least_and_most is None:
            return None
        first_ms, last_ms = (self._ms(value) for value in least_and_most)
        if NO_TIME_MS in (first_ms, last_ms):
            return None
        slack_ms = TEXT_SLACK_MS if isinstance(least_and_most[0], str | bytes) else 0
        return first_ms - slack_ms, last_ms + slack_ms + 1  # what is finer than 1 ms is cut off

    def _has_ship(self, number: int, selection: Selection) -> bool:
        least_and_most = self._extremes(number, self._mmsi)
        if selection.mmsi is None or least_and_most is None:
            return True
        least, most = least_and_most
        if not isinstance(least, int | float):
            return True
        return any(least <= ship <= most for ship in selection.mmsi)

    def _extremes(self, number: int, column: int | None) -> tuple[Any, Any] | None:
        if column is None:
            return None
        statistics = self._metadata.row_group(number).column(column).statistics
        if statistics is None or not statistics.has_min_max:
            return None
        return statistics.min, statistics.max

    def _ms(self, value: Any) -> int:
        """Time of a statistic in ms UTC; NO_TIME_MS where it tells none."""
        if isinstance(value, datetime):
            moment = value if value.tzinfo else value.replace(tzinfo=self._zone)
            return int(moment.timestamp() * 1000)
        if isinstance(value, str | bytes):
            text = value.encode() if isinstance(value, str) else value
            # the order of texts is that of times in ISO 8601 only
            forms = [form for form in self._spec.times if form == "iso"]
            return int(texts_ms([text], forms, self._zone)[0])
        if isinstance(value, int | float):
            return int(unix_ms(np.array([value], np.float64))[0])
        return int(NO_TIME_MS)
