"""Lay what was found over the layers of land that were given. Here they meet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from farmland import layers
from farmland.io import land_layers
from farmland.land import cadastre, clues, neighbourhood
from farmland.land.cadastre import MARKS, Ground
from farmland.parcels import Parcels
from farmland.places import Places
from farmland.plan import Plan
from farmland.result import Evidence, Result
from farmland.room import LAYER_ROW_BYTES, Room
from farmland.rules import Rules, Words

SURVEY = Words("a land survey", "地类图斑（国土调查）")

KINDS = ("pbf", "survey", *MARKS)
"""Layers of polygons, in the order in which patches are cut along them."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """What was given of the land under the parcels."""

    layers: Mapping[str, Parcels]
    """By kind, in the order of ``KINDS``."""
    places: Places

    @property
    def held_bytes(self) -> int:
        """What the layers take up in memory until they are needed, about."""
        return sum(layer.needed_bytes(0) for layer in self.layers.values())


def read(plan: Plan, taken: int = 0) -> Given:
    """Read the layers that a plan names, before anything else is done.

    ``taken`` are the bytes of memory that all else takes.

    Raises
    ------
    FarmlandError
        WrongUsage where a file or layer does not exist or does not fit into memory, UnusableInput
        where it cannot be used; both name the option.
    """
    found: dict[str, Parcels] = {}
    for kind in KINDS:
        file = str(getattr(plan, kind))
        if file:
            room = Room(plan.memory_bytes, taken, LAYER_ROW_BYTES)
            found[kind] = land_layers.read(kind, file, room)
            taken += found[kind].needed_bytes(LAYER_ROW_BYTES)
    return Given(found, land_layers.read_places(plan.places) if plan.places else Places())


def overlaid(
    result: Result, parcels: Parcels, given: Given, rules: Rules, workers: int
) -> tuple[Result, dict[str, Any]]:
    """A result with its layer ``overlay`` and the land that governs each patch.

    Returns
    -------
    result : Result
    facts : dict
        What the run tells of it. ``layers``: one entry each with ``kind``, ``source``, ``layer``,
        ``rows``, ``year``, ``sha256``, ``notes``, and as ``overlapping`` and ``overlapping_m2``
        the rows of which an earlier one has ground. ``slivers`` and ``slivers_m2`` were counted
        with their neighbours. ``parcels``: ``area_m2``, ``pbf_m2`` and ``cultivated_m2`` of all
        of them, null where nothing tells.
    """
    own = cadastre.told(parcels, rules)
    is_pbf = parcels.kind == "pbf"
    grounds = _grounds(given, parcels, rules, workers)
    names = {str(name): row for row, name in enumerate(parcels.frame["parcel_id"])}
    rows = result.conversions["parcel_id"].map(names).to_numpy(np.intp)
    found = clues.told(result.conversions, grounds, own, rows, rules, workers, is_pbf=is_pbf)
    told = [
        _facts(kind, layer, found.conversions, grounds[kind])
        for kind, layer in given.layers.items()
    ]
    if is_pbf and "pbf" not in given.layers:
        told.insert(0, _facts("parcels", parcels, found.conversions))
    facts = {
        "layers": told,
        "slivers": found.slivers,
        "slivers_m2": round(found.slivers_m2, 2),
        "parcels": _plain(cadastre.base(parcels, own, grounds, workers, is_pbf=is_pbf)),
    }
    protected = parcels if is_pbf else None
    result = replace(
        result,
        conversions=found.conversions,
        overlay=found.overlay,
        evidence=_with_basic(result, given.layers.get("pbf", protected)),
    )
    return result, facts


def notes(facts: Mapping[str, Any]) -> tuple[Words, ...]:
    """What is to be said of the layers when a run ends, from the facts of :func:`overlaid`."""
    return tuple(
        Words(f"{layer['source']}: {note['en']}", f"{layer['source']}：{note['zh']}")
        for layer in facts["layers"]
        if layer["kind"] != "parcels"
        for note in layer["notes"]
    )


def _grounds(given: Given, parcels: Parcels, rules: Rules, workers: int) -> dict[str, Ground]:
    """Every layer in the coordinates of the parcels, as far as it comes near them."""
    crs, near = parcels.frame.crs, np.asarray(parcels.frame.geometry.array, object)
    ready = {
        kind: (cadastre.told(layer, rules), layer.frame.geometry)
        for kind, layer in given.layers.items()
    }
    outlines = given.places.polygons
    if outlines is not None:
        told = cadastre.told_of_places(outlines["code"].to_numpy(object))
        ready = {"places": (told, outlines.geometry), **ready}
    return {
        kind: cadastre.laid(told, np.asarray(shapes.to_crs(crs).array, object), near, crs, workers)
        for kind, (told, shapes) in ready.items()
    }


def _with_basic(result: Result, basic: Parcels | None) -> Mapping[str, Evidence]:
    """The evidence with the permanent basic farmland around each patch."""
    if basic is None:
        return result.evidence
    patches = result.conversions[result.conversions["patch_id"].isin(list(result.evidence))]
    near = neighbourhood.around(patches.geometry, basic.frame.geometry)
    return {
        name: replace(result.evidence[name], basic=shape)
        for name, shape in zip(patches["patch_id"], near, strict=True)
    }


def _facts(
    kind: str, layer: Parcels, patches: pd.DataFrame, ground: Ground | None = None
) -> dict[str, Any]:
    """What a run tells of one layer."""
    years = cadastre.years(layer)
    rows, size = (ground.overlapping, ground.overlapping_m2) if ground else (0, 0.0)
    said = [*layer.notes, *_meant(kind, layer), *_overlapping(rows, size)]
    if layer.kind == "pbf" or kind == "pbf":
        said += _dated(years, patches)
    return {
        "kind": kind,
        "source": layer.source,
        "layer": layer.layer,
        "rows": len(layer),
        "year": max(years, default=None),
        "sha256": layer.input_hash,
        "overlapping": rows,
        "overlapping_m2": round(size, 2),
        "notes": [{"en": note.en, "zh": note.zh} for note in said],
    }


def _meant(kind: str, layer: Parcels) -> list[Words]:
    """Whether a layer looks like the other of the two that are easily confused."""
    if {kind, layer.kind} != {"pbf", "survey"}:
        return []
    name = land_layers.option(kind)
    seen = layers.words("overlay", "land", "pbf") if layer.kind == "pbf" else SURVEY
    return [
        Words(
            f"It was given as {name} and looks like {seen.en}: check which of the two it is.",
            f"作为 {name} 给出，但字段像{seen.zh}：请核对是否用错图层。",
        )
    ]


def _overlapping(rows: int, size: float) -> list[Words]:
    """That polygons lie over others."""
    if not rows:
        return []
    return [
        Words(
            f"{rows} of its polygons lie partly over an earlier one, which counts there "
            f"({size:,.2f} m²).",
            f"其中 {rows} 个图斑与前面的图斑重叠，重叠处（{size:,.2f} 平方米）以前者为准。",
        )
    ]


def _dated(years: tuple[int, ...], patches: pd.DataFrame) -> list[Words]:
    """Whether permanent basic farmland is of another time than the changes (DOMAIN 1.4, PBFR)."""
    late, early = cadastre.out_of_date(years, patches)
    said = []
    if late:
        said.append(
            Words(
                f"It is of {max(years)}, newer than {late} of the changes: the layer in force "
                "before them decides.",
                f"数据年份为 {max(years)}，晚于其中 {late} 个图斑的变化时间："
                "应以变化前有效的永久基本农田为准。",
            )
        )
    if early:
        said.append(
            Words(
                f"It is of {max(years)}, and {early} of the changes came after the year that "
                "followed: permanent basic farmland is adjusted every year, compare a newer layer.",
                f"数据年份为 {max(years)}，{early} 个图斑的变化发生在次年以后："
                "永久基本农田逐年调整，请与较新的图层比对。",
            )
        )
    return said


def _plain(sums: Mapping[str, float]) -> dict[str, float | None]:
    """Numbers as JSON has them."""
    return {name: None if np.isnan(one) else round(one, 2) for name, one in sums.items()}
