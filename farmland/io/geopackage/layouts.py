"""Two print layouts inside the saved project: the map of all clues, and one sheet for each patch.

Written without QGIS. The map is A3 landscape (DOMAIN 8.1, document 6); the sheet is an atlas of A4
pages over ``conversions`` whose texts QGIS takes from the patch that is printed. Such texts are
plain, never HTML: a parcel may be called anything.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping
from dataclasses import dataclass

from markupsafe import Markup
from pyproj import CRS

from farmland import __version__, layers
from farmland.dates import spoken_period
from farmland.io.geopackage import documents, expressions, style
from farmland.layers import LAYERS
from farmland.rules import Words

MAP, SHEET = Words("Map of clues", "线索分布图"), Words("Sheet per patch", "图斑单页")
"""Names of the layouts, as the menu of QGIS lists them."""

INK, FAINT, GREEN, RULE = "34,48,42", "107,122,114", "44,122,44", "196,206,199"
"""Colours of text and of lines."""

FRAME, LEAF = (288.0, 230.0), (180.0, 120.0)
"""Width and height of the maps on their pages, in millimetres. QGIS bends a frame to its extent, so
that extents have to be of the same shape."""

SCALES = (1, 1.5, 2, 2.5, 3, 4, 5, 6, 8)
"""Scales of a map, times a power of ten."""

ROOM = 1.8
"""How many times the length of its patch the map of a sheet shows."""

DEGREE_STEPS = (1, 2, 5, 10, 15, 20, 30, 60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 18000)
"""Seconds of arc at which a graticule may stand."""

LINES = 5
"""Lines of a graticule across the map, about."""

ARROW = """<svg xmlns="http://www.w3.org/2000/svg" width="40" height="60" viewBox="0 0 40 60">
<path d="M14.5 13V2.5L25.5 13V2.5" fill="none" stroke="#22302a" stroke-width="2.4"/>
<path d="M20 18L31 56L20 48Z" fill="#22302a" stroke="#22302a" stroke-width="1"/>
<path d="M20 18L9 56L20 48Z" fill="#ffffff" stroke="#22302a" stroke-width="1"/></svg>"""
"""North arrow, the letter as a line: drawing programs differ in their fonts."""

IMAGERY = Words(
    "Imagery: Sentinel-2 L2A (Copernicus), 10 m", "影像：Sentinel-2 L2A (Copernicus), 10 m"
)
LEGEND = Words("Legend", "图例")
PERIOD = Words("Period", "监测期")
COUNTS = Words(
    "{patches} suspected patches, {confirmed} of them confirmed by imagery",
    "疑似图斑 {patches} 个，其中影像确认 {confirmed} 个",
)
METRES = Words("m", "米")
MADE = Words("made with farmland {version}", "由 farmland {version} 制作")


@dataclass(frozen=True, slots=True)
class Bar:
    """A scale bar of two segments."""

    unit: str
    """``meters`` or ``km``, as QGIS names them in a project."""
    label: str
    segment: float
    """In that unit."""


@dataclass(frozen=True, slots=True)
class View:
    """What the map shows, in the CRS of the project, which is in metres."""

    extent: tuple[float, float, float, float]
    degrees: float
    """Width in degrees of longitude."""
    crs: str
    """Name of the CRS, for the reader."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the run says of itself."""

    clue: Words
    attribution: Words
    after: str
    """Period ``A/B`` in which changes were looked for; empty where it is not told."""
    patches: int
    confirmed: int


def render(view: View, said: Said, language: str, listed: Mapping[str, str]) -> Markup:
    """The layouts as XML; ``listed``: titles of the layers in the legend, by id."""
    extent = _filled(view.extent, FRAME)
    return documents.render(
        "layouts.qgs",
        language=language,
        fonts=style.FONTS,
        colours={"ink": INK, "faint": FAINT, "green": GREEN, "rule": RULE},
        arrow="base64:" + base64.b64encode(ARROW.encode()).decode(),
        names={"map": MAP.text(language), "sheet": SHEET.text(language)},
        frame=FRAME,
        extent=extent,
        leaf=LEAF,
        leaf_extent=_filled(view.extent, LEAF),
        leaf_unit=METRES.text(language),
        graticule={"code": "EPSG:4490", "wkt": CRS.from_epsg(4490).to_wkt()},
        step=_step(view.degrees),
        bar=bar(extent[2] - extent[0], language),
        listed=listed,
        texts=_texts(view, said, language),
        facts=_facts(language),
    )


def bar(width: float, language: str) -> Bar:
    """A bar of about a fifth of a map ``width`` metres wide."""
    tenth = width / 10
    power = 10.0 ** math.floor(math.log10(tenth))
    segment = max(step * power for step in (1, 2, 5) if step * power <= tenth)
    if segment >= 500:
        return Bar("km", "km" if language == "en" else "千米", segment / 1000)
    return Bar("meters", METRES.text(language), segment)


def _filled(
    extent: tuple[float, float, float, float], frame: tuple[float, float]
) -> tuple[float, float, float, float]:
    """The extent widened and heightened to fill a frame at a round scale."""
    left, bottom, right, top = extent
    width, height = right - left, top - bottom
    scale = _round_scale(1000 * max(width / frame[0], height / frame[1])) / 1000
    aside = (frame[0] * scale - width) / 2
    above = (frame[1] * scale - height) / 2
    return left - aside, bottom - above, right + aside, top + above


def _round_scale(least: float) -> float:
    """The next round denominator."""
    power = 10.0 ** math.floor(math.log10(least))
    return min(step * power for step in (*SCALES, 10) if step * power >= least)


def _begun(text: str) -> str:
    """A name as it begins a line: titles of columns begin small."""
    return text[:1].upper() + text[1:]


def _leaf_scale() -> str:
    """Expression of the scale of a sheet; null, so that QGIS takes its own, in a CRS of no code."""
    shape = (
        "transform(@atlas_geometry, layer_property('farmland_conversions', 'crs'), @project_crs)"
    )
    longest = f"max(bounds_width(@shape) / {LEAF[0]}, bounds_height(@shape) / {LEAF[1]})"
    scales = [round(step * 10**power) for power in (3, 4) for step in SCALES]
    return (
        f"with_variable('shape', {shape}, with_variable('least', {1000 * ROOM} * {longest}, "
        f"array_first(array_filter(array({', '.join(map(str, scales))}), @element >= @least))))"
    )


def _step(degrees: float) -> float:
    """Degrees between the lines of a graticule."""
    wished = degrees * 3600 / LINES
    return min(DEGREE_STEPS, key=lambda seconds: abs(math.log(seconds / wished))) / 3600


def _texts(view: View, said: Said, language: str) -> dict[str, str]:
    """Texts that stand, ready for QGIS."""
    period = f"{PERIOD.text(language)} {spoken_period(said.after, full=True).text(language)}"
    counts = COUNTS.text(language).format(patches=said.patches, confirmed=said.confirmed)
    sources = (
        IMAGERY.text(language),
        said.attribution.text(language),
        MADE.text(language).format(version=__version__),
    )
    found = {
        "title": layers.CONVERSIONS.title.text(language),
        "subtitle": "  ·  ".join([period, counts] if said.after else [counts]),
        "clue": said.clue.text(language),
        "sources": "  ·  ".join(sources),
        "crs": view.crs,
        "legend": LEGEND.text(language),
    }
    return {name: documents.plain(text) for name, text in found.items()}


def _facts(language: str) -> dict[str, str]:
    """Names and values of a patch, line by line; values are expressions of QGIS."""
    column = LAYERS["conversions"].column
    mu, square = (expressions.number(name, 2, language) for name in ("area_mu", "area_m2"))
    area = f"{mu} || ' 亩（' || {square} || ' 平方米）'"
    if language == "en":
        area = f"{square} || ' m² (' || {mu} || ' mu)'"
    lines = {
        column("parcel_id").title: '"parcel_id"',
        Words("Area", "面积"): area,
        Words("Changed between", "变化时间"): expressions.between(language),
        column("cover_before").title: expressions.words("conversions", "cover_before", language),
        column("level").title: expressions.words("conversions", "level", language),
    }
    reason = '"reason_zh"' if language == "zh" else '"reason"'
    return {
        "names": "\n".join(_begun(words.text(language)) for words in lines),
        "values": "\n".join(f"[% coalesce({value}, '–') %]" for value in lines.values()),
        "head": f"[% {expressions.words('conversions', 'cover', language)} %]",
        "kind": f"[% {expressions.words('conversions', 'conversion', language)} || ' · ' || "
        f"{expressions.words('conversions', 'stage', language)} %]",
        "id": '[% "patch_id" %]',
        "reason": f"[% coalesce({reason}, '') %]",
        "chip": expressions.CHIP_OF_PATCH,
        "scale": _leaf_scale(),
    }
