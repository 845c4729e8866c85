"""How each layer looks and speaks in QGIS: symbols, labels, map tips, as plain data.

Words come from :mod:`farmland.layers`, colours from :mod:`farmland.palette`. What is put into a
QGIS expression is quoted, and what an expression takes from a column is escaped before it becomes
HTML: a parcel may be called anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from farmland import layers, palette
from farmland.io.geopackage import documents, expressions, forms, tips
from farmland.layers import CASES, LAYERS, Layer
from farmland.rules import Words

PBF, PBF_WIDTH = "#2C7A2C", "0.32"
"""Outline of permanent basic farmland (DOMAIN 8.1): 1.2 pixels of a screen, in millimetres."""

HAIRLINE = "0.18"


LEGACY = Words("changed before the cut-off date", "存量（节点日期前）")

FONTS = (
    "Noto Sans CJK SC", "Microsoft YaHei", "PingFang SC", "Source Han Sans SC",
    "WenQuanYi Micro Hei", "DejaVu Sans",
)  # fmt: skip
"""Tried one after the other; where none is there, QGIS takes what the system has instead."""


ENDED_OPACITY = "if(\"status\" in ('dismissed', 'closed'), 30, 100)"
"""What somebody has been to, and is settled, steps back."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One category: a value, its words in the legend, and fills from the bottom up."""

    value: str
    label: str
    fills: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class Style:
    """What the template ``style.qml`` needs for one layer in one language."""

    attribute: str = ""
    symbols: tuple[Entry, ...] = ()
    rules: tuple[Entry, ...] = ()
    """Entries of which several may draw one feature; the value is the condition."""
    outline: Mapping[str, str] | None = None
    width: str = ""
    """Expression of the width of every outline; empty where it stays as it is."""
    opacity: str = ""
    """Expression of the opacity of every symbol, percent; empty where all are full."""
    label: str = ""
    preview: str = ""
    tip: str = ""


def render(
    layer: Layer,
    language: str,
    clue: Words,
    given: Sequence[str] = (),
    *,
    pbf: bool = False,
    calibrated: bool = False,
) -> Markup:
    """The elements of a style, without the root: they also stand inside a project.

    Parameters
    ----------
    layer : Layer
    language : {"zh", "en"}
    clue : Words
        The sentence that stands under every map tip.
    given : sequence of str
        Columns of the layer that are not ours, as the input had them.
    pbf : bool
        Whether the parcels are those of permanent basic farmland.
    calibrated : bool
        Whether the confidence is a probability.
    """
    picture, title = expressions.CHIP, forms.PICTURE_TITLE
    if layer.name == "cases":
        picture, title = expressions.PHOTO, forms.PHOTO_TITLE
    return documents.render(
        "style.qml",
        style=of(layer, language, clue, pbf=pbf),
        form=forms.of(layer.name, language, picture, given, calibrated=calibrated),
        picture=forms.PICTURE,
        picture_title=title.text(language),
        long=forms.LONG,
        columns=layer.columns,
        language=language,
        fonts=FONTS,
    )


def of(layer: Layer, language: str, clue: Words, *, pbf: bool = False) -> Style:
    """Style of ``layer`` in ``language`` (``"zh"`` or ``"en"``)."""
    if layer.name == "conversions":
        return Style(
            attribute=expressions.CLASS,
            symbols=_patch_symbols(language),
            opacity=ENDED_OPACITY,
            label=_patch_label(language),
            preview='"patch_id"',
            tip=tips.of(layer.name, language, clue),
        )
    if layer.name == "parcels":
        return Style(
            attribute='"status"',
            symbols=_parcel_symbols(language, pbf=pbf),
            width=_thinner(PBF_WIDTH if pbf else HAIRLINE),
            preview='"parcel_id"',
            tip=tips.of(layer.name, language, clue),
        )
    if layer.name == "overlay":
        return Style(
            rules=_land_rules(language),
            preview='"patch_id" || \' \' || "part"',
            tip=tips.of(layer.name, language, clue),
        )
    if layer.name == "cases":
        return Style(
            attribute='"verdict"',
            symbols=_verdict_symbols(language),
            preview='"patch_id"',
            tip=tips.of(layer.name, language, clue),
        )
    if layer.name == "scenes":
        line = _fill(palette.FOOTPRINT, style="no", line="dash", width="0.3")
        return Style(outline=line, preview='"item_id"')
    return Style()


def _patch_symbols(language: str) -> tuple[Entry, ...]:
    """Confirmed: a full colour. Candidate: a light tint, hatched, inside a broken line."""
    entries = []
    for stage, stage_words in LAYERS["conversions"].column("stage").meanings.items():
        for name, colour in palette.CLASSES.items():
            full = (_fill(colour, alpha=200, line="solid", width="0.5"),)
            light = (
                _fill(colour, alpha=60, line="no"),
                _fill(colour, style="b_diagonal", line="dash", width="0.5"),
            )
            named = layers.words("conversions", "policy_class", name)
            label = f"{named.text(language)} · {stage_words.text(language)}"
            fills = full if stage == "confirmed" else light
            entries.append(Entry(f"{name} {stage}", label, fills))
    return tuple(sorted(entries, key=lambda entry: not entry.value.endswith("confirmed")))


def _parcel_symbols(language: str, *, pbf: bool) -> tuple[Entry, ...]:
    """Farmed land: an outline only. No answer: a grey tint. The rest: muted.

    Outlines are hairlines; those of permanent basic farmland keep its colour whatever was found.
    """
    entries = []
    for name, colour in palette.PARCELS.items():
        alpha = 0 if name == "stable" else 36 if name in {"confirmed", "candidate"} else 80
        width = PBF_WIDTH if pbf else HAIRLINE
        fill = _fill(colour, alpha=alpha, width=width, line_colour=PBF if pbf else "")
        label = layers.words("parcels", "status", name).text(language)
        entries.append(Entry(name, label, (fill,)))
    return tuple(entries)


def _verdict_symbols(language: str) -> tuple[Entry, ...]:
    """A strong outline on white, so that the patch inside keeps its own colour."""
    casing = _fill("#FFFFFF", alpha=0, width="1.6", line_colour="#FFFFFF")
    return tuple(
        Entry(
            verdict,
            words.text(language),
            (casing, _fill(colour, alpha=0, width="0.8", line_colour=colour)),
        )
        for verdict, words in CASES.column("verdict").meanings.items()
        for colour in (palette.VISITS[verdict],)
    )


def _thinner(width: str) -> str:
    """Expression of a width that shrinks from 1 : 10,000 on, so that a county is no green veil."""
    return f"{width} * min(1, 10000 / coalesce(@map_scale, 10000))"


def _land_rules(language: str) -> tuple[Entry, ...]:
    """Outlines in the colour of the land, so that the patch below keeps its own; old: hatched."""
    entries = []
    for name, colour in palette.LAND.items():
        own = PBF if name == "pbf" else colour
        fill = _fill(own, alpha=0, width=PBF_WIDTH, line_colour=own)
        label = layers.words("overlay", "land", name).text(language)
        entries.append(Entry(f"\"land\" = '{name}'", label, (fill,)))
    hatch = _fill("#5A5A5A", style="f_diagonal", line="no")
    entries.append(Entry('"legacy" = 1', LEGACY.text(language), (hatch,)))
    return tuple(entries)


def _fill(
    colour: str,
    *,
    alpha: int = 255,
    style: str = "solid",
    line: str = "solid",
    width: str = "0.3",
    line_colour: str = "",
) -> dict[str, str]:
    """Properties of a simple fill; its outline is of the same colour, darker, or of its own."""
    red, green, blue = _parts(colour)
    edge = _parts(line_colour) if line_colour else (red * 3 // 4, green * 3 // 4, blue * 3 // 4)
    return {
        "color": f"{red},{green},{blue},{alpha}",
        "style": style if alpha else "no",
        "outline_color": ",".join(str(part) for part in (*edge, 255)),
        "outline_style": line,
        "outline_width": width,
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }


def _parts(colour: str) -> tuple[int, int, int]:
    """Red, green and blue of ``#rrggbb``."""
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _patch_label(language: str) -> str:
    cover = expressions.words("conversions", "cover", language)
    return f"{cover} || '\\n' || {expressions.area(language)}"
