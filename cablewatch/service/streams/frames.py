"""Events as bytes."""

import json
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import aclosing
from time import monotonic
from typing import Any

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event
from starlette.types import Receive, Scope, Send

RETRY_MS = 2_000  # after which a client that was cut comes back
CHUNK_BYTES = 1 << 16  # as much as uvicorn keeps of an answer before it waits for the client

BEGIN = format_sse_event(retry=RETRY_MS)
HEARTBEAT = format_sse_event(comment="")
CLOSING = format_sse_event(comment="the service ends; come back later")
OVER = format_sse_event(comment="the key is revoked or expired")
HOLDS_S = 2.0  # for which nobody asks again whether the key of a client holds


class EventStream(StreamingResponse):
    """An answer that goes on for as long as its client stays, and its key holds."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncGenerator[bytes], status_code: int = 200) -> None:
        self._frames = frames
        unkept = {
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }  # nginx holds nothing back
        super().__init__(frames, status_code, unkept)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Tell what is there to tell, up to the end of the key that the request came with."""
        holds = scope.get("state", {}).get("holds")
        if holds is not None:
            self.body_iterator = _while(holds, self._frames)
        await super().__call__(scope, receive, send)


async def _while(
    holds: Callable[[], Awaitable[bool]], frames: AsyncGenerator[bytes]
) -> AsyncIterator[bytes]:
    """Frames for as long as the key holds, which is asked before one is told, heartbeats too."""
    asked_s = monotonic()
    async with aclosing(frames):
        async for one in frames:
            if monotonic() - asked_s >= HOLDS_S:
                if not await holds():
                    yield OVER
                    return
                asked_s = monotonic()
            yield one


def frame(event: str, said: Any, number: object = None) -> bytes:
    """One event; `number` is where a client goes on that has seen it.

    Text is ASCII: many clients take U+0085, U+2028 and U+2029 for ends of lines, as Python does.
    """
    text = json.dumps(said, separators=(",", ":"), allow_nan=False)
    return text_frame(event, text, number)


def text_frame(event: str, text: str, number: object = None) -> bytes:
    """The same of JSON on one line."""
    return format_sse_event(event=event, data_str=text, id=None if number is None else str(number))


def chunks(frames: Iterable[bytes]) -> Iterator[bytes]:
    """Frames in chunks of little more than :data:`CHUNK_BYTES`."""
    held: list[bytes] = []
    size = 0
    for one in frames:
        held.append(one)
        size += len(one)
        if size >= CHUNK_BYTES:
            yield b"".join(held)
            held, size = [], 0
    if held:
        yield b"".join(held)
