"""What a sheet says about a patch, as pairs of a label and a value."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from farmland import areas, layers
from farmland.report import words
from farmland.report.clues import Clue
from farmland.report.drawing.surroundings import Surroundings
from farmland.report.sheets import wording as said
from farmland.report.told import Told
from farmland.report.whereabouts import LANDS, Whereabouts, land_class
from farmland.result import Evidence
from farmland.rules import Words
from farmland.shares import largest_remainder

Fact = tuple[Words, Words]
"""A label and its value."""


def of(
    clue: Clue,
    item: Evidence | None,
    around: Surroundings,
    known: Whereabouts,
    told: Told,
) -> tuple[tuple[Fact, ...], ...]:
    """The facts about one patch, one or two on a line.

    Parameters
    ----------
    clue : Clue
    item : Evidence or None
    around : Surroundings
    known : Whereabouts
    told : Told
    """
    east, north = around.degrees
    share = clue.parcel_share
    return (
        (
            (said.PATCH, _plain(clue.patch_id)),
            (said.RUN, told.minute),
        ),
        (
            (said.PLACE, _plain(known.place(clue)) if known.place(clue) else said.NOT_KNOWN),
            (said.CENTRE, _plain(_degrees(east, north))),
        ),
        (
            (said.PARCEL, _plain(clue.parcel_id)),
            (said.WAS, _named("cover_before", clue.cover_before)),
        ),
        (
            (said.AREA, words.area(clue.area_m2, clue.area_mu)),
            (said.SHARE, said.NOT_KNOWN if share is None else _filled(said.OF_PARCEL, share=share)),
        ),
        ((said.LAND, lands(known.lands.get(clue.patch_id, {}))),),
        (
            (said.CHANGED, words.span(clue.date_from, clue.date_to)),
            (said.CONFIRMED, words.day(clue.confirmed_on) if clue.confirmed_on
             else said.NOT_CONFIRMED),
        ),
        (
            (said.EARLIER, _picture(item.before.day.item() if item and item.before else None,
                                    clue.scene_before)),
            (said.LATER, _picture(item.after.day.item() if item and item.after else None,
                                  clue.scene_after)),
        ),
        (
            (said.CLASS, _named("policy_class", clue.policy_class)),
            (said.CODE, land_class(clue.land_code) if clue.land_code else said.OPEN),
        ),
        (
            (said.RULE, _plain(clue.rule) if clue.rule else said.NOT_KNOWN),
            (said.CLEAR, _filled(said.LOOKS, before=_count(clue.clear_before),
                                 after=_count(clue.clear_after))),
        ),
    )  # fmt: skip


def lands(areas_m2: Mapping[str, float]) -> Words:
    """Areas by kind of land; in mu they add up to the patch, too."""
    present = [land for land in LANDS if land in areas_m2]
    if not present or present == ["unknown"]:
        return said.NOT_OVERLAID
    sizes = [areas_m2[land] for land in present]
    in_mu = largest_remainder([size / areas.M2_PER_MU for size in sizes])
    names = [layers.words("overlay", "land", land) for land in present]
    parts = list(zip(names, sizes, in_mu.tolist(), strict=True))
    return Words(
        "; ".join(f"{name.en} {size:,.0f} m² ({mu:,.2f} mu)" for name, size, mu in parts),
        "；".join(f"{name.zh} {mu:.2f} 亩（{size:.2f} 平方米）" for name, size, mu in parts),
    )


def headline(clue: Clue, calibrated: bool) -> tuple[Words, Words]:
    """What it seems to be, and how sure that is; the number only where it was calibrated."""
    parts = [
        layers.words("conversions", column, getattr(clue, column))
        for column in ("conversion", "cover")
    ]
    sure = [layers.words("conversions", "stage", clue.stage)]
    if clue.level:
        level = layers.words("conversions", "level", clue.level)
        sure.append(Words(said.LEVEL.en.format(level=level.en),
                          said.LEVEL.zh.format(level=level.zh)))  # fmt: skip
    if calibrated:
        sure.append(_filled(said.PROBABILITY, share=clue.confidence))
    return _joined(parts), _joined(sure)


def _joined(parts: Sequence[Words]) -> Words:
    return Words(" · ".join(part.en for part in parts), " · ".join(part.zh for part in parts))


def _picture(day: Any, item_id: str | None) -> Words:
    """Day and scene of a picture."""
    if item_id is None:
        return said.NOT_KNOWN
    if day is None:
        return _plain(item_id)
    when = words.day(day)
    return Words(f"{when.en} · {item_id}", f"{when.zh} · {item_id}")


def _named(column: str, value: str | None) -> Words:
    return layers.words("conversions", column, value) if value else said.NOT_KNOWN


def _count(number: int | None) -> str:
    return "–" if number is None else str(number)


def _degrees(east: float, north: float) -> str:
    """A place as people write it, to a metre."""
    return (
        f"{abs(north):.5f}° {'N' if north >= 0 else 'S'}, "
        f"{abs(east):.5f}° {'E' if east >= 0 else 'W'}"
    )


def _filled(template: Words, **values: Any) -> Words:
    return Words(template.en.format(**values), template.zh.format(**values))


def _plain(text: str) -> Words:
    return Words(text, text)
