"""Columns of an attribute table as people filled them: text without padding, numbers or nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from farmland.parcels import Parcels

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column as text: n rows, k different values."""

    values: tuple[str, ...]
    """(k,) different values; blank where nothing is meant."""
    code: NDArray[np.intp]
    """(n,) number of the value."""

    def where(self, test: Callable[[str], object]) -> Mask:
        """Rows whose value passes a test, which is asked once for each different value."""
        answers = np.array([bool(test(value)) for value in self.values], bool)
        return answers[self.code]

    def text(self, rows: NDArray[np.intp]) -> NDArray[np.object_]:
        """The values of some rows."""
        return np.array(self.values, dtype=object)[self.code[rows]]


def named(parcels: Parcels) -> Mapping[str, str]:
    """Standard field name to the column that holds it: as recognised, else by its own name."""
    own = {str(name).upper(): str(name) for name in parcels.frame.columns if name != "geometry"}
    return {**own, **parcels.fields}


def as_text(values: pd.Series, blank: frozenset[str]) -> Column:
    """A column as text: whole numbers without decimals, padding and words for nothing gone."""
    code, unique = pd.factorize(values)
    texts = ["", *(_text(value, blank) for value in unique)]
    return Column(tuple(texts), np.asarray(code + 1, np.intp))


def as_numbers(values: pd.Series) -> NDArray[np.float64]:
    """A column as numbers, NaN where it holds none."""
    numbers = pd.to_numeric(values, errors="coerce")
    return np.asarray(numbers.to_numpy(np.float64, na_value=np.nan))


def _text(value: object, blank: frozenset[str]) -> str:
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    text = str(value).strip()
    return "" if text in blank else text
