r"""JSON lines of AIS-catcher: JSON_NMEA, JSON_SPARSE and JSON_FULL.

Lines that carry the sentences (``nmea``) go through our own decoder, each sentence behind a tag
block ``\s:<station_id>,c:<rxuxtime>*hh\``, so that what a message says is decided in one place.
Lines without are read by their fields, which are gpsd's (scaled). The time is ``rxuxtime`` (Unix
seconds, with a fraction or not), else ``rxtime``.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cached_property, reduce
from operator import xor
from typing import Any, ClassVar

from cablewatch.archives.changes import LastSaid
from cablewatch.archives.compression import Container
from cablewatch.archives.gpsd import ais_report, heard
from cablewatch.archives.jsonfile import Chunk, JsonArchive
from cablewatch.archives.nmea import Sentences
from cablewatch.archives.options import ReadOptions
from cablewatch.archives.records import Refusal, Report
from cablewatch.archives.times import texts_ms
from cablewatch.batches import Batch
from cablewatch.fixes import Stations

UNSAFE = re.compile(r"[^A-Za-z0-9._-]")  # in a name inside a tag block
MAX_PARTS = 9  # sentences of one message


class AisCatcher(JsonArchive):
    """Reader of AIS-catcher's JSON lines."""

    format: ClassVar[str] = "ais-catcher"
    keeps_order: ClassVar[bool] = True

    def __init__(self, container: Container, stations: Stations, options: ReadOptions) -> None:
        super().__init__(container, stations, options)
        self._lines_of_chunk: list[bytes] = []

    @cached_property
    def _sentences(self) -> Sentences:
        return Sentences(str(self.path), self._stations, self.refused)

    def _read(self) -> Iterator[Batch]:
        yield from super()._read()
        yield self._sentences.flush()

    def heard(self, record: dict[str, Any]) -> bytes | None:
        """Time of receipt, as text."""
        return heard(record) or self._came

    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """A message by its fields; None where its sentences say it."""
        if record.get("class") != "AIS":
            return None
        sentences = record.get("nmea")
        if not isinstance(sentences, list) or not sentences:
            return ais_report(record, self.heard(record))
        tag = _tag(record, self.heard(record))
        if tag is None:
            return Refusal("no_time")
        self._lines_of_chunk += [tag + _line(sentence) for sentence in sentences[:MAX_PARTS]]
        return None

    def _batch(self, chunk: Chunk, last: LastSaid) -> Batch:
        by_fields = super()._batch(chunk, last)
        decoded = self._sentences.feed(b"".join(self._lines_of_chunk))
        self._lines_of_chunk.clear()
        return Batch.joined([by_fields, decoded])


def _tag(record: Mapping[str, Any], time: bytes | None) -> bytes | None:
    """Tag block with station and time; None where there is no time."""
    if time is None:
        return None
    t_ms = int(texts_ms([time], ("unix", "compact", "iso"))[0])
    station = UNSAFE.sub("_", str(record.get("station_id") or ""))
    said = (f"s:{station}," if station else "") + f"c:{max(t_ms, 0)}"
    return f"\\{said}*{reduce(xor, said.encode(), 0):02X}\\".encode()


def _line(sentence: object) -> bytes:
    """A sentence as a line of a log."""
    text = sentence if isinstance(sentence, str) else ""
    return text.strip().replace("\n", " ").encode("latin-1", "replace") + b"\n"
