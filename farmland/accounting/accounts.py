"""The table ``accounts``: how cultivated land flowed out, in the identities of DOMAIN 1.8.

An account asks which *land class* cultivated land went to, so it divides by the candidate code of
a patch; ``summary`` asks whether land left agriculture or left grain, so it divides by conversion.
A lake is no construction land: it is unused outflow here and non-agricultural there. Earthwork has
no land class yet: it is pending here and non-agricultural there.

Of the area of all patches (``m2`` of any place, to the cent)::

    patches           = outflow + idle + kept + not_cultivated (another crop is none of them)
    outflow           = reasonable + unreasonable              (only where approvals are given)
    outflow           = outflow_legacy + outflow_new + outflow_undated
    divided           = non_agri + non_grain + unused_outflow + pending
    non_grain         = forest_garden + other_agricultural
    pending           = earthwork + undetermined
    divided           = the sum of all to_... (told apart by land use)
    non_agri          = to_construction
    cultivated_after  = cultivated_before - divided

``divided`` is ``unreasonable``; where approvals were not checked it is ``outflow``. The part of an
item on permanent basic farmland never exceeds it, and these parts keep the same identities.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland import areas, layers, places, shares
from farmland.accounting import pieces
from farmland.rules import Rules
from farmland.rules.land import DESTINATIONS

Mask = NDArray[np.bool_]

DIVIDED = ("non_agri", "non_grain", "unused_outflow", "pending")
"""What outflow is divided into by the land class it went to."""

TOLD_APART = ("construction", *DESTINATIONS, "other", "pending")
"""Endings of the items ``to_…``, by which outflow is divided once more: by land use."""

DATED = ("outflow", "non_agri", "non_grain")
"""Items that are also divided by whether the change came before the cut-off date of its rule."""

AGES = {"legacy": 1, "new": 0, "undated": None}
"""Endings of such items, and ``legacy`` of the parts they hold."""

ITEM_OF_ACCOUNT = {
    "construction": "non_agri",
    "forest_garden": "forest_garden",
    "other_agricultural": "other_agricultural",
    "unused": "unused_outflow",
    "cultivated": "kept",
}
"""Item of a land class by where the rules count outflow to it."""

ITEM_OF_CONVERSION = {
    "non_agricultural": "non_agri",
    "non_grain": "other_agricultural",
    "undetermined": "undetermined",
}
"""Item of a cover for which the rules name no land class."""

NO_OUTFLOW = ("idle", "kept", "not_cultivated")
"""Items of patches by which no cultivated land is lost: it lies idle, is of a cultivated class
still, or was of another class before."""

WITHIN = {
    "forest_garden": "non_grain",
    "other_agricultural": "non_grain",
    "earthwork": "pending",
    "undetermined": "pending",
}
"""Items that are part of another."""

ITEMS = tuple(layers.ACCOUNTS.column("item").meanings)
"""All items in their order."""

BASES = ("cultivated_before", "pbf_before", "cultivated_after")
"""Items that no patch is counted in."""

FLOWS = tuple(item for item in ITEMS if item not in BASES)

CHECKED, NOT_CHECKED = "checked", "not_checked"
"""Whether a layer of approvals was given: ``approvals``."""


@dataclass(frozen=True, slots=True)
class Base:
    """What there was before the changes: square metres by place, codes in short form."""

    cultivated: Mapping[str, float] | None = None
    """Cultivated land of the land survey; None where no survey is given."""
    pbf: Mapping[str, float] | None = None
    """Permanent basic farmland; None where no such layer is given."""


def table(
    patches: gpd.GeoDataFrame,
    overlay: pd.DataFrame,
    rules: Rules,
    *,
    codes: Sequence[str] = (),
    names: Mapping[str, str] | None = None,
    base: Base | None = None,
    approvals: bool = False,
) -> pd.DataFrame:
    """The accounts of every place.

    Parameters
    ----------
    patches : GeoDataFrame
        Layer ``conversions``; rows of other crops are never counted.
    overlay : DataFrame
        Layer ``overlay``.
    rules : Rules
        Whose land classes say where outflow is counted.
    codes : sequence of str
        Places of the parcels in short form: each has a row, be it of zeros.
    names : mapping
        Names by code.
    base : Base
        Only places in counties with parcels or patches are taken from it.
    approvals : bool
        Whether a layer of approvals was given; without it ``reasonable`` and ``unreasonable`` are
        null.

    Returns
    -------
    DataFrame
        Layer ``accounts``. A place with a patch has a row of each of :data:`FLOWS`, any other the
        row ``outflow`` only, for all others are nothing; :data:`BASES` where they are known.
        ``pbf_m2`` and ``pbf_mu`` are null where a part of the item lies on land of which no layer
        tells.
    """
    parts = pieces.of(patches[patches["cover"] != "crop"], overlay)
    items, destinations = _items(parts, rules)
    parts = parts.assign(item=items, destination=destinations)
    on_pbf = (parts["pbf"] == 1).fillna(False).to_numpy(bool)
    parts = parts.assign(
        pbf_m2=parts["m2"] * on_pbf, pbf_mu=parts["mu"] * on_pbf, pbf_unknown=parts["pbf"].isna()
    )
    ours = {*parts["code"], *map(str, codes)}
    before = _base_rows(base or Base(), ours)
    levels = places.levels_known({*ours, *before["code"]})
    parts = parts.assign(**pieces.at_levels(parts["code"].to_numpy(object), levels))
    counted = _memberships(parts, approvals=approvals)
    after = _after(counted, before, approvals=approvals)
    listed = pd.concat([before, after], ignore_index=True)
    listed = listed.assign(**pieces.at_levels(listed["code"].to_numpy(object), levels))
    own = pd.DataFrame(pieces.at_levels(np.array(sorted(ours), object), levels))
    homes = pieces.homes(counted, ["patch", "item"], levels).assign(all="")
    rows = [_level(one, counted, homes, listed, own) for one in ("all", *levels)]
    found = pd.concat(rows, ignore_index=True)
    return _finished(found, names or {}, approvals=approvals)


def base(
    area_m2: NDArray[np.float64], codes: NDArray[np.object_], taken: Mask | None = None
) -> dict[str, float]:
    """Area by place of those rows of a layer that are taken (all, where nothing is said).

    Parameters
    ----------
    area_m2 : ndarray of float64, shape (n,)
        NaN, of a row without geometry, counts as nothing.
    codes : ndarray of object, shape (n,)
        In short form, ``""`` where not known.
    taken : ndarray of bool, shape (n,), optional
    """
    rows = np.isfinite(area_m2) if taken is None else np.isfinite(area_m2) & taken
    sums = pd.Series(area_m2[rows]).groupby(codes[rows].astype(str)).sum()
    return {str(code): float(area) for code, area in sums.items()}


def item_of(cover: str, conversion: str, land_code: str | None, rules: Rules) -> str:
    """The narrowest item in which a patch on land that was cultivated is counted.

    Abandoned land is idle and keeps its class. Earthwork (survey types DT, TD, TP) and what is not
    determined have none yet, and are outflow all the same (DOMAIN 1.9).
    """
    if cover == "abandoned":
        return "idle"
    if cover == "earthwork":
        return "earthwork"
    use = rules.land.of(land_code) if land_code and cover != "unknown" else None
    return ITEM_OF_ACCOUNT[use.account] if use else ITEM_OF_CONVERSION[conversion]


def destination_of(item: str, land_code: str | None, rules: Rules) -> str:
    """Which of :data:`TOLD_APART` a patch of an item went to.

    All that counts as construction land did so there too; else what the rules name no land code
    for is pending.
    """
    if item == "non_agri":
        return "construction"
    use = rules.land.of(land_code) if land_code and WITHIN.get(item) != "pending" else None
    return rules.land.destination(use) if use else "pending"


def _items(parts: pd.DataFrame, rules: Rules) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """The narrowest item of each part, and where it went."""
    told = parts[["cover", "conversion", "land_code"]].astype(object)
    told = told.where(told.notna(), None)
    keys = list(told.itertuples(index=False, name=None))
    known = {key: item_of(key[0], key[1], key[2], rules) for key in set(keys)}
    went = {key: destination_of(item, key[2], rules) for key, item in known.items()}
    pairs = zip(keys, _cultivated(parts, rules), strict=True)
    items = [known[key] if was else "not_cultivated" for key, was in pairs]
    return np.array(items, object), np.array([went[key] for key in keys], object)


def _cultivated(parts: pd.DataFrame, rules: Rules) -> list[bool]:
    """Whether each part was cultivated land before: a survey that says otherwise decides.

    Permanent basic farmland may be a pond in the survey (DOMAIN 0, item 7). Land of which nothing
    is known is what the user gave as farmland.
    """
    codes = parts["survey_code"].dropna().unique()
    uses = {code: rules.land.of(str(code)) for code in codes}
    no = {code for code, use in uses.items() if use is not None and not use.cultivated}
    return [
        land != "other" and not (isinstance(code, str) and code in no)
        for land, code in zip(parts["land"], parts["survey_code"], strict=True)
    ]


def _memberships(parts: pd.DataFrame, *, approvals: bool) -> pd.DataFrame:
    """One row per part and item that it belongs to."""
    narrow = parts["item"].to_numpy(object)
    out = ~np.isin(narrow.astype(str), NO_OUTFLOW)
    approved = (parts["approved"] == 1).fillna(False).to_numpy(bool) & approvals
    divided = out & ~approved
    held: list[tuple[str, Mask]] = [("outflow", out)]
    held += [(item, narrow == item) for item in NO_OUTFLOW]
    if approvals:
        held += [("reasonable", out & approved), ("unreasonable", divided)]
    wide = np.array([WITHIN.get(item, item) for item in narrow], object)
    held += [(item, divided & (wide == item)) for item in DIVIDED]
    held += [(item, divided & (narrow == item)) for item in WITHIN]
    went = parts["destination"].to_numpy(object)
    held += [(f"to_{use}", divided & (went == use)) for use in TOLD_APART]
    for item in DATED:
        mask = dict(held)[item]
        held += [(f"{item}_{age}", mask & _of_age(parts, value)) for age, value in AGES.items()]
    return pd.concat([parts[mask].assign(item=item) for item, mask in held], ignore_index=True)


def _of_age(parts: pd.DataFrame, value: int | None) -> Mask:
    """Which parts are of one age."""
    legacy = parts["legacy"]
    if value is None:
        return np.asarray(legacy.isna(), bool)
    return np.asarray((legacy == value).fillna(False), bool)


def _base_rows(given: Base, ours: set[str]) -> pd.DataFrame:
    """The base as rows like those of parts, rounded so that places add up to their total."""
    counties = {places.at(code, "county") for code in ours}
    rows = [pd.DataFrame({"item": [], "code": [], "m2": [], "mu": []}, dtype=object)]
    for item, sizes in (("cultivated_before", given.cultivated), ("pbf_before", given.pbf)):
        near = {} if sizes is None else _near(sizes, counties)
        m2 = np.array(list(near.values()), np.float64)
        frame = pd.DataFrame({"item": item, "code": np.array(list(near), object)}, dtype=object)
        frame["m2"] = pieces.whole_hundredths(shares.largest_remainder(m2))
        frame["mu"] = pieces.whole_hundredths(shares.largest_remainder(areas.mu(m2)))
        rows.append(frame)
    return pd.concat(rows, ignore_index=True)


def _near(sizes: Mapping[str, float], counties: set[str]) -> dict[str, float]:
    """What lies in the counties of the parcels; where their counties are not known, all of it."""
    if counties <= {""}:
        return {"": sum(sizes.values())}
    return {code: size for code, size in sizes.items() if places.at(code, "county") in counties}


def _after(counted: pd.DataFrame, before: pd.DataFrame, *, approvals: bool) -> pd.DataFrame:
    """Rows of ``cultivated_after``: what there was, and what is lost of it with a minus."""
    had = before[before["item"] == "cultivated_before"]
    if not len(had):
        return before.iloc[:0]
    lost = counted[counted["item"] == ("unreasonable" if approvals else "outflow")]
    lost = lost.assign(m2=-lost["m2"], mu=-lost["mu"])[["item", "code", "m2", "mu"]]
    return pd.concat([had, lost.astype(object)]).assign(item="cultivated_after")


def _level(
    level: str,
    counted: pd.DataFrame,
    homes: pd.DataFrame,
    listed: pd.DataFrame,
    own: pd.DataFrame,
) -> pd.DataFrame:
    """The rows of one level in no particular order; columns in hundredths."""
    keys = [level, "item"]
    sums = counted.groupby(keys)[["m2", "mu", "pbf_m2", "pbf_mu", "pbf_unknown"]].sum()
    sums["patches"] = homes.groupby(keys).size().reindex(sums.index, fill_value=0)
    known = listed.groupby(keys)[["m2", "mu"]].sum()
    for name in ("pbf_m2", "pbf_mu"):
        on_pbf = known.index.get_level_values("item") == "pbf_before"
        known[name] = known[name.removeprefix("pbf_")].where(on_pbf)
    with_patches = pd.MultiIndex.from_product([counted[level].unique(), FLOWS], names=keys)
    every = pd.MultiIndex.from_product(
        [{*own[level], *listed[level]} or {""}, ["outflow"]], names=keys
    )
    flows = sums.reindex(sums.index.union(with_patches).union(every), fill_value=0)
    flows.loc[flows["pbf_unknown"] > 0, ["pbf_m2", "pbf_mu"]] = np.nan
    found = pd.concat([flows.drop(columns="pbf_unknown"), known]).reset_index(
        names=["code", "item"]
    )
    return found.assign(level=level)


def _finished(found: pd.DataFrame, names: Mapping[str, str], *, approvals: bool) -> pd.DataFrame:
    """The table in its order: levels, places, items; what was not checked is null."""
    for name in ("m2", "mu", "pbf_m2", "pbf_mu"):
        found[name] = found[name].astype(np.float64) / pieces.HUNDREDTHS
    if not approvals:
        unchecked = found["item"].isin(["reasonable", "unreasonable"])
        found.loc[unchecked, ["patches", "m2", "mu", "pbf_m2", "pbf_mu"]] = np.nan
    place = {name: n for n, name in enumerate(("all", *places.LEVELS))}
    rank = {name: n for n, name in enumerate(ITEMS)}
    by_item = np.array([rank[item] for item in found["item"]])
    by_level = np.array([place[level] for level in found["level"]])
    found = found.iloc[np.lexsort((by_item, found["code"].to_numpy(str), by_level))]
    found = found.reset_index(drop=True)
    found["name"] = [
        places.name_of(code, level, names) if level != "all" else ""
        for code, level in zip(found["code"], found["level"], strict=True)
    ]
    found["approvals"] = CHECKED if approvals else NOT_CHECKED
    named = found.rename(columns={"m2": "area_m2", "mu": "area_mu"})
    return layers.coerce(layers.ACCOUNTS, named)
