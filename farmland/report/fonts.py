"""Find a font that can write Chinese; where there is none, pictures speak English."""

from __future__ import annotations

import warnings
from functools import cache
from pathlib import Path

from matplotlib import font_manager

from farmland.errors import FarmlandWarning

LATIN = "DejaVu Sans"
"""Comes with matplotlib."""

FAMILIES = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Noto Sans CJK JP",
)
"""Sans-serif families with simplified Chinese, best first (the last one has the glyphs too)."""

FILES = ("notosanscjk", "notosanssc", "sourcehansans", "msyh", "pingfang", "wqy", "simhei")
"""How their files begin: matplotlib's list of fonts may be older than the font."""


@cache
def chinese() -> str:
    """Name of a Chinese font family, or ``""``; looks at the disk once in a process."""
    known = _known()
    if not known:
        for path in font_manager.findSystemFonts():
            if Path(path).name.lower().replace("-", "").startswith(FILES):
                font_manager.fontManager.addfont(path)
        known = _known()
    return known


def language_of_pictures(language: str) -> str:
    """Language that pictures can be written in; warns once when it is not the one asked for."""
    if language != "zh" or chinese():
        return language
    warnings.warn(
        FarmlandWarning(
            "No Chinese font was found, so pictures are in English: install fonts-noto-cjk.",
            "未找到中文字体，图片改用英文：请安装 fonts-noto-cjk。",
        ),
        stacklevel=2,
    )
    return "en"


def families() -> list[str]:
    """Families in which text is drawn, first come first served."""
    return [LATIN, chinese()] if chinese() else [LATIN]


def _known() -> str:
    """The best family that matplotlib knows, or ``""``."""
    names = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in FAMILIES if family in names), "")
