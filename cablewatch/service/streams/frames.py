"""Events as bytes."""

import json
from collections.abc import AsyncIterator, Iterable, Iterator
from typing import Any

from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

RETRY_MS = 2_000  # after which a client that was cut comes back
CHUNK_BYTES = 1 << 16  # as much as uvicorn keeps of an answer before it waits for the client

BEGIN = format_sse_event(retry=RETRY_MS)
HEARTBEAT = format_sse_event(comment="")
CLOSING = format_sse_event(comment="the service ends; come back later")


class EventStream(StreamingResponse):
    """An answer that goes on for as long as its client stays."""

    media_type = "text/event-stream"

    def __init__(self, frames: AsyncIterator[bytes], status_code: int = 200) -> None:
        unkept = {
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        }  # nginx holds nothing back
        super().__init__(frames, status_code, unkept)


def frame(event: str, said: Any, number: object = None) -> bytes:
    """One event; `number` is where a client goes on that has seen it."""
    text = json.dumps(said, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
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
