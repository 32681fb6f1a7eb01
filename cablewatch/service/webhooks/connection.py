"""One POST to an address that was checked.

The name is resolved once, where the connection is made, and what was checked is what is connected
to: an answer of the DNS that changes later changes nothing. ``Host`` and the certificate are those
of the name. Redirects are not followed, proxies of the environment not used, and of an answer
nothing but status and headers is read. All of it ends in the time that is given.
"""

import ssl
import time
from collections.abc import Iterable
from typing import Any, NamedTuple

import httpcore2

from cablewatch.service.webhooks.destinations import Destinations, RefusedError

SECONDS = 10.0  # for a message, all in all


class Reply(NamedTuple):
    """What a subscriber answered."""

    status: int
    retry_after: str | None


class SendError(Exception):
    """There was no answer."""


def post(
    url: str, headers: dict[str, str], body: bytes, destinations: Destinations, seconds: float
) -> Reply:
    """Send a body; SendError where no answer comes in time, or it must not be sent there."""
    deadline = time.monotonic() + seconds
    timeouts = dict.fromkeys(("connect", "read", "write", "pool"), seconds)
    try:
        with (
            httpcore2.ConnectionPool(
                ssl_context=ssl.create_default_context(),
                network_backend=_Pinned(destinations, deadline),
            ) as pool,
            pool.stream(
                "POST",
                url,
                headers=list(headers.items()),
                content=body,
                extensions={"timeout": timeouts},
            ) as answer,
        ):
            said = {name.lower(): value for name, value in answer.headers}
            after = said.get(b"retry-after")
            return Reply(answer.status, None if after is None else after.decode("latin-1"))
    except RefusedError as error:
        raise SendError(error.what) from error
    except httpcore2.TimeoutException as error:
        raise SendError("no answer in time") from error
    except (
        httpcore2.NetworkError,
        httpcore2.ProtocolError,
        httpcore2.UnsupportedProtocol,
        OSError,
    ) as error:
        raise SendError(str(error)[:200] or type(error).__name__) from error


class _Pinned(httpcore2.NetworkBackend):
    """Connects to addresses that were checked, one after another."""

    def __init__(self, destinations: Destinations, deadline: float) -> None:
        self._destinations, self._deadline = destinations, deadline

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        failure: Exception = OSError("the name has no address")
        for address in self._destinations.addresses(host, port, _left(self._deadline)):
            try:
                stream = httpcore2.SyncBackend().connect_tcp(address, port, _left(self._deadline))
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Timed(stream, self._deadline)
        raise failure


class _Timed(httpcore2.NetworkStream):
    """A stream that ends in time, however slowly its other end speaks."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: float) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _left(self._deadline))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _left(self._deadline))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _left(self._deadline)
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise httpcore2.ReadTimeout("no answer in time")
    return left
