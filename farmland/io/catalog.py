"""Find scenes: a named provider, any STAC API, a static catalog, a folder, a stac-geoparquet."""

from __future__ import annotations

import importlib.util
import warnings
from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

from shapely.geometry import box as rectangle

from farmland.errors import UnusableInput, WrongUsage
from farmland.io import items, static_catalog
from farmland.io.hosts import Reach
from farmland.io.items import Item, Locate
from farmland.io.web import Web, no_stac
from farmland.periods import Period
from farmland.scene import Scene

CATALOGS = {
    "earth-search": "https://earth-search.aws.element84.com/v1",
    "planetary-computer": "https://planetarycomputer.microsoft.com/api/stac/v1",
    "cdse": "https://stac.dataspace.copernicus.eu/v1",
}
"""Names for ``--catalog``."""

DEFAULT_COLLECTIONS = ("sentinel-2-c1-l2a", "sentinel-2-l2a", "sentinel-s2-l2a-cogs")
"""Searched where there: Collection 1, completed by what is not reprocessed; then the v0 name."""

PAGE_ITEMS = 100
"""Items asked for at once: answers of full Sentinel-2 items stay under the 6 MB some APIs allow."""

Box = tuple[float, float, float, float]


class NoScenes(UnusableInput):
    """The catalog works, but holds nothing for this place and time."""


def find(
    catalog: str,
    collection: str,
    box: Box,
    period: Period,
    *,
    offline: bool = False,
    allow_host: tuple[str, ...] = (),
) -> tuple[Scene, ...]:
    """Find the scenes of a place and a period.

    Parameters
    ----------
    catalog : str
        ``earth-search``, ``planetary-computer``, ``cdse``, the URL of a STAC API or of a static
        catalog, or the path of a ``catalog.json``, a folder of items or a stac-geoparquet file.
    collection : str
        Collection id; ``""``: those of :data:`DEFAULT_COLLECTIONS` that are there, or the only
        one.
    box : tuple of float
        West, south, east, north in degrees of WGS 84, as it may leave the machine (DESIGN 5.6).
    period : Period
        Image dates in UTC, both ends included.
    offline : bool
        Forbids any connection: a remote catalog is wrong usage, remote files are refused.
    allow_host : tuple of str
        Hosts (or S3 buckets) that items may point at besides the known ones.

    Returns
    -------
    tuple of Scene
        Sorted by acquisition and id, every id once; duplicates of an acquisition are still in it.

    Raises
    ------
    WrongUsage
        When the catalog does not exist, the collection is not in it, or it is remote and
        ``offline`` is set.
    UnusableInput
        When it is no STAC catalog or all its items are broken; :class:`NoScenes` when it has none.
    Unreachable
        When it does not answer, after bounded retries.
    """
    address = CATALOGS.get(catalog, catalog)
    if urlsplit(address).scheme in {"http", "https"}:
        if offline:
            raise _not_offline(catalog)
        _demand_signing(catalog, address)
        reach = Reach(None, (urlsplit(address).hostname or "").lower(), allow_host)
        with closing(Web(catalog, reach)) as web:
            candidates = _of_remote(address, catalog, collection, box, period, web)
            scenes = items.scenes(_here_and_then(candidates, box, period), catalog)
    else:
        candidates = _of_local(Path(address), collection, allow_host, offline=offline)
        scenes = items.scenes(_here_and_then(candidates, box, period), catalog)
    if not scenes:
        raise _nothing_found(catalog, box, period)
    _demand_bands(scenes, catalog)
    return scenes


def _of_remote(
    address: str, catalog: str, collection: str, box: Box, period: Period, web: Web
) -> Iterable[tuple[Item, Locate]]:
    document = web.document(address)
    links = document.get("links")
    if not isinstance(links, list):
        raise no_stac(catalog)
    if not any(isinstance(link, dict) and link.get("rel") == "search" for link in links):
        walked = static_catalog.walked(address, web.document, web.reach)
        return _of_collection(walked, catalog, collection)
    return _searched(address, catalog, collection, box, period, web)


def _searched(
    address: str, catalog: str, collection: str, box: Box, period: Period, web: Web
) -> Iterator[tuple[Item, Locate]]:
    """Items of a STAC API, page by page; an API that repeats itself is not asked for ever."""
    from pystac_client import Client

    with warnings.catch_warnings():
        # Earth Search v0 announces no conformance, yet searches.
        warnings.filterwarnings("ignore", module="pystac_client")
        warnings.filterwarnings("ignore", module="pystac")
        client = Client.open(address, stac_io=web)
        client.add_conforms_to("ITEM_SEARCH")
        search = client.search(
            collections=_collections(collection, _there(address, web), catalog),
            bbox=box,
            datetime=f"{period.start}T00:00:00Z/{period.end}T23:59:59Z",
            limit=PAGE_ITEMS,
        )
    seen: set[str] = set()
    for page in search.pages_as_dicts():
        features = [item for item in page["features"] if isinstance(item, dict)]
        fresh = {str(item.get("id")) for item in features} - seen
        if not fresh:
            return
        seen |= fresh
        for item in features:
            yield item, lambda href: web.reach.locate(href, address)


def _there(address: str, web: Web) -> list[str]:
    """Ids of the collections of an API."""
    listed = web.document(f"{address.rstrip('/')}/collections").get("collections")
    found = listed if isinstance(listed, list) else []
    return [str(entry.get("id")) for entry in found if isinstance(entry, dict)]


def _collections(wanted: str, there: list[str], catalog: str) -> list[str]:
    """The collections to search: the one asked for, else the default rule of DESIGN 3."""
    default = [name for name in DEFAULT_COLLECTIONS if name in there]
    if wanted in there:
        return [wanted]
    if not wanted and (default or len(there) == 1):
        return default or there
    names = ", ".join(sorted(there)[:20]) or "none"
    asked = wanted or " / ".join(DEFAULT_COLLECTIONS[:2])
    raise WrongUsage(
        f"The catalog {catalog} has no collection {asked}: give one of {names} with --collection.",
        f"目录 {catalog} 中没有集合 {asked}：请用 --collection 选择 {names}。",
    )


def _of_local(
    path: Path, collection: str, allow_host: tuple[str, ...], *, offline: bool
) -> Iterable[tuple[Item, Locate]]:
    if not path.exists():
        raise WrongUsage(
            f"There is no catalog at {path}: give earth-search, planetary-computer, cdse, a URL, "
            "or an existing file or folder.",
            f"目录 {path} 不存在：请给出 earth-search、planetary-computer、cdse、网址，"
            "或已有的文件、文件夹。",
        )
    reach = Reach(static_catalog.folder_of(path), "", allow_host, offline)
    start = path / "catalog.json" if path.is_dir() else path
    if not start.exists():
        return _of_collection(static_catalog.of_folder(path, reach), str(path), collection)
    if start.suffix in {".parquet", ".geoparquet"}:
        return _of_collection(static_catalog.of_parquet(start, reach), str(path), collection)
    if start.suffix != ".json":
        raise no_stac(str(path))
    walked = static_catalog.walked(str(start), static_catalog.read_local, reach)
    return _of_collection(walked, str(path), collection)


def _of_collection(
    candidates: Iterable[tuple[Item, Locate]], catalog: str, wanted: str
) -> list[tuple[Item, Locate]]:
    """Items of the collection asked for; those that name none always belong."""
    held = list(candidates)
    if not held:
        raise no_stac(catalog)
    there = sorted({str(item["collection"]) for item, _ in held if item.get("collection")})
    if not there and not wanted:
        return held
    chosen = {*_collections(wanted, there, catalog), "", None}
    return [(item, locate) for item, locate in held if item.get("collection") in chosen]


def _here_and_then(
    candidates: Iterable[tuple[Item, Locate]], box: Box, period: Period
) -> Iterator[tuple[Item, Locate]]:
    """Items that meet the box and the period; those too broken to tell pass, to be counted."""
    place = rectangle(*box)
    for item, locate in candidates:
        try:
            made = items.scene(item, locate)
        except items.BrokenItem:
            yield item, locate
            continue
        if period.holds(made.datetime.date()) and made.footprint.intersects(place):
            yield item, locate


def _demand_bands(scenes: tuple[Scene, ...], catalog: str) -> None:
    """A catalog in which no scene has the bands everything needs is the wrong one."""
    for band in items.REQUIRED:
        if not any(band in scene.assets for scene in scenes):
            raise UnusableInput(
                f"No scene of {catalog} has the band {band}: give a Sentinel-2 L2A catalog with "
                f"{', '.join(items.REQUIRED)}.",
                f"{catalog} 的影像均缺少波段 {band}：请给出含 "
                f"{'、'.join(items.REQUIRED)} 的哨兵二号 L2A 目录。",
            )


def _demand_signing(catalog: str, address: str) -> None:
    """Planetary Computer files open only with a signature: say so before the work starts."""
    named = urlsplit(address).hostname == urlsplit(CATALOGS["planetary-computer"]).hostname
    if named and importlib.util.find_spec("planetary_computer") is None:
        raise UnusableInput(
            f"The catalog {catalog} signs its files: pip install 'farmland[planetary-computer]'.",
            f"目录 {catalog} 的文件需要签名：请运行 pip install 'farmland[planetary-computer]'。",
        )


def _not_offline(catalog: str) -> WrongUsage:
    return WrongUsage(
        f"The catalog {catalog} is on the network, which --offline forbids: give a local catalog "
        "with --catalog, or leave --offline out.",
        f"目录 {catalog} 需要联网，与 --offline 冲突："
        "请用 --catalog 指定本地目录，或去掉 --offline。",
    )


def _nothing_found(catalog: str, box: Box, period: Period) -> NoScenes:
    place = ", ".join(f"{edge:g}" for edge in box)
    return NoScenes(
        f"The catalog {catalog} has no Sentinel-2 scene over {place} (west, south, east, north) "
        f"in {period}: check the place of the parcels, the period and the collection.",
        f"目录 {catalog} 在 {place}（西、南、东、北）及时段 {period} 内没有哨兵二号影像："
        "请检查地块位置、时段和集合。",
    )
