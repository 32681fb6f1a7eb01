"""JSON archives: lines of objects, or documents of many records, in bounded memory.

A file that begins with ``[``, or whose head holds the key of a known list, is a document, read
element by element (``elements``); several documents may follow each other. Anything else is read
line by line. A line that is no JSON is counted; a document that breaks off ends the archive, with
everything before it read.
"""

import json
import re
from abc import abstractmethod
from collections.abc import Iterator
from itertools import chain, islice
from typing import Any, ClassVar, NamedTuple

from cablewatch.archives.changes import LastSaid
from cablewatch.archives.compression import HEAD_BYTES, Block, Head
from cablewatch.archives.disorder import Sampled, samples
from cablewatch.archives.elements import BrokenJson, elements
from cablewatch.archives.packing import AGAIN
from cablewatch.archives.records import TIMES, Gathered, Refusal, Report, time_text
from cablewatch.archives.refused import RowText
from cablewatch.archives.times import texts_ms
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError
from cablewatch.fixes import Array

BLOCK_BYTES = 4 << 20
RECORDS = 2_000  # of a document in one batch
DOCUMENT = (b"{", b"[", b"var ")  # how one begins; the last is one saved as a script
LIST = re.compile(r"\[")
NO_TIME = "no_time"


class Chunk(NamedTuple):
    """Records of one stretch of a file; one that is no object is None."""

    records: Iterator[Any]
    row: RowText


class JsonArchive(Sampled):
    """Base of the JSON readers: a subclass reads one record."""

    lists: ClassVar[tuple[tuple[bytes, re.Pattern[str]], ...]] = ()
    """Text in the head of a document -> what stands before its records."""
    _came: bytes | None = None
    """When lines of a sender came, for those that say no time; None in a file."""

    @abstractmethod
    def report(self, record: dict[str, Any]) -> Report | Refusal | None:
        """What a record says; None to pass over it."""

    def heard(self, record: dict[str, Any]) -> bytes | None:
        """Time of a record as text, in formats that promise order; None where it has none."""
        return None

    def _sampled_times(self) -> Iterator[Array]:
        """Times of some lines, in the order of the file."""
        for block in self._sampled():
            records = (record for record in self._lines(block).records if isinstance(record, dict))
            yield texts_ms([time for r in records if (time := self.heard(r))], TIMES)

    def _sampled(self) -> Iterator[Block]:
        if self._container.packing == "plain":
            yield from samples(self.path, self.size_bytes)
            return
        for member in Head(self.path, self.options).members():
            yield from member.blocks(HEAD_BYTES)

    def record(self, line: bytes) -> Any:
        """The value of one line; ValueError where it is none."""
        return json.loads(line)

    def received(self, data: bytes, at_ms: int | None, last: LastSaid) -> Batch:
        """What whole lines of a sender say that came at `at_ms`, as if they stood in the file."""
        self._came = None if at_ms is None else time_text(at_ms)
        return self._batch(self._lines(Block(str(self.path), 1, data)), last)

    def _read(self) -> Iterator[Batch]:
        last = LastSaid({})
        timed = 0
        for chunk in self._chunks():
            batch = self._batch(chunk, last)
            timed += len(batch.fixes) + len(batch.statics)
            yield batch
        untimed = self.refused.counts[NO_TIME]
        if untimed and not timed:
            raise ArchiveError(
                str(self.path),
                f"no record has a time ({untimed} reports)",
                "give a recording that says when each message was heard",
            )

    def _batch(self, chunk: Chunk, last: LastSaid) -> Batch:
        gathered = Gathered(chunk.row, self.refused)
        for i, record in enumerate(chunk.records):
            read = self.report(record) if isinstance(record, dict) else Refusal("bad_json")
            gathered.add(i, read)
        return gathered.batch(self._latest_ms, last)

    def _chunks(self) -> Iterator[Chunk]:
        """Stretches of all members of this format."""
        from cablewatch.archives.sniff import format_of

        for member in self._container.members():
            blocks = member.blocks(BLOCK_BYTES)
            first = next(blocks, None)
            if first is None:
                continue
            if self._container.packing == "zip" and format_of(first.data, {}) != self.format:
                self.refused.add("other_member", where=member.name)
                continue
            opener = self.opener(first.data)
            if opener is None:
                yield from map(self._lines, chain([first], blocks))
            else:
                yield from self._document(member.name, chain([first], blocks), opener)

    def opener(self, head: bytes) -> re.Pattern[str] | None:
        """What stands before the records of a document; None for lines."""
        head = head.lstrip()
        known = next((opener for key, opener in self.lists if key in head), None)
        if known is not None and head.startswith(DOCUMENT):
            return known
        return LIST if head.startswith(b"[") else None

    def _lines(self, block: Block) -> Chunk:
        lines = block.data.split(b"\n")
        kept = [i for i, line in enumerate(lines) if line.strip()]

        def values() -> Iterator[Any]:
            for i in kept:
                try:
                    yield self.record(lines[i].strip())
                except (ValueError, RecursionError):
                    yield None

        return Chunk(
            values(), lambda k: (f"{block.name}:{block.first_line + kept[k]}", lines[kept[k]])
        )

    def _document(
        self, name: str, blocks: Iterator[Block], opener: re.Pattern[str]
    ) -> Iterator[Chunk]:
        found = elements((block.data for block in blocks), opener, opener is not LIST)
        done = 0
        failure: Exception | None = None
        while failure is None:
            records: list[Any] = []
            try:
                for record in islice(found, RECORDS):
                    records.append(record)  # one by one: those before a failure stay
            except (BrokenJson, ArchiveError) as error:
                failure = error
            yield _listed(records, name, done)
            done += len(records)
            if len(records) < RECORDS and failure is None:
                return
        if isinstance(failure, ArchiveError):
            raise failure
        what = f"the JSON is cut off or damaged after {done} records ({failure})"
        raise ArchiveError(name, what, AGAIN) from failure


def _listed(records: list[Any], name: str, done: int) -> Chunk:
    return Chunk(iter(records), lambda i: (f"{name} record {done + i + 1}", json.dumps(records[i])))
