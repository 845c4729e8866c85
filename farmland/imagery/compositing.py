"""Composites: what many looks at a pixel come to, one method for each name.

Dims: b = bands, t = looks, p = pixels.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.errors import WrongUsage
from farmland.kernels import composite

SPECTRA = ("medoid", "geomedian")
"""Methods that give reflectance in every band, not one number of an index."""

NAMED = ("median", "max", *SPECTRA)

NO_DAY = -1
"""Day of a pixel without a clear look."""


@dataclass(frozen=True, slots=True)
class Method:
    """How looks become one number, or one spectrum."""

    name: str
    """``median``, ``max``, ``q1`` ... ``q99``, ``medoid`` or ``geomedian``."""

    @classmethod
    def parse(cls, text: str) -> Method:
        """Read the name of a method.

        Raises
        ------
        WrongUsage
            When it is none.
        """
        name = text.strip().lower()
        if name not in NAMED and not re.fullmatch(r"q[1-9]\d?", name):
            known = ", ".join(NAMED)
            raise WrongUsage(
                f"--composite {text!r} is no composite: give one of {known}, or a percentile from "
                "q1 to q99.",
                f"--composite {text!r} 不是已知的合成方法：请给出 {known}，"
                "或 q1 至 q99 的百分位数。",
            )
        return cls(name)

    @property
    def spectral(self) -> bool:
        """Whether it gives reflectance, from all bands together."""
        return self.name in SPECTRA

    @property
    def dated(self) -> bool:
        """Whether its value is that of one look, so that it has a day."""
        return self.name in {"max", "medoid"}


@dataclass(frozen=True, slots=True, eq=False)
class Composite:
    """What a method gave."""

    values: NDArray[np.float32]
    """(b, p), b = 1 for an index; NaN without a clear look."""
    days: NDArray[np.int16] | None
    """(p,) day of the look whose value it is, -1 without one; ``None`` for other methods."""


def of_index(method: Method, values: NDArray[np.float32], days: NDArray[np.int16]) -> Composite:
    """Reduce an index (t, p), NaN where not clear, of looks on ``days`` (t,), ascending."""
    out = np.empty(values.shape[1], np.float32)
    if method.name == "max":
        when = np.empty(out.size, np.int16)
        composite.maximum(values, out, when)
        return Composite(out[None], _days(when, days))
    if method.name == "median":
        composite.median(values, out)
    else:
        composite.quantile(values, int(method.name[1:]) / 100, out)
    return Composite(out[None], None)


def of_bands(method: Method, values: NDArray[np.float32], days: NDArray[np.int16]) -> Composite:
    """Reduce reflectance (b, t, p), NaN in all bands where not clear, to one spectrum."""
    if method.name == "geomedian":
        out = np.empty((values.shape[0], values.shape[2]), np.float32)
        composite.geometric_median(values, out)
        return Composite(out, None)
    when = np.empty(values.shape[2], np.int16)
    composite.medoid(values, when)
    chosen = np.take_along_axis(values, np.maximum(when, 0)[None, None, :], axis=1)[:, 0]
    return Composite(chosen, _days(when, days))


def _days(when: NDArray[np.int16], days: NDArray[np.int16]) -> NDArray[np.int16]:
    """Days (p,) of looks ``when`` (p,), -1 for none."""
    return np.where(when >= 0, days[np.maximum(when, 0)], np.int16(NO_DAY)).astype(np.int16)
