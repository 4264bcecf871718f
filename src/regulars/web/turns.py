"""Whose turn it is: the event loop reads what came in while the writer waits for the disk.

Both are Python, of which only one runs at a time. Left to chance, the loop would read the next requests just when the writer
folds, and stand idle while the disk is busy; so it waits for that. A lone request finds the writer idle and waits for nobody.
"""

import asyncio
from typing import Final

LONGEST_WAIT_SECONDS: Final = 0.5
"""After which it reads anyway."""


class Turns:
    """`told` may be called from any thread, `come` within the event loop that made this."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._resting = True
        self._rests = asyncio.Event()

    def told(self, resting: bool) -> None:
        """The writer rests, or works again."""
        self._resting = resting
        if resting:
            self._loop.call_soon_threadsafe(self._rests.set)

    async def come(self) -> None:
        """Returns when the writer rests."""
        if self._resting:
            return
        try:
            async with asyncio.timeout(LONGEST_WAIT_SECONDS):
                while not self._resting:
                    self._rests.clear()
                    await self._rests.wait()
        except TimeoutError:
            pass
