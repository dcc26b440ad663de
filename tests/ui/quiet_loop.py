"""Waiting for a quiet event loop. Textual's own wait for its tests watches the processor's clock: 40 ms for every key,
and up to a second for each where other programs keep the machine busy. A loop with nothing left to do tells at once."""

import asyncio

TURNS = 3
"""A refresh is asked for in one turn and done in a later one, after a timer of no time."""


async def quiet_loop(min_sleep: float = 0.0, max_sleep: float = 1.0) -> None:
    """Return when every message is handled. Takes the arguments of textual's `wait_for_idle`, which it replaces."""
    loop = asyncio.get_running_loop()
    end = loop.time() + max_sleep
    for _ in range(TURNS):
        await asyncio.sleep(0.001)
        while loop._ready and loop.time() < end:  # type: ignore[attr-defined]  # asyncio has no public word for it
            await asyncio.sleep(0)
