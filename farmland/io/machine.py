"""What this machine offers: versions, drivers, threads, memory, folders and reachable catalogs."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

import pyogrio
import rasterio
import requests

from farmland.errors import FarmlandError, Unreachable
from farmland.plan import Plan
from farmland.rules import Words

PACKAGES = (
    *("farmland", "numpy", "numba", "rasterio", "pyogrio", "geopandas", "pandas"),
    *("shapely", "pyproj", "xarray", "dask", "pystac-client", "matplotlib"),
)

VECTOR_DRIVERS = ("GPKG", "OpenFileGDB", "ESRI Shapefile", "GeoJSON", "FlatGeobuf", "GML")
RASTER_DRIVERS = ("GTiff", "COG")

ANSWER_SECONDS = 5

FINE, NOTE, FAULT = "fine", "note", "fault"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at."""

    name: Words
    value: str
    state: str
    """``fine``, ``note`` (works, but worth knowing) or ``fault``."""
    advice: Words | None = None
    asked: bool = False
    """Whether it is a catalog."""


def look(ignored: tuple[str, ...], cache: Path, catalogs: Mapping[str, str]) -> Iterator[Check]:
    """Look at the machine, one thing after the other.

    Parameters
    ----------
    ignored
        Environment variables of other GIS programs that were dropped.
    cache
        Where numba keeps compiled code.
    catalogs
        Names and addresses to ask; empty: no connection is made.
    """
    yield Check(Words("Python", "Python"), platform.python_version(), FINE)
    yield from map(_version, PACKAGES)
    yield Check(Words("GDAL of rasterio", "rasterio 的 GDAL"), rasterio.__gdal_version__, FINE)
    yield Check(
        Words("GDAL of pyogrio", "pyogrio 的 GDAL"), _dotted(pyogrio.__gdal_version__), FINE
    )
    yield _drivers()
    yield Check(Words("Threads", "线程数"), str(Plan().worker_count), FINE)
    yield _memory()
    yield _cache(cache)
    yield _font()
    yield _environment(ignored)
    for name, address in catalogs.items():
        yield _catalog(name, address)


def _version(package: str) -> Check:
    try:
        return Check(Words(package, package), metadata.version(package), FINE)
    except metadata.PackageNotFoundError:
        advice = Words(f"pip install {package}", f"pip install {package}")
        return Check(Words(package, package), "–", FAULT, advice)


def _dotted(version: tuple[int, ...]) -> str:
    return ".".join(map(str, version))


def _drivers() -> Check:
    name = Words("GDAL drivers", "GDAL 驱动")
    there = {*pyogrio.list_drivers(), *_raster_drivers()}
    missing = [driver for driver in (*VECTOR_DRIVERS, *RASTER_DRIVERS) if driver not in there]
    if not missing:
        return Check(name, ", ".join((*VECTOR_DRIVERS, *RASTER_DRIVERS)), FINE)
    advice = Words(
        "install the wheels of pyogrio and rasterio", "请安装 pyogrio 与 rasterio 的 wheel"
    )
    return Check(name, "– " + ", ".join(missing), FAULT, advice)


def _raster_drivers() -> list[str]:
    with rasterio.Env() as environment:
        return list(environment.drivers())


def _memory() -> Check:
    promised = Plan().memory_bytes / 1e9
    there = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    name = Words("Memory (used at most)", "内存（最多使用）")
    value = f"{there:.1f} GB ({promised:.1f} GB)"
    if promised >= 1:
        return Check(name, value, FINE)
    return Check(name, value, NOTE, Words("little: give --memory 1GB", "偏少：请给出 --memory 1GB"))


def _cache(folder: Path) -> Check:
    """Whether compiled code can be kept; without it every run compiles again."""
    name = Words("numba cache", "numba 缓存")
    above = next(each for each in (folder, *folder.parents) if each.exists())
    if os.access(above, os.W_OK):
        return Check(name, str(folder), FINE)
    return Check(name, str(folder), NOTE, Words("set NUMBA_CACHE_DIR", "请设置 NUMBA_CACHE_DIR"))


def _font() -> Check:
    """Whether there is a font with Chinese characters, for pictures and pages."""
    name = Words("Chinese font", "中文字体")
    advice = Words("apt-get install fonts-noto-cjk", "apt-get install fonts-noto-cjk")
    lister = shutil.which("fc-list")
    if lister is None:
        return Check(name, "?", NOTE, advice)
    listed = subprocess.run(  # noqa: S603  # fixed words
        [lister, ":lang=zh", "family"], capture_output=True, text=True, check=False
    ).stdout.split("\n")
    families = sorted({line.split(",")[0] for line in listed if line})
    return Check(name, families[0], FINE) if families else Check(name, "–", NOTE, advice)


def _environment(ignored: tuple[str, ...]) -> Check:
    name = Words("Foreign GIS settings", "其他 GIS 软件的环境变量")
    if not ignored:
        return Check(name, "–", FINE)
    advice = Words("ignored; unset them to be sure", "已忽略；建议取消设置")
    return Check(name, ", ".join(ignored), NOTE, advice)


def _catalog(name: str, address: str) -> Check:
    """Whether a catalog answers within some seconds; one of several may be away."""
    words = Words(f"Catalog {name}", f"目录 {name}")
    try:
        answer = requests.get(address, timeout=ANSWER_SECONDS)
    except requests.RequestException as fault:
        said, advice = type(fault).__name__, Words("unreachable", "无法连接")
    else:
        if answer.ok:
            return Check(words, f"{address} ({answer.status_code})", FINE, asked=True)
        said, advice = str(answer.status_code), Words("answers with an error", "返回错误")
    return Check(words, f"{address} ({said})", NOTE, advice, asked=True)


def fault(checks: Sequence[Check]) -> FarmlandError | None:
    """What keeps a run from working on this machine, where something does.

    Returns
    -------
    FarmlandError or None
        With exit code 1 where the installation is not whole; ``Unreachable`` where of the
        catalogs that were asked none answers.
    """
    lacking = [each.name for each in checks if each.state == FAULT]
    if lacking:
        english, chinese = (", ".join(name.text(one) for name in lacking) for one in ("en", "zh"))
        return FarmlandError(
            f"The installation is not whole ({english}): do what the last column says.",
            f"安装不完整（{chinese}）：请按末列建议处理。",
        )
    catalogs = [each for each in checks if each.asked]
    if not catalogs or any(each.state == FINE for each in catalogs):
        return None
    return Unreachable(
        f"No catalog answers (asked: {len(catalogs)}): check the network, or work from a mirror "
        "with --catalog DIR --offline.",
        f"影像目录均无应答（共 {len(catalogs)} 个）：请检查网络，或用 --catalog DIR --offline "
        "使用本地存档。",
    )
