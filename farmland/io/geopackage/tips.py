"""What a map tip of QGIS says: HTML whose values QGIS fills in, escaped.

A parcel may be called anything, so what an expression takes from a column is escaped before it
becomes HTML.
"""

from __future__ import annotations

from farmland.io.geopackage import documents
from farmland.io.geopackage.expressions import (
    CHIP,
    NAMES,
    PHOTOS,
    area,
    between,
    number,
    spoken_day,
    words,
)
from farmland.layers import CASES, LAYERS
from farmland.rules import Words


def of(layer: str, language: str, clue: Words) -> str:
    """The tip of a layer; empty where it has none."""
    tips = {"conversions": _patch, "parcels": _parcel, "overlay": _part, "cases": _case}
    return tips[layer](language, clue) if layer in tips else ""


def _patch(language: str, clue: Words) -> str:
    columns = LAYERS["conversions"].column
    lines = [
        (columns("parcel_id").title, _value('"parcel_id"')),
        (Words("area", "面积"), _value(area(language))),
        (Words("changed between", "变化时间"), _value(between(language))),
        (columns("level").title, _value(words("conversions", "level", language))),
        (columns("status").title, _value(words("conversions", "status", language))),
    ]
    return _tip(
        language,
        clue,
        head=f"{_value(words('conversions', 'cover', language))} · "
        f"{_value(words('conversions', 'stage', language))}",
        lines=lines,
        reason=_value('"reason_zh"' if language == "zh" else '"reason"'),
        chip=f'[% if(file_exists({CHIP}), \'<img width="440" src="file://\' || '
        f"if(left({CHIP}, 1) = '/', '', '/') || {_escaped(CHIP)} || '\"/>', '') %]",
    )


def _parcel(language: str, clue: Words) -> str:
    columns = LAYERS["parcels"].column
    lines = [
        (columns("status").title, _value(words("parcels", "status", language))),
        (Words("area", "面积"), _value(area(language))),
    ]
    return _tip(
        language, clue, head=_value('"parcel_id"'), lines=lines, reason=_value('"reason"'), chip=""
    )


def _part(language: str, clue: Words) -> str:
    columns = LAYERS["overlay"].column
    size = f"{number('area_m2', 2, language)} || ' m²'"
    patch = _value('"patch_id"')
    lines = [
        (columns("survey_code").title, _value('"survey_code"')),
        (columns("pbf_id").title, _value('"pbf_id"')),
        (columns("place_code").title, _value('"place_code"')),
        (Words("area", "面积"), _value(size)),
    ]
    return _tip(
        language,
        clue,
        head=f"{patch} · {_value(words('overlay', 'land', language))}",
        lines=lines,
        reason=_value(words("overlay", "policy_class", language)),
        chip="",
    )


def _case(language: str, clue: Words) -> str:
    column, patch = CASES.column, _value('"patch_id"')
    lines = [
        (column("land_found").title, _value(words("cases", "land_found", language))),
        (column("inspected_on").title, _value(spoken_day("inspected_on", language))),
        (column("note").title, _value('"note"')),
    ]
    place = _escaped(PHOTOS)
    images = (
        f'array_to_string(array_foreach({NAMES}, \'<img width="440" src="file://\' || '
        f"if(left({PHOTOS}, 1) = '/', '', '/') || {place} || "
        "regexp_replace(@element, '[^0-9A-Za-z._-]', '') || '\"/>'), '<br/>')"
    )
    return _tip(
        language,
        clue,
        head=f"{patch} · {_value(words('cases', 'verdict', language))}",
        lines=lines,
        reason=_value('"reason"'),
        chip=f"[% {images} %]",
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
    said = documents.plain(clue.text(language))
    return str(documents.render("tip.html", shown=shown, clue=said))  # text, not markup


def _escaped(path: str) -> str:
    """Expression of a path as a part of an address, whatever a folder is called."""
    for sign, code in (("%", "%25"), ("#", "%23"), ("?", "%3F"), ('"', "%22"), ("<", "%3C")):
        path = f"replace({path}, '{sign}', '{code}')"
    return path


def _value(expression: str) -> str:
    """Place of a value in a map tip, escaped by QGIS when it fills it in."""
    text = f"coalesce(to_string({expression}), '')"
    return f"[% replace(replace({text}, '&', '&amp;'), '<', '&lt;') %]"
