"""What an actor's outbox shows since an instant: its pages, newest first, within the bounds of federation.md 9.

At most five `next` links, never one twice, never to another origin, 500 items, and no page beyond what was said before.
What an item says is not believed here: `news` asks its origin.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from fedcoop.federation.remote.budget import FetchBudget
from fedcoop.federation.remote.documents import Documents
from fedcoop.federation.wire.jsonld import as_list, id_of, same_origin
from fedcoop.federation.wire.objects import instant
from fedcoop.kernel.errors import OriginMismatch

MAX_NEXT = 5
MAX_ITEMS = 500
CLOCKS_DIFFER = timedelta(minutes=5)

Item = Mapping[str, Any]


async def read_outbox(documents: Documents, outbox: str, since: datetime) -> list[Item]:
    """Return what was published since, or may have been, newest first; an item may be no more than its id. Raises PeerError."""
    budget, visited = documents.budget(), {outbox}
    collection = await documents.fetch(outbox, budget)
    found: list[Item] = []
    page: Item | None = collection
    if "first" in collection:
        page = await _follow(documents, collection["first"], outbox, visited, budget)
    for left in range(MAX_NEXT, -1, -1):
        if page is None:
            break
        items = _items(page)
        found += [item for item in items if not is_older(item, since)]
        if len(found) >= MAX_ITEMS or (items and all(is_older(item, since) for item in items)):
            break
        page = await _follow(documents, page.get("next"), outbox, visited, budget) if left else None
    return found[:MAX_ITEMS]


async def _follow(documents: Documents, link: Any, outbox: str, visited: set[str], budget: FetchBudget) -> Item | None:
    """Return the page that the link shows or names; None where there is none that was not read yet."""
    url = id_of(link)
    if isinstance(link, Mapping) and ("orderedItems" in link or "items" in link):
        return link
    if url is None or url in visited:
        return None
    if not same_origin(url, outbox):
        raise OriginMismatch("outbox-page", url=url)
    visited.add(url)
    return await documents.fetch(url, budget)


def _items(page: Item) -> list[Item]:
    listed = as_list(page.get("orderedItems", page.get("items")))[:MAX_ITEMS]
    shown = [{"id": item} if isinstance(item, str) else item for item in listed]
    return [item for item in shown if isinstance(item, Mapping)]


def is_older(item: Item, since: datetime) -> bool:
    """Return whether the activity, or the object it shows, says that it was published before; clocks differ by minutes."""
    shown = item.get("object")
    named = (item.get("published"), shown.get("published") if isinstance(shown, Mapping) else None)
    published = next((found for text in named if (found := instant(text)) is not None), None)
    return published is not None and published < since - CLOCKS_DIFFER
