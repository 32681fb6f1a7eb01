"""How much of a request is read, and how long its answer may take to begin.

An answer that began is left to the guard of the connection. What runs in a thread cannot be
interrupted: the client is answered in time, and what it asked for ends unheard.
"""

import asyncio
from collections.abc import MutableSet

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from cablewatch.service.errors import refuse

_CLOSE = {"Connection": "close"}  # the rest of the body is not read


class BodyBound:
    """Refuses bodies that are too long (413), by what they say or by what comes."""

    def __init__(self, app: ASGIApp, most: int) -> None:
        self.app = app
        self.most = most

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on; what it reads of the body is counted."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        said = Headers(scope=scope).get("content-length", "0")
        if not said.isdecimal() or int(said) > self.most:
            await refuse(scope, send, 413, self._detail, _CLOSE)
            return
        read = 0

        async def counted() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.most:
                raise HTTPException(413, self._detail, _CLOSE)
            return message

        await self.app(scope, counted, send)

    @property
    def _detail(self) -> str:
        return f"the body of a request may have {self.most} bytes"


class TimeBound:
    """Answers in the place of what takes too long: 408 if the client is late, else 503."""

    def __init__(self, app: ASGIApp, seconds: float) -> None:
        self.app = app
        self.seconds = seconds
        self._unheard: MutableSet[asyncio.Future[None]] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, and wait until its answer begins."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        exchange = _Exchange(receive, send)
        work = asyncio.ensure_future(self.app(scope, exchange.receive, exchange.send))
        begun = asyncio.ensure_future(exchange.begun.wait())
        try:
            await asyncio.wait((work, begun), timeout=self.seconds, return_when="FIRST_COMPLETED")
            if exchange.begun.is_set() or work.done():
                await work
                return
        except asyncio.CancelledError:
            work.cancel()
            raise
        finally:
            begun.cancel()
        exchange.unheard = True
        self._unheard.add(work)
        work.add_done_callback(self._forget)
        if exchange.whole:
            await refuse(scope, send, 503, "it took too long; ask for less", {"Retry-After": "10"})
        else:
            await refuse(scope, send, 408, "the body did not arrive in time", _CLOSE)

    def _forget(self, work: asyncio.Future[None]) -> None:
        self._unheard.discard(work)
        if not work.cancelled():
            work.exception()  # nobody waits for it


class _Exchange:
    """What passes between client and application, until nobody hears it."""

    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self.begun = asyncio.Event()
        self.whole = True  # as far as the application asked for the body
        self.unheard = False

    async def receive(self) -> Message:
        if self.unheard:
            return {"type": "http.disconnect"}
        self.whole = False
        message = await self._receive()
        self.whole = not message.get("more_body", False)
        return message

    async def send(self, message: Message) -> None:
        if not self.unheard:
            self.begun.set()
            await self._send(message)
