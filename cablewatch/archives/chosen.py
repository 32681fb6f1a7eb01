"""What is asked for of archives, as streams in time order."""

from collections.abc import Callable, Iterator, Sequence

from cablewatch.archives.base import Archive
from cablewatch.archives.external_sort import in_time_order
from cablewatch.batches import Batch
from cablewatch.errors import ArchiveError

Progress = Callable[[int, int], None]
"""Gets bytes read and bytes in all."""


def selected_streams(
    archives: Sequence[Archive],
    errors: list[ArchiveError],
    progress: Progress,
) -> list[Iterator[Batch]]:
    """A stream of selected batches in time order for each archive; faults go to `errors`."""
    total = sum(archive.size_bytes for archive in archives)
    done = [0] * len(archives)

    def stream(k: int, archive: Archive) -> Iterator[Batch]:
        def advance(read: int) -> None:
            done[k] = read
            progress(sum(done), total)

        def selected() -> Iterator[Batch]:
            try:
                for batch in archive.batches(advance):
                    yield archive.options.selection.of(batch)
            except ArchiveError as error:
                errors.append(error)

        yield from selected() if archive.ordered else in_time_order(selected())

    return [stream(k, archive) for k, archive in enumerate(archives)]
