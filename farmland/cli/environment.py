"""The process made fit before anything heavy is imported."""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

from farmland.rules import Words

TRAPS = ("PROJ_LIB", "PROJ_DATA", "GDAL_DATA", "GDAL_DRIVER_PATH")
"""Set by GIS desktops for their own libraries; ours bring what belongs to them, and break on
foreign files (a proj.db of another version)."""


def prepare() -> tuple[str, ...]:
    """Drop foreign GIS settings, give numba a cache it may write, let output carry any text.

    Returns
    -------
    tuple of str
        Names of the variables that were dropped.
    """
    dropped = tuple(name for name in TRAPS if os.environ.pop(name, None) is not None)
    if not os.environ.get("NUMBA_CACHE_DIR") and not os.access(package_folder(), os.W_OK):
        os.environ["NUMBA_CACHE_DIR"] = str(cache_folder() / "numba")
    for stream in (sys.stdout, sys.stderr):
        _carry_any_text(stream)
    return dropped


def ignored(names: tuple[str, ...]) -> Words:
    """The sentence about variables that were dropped."""
    listed = ", ".join(names)
    return Words(
        f"{listed} of another GIS program is ignored: farmland brings its own files.",
        f"已忽略其他 GIS 软件设置的 {listed}：farmland 使用自带的文件。",
    )


def cache_folder() -> Path:
    """``$XDG_CACHE_HOME/farmland``, else ``~/.cache/farmland``, else one below /tmp."""
    root = os.environ.get("XDG_CACHE_HOME")
    home = os.path.expanduser("~")  # noqa: PTH111  # Path raises where there is no home
    if root:
        return Path(root) / "farmland"
    if home.startswith("/") and os.access(home, os.W_OK):
        return Path(home) / ".cache" / "farmland"
    return Path(tempfile.gettempdir()) / f"farmland-{os.getuid()}"


def package_folder() -> Path:
    """Where the package is installed."""
    return Path(__file__).resolve().parent.parent


def _carry_any_text(stream: object) -> None:
    """UTF-8 where the locale knows only ASCII; nowhere an error for a character it lacks."""
    encoding = str(getattr(stream, "encoding", None) or "ascii").lower()
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        ascii_only = encoding in {"ascii", "us-ascii", "ansi_x3.4-1968", "latin-1", "iso-8859-1"}
        reconfigure(encoding="utf-8" if ascii_only else encoding, errors="replace")
