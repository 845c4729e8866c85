"""How each layer looks and speaks in QGIS: symbols, labels, map tips, as plain data.

Words come from :mod:`farmland.layers`, colours from :mod:`farmland.palette`. What is put into a
QGIS expression is quoted, and what an expression takes from a column is escaped before it becomes
HTML: a parcel may be called anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jinja2 import Environment, PackageLoader

from farmland import layers, palette
from farmland.layers import LAYERS, Layer
from farmland.rules import Words

TEMPLATES = Environment(
    loader=PackageLoader("farmland.io.geopackage"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
)

CLASS = (
    "CASE WHEN \"conversion\" = 'non_agricultural' THEN 'non_agri' "
    "WHEN \"conversion\" <> 'non_grain' OR \"cover\" = 'greenhouse' THEN 'uncertain' "
    "WHEN \"cover\" = 'abandoned' THEN 'abandoned' "
    "WHEN \"cover\" = 'crop' THEN 'non_grain_B' ELSE 'non_grain_A' END || ' ' || \"stage\""
)
"""``palette.class_of`` in the language of QGIS, with the stage behind it."""

CHIP = (
    "regexp_replace(decode_uri(@layer, 'path'), '[.]gpkg$', '') "
    "|| '/chips/' || regexp_replace(\"patch_id\", '[^0-9a-f]', '') || '.png'"
)
"""Path of the picture of a patch: in the folder beside the GeoPackage that is open."""


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
    outline: Mapping[str, str] | None = None
    label: str = ""
    preview: str = ""
    tip: str = ""


def render(layer: Layer, language: str, clue: Words) -> str:
    """The elements of a style, without the root: they also stand inside a project."""
    return TEMPLATES.get_template("style.qml").render(
        style=of(layer, language, clue), columns=layer.columns, language=language
    )


def of(layer: Layer, language: str, clue: Words) -> Style:
    """Style of ``layer`` in ``language`` (``"zh"`` or ``"en"``)."""
    if layer.name == "conversions":
        return Style(
            attribute=CLASS,
            symbols=_patch_symbols(language),
            label=_patch_label(language),
            preview='"patch_id"',
            tip=_patch_tip(language, clue),
        )
    if layer.name == "parcels":
        return Style(
            attribute='"status"',
            symbols=_parcel_symbols(language),
            preview='"parcel_id"',
            tip=_parcel_tip(language, clue),
        )
    if layer.name == "overlay":
        return Style(
            attribute='"land"',
            symbols=_land_symbols(language),
            preview='"patch_id" || \' \' || "part"',
            tip=_part_tip(language, clue),
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
            words = layers.words("conversions", "policy_class", name)
            label = f"{words.text(language)} · {stage_words.text(language)}"
            fills = full if stage == "confirmed" else light
            entries.append(Entry(f"{name} {stage}", label, fills))
    return tuple(sorted(entries, key=lambda entry: not entry.value.endswith("confirmed")))


def _parcel_symbols(language: str) -> tuple[Entry, ...]:
    """Farmed land: an outline only. No answer: a grey tint. The rest: muted."""
    entries = []
    for name, colour in palette.PARCELS.items():
        alpha = 0 if name == "stable" else 40 if name in {"confirmed", "candidate"} else 110
        fill = _fill(colour, alpha=alpha, line="solid", width="0.26")
        label = layers.words("parcels", "status", name).text(language)
        entries.append(Entry(name, label, (fill,)))
    return tuple(entries)


def _land_symbols(language: str) -> tuple[Entry, ...]:
    """Hatched in the colour of the land, so that the patch below keeps its own."""
    entries = []
    for name, colour in palette.LAND.items():
        fill = _fill(colour, style="f_diagonal", line="solid", width="0.4")
        label = layers.words("overlay", "land", name).text(language)
        entries.append(Entry(name, label, (fill,)))
    return tuple(entries)


def _fill(
    colour: str, *, alpha: int = 255, style: str = "solid", line: str = "solid", width: str = "0.3"
) -> dict[str, str]:
    """Properties of a simple fill with an outline of the same colour."""
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return {
        "color": f"{red},{green},{blue},{alpha}",
        "style": style if alpha else "no",
        "outline_color": f"{red * 3 // 4},{green * 3 // 4},{blue * 3 // 4},255",
        "outline_style": line,
        "outline_width": width,
        "outline_width_unit": "MM",
        "joinstyle": "miter",
    }


def _patch_label(language: str) -> str:
    area = _area(language)
    return f"{_words('conversions', 'cover', language)} || '\\n' || {area}"


def _area(language: str) -> str:
    """Expression of the area as people of the language say it."""
    if language == "zh":
        return "format_number(\"area_mu\", 2) || ' 亩'"
    return "format_number(\"area_m2\", 0) || ' m²'"


def _patch_tip(language: str, clue: Words) -> str:
    columns = LAYERS["conversions"].column
    lines = [
        (columns("parcel_id").title, _value('"parcel_id"')),
        (Words("area", "面积"), _value(_area(language))),
        (Words("changed between", "变化时间"), _value('"date_from" || \' – \' || "date_to"')),
        (columns("level").title, _value(_words("conversions", "level", language))),
    ]
    return _tip(
        language,
        clue,
        head=f"{_value(_words('conversions', 'cover', language))} · "
        f"{_value(_words('conversions', 'stage', language))}",
        lines=lines,
        reason=_value('"reason_zh"' if language == "zh" else '"reason"'),
        chip=f'[% if(file_exists({CHIP}), \'<img width="440" src="file://\' || '
        f"if(left({CHIP}, 1) = '/', '', '/') || {CHIP} || '\"/>', '') %]",
    )


def _parcel_tip(language: str, clue: Words) -> str:
    columns = LAYERS["parcels"].column
    lines = [
        (columns("status").title, _value(_words("parcels", "status", language))),
        (Words("area", "面积"), _value(_area(language))),
    ]
    return _tip(
        language, clue, head=_value('"parcel_id"'), lines=lines, reason=_value('"reason"'), chip=""
    )


def _part_tip(language: str, clue: Words) -> str:
    columns = LAYERS["overlay"].column
    area = "format_number(\"area_m2\", 2) || ' m²'"
    patch = _value('"patch_id"')
    lines = [
        (columns("survey_code").title, _value('"survey_code"')),
        (columns("pbf_id").title, _value('"pbf_id"')),
        (columns("place_code").title, _value('"place_code"')),
        (Words("area", "面积"), _value(area)),
    ]
    return _tip(
        language,
        clue,
        head=f"{patch} · {_value(_words('overlay', 'land', language))}",
        lines=lines,
        reason=_value(_words("overlay", "policy_class", language)),
        chip="",
    )


def _tip(
    language: str,
    clue: Words,
    *,
    head: str,
    lines: list[tuple[Words, str]],
    reason: str,
    chip: str,
) -> str:
    """HTML of a map tip; expressions pass as they are, words from outside are escaped."""
    shown = {
        "head": head,
        "lines": [(title.text(language), value) for title, value in lines],
        "reason": reason,
        "chip": chip,
    }
    said = clue.text(language).replace("[%", "[ %")
    return TEMPLATES.get_template("tip.html").render(shown=shown, clue=said)


def _value(expression: str) -> str:
    """Place of a value in a map tip, escaped by QGIS when it fills it in."""
    text = f"coalesce(to_string({expression}), '')"
    return f"[% replace(replace({text}, '&', '&amp;'), '<', '&lt;') %]"


def _words(layer: str, column: str, language: str) -> str:
    """Expression that says a coded value in words, or the code where there are none."""
    pairs = ", ".join(
        f"{_quote(code)}, {_quote(words.text(language))}"
        for code, words in LAYERS[layer].column(column).meanings.items()
    )
    return f'coalesce(map_get(map({pairs}), "{column}"), "{column}")'


def _quote(text: str) -> str:
    """Text as a QGIS expression literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
