"""The intake: what was received is in the journal before anything else is made of it.

Where the journal cannot be written, on a full disk, entries wait here and are neither judged nor
confirmed. Whoever hands them over leaves the next ones to their sources meanwhile.
"""

import logging
from collections.abc import Sequence

from cablewatch.archives.recording import Entry, Senders
from cablewatch.errors import StoreError
from cablewatch.stores.journal import Journal

log = logging.getLogger(__name__)


class Intake:
    """Writes entries to a journal, each once.

    Attributes
    ----------
    stuck : StoreError or None
        Why the last attempt failed.
    """

    def __init__(self, journal: Journal, senders: Senders) -> None:
        self._journal, self._senders = journal, senders
        self._waiting: list[Entry] = []
        self.stuck: StoreError | None = None

    def take(self, received: Sequence[Entry], at_ms: int) -> list[Entry]:
        """What is in the journal now, of what waited and what has come."""
        self._waiting += received
        if not self._waiting:
            return []
        try:
            if self._journal.is_due(at_ms):
                self._journal.begin(at_ms)
                self._senders.begin()
            self._journal.write(self._waiting)
        except StoreError as error:
            if self.stuck is None:
                log.error("what comes waits, and is not judged: %s", error)
            self.stuck = error
            return []
        if self.stuck is not None:
            log.warning("the journal is written again")
        self.stuck = None
        kept, self._waiting = self._waiting, []
        return kept
