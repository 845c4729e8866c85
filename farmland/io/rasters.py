"""Open band files with patience: GDAL settings scoped to the call, one small pool per thread."""

from __future__ import annotations

import atexit
import importlib
import re
import threading
import time
import weakref
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import rasterio
from rasterio.errors import RasterioError

from farmland.grid import PIXEL_M

Answer = TypeVar("Answer")

ATTEMPTS = {"local": 2, "remote": 3}
"""Tries of one read, each with the file opened anew; remote ones each hold GDAL's own retries."""

PATIENCE = 4
"""Reads of one host that may fail in a row; after that each gets a single try until one succeeds,
so that a dead host costs a run minutes, not days."""

WAIT_SECONDS = 0.5
"""Before the second try of a remote read; doubles from there."""

OPEN_FILES = 384
"""Files the process keeps open, shared by its threads; 1024 is the usual limit of a process.

A window of an open file takes 0.2 ms, of a closed one 1.5 ms, over HTTP one request more.
"""

OPTIONS = {
    "GDAL_DISABLE_READDIR_ON_OPEN": "EMPTY_DIR",
    "GDAL_HTTP_MAX_RETRY": "2",
    "GDAL_HTTP_RETRY_DELAY": "0.5",
    "GDAL_HTTP_RETRY_CODES": "429,500,502,503,504",
    "GDAL_HTTP_CONNECTTIMEOUT": "10",
    "GDAL_HTTP_TIMEOUT": "120",
    "GDAL_HTTP_LOW_SPEED_TIME": "20",
    "GDAL_HTTP_LOW_SPEED_LIMIT": "1000",
    "GDAL_HTTP_MERGE_CONSECUTIVE_RANGES": "YES",
    "GDAL_HTTP_MULTIPLEX": "YES",
    "GDAL_INGESTED_BYTES_AT_OPEN": "32768",
}
"""GDAL settings of every read (GDAL configuration options, vsicurl section)."""

BUCKET_OPTIONS = {
    "eodata": {
        "AWS_S3_ENDPOINT": "eodata.dataspace.copernicus.eu",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    },
    "sentinel-cogs": {"AWS_NO_SIGN_REQUEST": "YES"},
    "e84-earth-search-sentinel-data": {"AWS_NO_SIGN_REQUEST": "YES"},
}
"""How the known buckets are reached; the keys of ``eodata`` come from the environment."""

SIGNED_HOST = "sentinel2l2a01.blob.core.windows.net"
"""Sentinel-2 of Planetary Computer; its files are signed when they are opened."""

NOT_THERE = "the file is not there"

REASONS = (
    (r"\b404\b|no such file|not exist", NOT_THERE),
    (r"\b40[13]\b|denied|credential|forbidden|authoriz|signature", "access is denied"),
    (r"\b429\b", "the host refuses more requests"),
    (r"timed? ?out|too slow|low speed", "the host is too slow"),
    (r"\b5\d\d\b", "the host has a fault"),
    (r"resolve|connect|curl", "the host does not answer"),
    (r"not recognized|not a tiff|cannot open tiff", "the file is no image"),
)
"""Words of GDAL's messages, and what an unread block says instead; messages may hold signatures."""


class Unread(Exception):
    """A block that stayed unread after bounded retries.

    Parameters
    ----------
    reason : str
        A few words without addresses, fit for a table.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True, eq=False)
class Raster:
    """An open band file and where it lies on the 10 m grid of its zone."""

    source: rasterio.DatasetReader
    crs: str
    factor: int
    """10 m pixels along one side of a pixel of the file."""
    row: int
    """Row of the upper left corner on the zone-wide 10 m grid."""
    column: int


@contextmanager
def block_cache(size: int) -> Iterator[None]:
    """Bound GDAL's cache of decoded blocks, which is one for the process, to ``size`` bytes.

    Without it GDAL takes up to 5 % of the machine's memory, outside any promise of ours.
    """
    with rasterio.Env(GDAL_CACHEMAX=size):
        yield


def patiently(href: str, work: Callable[[Raster], Answer]) -> Answer:
    """Return what ``work`` makes of the file at ``href``, tried a bounded number of times.

    Raises
    ------
    Unread
        When every try failed; the reason is in words.
    """
    host = urlsplit(href).netloc
    weary = _failures[host] >= PATIENCE
    attempts = 1 if weary else ATTEMPTS["remote" if host else "local"]
    for attempt in range(attempts):
        if attempt and host:
            time.sleep(WAIT_SECONDS * 2 ** (attempt - 1))
        try:
            with rasterio.Env(**_options(href, attempt, weary=weary)):
                answer = work(_opened(href))
        except (RasterioError, OSError) as fault:
            _forget(href)
            last = fault
        else:
            _failures[host] = 0
            return answer
    reason = _reason(last)
    if host and reason != NOT_THERE:
        _failures[host] += 1
    raise Unread(reason) from last


_failures: Counter[str] = Counter()
"""Reads of each host that failed since its last success; a lost update only delays weariness."""


class _Pool(threading.local):
    """The open files of one thread, the least recently used first."""

    def __init__(self) -> None:
        self.rasters: OrderedDict[str, Raster] = OrderedDict()
        _pools.append(weakref.ref(self.rasters))


_pools: list[weakref.ref[OrderedDict[str, Raster]]] = []
_pool = _Pool()


@atexit.register
def _close_all() -> None:
    """Close what is still open: rasterio complains of files that outlive the interpreter."""
    for held in _pools:
        for raster in (held() or {}).values():
            raster.source.close()


def _opened(href: str) -> Raster:
    rasters = _pool.rasters
    if href not in rasters:
        rasters[href] = _located(rasterio.open(_gdal_path(href), driver=_driver(href)))
    rasters.move_to_end(href)
    while len(rasters) > max(8, OPEN_FILES // threading.active_count()):
        rasters.popitem(last=False)[1].source.close()
    return rasters[href]


def _forget(href: str) -> None:
    raster = _pool.rasters.pop(href, None)
    if raster is not None:
        raster.source.close()


def _located(source: rasterio.DatasetReader) -> Raster:
    """Where a file lies; Sentinel-2 bands have square pixels of 10, 20 or 60 m on the grid."""
    width, shear, left, tilt, height, top = source.transform[:6]
    epsg = source.crs.to_epsg() if source.crs else None
    in_pixels = (width / PIXEL_M, -height / PIXEL_M, left / PIXEL_M, top / PIXEL_M)
    if epsg is None or shear or tilt or any(value != round(value) for value in in_pixels):
        source.close()
        raise Unread("its grid does not fit the 10 m grid of a UTM zone")
    if source.dtypes[0] not in {"uint8", "uint16"} or width != -height:
        source.close()
        raise Unread(f"its values are {source.dtypes[0]}, not counts")
    factor, _, column, row = (round(value) for value in in_pixels)
    return Raster(source, f"EPSG:{epsg}", factor, -row, column)


def _gdal_path(href: str) -> str:
    """The name under which GDAL opens an href that has passed ``hosts``."""
    parts = urlsplit(href)
    if parts.scheme == "s3":
        return f"/vsis3/{parts.netloc}{parts.path}"
    if parts.scheme in {"http", "https"}:
        return f"/vsicurl/{_signed(href) if parts.hostname == SIGNED_HOST else href}"
    return href


def _signed(href: str) -> str:
    """Sign at the time of reading: signatures of Planetary Computer last under an hour."""
    try:
        return str(importlib.import_module("planetary_computer").sign_url(href))
    except ImportError:
        raise Unread("it needs the extra farmland[planetary-computer]") from None


def _driver(href: str) -> str:
    """One driver by name: GDAL is never left to find a virtual format that opens other files."""
    return "JP2OpenJPEG" if urlsplit(href).path.lower().endswith(".jp2") else "GTiff"


def _options(href: str, attempt: int, *, weary: bool) -> dict[str, str]:
    parts = urlsplit(href)
    options = {**OPTIONS, **(BUCKET_OPTIONS.get(parts.netloc, {}) if parts.scheme == "s3" else {})}
    if weary:
        options["GDAL_HTTP_MAX_RETRY"] = "0"
    if (attempt or weary) and parts.scheme:
        # GDAL remembers a failed address for the life of the process.
        kind = "vsis3" if parts.scheme == "s3" else "vsicurl"
        options["CPL_VSIL_CURL_NON_CACHED"] = f"/{kind}/"
    return options


def _reason(fault: BaseException) -> str:
    """What went wrong, in words, from the messages of the whole chain."""
    told: list[str] = []
    link: BaseException | None = fault
    while link is not None:
        told.append(str(link).lower())
        link = link.__cause__
    for pattern, words in REASONS:
        if re.search(pattern, " ".join(told)):
            return words
    return "its bytes are corrupt or cut off"
