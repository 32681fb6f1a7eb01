"""What all live sources have in common.

A feed connects, hands out what it receives as whole lines in the order they came, and ends when the
connection does. To connect again, to wait longer each time and to notice that nothing comes any
more is not its business (``keeping``), nor what the lines mean (``intake``).
"""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from cablewatch.errors import CablewatchError, UsageError
from cablewatch.output.text import Json

Box = tuple[float, float, float, float]
"""West, south, east and north, in degrees."""
WORLD: Box = (-180.0, -90.0, 180.0, 90.0)
OWN_AUTHORITY = "check its certificate; SSL_CERT_FILE names that of an authority of your own"


class FeedError(CablewatchError):
    """A source cannot be reached, was cut, or says what no source of its kind does."""


class Received(NamedTuple):
    """Whole lines of a source, and when the last of them had come.

    `at_ms` is None where the lines were recorded, and their own times count. `position` is where
    the source goes on behind them, in words of its own, where it can go back. Parts of messages are
    joined within one `sender` alone: a source that hears several names them. `lost` is how many
    messages are known to have been sent before this one, and are gone.
    """

    data: bytes
    at_ms: int | None
    position: Json | None = None
    sender: str = ""
    lost: int = 0


@dataclass(frozen=True)
class Source:
    """What is said of a source before it is opened.

    Attributes
    ----------
    name : str
        Shown; names its state and its recordings, and is the station of sentences that name none.
        Never a password.
    format : str
        What its lines are: ``nmea``, ``aisstream``, ``digitraffic`` or ``ais-catcher``.
    waits : bool
        It sends no more than is taken: a file, or a broker that keeps what was not confirmed.
    silence_s : float
        After so long without a byte it is taken for cut; 0 is never.
    """

    name: str
    format: str
    waits: bool
    silence_s: float


def behind(source: Source, since: Json | None, *said: str) -> list[Any] | None:
    """What a position says under these names; None without one.

    Raises
    ------
    UsageError
        It is one of a source of another kind, which had the same name.
    """
    if since is None:
        return None
    if since.keys() != set(said):
        what = "the store knows another kind of source by this name"
        raise UsageError(source.name, what, "name this one otherwise: ?name=")
    return [since[name] for name in said]


class Feed(Protocol):
    """A live source."""

    @property
    def source(self) -> Source:
        """What it is."""

    def received(self, since: Json | None) -> AsyncGenerator[Received]:
        """Connect, and hand out what comes until the connection ends.

        Parameters
        ----------
        since : dict, optional
            A position that was handed out with what was taken last; what came before it is not
            sent again, by sources that can go back.

        Returns
        -------
        async iterator of Received
            It ends where the source itself has come to its end, as a file does.

        Raises
        ------
        FeedError
            The source cannot be reached, or the connection ended.
        UsageError
            The position is of another kind of source.
        """

    async def confirm(self, position: Json) -> None:
        """All up to a position is safe: the source may forget it."""
