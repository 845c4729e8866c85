"""What GDAL opens for us: JPEG 2000, and buckets that want keys; its settings hold for the call."""

from __future__ import annotations

import atexit
import re
import threading
import time
import weakref
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

import numpy as np
import rasterio
import rasterio.windows
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.env import get_gdal_config, set_gdal_config
from rasterio.errors import RasterioError

from farmland.io.bands import fetch
from farmland.io.bands.fetch import CUT_OFF, NO_ANSWER, NOT_THERE, Unread
from farmland.io.bands.rasters import NO_IMAGE, Place, Raster, placed
from farmland.io.hosts import Reach

Answer = TypeVar("Answer")

ATTEMPTS = 3
"""Tries of one read, each with the file opened anew."""

WAIT_SECONDS = 0.5
"""Before the second try; doubles from there."""

OPEN_FILES = 128
"""Files the process keeps open, shared by its threads."""

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
}
"""GDAL settings of every read (GDAL configuration options, vsicurl section)."""

BUCKET_OPTIONS = {
    "eodata": {
        "AWS_S3_ENDPOINT": "eodata.dataspace.copernicus.eu",
        "AWS_VIRTUAL_HOSTING": "FALSE",
    },
}
"""How the known buckets are reached; their keys come from the environment."""

REASONS = (
    (r"\b404\b|no such file|not exist", NOT_THERE),
    (r"\b40[13]\b|denied|credential|forbidden|authoriz|signature", "access is denied"),
    (r"\b429\b", "the host refuses more requests"),
    (r"timed? ?out|too slow|low speed", "the host is too slow"),
    (r"\b5\d\d\b", "the host has a fault"),
    (r"resolve|connect|curl", NO_ANSWER),
    (r"not recognized|not a tiff|cannot open tiff", NO_IMAGE),
)
"""Words of GDAL's messages, and what an unread block says instead; messages may hold signatures."""


@dataclass(frozen=True, slots=True, eq=False)
class GdalRaster:
    """A file that GDAL holds open for one thread."""

    source: rasterio.DatasetReader
    place: Place

    @property
    def offset(self) -> float | None:
        """See :class:`farmland.io.bands.rasters.Raster`."""
        tagged = self.source.scales[0] != 1 or self.source.offsets[0] != 0
        return float(self.source.offsets[0]) if tagged else None

    def fill(
        self,
        out: NDArray[Any],
        rows: NDArray[np.int64],
        columns: NDArray[np.int64],
        needed: NDArray[np.bool_] | None,
    ) -> int:
        """See :class:`farmland.io.bands.rasters.Raster`; bytes are those of the decoded window."""
        if needed is not None and not needed.any():
            return 0
        spread = [(int(axis[0]), int(axis[-1]) + 1) for axis in (rows, columns)]
        block = self.source.read(1, window=rasterio.windows.Window.from_slices(*spread))
        out[...] = block[np.ix_(rows - rows[0], columns - columns[0])]
        return int(block.nbytes)

    def glance(self, longest: int) -> tuple[NDArray[Any], int]:
        """See :class:`farmland.io.bands.rasters.Raster`."""
        shrink = max(1.0, max(self.source.shape) / longest)
        shape = tuple(max(1, round(side / shrink)) for side in self.source.shape)
        values = self.source.read(1, out_shape=shape, resampling=Resampling.nearest)
        return values, int(values.nbytes)


CACHE = "GDAL_CACHEMAX"


@contextmanager
def block_cache(size: int) -> Iterator[None]:
    """Bound GDAL's cache of decoded blocks, which is one for the process, to ``size`` bytes.

    Without it GDAL takes up to 5 % of the machine's memory, outside any promise of ours.
    """
    before = get_gdal_config(CACHE)  # rasterio.Env does not always put it back
    set_gdal_config(CACHE, size)
    try:
        yield
    finally:
        set_gdal_config(CACHE, before)


def patiently(href: str, work: Callable[[Raster], Answer], reach: Reach) -> Answer:
    """Return what ``work`` makes of a file, tried a bounded number of times.

    Raises
    ------
    Unread
        When every try failed; the reason is in words.
    """
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(WAIT_SECONDS * 2 ** (attempt - 1))
        try:
            with rasterio.Env(**_options(href, attempt)):
                return work(_opened(href, reach))
        except (RasterioError, OSError) as fault:
            _forget(href)
            last = fault
    raise Unread(_reason(last)) from last


class _Pool(threading.local):
    """The open files of one thread, the least recently used first."""

    def __init__(self) -> None:
        self.rasters: OrderedDict[str, GdalRaster] = OrderedDict()
        _pools.append(weakref.ref(self.rasters))


_pools: list[weakref.ref[OrderedDict[str, GdalRaster]]] = []
_pool = _Pool()


@atexit.register
def _close_all() -> None:
    """Close what is still open: rasterio complains of files that outlive the interpreter."""
    for held in _pools:
        for raster in (held() or {}).values():
            raster.source.close()


def _opened(href: str, reach: Reach) -> GdalRaster:
    rasters = _pool.rasters
    if href not in rasters:
        rasters[href] = _located(_source(href, reach))
    rasters.move_to_end(href)
    while len(rasters) > max(8, OPEN_FILES // threading.active_count()):
        rasters.popitem(last=False)[1].source.close()
    return rasters[href]


def _source(href: str, reach: Reach) -> rasterio.DatasetReader:
    """One driver by name: GDAL is never left to find a virtual format that opens other files."""
    parts = urlsplit(href)
    driver = "JP2OpenJPEG" if parts.path.lower().endswith(".jp2") else "GTiff"
    if parts.scheme in {"http", "https"}:
        fetch.size(href, reach)  # GDAL follows any redirect: ask first, with our own rules
        return rasterio.open(f"/vsicurl/{href}", driver=driver)
    name = f"/vsis3/{parts.netloc}{parts.path}" if parts.scheme == "s3" else href
    return rasterio.open(name, driver=driver)


def _forget(href: str) -> None:
    raster = _pool.rasters.pop(href, None)
    if raster is not None:
        raster.source.close()


def _located(source: rasterio.DatasetReader) -> GdalRaster:
    """Where a file lies, and that it holds counts."""
    try:
        if source.dtypes[0] not in {"uint8", "uint16"}:
            raise Unread(f"its values are {source.dtypes[0]}, not counts")
        epsg = source.crs.to_epsg() if source.crs else None
        return GdalRaster(source, placed(epsg, tuple(source.transform[:6]), source.shape))
    except Unread:
        source.close()
        raise


def _options(href: str, attempt: int) -> dict[str, str]:
    parts = urlsplit(href)
    options = {**OPTIONS, **(BUCKET_OPTIONS.get(parts.netloc, {}) if parts.scheme == "s3" else {})}
    if attempt and parts.scheme:
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
    return CUT_OFF
