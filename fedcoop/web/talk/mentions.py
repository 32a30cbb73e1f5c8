"""Whom a text mentions, looked up before it is published: no network inside the unit that stores it (architecture.md 4)."""

import asyncio
from collections.abc import Mapping

from fedcoop.kernel.errors import PeerError, Refused
from fedcoop.kernel.mentions import MAX_MENTIONS, handles_in
from fedcoop.web.frame.keys import Remote

PATIENCE_S = 10.0


async def find_people(remote: Remote, text: str) -> Mapping[str, str]:
    """Return the actor id of each `name@host` that the text mentions, without those that could not be found in 10 s."""
    handles = (await asyncio.to_thread(handles_in, text))[:MAX_MENTIONS]
    found = await asyncio.gather(*(_find(remote, handle) for handle in handles))
    return {handle: uri for handle, uri in zip(handles, found, strict=True) if uri}


async def _find(remote: Remote, handle: str) -> str:
    try:
        async with asyncio.timeout(PATIENCE_S):
            return (await remote.look_up(f"@{handle}")).uri
    except (PeerError, Refused, TimeoutError):
        return ""
