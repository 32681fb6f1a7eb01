"""Times of Parquet row groups from their statistics, so that whole groups can be passed over."""

from datetime import UTC, datetime, tzinfo
from typing import Any

from cablewatch.archives.selection import Selection


def group_spans(metadata: Any, column: str, zone: tzinfo = UTC) -> list[tuple[int, int] | None]:
    """First and last time (UTC milliseconds) of each row group; None where nothing is stated.

    Parameters
    ----------
    metadata : pyarrow.parquet.FileMetaData
    column : str
        Name of a timestamp column; any other kind states nothing.
    zone : tzinfo
        Zone of timestamps that have none.
    """
    names = metadata.schema.names
    if column not in names:
        return [None] * metadata.num_row_groups
    at = names.index(column)
    groups = (metadata.row_group(k).column(at) for k in range(metadata.num_row_groups))
    return [_span(group.statistics, zone) for group in groups]


def file_span(metadata: Any, column: str, zone: tzinfo = UTC) -> tuple[int, int] | None:
    """First and last time of the file; None unless every row group states its own."""
    spans = [span for span in group_spans(metadata, column, zone) if span is not None]
    if not spans or len(spans) < metadata.num_row_groups:
        return None
    return min(first for first, _ in spans), max(last for _, last in spans)


def wanted_groups(
    metadata: Any, column: str, selection: Selection, zone: tzinfo = UTC
) -> list[int]:
    """Row groups that may hold something of the selection's time."""
    spans = group_spans(metadata, column, zone)
    return [k for k, span in enumerate(spans) if span is None or selection.may_hold(*span)]


def _span(statistics: Any, zone: tzinfo) -> tuple[int, int] | None:
    if statistics is None or not statistics.has_min_max:
        return None
    first, last = statistics.min, statistics.max
    if not isinstance(first, datetime) or not isinstance(last, datetime):
        return None
    return _ms(first, zone), _ms(last, zone) + 1  # what is finer than a millisecond is cut off


def _ms(moment: datetime, zone: tzinfo) -> int:
    moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return int(moment.timestamp() * 1000)
