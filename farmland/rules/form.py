"""The form of a rules file: every entry there may be, and what each must look like."""

from __future__ import annotations

from farmland.rules.decisions import LANDS, PERMISSIONS
from farmland.rules.land import ACCOUNTS, DESTINATIONS, MAJORS
from farmland.rules.shape import ANY, DAY, TEXT, TRUTH, WHOLE, Each, Listed, OneOf, Record, Shape
from farmland.rules.thresholds import THRESHOLDS

CONVERSIONS = ("non_agricultural", "non_grain", "undetermined")

COVERS = (
    *("built", "earthwork", "road", "pit", "solar", "lake"),
    *("pond", "orchard", "nursery", "forest", "turf"),
    *("greenhouse", "abandoned", "crop", "unknown"),
)
"""What a satellite can suspect; every set of rules says what each is (DESIGN 4)."""

WORDS = Record({"en": TEXT, "zh": TEXT}, ("en", "zh"), text=True)

VALIDITY: dict[str, Shape] = {"valid_from": DAY, "valid_until": DAY}
ORIGIN: dict[str, Shape] = {"source": TEXT, "verified": TRUTH}

RULING = Record(
    {
        "permission": OneOf(tuple(PERMISSIONS)),
        "policy_class": TEXT,
        "basis": Listed(TEXT),
        "item": WHOLE,
        **VALIDITY,
    },
    ("permission",),
)

COVER_FIELDS: dict[str, Shape] = {
    "conversion": OneOf(CONVERSIONS),
    "policy_class": TEXT,
    "land_code": TEXT,
    "patch_type": TEXT,
    "label": WORDS,
    "note": WORDS,
    "legacy": Listed(TEXT),
    **{land: Listed(RULING, or_one=True) for land in LANDS},
}
COVER = Record(COVER_FIELDS, ("conversion", "policy_class", "label"))
VISITED = Record(COVER_FIELDS, ("policy_class", "label"))

INSTRUMENT = Record(
    {"title": WORDS, "number": TEXT, "used_for": WORDS, **VALIDITY, **ORIGIN},
    ("title", "valid_from", "source", "verified"),
)

USE = Record(
    {
        "en": TEXT,
        "zh": TEXT,
        "major": OneOf(MAJORS),
        "group": TEXT,
        "account": OneOf(ACCOUNTS),
        "verified": TRUTH,
    },
    ("en", "zh", "major", "group", "account", "verified"),
)
"""Also the columns of a table of codes, behind ``code``."""

SCHEME = Record(
    {
        "title": WORDS,
        "tables": Listed(TEXT),
        "codes": Each(USE),
        "pattern": TEXT,
        "named": Each(TEXT),
        "prefixes": Listed(WHOLE),
        "source": TEXT,
    },
    ("title", "source"),
)

RATIO = Record({"numerator": WHOLE, "denominator": WHOLE, "source": TEXT}, ("numerator",))

FORM = Record(
    {
        "extends": TEXT,
        "id": TEXT,
        "version": TEXT,
        "name": WORDS,
        "clue": Record({"en": TEXT, "zh": TEXT, "source": TEXT}, ("en", "zh"), text=True),
        "area": Record({"unit": TEXT, "m2_per_unit": RATIO}, ("unit", "m2_per_unit")),
        "instruments": Each(INSTRUMENT),
        "prohibitions": Record({"instrument": TEXT, "items": Each(WORDS)}, ("instrument", "items")),
        "dates": Each(
            Record({"day": DAY, "consequence": WORDS, **ORIGIN}, ("day", "consequence", *ORIGIN))
        ),
        "legacy": Each(Listed(TEXT)),
        "covers": Record(dict.fromkeys(COVERS, COVER), COVERS),
        "visited": Each(VISITED),
        "patch_types": Each(WORDS),
        "crops": Each(
            Record({"grain": TRUTH, "label": WORDS, **ORIGIN}, ("grain", "label", *ORIGIN))
        ),
        "figures": Each(
            Record({"text": WORDS, "basis": Listed(TEXT), **ORIGIN}, ("text", *ORIGIN))
        ),
        "provinces": Record({"tables": Listed(TEXT), "names": Each(WORDS)}),
        "land": Record(
            {
                "usual": TEXT,
                "schemes": Each(SCHEME),
                "destinations": Record(dict.fromkeys(DESTINATIONS, Listed(TEXT))),
            }
        ),
        **dict.fromkeys(THRESHOLDS, ANY),
    },
    ("id", "version", "name", "clue", "area", "covers"),
)
