"""Sum up what was found by place: the tables ``summary`` and ``accounts``."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from farmland import places
from farmland.accounting import accounts, summary
from farmland.accounting.accounts import Base
from farmland.flow.land import Given
from farmland.parcels import Parcels
from farmland.places import Places
from farmland.result import Result
from farmland.rules import Rules


def added(
    result: Result,
    parcels: Parcels,
    rules: Rules,
    land: Given,
) -> Result:
    """A result with its sums.

    Parameters
    ----------
    result : Result
        With patches, parcels and overlay; other crops are not counted.
    parcels : Parcels
        They count as survey or permanent basic farmland themselves where they are recognised as
        such and no layer of it is given.
    rules : Rules
    land : Given
        Layers: of the land survey and of permanent basic farmland the base of the accounts is
        taken, and whether approvals are known; places: names and outlines.
    """
    survey, pbf, known = land.layers.get("survey"), land.layers.get("pbf"), land.places
    surveyed = parcels if survey is None and parcels.kind == "survey" else survey
    protected = parcels if pbf is None and parcels.kind == "pbf" else pbf
    given = [layer for layer in (surveyed, protected, parcels) if layer is not None]
    codes = places.of_parcels(parcels, known).tolist()
    names = _names(given, known, rules)
    base = Base(
        cultivated=_cultivated(surveyed, known, rules),
        pbf=None if protected is None else _base(protected, known),
    )
    found, parts, approvals = result.outflow, result.overlay, "approved" in land.layers
    return replace(
        result,
        summary=summary.table(found, result.parcels, parts, codes, names),
        accounts=accounts.table(
            found, parts, rules, codes=codes, names=names, base=base, approvals=approvals
        ),
    )


def _names(given: list[Parcels], known: Places, rules: Rules) -> dict[str, str]:
    """Names by code: those of the user before those of attributes before those of provinces."""
    named = {code: words.zh for code, words in rules.provinces.items()}
    for layer in given:
        named |= places.names_in(layer.frame, layer.fields)
    return named | dict(known.names)


def _base(
    layer: Parcels, known: Places, taken: NDArray[np.bool_] | None = None
) -> dict[str, float]:
    """Area of a layer by place."""
    return accounts.base(layer.area_m2, places.of_parcels(layer, known), taken)


def _cultivated(survey: Parcels | None, known: Places, rules: Rules) -> dict[str, float] | None:
    """Area of cultivated land by place; None where no survey tells the class."""
    if survey is None or "DLBM" not in survey.fields:
        return None
    codes = survey.frame[survey.fields["DLBM"]]
    names = survey.frame[survey.fields["DLMC"]] if "DLMC" in survey.fields else ()
    uses = rules.land.read(codes, names)
    taken = [code in uses and uses[code].cultivated for code in codes]
    return _base(survey, known, np.array(taken, bool))
