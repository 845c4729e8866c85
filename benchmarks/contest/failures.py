"""Every true patch and every false alarm of some counties, with what tells kinds of failure apart.

Each county is judged once with the usual history and once with a thin one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from contest import cuts, measures, worlds
from contest.cases import Alarm, Case
from contest.product import Ours
from farmland import simulate

USUAL_YEARS, THIN_YEARS = 2, 1
"""Of history."""

BESIDE_PIXELS = 3
"""Between an alarm and a true patch of another parcel that may have caused it."""

TRACK = "track_edge"
"""Decoy: a track was made on the verge of the field."""

SLACK = np.timedelta64(30, "D")
"""By which the first look of an alarm may lie outside the disturbance that raised it."""


class Met(NamedTuple):
    """One quiet disturbance of a parcel."""

    decoy: str
    first: np.datetime64
    last: np.datetime64


Struck = Mapping[int, Sequence[Met]]
"""Row of a parcel to what it met in the period after."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector did to some counties."""

    truths: pd.DataFrame
    """One row per true patch of the period after: the columns of ``measures.Score`` and its place:
    ``county``, ``cell``, ``truth``, ``years``, ``onset``, ``region``, and ``touched``: the share of
    it under rows."""
    quiet: pd.DataFrame
    """One row per quiet parcel: ``county``, ``cell``, ``parcel``, ``years``, ``region``,
    ``decoys``, ``alarm``, and of its largest alarm ``pixels``, ``days``, ``rim``, ``beside``,
    ``confirmed`` and ``during``: the decoys in whose time it began."""

    @classmethod
    def joined(cls, parts: Sequence[Found]) -> Found:
        """Several as one."""
        return cls(
            pd.concat([part.truths for part in parts], ignore_index=True),
            pd.concat([part.quiet for part in parts], ignore_index=True),
        )


def of_county(county: worlds.County, folder: Path) -> Found:
    """Judge a county; its decoys are drawn again from the seed."""
    return of_cases(worlds.cases(county, folder), decoys(county), county)


def decoys(county: worlds.County) -> Struck:
    """The quiet disturbances of the period after."""
    land = simulate.county(
        county.seed,
        region=county.region,
        size_m=county.size_m,
        start=worlds.START,
        months=worlds.MONTHS,
        world=county.world,
    )
    rows = {name: row for row, name in enumerate(land.parcels["parcel_id"])}
    late = land.decoys[pd.to_datetime(land.decoys["to"]) >= str(worlds.AFTER.start)]
    met: dict[int, list[Met]] = {}
    for name, decoy, first, last in late.itertuples(index=False):
        spell = Met(decoy, np.datetime64(first, "D"), np.datetime64(last, "D"))
        met.setdefault(rows[name], []).append(spell)
    return met


def of_cases(cases: Iterable[Case], struck: Struck, county: worlds.County | None) -> Found:
    """Judge some cases with the usual history and with a thin one."""
    truths, quiet = [], []
    for cell, whole in enumerate(cases):
        for years in (USUAL_YEARS, THIN_YEARS):
            case = cuts.years(whole, years)
            alarms = Ours()(case.stack, case.periods)
            place = {"county": county, "cell": cell, "years": years, "region": whole.group}
            truths.append(_truths(case, alarms).assign(**place))
            quiet.append(_quiet(case, alarms, struck).assign(**place))
    return Found(pd.concat(truths, ignore_index=True), pd.concat(quiet, ignore_index=True))


def _truths(case: Case, alarms: list[Alarm]) -> pd.DataFrame:
    """The positives of a case and what was made of them."""
    rows = measures.judge(lambda _stack, _periods: alarms, case).truths
    asked = measures.counted(case)
    at = [number for number, truth in enumerate(case.truths) if truth in asked]
    rows["truth"] = np.array(at, np.int64)
    rows["onset"] = [truth.onset for truth in asked]
    rows["touched"] = [
        measures.covered(truth, [one for one in alarms if one.parcel == truth.parcel])
        for truth in asked
    ]
    return rows


def _quiet(case: Case, alarms: list[Alarm], struck: Struck) -> pd.DataFrame:
    """The quiet parcels of a case and the largest alarm of each."""
    largest = {a.parcel: a for a in sorted(alarms, key=lambda alarm: alarm.pixels.size)}
    rows = []
    for g in np.flatnonzero(case.quiet):
        alarm, met = largest.get(int(g)), struck.get(case.stack.cell.parcels[g].row, ())
        row: dict[str, object] = {"parcel": int(g), "decoys": tuple(one.decoy for one in met)}
        row |= {"alarm": alarm is not None, "during": ()}
        if alarm is not None:
            row |= _described(alarm, case) | {"during": _during(alarm, met)}
        rows.append(row)
    heads = ("parcel", "decoys", "alarm", "during", "pixels", "days", "rim", "beside", "confirmed")
    return pd.DataFrame(rows, columns=heads)


def _during(alarm: Alarm, met: Sequence[Met]) -> tuple[str, ...]:
    """The decoys in whose time an alarm began."""
    return tuple(one.decoy for one in met if one.first - SLACK <= alarm.date_to <= one.last + SLACK)


def _described(alarm: Alarm, case: Case) -> dict[str, object]:
    end = np.datetime64(case.periods.after.end, "D")
    return {
        "pixels": alarm.pixels.size,
        "days": int((end - alarm.date_to).astype(int)),
        "rim": 1 - float(case.stack.full[alarm.pixels].mean()),
        "beside": _beside(alarm, case),
        "confirmed": alarm.confirmed,
    }


def _beside(alarm: Alarm, case: Case) -> bool:
    """Whether a true patch of another parcel lies next to an alarm."""
    other = [t.pixels for t in case.truths if t.parcel != alarm.parcel and t.pixels.size]
    if not other:
        return False
    there, here = (_places(pixels, case) for pixels in (np.concatenate(other), alarm.pixels))
    apart = np.abs(here[:, None] - there).max(axis=2)
    return bool(apart.min() <= BESIDE_PIXELS)


def _places(pixels: NDArray[np.int64], case: Case) -> NDArray[np.int32]:
    return np.stack([case.stack.rows[pixels], case.stack.columns[pixels]], axis=1)
