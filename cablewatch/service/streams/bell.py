"""A bell that wakes everyone who waits for it, and may end it all."""

import asyncio


class Bell:
    """Rung when there is something new. Everyone looks for what is new to them."""

    def __init__(self) -> None:
        self._news = asyncio.Event()
        self.over = False

    def ring(self) -> None:
        """Wake all who wait."""
        news, self._news = self._news, asyncio.Event()
        news.set()

    def end(self) -> None:
        """Tell all that nothing more comes."""
        self.over = True
        self.ring()

    async def heard(self, seconds: float) -> bool:
        """Wait for the bell; False where it was silent for so long."""
        if self.over:
            return True
        try:
            async with asyncio.timeout(seconds):
                await self._news.wait()
        except TimeoutError:
            return False
        return True
