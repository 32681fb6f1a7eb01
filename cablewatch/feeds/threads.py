"""Reading that blocks, in a thread of its own: not everywhere can pipes and ports be waited for."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import CancelledError
from threading import Event, Thread

WAITING = 16  # chunks that wait to be taken


async def chunks(
    read: Callable[[], bytes], name: str, leave: Callable[[], None] = lambda: None
) -> AsyncGenerator[bytes]:
    """What a thread reads, until it reads nothing.

    Parameters
    ----------
    read : callable
        Waits for some bytes.
    name : str
        Of the thread.
    leave : callable
        Called by the thread at its end.

    Raises
    ------
    OSError
        As `read` raised it.
    """
    loop = asyncio.get_running_loop()
    waiting: asyncio.Queue[bytes | OSError] = asyncio.Queue(WAITING)
    left = Event()

    def reading() -> None:
        try:
            hand_over()
        finally:
            leave()

    def hand_over() -> None:
        data: bytes | OSError = b"x"
        while data and not isinstance(data, OSError) and not left.is_set():
            try:
                data = read()
            except OSError as error:
                data = error
            handing = waiting.put(data)
            try:
                asyncio.run_coroutine_threadsafe(handing, loop).result()
            except (RuntimeError, CancelledError):  # the loop has ended
                handing.close()
                return

    Thread(target=reading, name=name, daemon=True).start()
    try:
        while data := await waiting.get():
            if isinstance(data, OSError):
                raise data
            yield data
    finally:
        left.set()
        while not waiting.empty():
            waiting.get_nowait()
