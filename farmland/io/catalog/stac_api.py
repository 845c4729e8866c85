"""Search a STAC API page by page, whatever it gets wrong between the first and the last."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from farmland.errors import FarmlandError, Unreachable
from farmland.io.catalog.items import Item, Locate
from farmland.io.catalog.web import Rejected, Web, no_stac
from farmland.io.catalog.wish import Wish

if TYPE_CHECKING:
    from pystac_client import Client

PAGE_ITEMS = 100
"""Items asked for at once: answers of full Sentinel-2 items stay under the 6 MB some APIs allow."""

MOST_PAGES = 2000
"""Pages of one search; 200,000 granules are a province over the whole record."""

SEARCHES = 3
"""Times a search is begun again when the catalog has forgotten the page it was at."""

Choose = Callable[[list[str]], list[str]]
"""Of the collections that are there, those to search."""


def searched(
    address: str, document: Item, wish: Wish, choose: Choose, web: Web
) -> Iterator[tuple[Item, Locate]]:
    """Items of the API at ``address``, each id once.

    Parameters
    ----------
    address : str
        URL of the landing page, and ``document`` what it answered.
    wish : Wish
        Place, period and cloud cover; what the API cannot filter by is filtered by the caller.
    choose : callable
        Picks the collections to search.
    web : Web
        What may be asked, and for how long.

    Raises
    ------
    Unreachable, UnusableInput
        When it does not answer, without end, or with what is no STAC.
    """
    client, collections = _client(address, web), choose(_collections(address, web))
    search = _search(client, document, wish, collections, web)
    locate, seen = web.reach.beside(address), set[str]()
    for begun in range(1, SEARCHES + 1):
        try:
            for item in _fresh(search, seen, web):
                yield item, locate
        except Rejected:
            if not seen or begun == SEARCHES:
                raise
        else:
            return


def _client(address: str, web: Web) -> Client:
    from pystac_client import Client

    with _stac_of(web):
        client = Client.open(address, stac_io=web)
        client.add_conforms_to("ITEM_SEARCH")  # Earth Search v0 does not say so, yet searches
    return client


def _search(client: Client, document: Item, wish: Wish, collections: list[str], web: Web) -> Any:
    """The search of pystac-client; cloud cover as a number, since text is compared as text."""
    methods = {
        str(link.get("method"))
        for link in document["links"]
        if isinstance(link, dict) and link.get("rel") == "search"
    }
    filtered = wish.max_cloud < 100 and client.conforms_to("QUERY")
    with _stac_of(web):
        return client.search(
            method="GET" if methods == {"GET"} else "POST",
            collections=collections,
            bbox=wish.box,
            datetime=f"{wish.period.start}T00:00:00Z/{wish.period.end}T23:59:59.999Z",
            query={"eo:cloud_cover": {"lte": wish.max_cloud}} if filtered else None,
            limit=PAGE_ITEMS,
        )


def _fresh(search: Any, seen: set[str], web: Web) -> Iterator[Item]:
    """Items that are not in ``seen``, to which they are added.

    Ends at a page that only repeats the pages before: some APIs link to a next page for ever.
    """
    before: set[str] = set()
    for number, page in enumerate(_guarded(search.pages_as_dicts(), web), 1):
        items = _entries(page, "features", web)
        names = {str(item.get("id")) for item in items}
        if names <= before:
            return
        before |= names
        for item in items:
            if str(item.get("id")) not in seen:
                seen.add(str(item.get("id")))
                yield item
        if number == MOST_PAGES:
            raise _endless(web.catalog)


def _collections(address: str, web: Web) -> list[str]:
    """Ids of all collections; some APIs tell ten at a time."""
    found: list[str] = []
    for page in _guarded(web.get_pages(f"{address.rstrip('/')}/collections"), web):
        listed = [str(entry.get("id")) for entry in _entries(page, "collections", web)]
        fresh = [name for name in listed if name not in found]
        if not fresh:
            break
        found += fresh
    return found


def _entries(page: Item, key: str, web: Web) -> list[dict[str, Any]]:
    """The objects in a list of a page."""
    listed = page.get(key) or []
    if not isinstance(listed, list):
        raise no_stac(web.catalog)
    return [entry for entry in listed if isinstance(entry, dict)]


def _guarded(pages: Iterator[Any], web: Web) -> Iterator[dict[str, Any]]:
    """Pages, read where pystac-client trusts what it reads."""
    while True:
        with _stac_of(web):
            page = next(pages, None)
        if page is None:
            return
        if not isinstance(page, dict):
            raise no_stac(web.catalog)
        yield page


@contextmanager
def _stac_of(web: Web) -> Iterator[None]:
    """Say in a sentence that an answer is no STAC; pystac-client and pystac raise many things."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they tell what old and new STAC differ in
            yield
    except (FarmlandError, MemoryError):
        raise
    except Exception as fault:
        raise no_stac(web.catalog) from fault


def _endless(catalog: str) -> Unreachable:
    return Unreachable(
        f"The catalog {catalog} goes on without end (more than {MOST_PAGES} pages): give a smaller "
        "place or a shorter period, or another catalog with --catalog.",
        f"目录 {catalog} 的结果没有尽头（超过 {MOST_PAGES} 页）：请缩小范围或缩短时段，"
        "或用 --catalog 指定其他目录。",
    )
