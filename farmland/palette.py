"""Colours, the same in QGIS, in the report and in its pictures (DOMAIN 8.1)."""

from __future__ import annotations

CLASSES = {
    "non_agri": "#E15759",
    "non_grain_A": "#F28E2B",
    "non_grain_B": "#EDC948",
    "abandoned": "#B07AA1",
    "uncertain": "#8C8C8C",
}
"""What a patch became, in classes few enough to tell apart on a map; named as ``policy_class``."""

PARCELS = {
    "confirmed": "#C9403F",
    "candidate": "#D98A3D",
    "changed_before": "#A98BA3",
    "stable": "#2C7A2C",
    "not_cropped": "#B9A77C",
    "unsettled_history": "#8FA3B5",
    "too_few_looks": "#9DB4C0",
    "too_small": "#B7BEC4",
    "no_imagery": "#6F7D88",
    "unread": "#55606A",
    "invalid_geometry": "#3F474E",
}
"""Status of a parcel; muted, because the patches are what a map is opened for."""

LAND = {
    "pbf": "#8A6D00",
    "cultivated": "#7FA650",
    "other": "#9B8AA5",
    "unknown": "#A0A0A0",
}
"""What the ground under a patch is by law: thin lines over the colour of the patch."""

FOOTPRINT = "#5B7C99"

VISITS = {
    "": "#E8590C",
    "verified": "#C9403F",
    "dismissed": "#2C7A2C",
    "unclear": "#8C8C8C",
    "closed": "#3B6FA0",
}
"""What was found at a patch on the list of visits; ``""``: nobody was there yet."""


def class_of(conversion: str, cover: str) -> str:
    """Name of the class a patch is drawn in, whatever the rules in use call it.

    >>> class_of("non_grain", "pond"), class_of("non_grain", "greenhouse")
    ('non_grain_A', 'uncertain')
    """
    if conversion == "non_agricultural":
        return "non_agri"
    if conversion != "non_grain" or cover == "greenhouse":
        return "uncertain"
    return {"abandoned": "abandoned", "crop": "non_grain_B"}.get(cover, "non_grain_A")
