"""Kinds of failure as rules: among which cases each may happen, when it did, which is typical."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pandas as pd

from contest.failures import THIN_YEARS, TRACK, USUAL_YEARS
from contest.measures import FAST
from contest.tables import LARGE_M2, ROAD_M, SLOW_FROM, YOUNGEST

Rule = Callable[[pd.DataFrame], "pd.Series[bool]"]

WINTER = (10, 11, 12, 1, 2, 3)
"""Months in which nothing grows in the north-east."""

RIM = 0.7
"""Share of rim pixels from which an alarm is a strip along the edge."""

OPEN, PASSING = ("fallow", "long_bare"), ("mulch_film", "flood", "burnt_straw")
"""Decoys: a season without a crop; what lies on the ground for weeks."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of failure."""

    name: str
    """Of its marker on the page and of its picture."""
    title: str
    """Of the picture, in plain words."""
    table: str
    """``"truths"`` or ``"quiet"`` of :class:`contest.failures.Found`."""
    among: Rule
    """The cases in which it may happen."""
    failed: Rule
    """Those of them in which it did."""
    like: tuple[str, ...]
    """Columns in which the typical case lies in the middle."""
    said: str
    """Sentence with ``{failed}``, ``{among}`` and ``{share}``."""
    against: Rule | None = None
    """Other cases to compare the share with."""
    against_said: str = ""
    years: int = USUAL_YEARS
    """Of history."""
    drawn: bool = True
    """Whether there is a picture; ten are enough for a page."""


def fast(rows: pd.DataFrame, *covers: str) -> pd.Series[bool]:
    """Large patches of fast covers (or of some) that are old enough to be listed."""
    large = (rows["area_m2"] >= LARGE_M2) & (rows["age"] >= YOUNGEST)
    return large & rows["cover"].isin(covers or FAST)


def missed(rows: pd.DataFrame) -> pd.Series[bool]:
    """True patches that no row of the result covers to a quarter."""
    return ~rows["hit"].astype(bool)


def alarmed(rows: pd.DataFrame) -> pd.Series[bool]:
    """Quiet parcels with a row."""
    return rows["alarm"].astype(bool)


def struck(rows: pd.DataFrame, *names: str, by: str = "decoys") -> pd.Series[bool]:
    """Parcels that met one of some decoys; with ``by="during"``, whose alarm began meanwhile."""
    return rows[by].map(lambda met: any(name in met for name in names)).astype(bool)


def alarmed_by(
    rows: pd.DataFrame, names: Sequence[str], but: Sequence[str] = ()
) -> pd.Series[bool]:
    """Quiet parcels with a row that began during some decoys; where nothing was met, any row."""
    caused = struck(rows, *names, by="during") & ~struck(rows, *but, by="during")
    return alarmed(rows) & (caused | untouched(rows))


def untouched(rows: pd.DataFrame) -> pd.Series[bool]:
    """Parcels that met no decoy."""
    return rows["decoys"].map(len) == 0


def _north_east(rows: pd.DataFrame) -> pd.Series[bool]:
    large = (rows["area_m2"] >= LARGE_M2) & rows["cover"].isin(FAST)
    return large & rows["region"].str.startswith("northeast")


def _winter(rows: pd.DataFrame) -> pd.Series[bool]:
    return pd.to_datetime(rows["onset"]).dt.month.isin(WINTER)


def _south(rows: pd.DataFrame) -> pd.Series[bool]:
    cloudy = rows["region"].str.startswith("cloudy_south") & (rows["cover"] != "road")
    return cloudy & (rows["age"] >= YOUNGEST) & rows["cover"].isin(FAST)


def _small(rows: pd.DataFrame) -> pd.Series[bool]:
    return _south(rows) & (rows["area_m2"] < LARGE_M2)


def _road(rows: pd.DataFrame) -> pd.Series[bool]:
    narrow = (rows["cover"] == "road") & (rows["width_m"] < ROAD_M)
    return narrow & (rows["age"] >= YOUNGEST)


def _strip(rows: pd.DataFrame) -> pd.Series[bool]:
    rim = rows["rim"].astype(float) >= RIM
    return rim & (rows["beside"].eq(other=True) | struck(rows, TRACK))


def listed(rows: pd.DataFrame, *covers: str) -> pd.Series[bool]:
    """Those of ``fast`` that are listed."""
    return fast(rows, *covers) & rows["hit"].astype(bool)


def _slow(rows: pd.DataFrame) -> pd.Series[bool]:
    return ~rows["cover"].isin(FAST) & (rows["age"] >= SLOW_FROM)


MISSED = "Of {among} such patches in the counted cases {failed} are not listed: {share}."
OTHERS = "Of all other fast patches of 1,000 m² and more it is {share}."
ALARMED = "Of {among} such parcels {failed} carry a false alarm that began meanwhile: {share}."

KINDS = (
    Kind(
        "solar",
        "Panels over grass: greener than a roof, darker than a crop",
        "truths",
        lambda t: fast(t, "solar"),
        missed,
        ("area_m2", "age"),
        "Solar fields of 1,000 m² and more, 60 days old and older. " + MISSED,
        lambda t: fast(t) & (t["cover"] != "solar"),
        OTHERS,
    ),
    Kind(
        "earthwork",
        "Levelled with its own soil: a field that lies bare, and then longer",
        "truths",
        lambda t: fast(t, "earthwork"),
        missed,
        ("area_m2", "age"),
        "Earthworks of 1,000 m² and more, 60 days old and older. " + MISSED,
        lambda t: fast(t) & (t["cover"] != "earthwork"),
        OTHERS,
    ),
    Kind(
        "winter",
        "Begun in the northern winter: no crop is due, and snow hides the rest",
        "truths",
        lambda t: _north_east(t) & _winter(t),
        missed,
        ("area_m2", "age"),
        "North-east, 1,000 m² and more, begun from October to March, of any age. " + MISSED,
        lambda t: _north_east(t) & ~_winter(t),
        "Of those begun from April to September it is {share}.",
    ),
    Kind(
        "small",
        "A few pixels under a cloudy sky",
        "truths",
        _small,
        missed,
        ("area_m2", "age"),
        "Cloudy south, under 1,000 m², 60 days old and older, no roads. " + MISSED,
        lambda t: fast(t) & t["region"].str.startswith("cloudy_south") & (t["cover"] != "road"),
        "Of larger ones there it is {share}.",
    ),
    Kind(
        "road",
        "Narrower than a pixel and a half: hardly a pixel is all road",
        "truths",
        _road,
        missed,
        ("width_m", "age"),
        "Roads narrower than 14 m, 60 days old and older. " + MISSED,
        lambda t: (t["cover"] == "road") & (t["width_m"] >= ROAD_M) & (t["age"] >= YOUNGEST),
        "Of wider ones it is {share}.",
        drawn=False,
    ),
    Kind(
        "fallow",
        "False alarm: a season without a crop",
        "quiet",
        lambda q: struck(q, *OPEN),
        lambda q: alarmed_by(q, OPEN),
        ("pixels", "days"),
        "Quiet parcels that lay fallow or bare for a season. " + ALARMED,
        untouched,
        "Of parcels that met nothing unusual it is {share}.",
    ),
    Kind(
        "passing",
        "False alarm: film, flood or burnt straw on the ground",
        "quiet",
        lambda q: struck(q, *PASSING),
        lambda q: alarmed_by(q, PASSING, but=OPEN),
        ("pixels", "days"),
        "Quiet parcels under film, flood or burnt straw. " + ALARMED,
        untouched,
        "Of parcels that met nothing unusual it is {share}.",
    ),
    Kind(
        "rim",
        "False alarm: a strip along the edge, beside what was truly built",
        "quiet",
        alarmed,
        _strip,
        ("pixels", "days"),
        "Of all {among} false alarms {failed} are strips along the edge of a parcel beside a true "
        "patch or a new track: {share}.",
    ),
    Kind(
        "dates",
        "Frames over bare soil first: the film that is seen comes weeks later",
        "truths",
        lambda t: listed(t, "greenhouse"),
        lambda t: ~t["inside"].eq(other=True),
        ("late", "area_m2"),
        "Of {among} listed greenhouses the true onset of {failed} lies more than 10 days outside "
        "`date_from`–`date_to`: {share}.",
        lambda t: listed(t, *(cover for cover in FAST if cover != "greenhouse")),
        "Of the other fast covers it is {share}.",
    ),
    Kind(
        "slow",
        "Young trees, turf, weeds: as green as the crop they replaced",
        "truths",
        _slow,
        missed,
        ("area_m2", "age"),
        "Orchards, nurseries, forest, turf and abandoned land, begun 200 days ago or earlier. "
        + MISSED,
        fast,
        "Of fast patches of 1,000 m² and more it is {share}.",
    ),
    Kind(
        "thin",
        "One year of history: what one season shows is soon exceeded",
        "truths",
        lambda t: fast(t) & t["usual_hit"],
        lambda t: missed(t) & (t["touched"] == 0),
        ("area_m2", "age"),
        "Of {among} fast patches of 1,000 m² and more that are listed with two years of history, "
        "{failed} have no row with one: {share}.",
        years=THIN_YEARS,
    ),
)
