"""What grows on every field, season by season, and the quiet things that look like a conversion.

Days are counted from 1970-01-01 (``datetime64[D]`` as integers).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.simulate.calendars import ORDER, STAGES, SYSTEMS, stage_table
from farmland.simulate.regions import Region

DECOYS = (
    "fallow",
    "late_sowing",
    "rotation",
    "long_bare",
    "mulch_film",
    "flood",
    "burnt_straw",
    "poor_year",
)
"""Quiet events of DESIGN 7."""

_ROTATION, _SKIP = 0.12, 0.04
"""Shares of fields and years with another crop system, and of seasons not sown (METHODS 2.13)."""


@dataclass(slots=True, eq=False)
class Season:
    """One crop on one field while a calendar is being drawn up."""

    crop: str
    days: NDArray[np.float64]
    """Day of each stage, shape (STAGES,)."""
    vigour: float


@dataclass(frozen=True, slots=True)
class Event:
    """A passing cover of one field: film, burnt straw or flood water."""

    field: int
    material: str
    first: float
    last: float
    share: float
    over: bool
    """Whether it lies over the plants too (flood) or on the open ground only."""


@dataclass(frozen=True, slots=True)
class Decoy:
    """A quiet event: nothing was converted."""

    field: int
    decoy: str
    first: float
    last: float


@dataclass(frozen=True, slots=True, eq=False)
class Crops:
    """Seasons of all fields as arrays, sorted by field and start."""

    field: NDArray[np.int32]
    crop: NDArray[np.int32]
    days: NDArray[np.float32]
    """Shape (seasons, STAGES)."""
    until: NDArray[np.float32]
    """Start of the next season of the field, infinite for the last."""
    vigour: NDArray[np.float32]
    events: tuple[Event, ...]
    decoys: tuple[Decoy, ...]

    def harvests(self, number: int) -> NDArray[np.float32]:
        """Days on which field ``number`` is harvested."""
        return np.asarray(self.days[self.field == number, STAGES - 2])

    def sowings(self, number: int) -> NDArray[np.float32]:
        """Days on which field ``number`` is sown."""
        return np.asarray(self.days[self.field == number, 0])


@dataclass(frozen=True, slots=True)
class Weather:
    """What all fields of a county share in a year."""

    lateness: dict[int, float]
    """Shift of the calendar in days by year."""
    vigour: dict[int, float]


@dataclass(slots=True)
class _Calendar:
    """Calendar of one field while it is drawn up."""

    number: int
    system: str
    place: float
    """Where the field stands in the county's windows: 0 earliest, 1 latest."""
    vigour: float
    seasons: list[Season] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    decoys: list[Decoy] = field(default_factory=list)


_EARLY, _LATE, _SEEN = stage_table()


def day_number(day: date) -> int:
    """Days since 1970-01-01."""
    return (day - date(1970, 1, 1)).days


def cultivate(
    centres: NDArray[np.float64],
    region: Region,
    start: date,
    after: date,
    end: date,
    decoys: float,
    later: float,
    rng: np.random.Generator,
) -> Crops:
    """Draw up the calendar of every field.

    Parameters
    ----------
    centres : float64 array (fields, 2)
        Where the fields lie, in metres: floods and droughts strike neighbours together.
    start, after, end : date
        First day, first day of the last twelve months, last day.
    decoys : float
        Share of the fields that meet a decoy of ``DECOYS`` in the last twelve months, beside the
        rotations and skipped seasons of every year.
    later : float
        Days by which everything is sown later than the calendars say.
    """
    years = range(start.year - 1, end.year + 1)
    weather = Weather(
        {year: later + rng.normal(0, 5) for year in years},
        {year: float(np.clip(rng.normal(1, 0.05), 0.85, 1.08)) for year in years},
    )
    kinds = _deal(centres, decoys, rng)
    calendars = []
    for number in range(len(centres)):
        calendar = _calendar(number, region, weather, list(years), rng)
        if kinds[number]:
            _disturb(calendar, kinds[number], day_number(after), day_number(end), region, rng)
        calendars.append(calendar)
    return _stack(calendars)


def _deal(centres: NDArray[np.float64], share: float, rng: np.random.Generator) -> list[str]:
    """Which decoy strikes which field; floods and poor years strike whole neighbourhoods."""
    kinds = [""] * len(centres)
    single = [name for name in DECOYS if name not in ("flood", "poor_year")]
    for number in np.flatnonzero(rng.random(len(centres)) < share * 0.75):
        kinds[number] = str(rng.choice(single))
    span = float(np.ptp(centres, axis=0).max()) if len(centres) else 0.0
    for name in ("flood", "poor_year"):
        wanted = len(centres) * share * 0.125
        struck = 0
        while struck < wanted:
            middle = centres[rng.integers(len(centres))]
            near = np.hypot(*(centres - middle).T) < rng.uniform(0.04, 0.13) * span
            for number in np.flatnonzero(near & (rng.random(len(centres)) < 0.9)):
                struck += not kinds[number]
                kinds[number] = kinds[number] or name
            wanted -= 1
    return kinds


def _calendar(
    number: int, region: Region, weather: Weather, years: list[int], rng: np.random.Generator
) -> _Calendar:
    """An undisturbed calendar with its rotations and skipped seasons."""
    names, shares = list(region.systems), list(region.systems.values())
    made = _Calendar(
        number,
        str(rng.choice(names, p=shares)),
        float(np.clip(rng.normal(0.5, 0.22), -0.1, 1.1)),
        float(np.clip(rng.normal(0.97, 0.08), 0.7, 1.08)),
    )
    for year in years:
        system = made.system
        if rng.random() < _ROTATION:
            system = str(rng.choice(names, p=shares))
            if rng.random() < 0.4:
                made.system = system
        changed = system != made.system
        for crop in sorted(SYSTEMS[system], key=lambda name: _EARLY[ORDER[name], 0]):
            _sow(made, crop, year, weather, changed, rng)
    return made


def _sow(
    made: _Calendar,
    crop: str,
    year: int,
    weather: Weather,
    changed: bool,
    rng: np.random.Generator,
) -> None:
    """Add one season, or leave it out as a skipped one."""
    row = ORDER[crop]
    place = made.place + rng.normal(0, 0.1)
    days = day_number(date(year, 1, 1)) - 1 + _EARLY[row] + place * (_LATE[row] - _EARLY[row])
    days = np.maximum.accumulate(days + weather.lateness[year] + rng.normal(0, 1.5)).astype(float)
    if made.seasons:
        free = made.seasons[-1].days[STAGES - 2] + 2
        if days[0] < free - 25:
            return
        days = np.maximum(days, free + np.arange(STAGES) * 0.5)
    vigour = made.vigour * weather.vigour[year] * rng.normal(1, 0.05)
    season = Season(crop, days, float(np.clip(vigour, 0.35, 1.07)))
    if rng.random() < _SKIP:
        made.decoys.append(Decoy(made.number, "fallow", days[0], days[-2]))
        if rng.random() < 0.6:
            made.seasons.append(_weeds(season, rng))
        return
    if changed:
        made.decoys.append(Decoy(made.number, "rotation", days[0], days[-2]))
    made.seasons.append(season)


def _weeds(season: Season, rng: np.random.Generator) -> Season:
    """The same months under weeds instead of the crop."""
    days = np.linspace(season.days[0], season.days[-1], STAGES)
    cover = rng.choice((20, 40, 60), p=(0.4, 0.4, 0.2))
    return Season(f"weeds_160_{cover}", days, float(rng.uniform(0.6, 1.0)))


def _disturb(
    made: _Calendar, kind: str, after: int, end: int, region: Region, rng: np.random.Generator
) -> None:
    """Let one decoy strike the field within the last twelve months."""
    inside = [s for s in made.seasons if s.days[0] > after - 30 and s.days[3] < end - 20]
    if not inside:
        return
    season = inside[rng.integers(len(inside))]
    first, last = float(season.days[0]), float(season.days[-2])
    if kind == "late_sowing":
        season.days += rng.uniform(15, 40) * np.linspace(1.0, 0.5, STAGES)
        season.vigour *= rng.uniform(0.75, 1.0)
    elif kind == "rotation":
        _change_crop(season, region, rng)
    elif kind in ("fallow", "long_bare"):
        made.seasons.remove(season)
        if kind == "fallow":
            made.seasons.append(_weeds(season, rng))
    elif kind == "poor_year":
        first, last = float(inside[0].days[0]), float(inside[-1].days[-2])
        for struck in inside:
            struck.vigour *= rng.uniform(0.45, 0.7)
    else:
        event = _passing_cover(made.number, kind, season, rng)
        first, last = event.first, event.last
        made.events.append(event)
        if event.over:
            season.vigour *= rng.uniform(0.3, 0.8)
    made.decoys.append(Decoy(made.number, kind, first, last))


def _passing_cover(number: int, kind: str, season: Season, rng: np.random.Generator) -> Event:
    """Film after sowing, burnt straw after harvest, or flood water over the standing crop."""
    sown, harvest = float(season.days[0]), float(season.days[-2])
    if kind == "mulch_film":
        last = sown + rng.uniform(35, 65)
        return Event(number, "film", sown, last, rng.uniform(0.45, 0.8), over=False)
    if kind == "burnt_straw":
        first = harvest + rng.uniform(1, 6)
        last = first + rng.uniform(10, 28)
        return Event(number, "burnt", first, last, rng.uniform(0.5, 0.9), over=False)
    first = float(season.days[3]) + 0.3 * (harvest - float(season.days[3]))
    last = first + rng.uniform(8, 25)
    return Event(number, "water_turbid", first, last, rng.uniform(0.5, 0.95), over=True)


def _change_crop(season: Season, region: Region, rng: np.random.Generator) -> None:
    """Another crop of the region in the months that the season would have taken."""
    others = [name for name in region.systems if season.crop not in SYSTEMS[name]]
    season.crop = str(rng.choice([crop for name in others for crop in SYSTEMS[name]]))
    row = ORDER[season.crop]
    middle = (_EARLY[row] + _LATE[row]) / 2
    shape = (middle - middle[0]) / (middle[-1] - middle[0])
    season.days = np.asarray(
        season.days[0] + shape * (season.days[-1] - season.days[0]), np.float64
    )


def _stack(calendars: list[_Calendar]) -> Crops:
    """Seasons of all fields as arrays."""
    rows = [
        (made.number, ORDER[season.crop], season.days, season.vigour)
        for made in calendars
        for season in sorted(made.seasons, key=lambda season: float(season.days[0]))
    ]
    fields = np.array([row[0] for row in rows], np.int32)
    days = np.array([row[2] for row in rows], np.float32)
    until = np.full(len(rows), np.inf, np.float32)
    same = fields[1:] == fields[:-1]
    until[:-1][same] = days[1:, 0][same]
    return Crops(
        fields,
        np.array([row[1] for row in rows], np.int32),
        days,
        until,
        np.array([row[3] for row in rows], np.float32),
        tuple(event for made in calendars for event in made.events),
        tuple(decoy for made in calendars for decoy in made.decoys),
    )


def decoy_table(decoys: Sequence[Decoy], names: Sequence[str]) -> pd.DataFrame:
    """Decoys as a table: ``parcel_id``, ``decoy``, ``from``, ``to`` (dates)."""
    return pd.DataFrame(
        {
            "parcel_id": [names[decoy.field] for decoy in decoys],
            "decoy": [decoy.decoy for decoy in decoys],
            "from": [_date(decoy.first) for decoy in decoys],
            "to": [_date(decoy.last) for decoy in decoys],
        }
    )


def _date(day: float) -> date:
    return date.fromordinal(date(1970, 1, 1).toordinal() + round(day))
