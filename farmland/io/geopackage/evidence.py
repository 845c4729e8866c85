"""Keep the evidence of a result beside it: curves and chips in one file of plain arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from farmland.grid import Window
from farmland.io.drafts import replacing
from farmland.result import Chip, Curve, Evidence

NAME = "evidence.npz"


def write(evidence: Mapping[str, Evidence], folder: Path) -> None:
    """Write ``folder/evidence.npz`` in one step; the folder is made where it is missing."""
    folder.mkdir(exist_ok=True)
    arrays: dict[str, Any] = {}
    for number, (patch_id, item) in enumerate(sorted(evidence.items())):
        arrays |= {f"{number}/{key}": value for key, value in _arrays(patch_id, item).items()}
    with replacing(folder / NAME) as draft:
        np.savez_compressed(draft, **arrays)


def read(folder: Path) -> dict[str, Evidence]:
    """Read the evidence in ``folder`` by patch id; nothing where there is none."""
    path = folder / NAME
    if not path.is_file():
        return {}
    with np.load(path, allow_pickle=False) as file:
        numbers = sorted({name.split("/")[0] for name in file.files}, key=int)
        items = [_evidence(number, file) for number in numbers]
    return {item.patch_id: item for item in items}


def _arrays(patch_id: str, item: Evidence) -> dict[str, Any]:
    """One piece of evidence as named arrays."""
    arrays = {"patch_id": np.array(patch_id)}
    arrays |= {field.name: getattr(item.curve, field.name) for field in fields(Curve)}
    for side, chip in (("before", item.before), ("after", item.after)):
        if chip is not None:
            corner = (chip.window.row, chip.window.column)
            arrays |= {
                f"{side}_item": np.array(chip.item_id),
                f"{side}_day": np.array(chip.day, "datetime64[D]"),
                f"{side}_crs": np.array(chip.crs),
                f"{side}_corner": np.array(corner, np.int64),
                f"{side}_rgb": chip.rgb,
            }
    return arrays


def _evidence(number: str, file: Mapping[str, Any]) -> Evidence:
    return Evidence(
        patch_id=str(file[f"{number}/patch_id"]),
        curve=Curve(**{field.name: file[f"{number}/{field.name}"] for field in fields(Curve)}),
        before=_chip(f"{number}/before", file),
        after=_chip(f"{number}/after", file),
    )


def _chip(prefix: str, file: Mapping[str, Any]) -> Chip | None:
    if f"{prefix}_rgb" not in file:
        return None
    rgb = file[f"{prefix}_rgb"]
    row, column = (int(value) for value in file[f"{prefix}_corner"])
    return Chip(
        item_id=str(file[f"{prefix}_item"]),
        day=file[f"{prefix}_day"][()],
        crs=str(file[f"{prefix}_crs"]),
        window=Window(row, column, rgb.shape[0], rgb.shape[1]),
        rgb=rgb,
    )
