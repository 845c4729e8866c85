"""Find a font that can write Chinese; where there is none, pictures and documents speak English."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fontTools.ttLib import TTCollection, TTFont
from matplotlib import font_manager, get_data_path

from farmland.errors import FarmlandWarning
from farmland.plain import one_line
from farmland.rules import Words

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

MISSING = Words(
    "No Chinese font was found, so this is in English and Chinese names are left out: install "
    "fonts-noto-cjk.",
    "未找到中文字体，已改用英文：请安装 fonts-noto-cjk。",
)
"""Said on what is drawn in English for want of a font."""

BOLD = 600
"""Weight from which a font counts as bold."""


@dataclass(frozen=True, slots=True)
class Face:
    """One font in one file, and what it can write."""

    path: str
    index: int
    """Number within a collection of fonts; 0 in a file of one."""
    letters: frozenset[int]
    """Code points that have a glyph."""

    def drawable(self, said: str) -> str:
        """A text of one line in which nothing would be drawn as an empty box.

        Line breaks become blanks. A letter without a glyph becomes the mark that printers set for
        a sort they lack, or a question mark.
        """
        instead = "〓" if ord("〓") in self.letters else "?"
        kept = (sign if ord(sign) in self.letters else instead for sign in one_line(said))
        return "".join(kept)


@dataclass(frozen=True, slots=True)
class Faces:
    """What a document is written in."""

    plain: Face
    bold: Face


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


@cache
def faces() -> Faces:
    """The Chinese font in two weights; matplotlib's own font where there is none."""
    family = chinese()
    if not family:
        return Faces(_face(_latin("DejaVuSans.ttf")), _face(_latin("DejaVuSans-Bold.ttf")))
    found = [font for font in font_manager.fontManager.ttflist if font.name == family]
    found.sort(key=lambda font: (abs(_weight(font.weight) - 400), font.style != "normal"))
    heavy = [font for font in found if _weight(font.weight) >= BOLD and font.style == "normal"]
    heavy.sort(key=lambda font: abs(_weight(font.weight) - 700))
    return Faces(_face(found[0].fname), _face((heavy or found)[0].fname))


@cache
def of_pictures() -> Face:
    """What :func:`families` can write between them."""
    latin = _face(_latin("DejaVuSans.ttf"))
    return Face(latin.path, latin.index, latin.letters | faces().plain.letters)


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


def _latin(name: str) -> Path:
    """A file of matplotlib's own font."""
    return Path(get_data_path()) / "fonts" / "ttf" / name


def _known() -> str:
    """The best family that matplotlib knows, or ``""``."""
    names = {font.name for font in font_manager.fontManager.ttflist}
    return next((family for family in FAMILIES if family in names), "")


def _weight(given: int | str) -> int:
    """A weight as a number, whichever way matplotlib's list says it."""
    return given if isinstance(given, int) else font_manager.weight_dict.get(given, 400)


def _face(path: str | Path) -> Face:
    """A font in a file; of a collection the best for simplified Chinese.

    Lists of fonts may name a whole collection by its first font.
    """
    if Path(path).suffix.lower() not in {".ttc", ".otc"}:
        with TTFont(path, lazy=True) as font:
            return Face(str(path), 0, frozenset(font.getBestCmap()))
    with TTCollection(path, lazy=True) as fonts:
        names = [font["name"].getBestFamilyName() for font in fonts]
        index = next((names.index(family) for family in FAMILIES if family in names), 0)
        return Face(str(path), index, frozenset(fonts.fonts[index].getBestCmap()))
