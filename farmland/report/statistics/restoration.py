"""The table of restorable land: where crops grow on it again, and where not."""

from __future__ import annotations

import numpy as np
import pandas as pd

from farmland import areas, places
from farmland.report.statistics import wording as said
from farmland.report.statistics.by_place import level_of
from farmland.report.statistics.form import Cell, Column, Table, of_kind
from farmland.result import Result
from farmland.shares import largest_remainder


def restored(result: Result) -> Table | None:
    """Parcels and areas of restorable land by place and mark, divided by what imagery shows."""
    told = result.run.get("restoration")
    if not told:
        return None
    lying = pd.DataFrame(told)
    level = level_of(result.summary)
    lying["code"] = [places.at(code, level) if level != "all" else "" for code in lying["place"]]
    lying["mu"] = largest_remainder(lying["area_m2"].to_numpy(np.float64) / areas.M2_PER_MU)
    own = result.summary[result.summary["level"] == level]
    names = dict(zip(own["code"], own["name"], strict=True))
    rows: list[tuple[Cell, ...]] = []
    for code in sorted(set(lying["code"])):
        place = said.WHOLE if level == "all" else names.get(code) or places.name_of(code, level, {})
        for mark, title in said.RESTORABLE.items():
            part = lying[(lying["code"] == code) & (lying["planting"] == mark)]
            if len(part):
                rows.append((place, code, title, *_divided(part)))
    rows.append((said.TOTAL, "", None, *_divided(lying)))
    columns = [Column(said.PLACE, "text", 22), Column(said.CODE, "text", 14),
               Column(said.MARK, "text", 18), Column(said.PARCELS, "count"),
               Column(said.AREA_MU, "area")]  # fmt: skip
    for state in said.STATES.values():
        columns += of_kind(state, said.PARCELS_OF)
    notes = (said.NOTE_RESTORED, said.NOTE_RESTORABLE)
    return Table(said.TITLE_G, tuple(columns), tuple(rows), total=True, notes=notes)


def _divided(part: pd.DataFrame) -> list[Cell]:
    """Parcels and mu altogether and in each state."""
    groups = [part, *(part[part["state"] == state] for state in said.STATES)]
    return [
        cell
        for group in groups
        for cell in (int(group["parcels"].sum()), round(float(group["mu"].sum()), 2))
    ]
