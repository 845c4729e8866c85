"""What the page holds of each patch: reason, numbers, curve, and pictures as far as they fit.

Evidence is taken one patch at a time and written at once, so that a county of ten thousand patches
needs no more memory than one of ten.
"""

from __future__ import annotations

import io
from collections.abc import Collection, Iterator, Sequence
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.image import imsave
from shapely.geometry.base import BaseGeometry

from farmland.report import curve, maps, words
from farmland.report.clues import Clue, by_worth, outline
from farmland.report.compact import block, text_of
from farmland.result import Chip, Result

MOST_BYTES = 20_000_000
"""Of pictures in the page, the patches most worth a visit first: a page of more is slow to send
and to open."""

SIDES = ("before", "onset", "after")

PARTS = ("land", "survey_code", "approved", "redline", "grain_zone", "legacy", "item", "area_m2")
"""What the page tells of the part of a patch on one kind of land."""


def blocks(result: Result, found: Sequence[Clue], beside: Collection[str]) -> Iterator[str]:
    """Blocks of data, one a patch, named ``e`` and the place of the patch in ``found``.

    Parameters
    ----------
    result : Result
    found : sequence of Clue
    beside : collection of str
        Patches of which a picture lies in ``chips/``.

    Yields
    ------
    str
        At the end, as ``held``, in words how many patches have their pictures in the page.
    """
    place = {clue.patch_id: number for number, clue in enumerate(found)}
    parts, taken = _parts(result.overlay), result.pictured
    room, inside, outside, without = MOST_BYTES, 0, 0, 0
    for clue in by_worth(found):
        item = result.evidence.get(clue.patch_id)
        seen = [(side, getattr(item, side)) for side in SIDES if item and getattr(item, side)]
        chips = _chips(seen, clue, result.conversions.crs) if room > 0 else []
        room -= sum(len(chip["data"]) for chip in chips)
        left_out = len(seen) > len(chips)
        inside += bool(chips)
        outside += left_out
        without += not seen and clue.patch_id not in taken
        yield block(
            f"e{place[clue.patch_id]}",
            _facts(clue)
            | {
                "curve": curve.packed(item.curve) if item else None,
                "chips": chips,
                "left_out": left_out,
                "taken": clue.patch_id in taken,
                "beside": clue.patch_id in beside,
                "parts": parts.get(clue.patch_id, []),
            },
        )
    said = words.inside(inside, outside, limited=without > 0)
    yield block("held", [said.en, said.zh])


def _facts(clue: Clue) -> dict[str, Any]:
    """What stands in the row of a patch and is shown with its evidence."""
    return {
        "reason": [clue.reason.en, clue.reason.zh],
        "was": clue.cover_before,
        "share": clue.parcel_share,
        "looks": [clue.clear_before, clue.clear_after],
        "code": clue.land_code,
        "rule": clue.rule,
        "scenes": [clue.scene_before, clue.scene_after],
    }


def _parts(overlay: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Parts of each patch on one kind of land each; null is None."""
    parts: dict[str, list[dict[str, Any]]] = {}
    columns = [overlay[name] for name in ("patch_id", *PARTS)]
    for patch, *values in zip(*columns, strict=True):
        plain = [_plain(value) for value in values]
        parts.setdefault(patch, []).append(dict(zip(PARTS, plain, strict=True)))
    return parts


def _plain(value: Any) -> Any:
    """A cell as plain Python; null is None."""
    if pd.isna(value):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _chips(seen: Sequence[tuple[str, Chip]], clue: Clue, crs: Any) -> list[dict[str, Any]]:
    """The pictures of a patch in the order of their days."""
    return [_chip(side, chip, outline(clue, crs, chip.crs)) for side, chip in seen]


def _chip(side: str, chip: Chip, shape: BaseGeometry) -> dict[str, Any]:
    """One picture with its day, its scene and the outline of the patch in its pixels."""
    left, _, _, top = chip.window.bounds
    height, width = chip.window.shape
    return {
        "side": side,
        "day": str(chip.day.astype("datetime64[D]")),
        "item": chip.item_id,
        "where": f"{chip.crs} {chip.window.row} {chip.window.column}",
        "width": width,
        "height": height,
        "outline": maps.svg_path(shape, left, top, 0.1),
        "data": text_of(_webp(chip)),
    }


def _webp(chip: Chip) -> bytes:
    """The pixels of a chip one to one, without loss; what no scene covers is clear, not black."""
    opacity = np.where(chip.rgb.any(axis=2), 255, 0).astype(np.uint8)
    buffer = io.BytesIO()
    imsave(
        buffer, np.dstack([chip.rgb, opacity]), format="webp",
        pil_kwargs={"lossless": True, "method": 4, "exact": True},
    )  # fmt: skip
    return buffer.getvalue()
