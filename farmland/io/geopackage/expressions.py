"""What styles, forms and layouts ask of QGIS, in its own language of expressions.

What is put into an expression is quoted; what an expression takes from a column stays text.
"""

from __future__ import annotations

from farmland.layers import CASES, LAYERS

KNOWN = {**LAYERS, CASES.name: CASES}

CLASS = (
    "CASE WHEN \"conversion\" = 'non_agricultural' THEN 'non_agri' "
    "WHEN \"conversion\" <> 'non_grain' OR \"cover\" = 'greenhouse' THEN 'uncertain' "
    "WHEN \"cover\" = 'abandoned' THEN 'abandoned' "
    "WHEN \"cover\" = 'crop' THEN 'non_grain_B' ELSE 'non_grain_A' END || ' ' || \"stage\""
)
"""``palette.class_of`` in the language of QGIS, with the stage behind it."""

CHIP, CHIP_OF_PATCH = (
    f"regexp_replace(decode_uri({layer}, 'path'), '[.]gpkg$', '') "
    "|| '/chips/' || regexp_replace(\"patch_id\", '[^0-9a-f]', '') || '.png'"
    for layer in ("@layer", "'farmland_conversions'")
)
"""Path of the picture of a patch: in the folder beside the GeoPackage that is open. The second form
is for a layout of the project, where no layer is at hand."""


PHOTOS = "regexp_replace(decode_uri(@layer, 'path'), '[.]gpkg$', '') || '/photos/'"
"""Folder of the photographs of inspectors."""

NAMES = "array_foreach(coalesce(from_json(\"photos\"), array()), map_get(@element, 'name'))"
"""Names of the photographs of a case."""

PHOTO = f"{PHOTOS} || array_first({NAMES})"
"""Path of the first one; null where there is none."""


def number(column: str, decimals: int, language: str) -> str:
    """Expression of a number as the language writes it: Chinese offices group no digits."""
    grouped = f"format_number(\"{column}\", {decimals}, 'en')"
    return f"replace({grouped}, ',', '')" if language == "zh" else grouped


def area(language: str) -> str:
    """Expression of the area as people of the language say it."""
    if language == "zh":
        return f"{number('area_mu', 2, language)} || ' 亩'"
    return f"{number('area_m2', 0, language)} || ' m²'"


def spoken_day(column: str, language: str) -> str:
    """Expression that says a date as people of the language write it."""
    form = "yyyy年M月d日" if language == "zh" else "d MMMM yyyy"
    return f"format_date(\"{column}\", {quoted(form)}, 'en')"


def between(language: str) -> str:
    """Expression that says in which time a patch changed."""
    dash = "'—'" if language == "zh" else "' – '"
    return f"{spoken_day('date_from', language)} || {dash} || {spoken_day('date_to', language)}"


def words(layer: str, column: str, language: str) -> str:
    """Expression that says a coded value in words, or the code where there are none."""
    pairs = ", ".join(
        f"{quoted(code)}, {quoted(named.text(language))}"
        for code, named in KNOWN[layer].column(column).meanings.items()
    )
    return f'coalesce(map_get(map({pairs}), "{column}"), "{column}")'


def quoted(text: str) -> str:
    """Text as a QGIS expression literal."""
    return "'" + text.replace("\\", "\\\\").replace("'", "''") + "'"
