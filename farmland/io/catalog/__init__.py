"""Find scenes: a named provider, any STAC API, a static catalog, a folder, a stac-geoparquet."""

from __future__ import annotations

import importlib.util
from collections.abc import Generator, Iterable, Sequence
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.catalog import items, stac_api, static_catalog
from farmland.io.catalog.found import Found
from farmland.io.catalog.items import Item, Locate
from farmland.io.catalog.web import Web, no_stac
from farmland.io.catalog.wish import Box, Wish
from farmland.io.hosts import Reach
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
    max_cloud: float = 100.0,
) -> tuple[Scene, ...]:
    """Find the scenes of a place and a period.

    Parameters
    ----------
    catalog : str
        ``earth-search``, ``planetary-computer``, ``cdse``, the URL of a STAC API or of a static
        catalog, or the path of a ``catalog.json``, a folder of items, a saved item collection or a
        stac-geoparquet file.
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
    max_cloud : float
        Percent of the granule; cloudier ones are left out (asked of APIs that filter, and looked
        at again here). A scene that does not state its cloud cover stays in.

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
        When it is no STAC catalog, all its items are broken, or it leads to a host that may not
        be asked; :class:`NoScenes` when it has none.
    Unreachable
        When it does not answer, after bounded retries.
    """
    wish = Wish(collection, box, period, max_cloud)
    with closing(_candidates(catalog, wish, allow_host, offline=offline)) as candidates:
        scenes = items.scenes(candidates, catalog, wish.holds)
    _demand_scenes(scenes, catalog, wish)
    return scenes


def search(
    catalog: str,
    collection: str,
    box: Box,
    period: Period,
    *,
    offline: bool = False,
    allow_host: tuple[str, ...] = (),
    max_cloud: float = 100.0,
) -> tuple[Found, ...]:
    """Find scenes as :func:`find` does, each with the STAC item it was made of."""
    wish = Wish(collection, box, period, max_cloud)
    with closing(_candidates(catalog, wish, allow_host, offline=offline)) as candidates:
        found = items.found(candidates, catalog, wish.holds)
    _demand_scenes([each.scene for each in found], catalog, wish)
    return found


def reach_of(catalog: str, allow_host: tuple[str, ...] = (), *, offline: bool = False) -> Reach:
    """What the items of a catalog may point at, and what their files may redirect to."""
    address = CATALOGS.get(catalog, catalog)
    if _is_remote(address):
        return Reach(None, (urlsplit(address).hostname or "").lower(), allow_host, offline)
    return Reach(static_catalog.folder_of(Path(address)), "", allow_host, offline)


def _candidates(
    catalog: str, wish: Wish, allow_host: tuple[str, ...], *, offline: bool
) -> Generator[tuple[Item, Locate]]:
    """Items that may be what is wanted, as they come."""
    address = CATALOGS.get(catalog, catalog)
    if not _is_remote(address):
        reach = reach_of(catalog, allow_host, offline=offline)
        yield from _of_local(Path(address), wish.collection, reach)
        return
    if offline:
        raise _not_offline(catalog)
    _demand_signing(catalog, address)
    with closing(Web(catalog, reach_of(catalog, allow_host))) as web:
        yield from _of_remote(address, wish, web)


def _is_remote(address: str) -> bool:
    return address.lower().startswith(("http://", "https://"))


def _of_remote(address: str, wish: Wish, web: Web) -> Iterable[tuple[Item, Locate]]:
    document = web.document(address)
    links = document.get("links")
    if isinstance(links, list) and any(
        isinstance(link, dict) and link.get("rel") == "search" for link in links
    ):
        choose = partial(_collections, wish.collection, catalog=web.catalog)
        return stac_api.searched(address, document, wish, choose, web)
    if not isinstance(links, list) and document.get("type") != "FeatureCollection":
        raise no_stac(web.catalog)
    walked = static_catalog.walked(address, web.document, web.reach)
    return _of_collection(walked, web.catalog, wish.collection)


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


def _of_local(path: Path, collection: str, reach: Reach) -> Iterable[tuple[Item, Locate]]:
    if not path.exists():
        raise WrongUsage(
            f"There is no catalog at {path}: give earth-search, planetary-computer, cdse, a URL, "
            "or an existing file or folder.",
            f"目录 {path} 不存在：请给出 earth-search、planetary-computer、cdse、网址，"
            "或已有的文件、文件夹。",
        )
    start = path / "catalog.json" if path.is_dir() else path
    if not start.exists():
        return _of_collection(static_catalog.of_folder(path, reach), str(path), collection)
    if start.suffix in {".parquet", ".geoparquet"}:
        return _of_collection(static_catalog.of_parquet(start, reach), str(path), collection)
    if start.suffix not in {".json", ".geojson"}:
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
    chosen = {*_collections(wanted, there, catalog), ""}
    return [(item, locate) for item, locate in held if str(item.get("collection") or "") in chosen]


def _demand_scenes(scenes: Sequence[Scene], catalog: str, wish: Wish) -> None:
    """A search that finds nothing, or nothing with the bands everything needs, was meant else."""
    if not scenes:
        raise _nothing_found(catalog, wish)
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


def _nothing_found(catalog: str, wish: Wish) -> NoScenes:
    place = ", ".join(f"{edge:g}" for edge in wish.box)
    clear = wish.max_cloud < 100
    return NoScenes(
        f"The catalog {catalog} has no Sentinel-2 scene over {place} (west, south, east, north) "
        f"in {wish.period}"
        f"{f' with at most {wish.max_cloud:g} % cloud' if clear else ''}"
        ": check the place of the parcels, the period and the collection.",
        f"目录 {catalog} 在 {place}（西、南、东、北）及时段 {wish.period} 内没有"
        f"{f'云量不超过 {wish.max_cloud:g}% 的' if clear else ''}哨兵二号影像："
        "请检查地块位置、时段和集合。",
    )
