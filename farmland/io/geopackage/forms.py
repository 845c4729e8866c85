"""What the attribute form of each layer shows: tabs, groups of fields, and the picture of a patch.

A form is plain data. Whoever adds a field to a layer gives it a place here; a column that stands in
no group is not shown by the form, only by the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

from farmland.rules import Words

PICTURE = "chip"
"""Field that QGIS reckons from an expression: where the picture of a patch lies on this machine."""

PICTURE_TITLE = Words("pictures and curve", "影像对比与曲线")
PHOTO_TITLE = Words("first photograph", "现场照片（首张）")

GIVEN = Words("Fields as given", "原有字段")

LONG = frozenset({"reason", "reason_zh", "value"})
"""Columns of whole sentences."""


@dataclass(frozen=True, slots=True)
class Group:
    """Fields that belong together, under a title, in two columns or below one another."""

    title: Words
    columns: tuple[str, ...]
    wide: bool = False
    """Whether each field takes the whole width."""


@dataclass(frozen=True, slots=True)
class Tab:
    """One page of a form."""

    title: Words
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Form:
    """The form of one layer in one language, ready for the template."""

    tabs: tuple[Tab, ...] = ()
    picture: str = ""
    """Expression that gives the path of a picture; empty where there is none."""


FORMS: Mapping[str, tuple[Tab, ...]] = {
    "conversions": (
        Tab(
            Words("Finding", "监测结论"),
            (
                Group(
                    Words("Patch", "图斑"),
                    (
                        "conversion", "stage", "cover", "cover_before", "area_mu", "area_m2",
                        "parcel_share", "level", "patch_id", "parcel_id",
                    ),
                ),
                Group(Words("Time", "变化时间"), ("date_from", "date_to", "confirmed_on")),
                Group(Words("Reason", "判定理由"), ("reason", "reason_zh"), wide=True),
            ),
        ),
        Tab(
            Words("Evidence", "影像证据"),
            (
                Group(PICTURE_TITLE, (PICTURE,), wide=True),
                Group(
                    Words("Imagery", "影像"),
                    ("scene_before", "scene_after", "clear_before", "clear_after", "confidence"),
                ),
            ),
        ),
        Tab(
            Words("Case", "线索办理"),
            (
                Group(Words("State", "办理"), ("status",)),
                Group(Words("Rules", "规则"), ("policy_class", "land_code", "rule")),
            ),
        ),
    ),
    "parcels": (
        Tab(
            Words("Parcel", "地块"),
            (
                Group(
                    Words("Finding", "监测结论"),
                    ("parcel_id", "status", "area_mu", "area_m2", "converted_m2", "cropping"),
                ),
                Group(Words("Reason", "说明"), ("reason",), wide=True),
            ),
        ),
        Tab(
            Words("Imagery", "影像"),
            (
                Group(
                    Words("What was seen", "观测"),
                    (
                        "clear_before", "clear_after", "ndvi_peak_before", "ndvi_peak_after",
                        "full_pixels", "seen_share",
                    ),
                ),
            ),
        ),
    ),
    "overlay": (
        Tab(
            Words("Land", "土地"),
            (
                Group(
                    Words("Part of a patch", "图斑部分"),
                    ("patch_id", "part", "land", "survey_code", "area_m2", "net_m2"),
                ),
                Group(
                    Words("Land registers", "土地台账"),
                    ("pbf", "pbf_id", "planting_code", "ridge_share", "place_code"),
                ),
            ),
        ),
        Tab(
            Words("Rules", "规则"),
            (
                Group(
                    Words("Layers laid over", "套合图层"), ("approved", "redline", "grain_zone")
                ),
                Group(
                    Words("What the rules say", "规则判定"),
                    ("policy_class", "rule", "legacy", "item"),
                ),
            ),
        ),
    ),
    "cases": (
        Tab(
            Words("On the ground", "实地核查"),
            (
                Group(
                    Words("Finding", "核查结论"),
                    ("verdict", "land_found", "inspected_on", "inspector", "note"),
                ),
                Group(Words("Reason", "说明"), ("reason",), wide=True),
            ),
        ),
        Tab(PHOTO_TITLE, (Group(PHOTO_TITLE, (PICTURE,), wide=True),)),
        Tab(
            Words("Patch", "图斑"),
            (
                Group(
                    Words("When it was visited", "核查时"),
                    ("patch_id", "parcel_id", "cover", "imported_at"),
                ),
            ),
        ),
    ),
    "scenes": (
        Tab(
            Words("Scene", "影像"),
            (
                Group(
                    Words("Acquisition", "成像"),
                    ("item_id", "collection", "platform", "tile", "datetime", "solar_day"),
                ),
                Group(
                    Words("Radiometry", "辐射"),
                    ("baseline", "offset", "offset_source", "duplicate_of"),
                ),
                Group(
                    Words("Reading", "读取"),
                    ("clear_share", "blocks_read", "blocks_skipped", "blocks_failed", "bytes_read"),
                ),
            ),
        ),
    ),
}  # fmt: skip
"""Forms by layer; a layer that is not here has the plain form of QGIS."""

SPOKEN = {"zh": "reason", "en": "reason_zh"}
"""The sentence a form in that language leaves out, because it says the other one."""


def of(
    layer: str,
    language: str,
    picture: str,
    given: Sequence[str] = (),
    *,
    calibrated: bool = False,
) -> Form:
    """Form of a layer.

    Parameters
    ----------
    layer : str
    language : {"zh", "en"}
    picture : str
        Expression of the path of a picture.
    given : sequence of str
        Columns the layer has beyond our own, as the input had them; they get a tab. One whose name
        XML cannot hold is left to the table.
    calibrated : bool
        Whether the confidence is a probability; until then forms give the level only.
    """
    left_out = {SPOKEN[language]} if layer == "conversions" else set()
    left_out |= set() if calibrated else {"confidence"}
    tabs = [_without(tab, left_out) for tab in FORMS.get(layer, ())]
    named = tuple(name for name in given if name.isprintable())
    if tabs and named:
        tabs.append(Tab(GIVEN, (Group(GIVEN, named),)))
    shown = any(PICTURE in group.columns for tab in tabs for group in tab.groups)
    return Form(tuple(tabs), picture if shown else "")


def _without(tab: Tab, left_out: Set[str]) -> Tab:
    """A tab without some of its columns."""
    groups = (
        Group(
            group.title,
            tuple(name for name in group.columns if name not in left_out),
            group.wide,
        )
        for group in tab.groups
    )
    return Tab(tab.title, tuple(groups))
