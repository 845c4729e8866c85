"""Keep a model as JSON: names and numbers, nothing that runs; reading checks every entry."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from farmland.errors import UnusableInput, WrongUsage
from farmland.io.drafts import replacing
from farmland.model import Model, Standard, Training, Weights

KIND, FORMAT = "farmland model", 1


def write(model: Model, path: str | Path) -> Path:
    """Write a model in one step; the same model gives the same bytes.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written; when the disk is full.
    """
    target = Path(path)
    text = json.dumps(_told(model), ensure_ascii=False, indent=1, allow_nan=False)
    with replacing(target) as draft:
        draft.write_text(f"{text}\n", "utf-8")
    return target


def read(path: str | Path) -> Model:
    """Read a model.

    Raises
    ------
    WrongUsage
        When there is no such file.
    UnusableInput
        When it is no model of ours, or something in it is missing or of another kind.
    """
    source = Path(path)
    if not source.is_file():
        raise WrongUsage(
            f"There is no model {path}: give a file that farmland train wrote.",
            f"模型 {path} 不存在：请给出 farmland train 写出的文件。",
        )
    try:
        return _model(json.loads(source.read_text("utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as fault:
        what = f"no {fault}" if isinstance(fault, KeyError) else " ".join(str(fault).split())
        raise UnusableInput(
            f"The file {source.name} is no model of farmland ({what[:90]}): give one that farmland "
            "train wrote, unchanged.",
            f"文件 {source.name} 不是 farmland 的模型（{what[:90]}）："
            "请给出 farmland train 写出且未改动的文件。",
        ) from fault


def _told(model: Model) -> dict[str, Any]:
    """A model as JSON."""
    told = model.training
    return {
        "kind": KIND,
        "format": FORMAT,
        "rules": model.rules,
        "confirmer": _weights_told(model.confirmer),
        "covers": _weights_told(model.covers) if model.covers else None,
        "training": {
            "cases": told.cases,
            "agreed": told.agreed,
            "blocks": told.blocks,
            "block_km": told.block_km,
            "covers": dict(told.covers),
            "results": list(told.results),
            "periods": list(told.periods),
            "box": list(told.box),
            "validation": dict(told.validation),
        },
    }


def _weights_told(weights: Weights) -> dict[str, Any]:
    standard = weights.standard
    return {
        "classes": list(weights.classes),
        "names": list(standard.names),
        "gaps": list(standard.gaps),
        "means": standard.means.tolist(),
        "scales": standard.scales.tolist(),
        "reach": standard.reach,
        "coefficients": weights.coefficients.tolist(),
        "intercepts": weights.intercepts.tolist(),
    }


def _model(entry: Mapping[str, Any]) -> Model:
    """A model of what JSON holds; the values check themselves."""
    if (entry["kind"], entry["format"]) != (KIND, FORMAT):
        raise ValueError(f"it says kind {entry['kind']!r}, format {entry['format']!r}")
    covers = entry["covers"]
    return Model(
        rules=_text(entry["rules"]),
        confirmer=_weights(entry["confirmer"]),
        covers=None if covers is None else _weights(covers),
        training=_training(entry["training"]),
    )


def _weights(entry: Mapping[str, Any]) -> Weights:
    standard = Standard(
        names=_texts(entry["names"]),
        means=_numbers(entry["means"], 1),
        scales=_numbers(entry["scales"], 1),
        gaps=_texts(entry["gaps"]),
        reach=_number(entry["reach"]),
    )
    coefficients = _numbers(entry["coefficients"], 2)
    return Weights(
        standard, _texts(entry["classes"]), coefficients, _numbers(entry["intercepts"], 1)
    )


def _training(entry: Mapping[str, Any]) -> Training:
    west, south, east, north = _numbers(entry["box"], 1).tolist()
    return Training(
        cases=_count(entry["cases"]),
        agreed=_count(entry["agreed"]),
        blocks=_count(entry["blocks"]),
        block_km=_number(entry["block_km"]),
        covers={_text(name): _count(n) for name, n in entry["covers"].items()},
        results=_texts(entry["results"]),
        periods=_texts(entry["periods"]),
        box=(west, south, east, north),
        validation=dict(entry["validation"]),
    )


def _text(value: Any) -> str:
    """A short text on one line, such as a name."""
    if not isinstance(value, str) or not value.isprintable() or len(value) > 200:
        raise ValueError(f"{str(value)[:40]!r} is no name")
    return value


def _texts(values: Any) -> tuple[str, ...]:
    if not isinstance(values, list):
        raise TypeError(f"{str(values)[:40]!r} is no list of names")
    return tuple(_text(value) for value in values)


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ValueError(f"{str(value)[:40]!r} is no number")
    return float(value)


def _count(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or value < 0:
        raise ValueError(f"{str(value)[:40]!r} is no count")
    return value


def _numbers(values: Any, depth: int) -> NDArray[np.float64]:
    """A list of numbers, or of lists of them."""
    if not isinstance(values, list):
        raise TypeError(f"{str(values)[:40]!r} is no list of numbers")
    rows = [_numbers(value, depth - 1) if depth > 1 else _number(value) for value in values]
    return np.array(rows, np.float64)
