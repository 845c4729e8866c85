"""The world a county lies in: what is true of every county, and what another world may change.

A detector that only knows one simulator knows its constants. A shifted world keeps the phenomena
and moves the constants: how every material reflects, when crops are sown, how much noise there is,
how the scene classification errs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.simulate import hasty_scl, scl
from farmland.simulate.spectra import MATERIALS, Spectrum

Field = NDArray[np.float32]

Classify = Callable[[Field, Field, Field, Field, Field, np.random.Generator], NDArray[np.uint8]]
"""See :func:`farmland.simulate.scl.classify`."""


@dataclass(frozen=True, slots=True)
class World:
    """What all counties of a world share. The default is the world the modules describe."""

    seed: int = 0
    """Of the shifts of spectra."""
    spectra: float = 0.0
    """Largest relative change of a reflectance; every band of every material draws its own."""
    calendar_days: float = 0.0
    """By how much everything that is sown is sown later; negative: earlier."""
    noise: float = 1.0
    """Factor on what blurs a picture: noise of the sensor, radiometric and geometric error of the
    scenes, blur of the optics, haze, unevenness inside a field."""
    classify: Classify = scl.classify
    """How the scene classification errs."""
    roads_m: tuple[float, float] = (8.0, 12.0)
    """Narrowest and widest road that is built through a field."""
    houses_m2: tuple[float, float] = (600.0, 3000.0)
    """Smallest and largest part of a field that is built on."""

    @classmethod
    def shifted(cls, seed: int) -> World:
        """A world moved in everything at once.

        Spectra within 20 %, calendars by 20 days, noise by half, another scene classification.
        """
        later = np.random.default_rng([seed, 8]).random() < 0.5
        return cls(seed, 0.2, 20.0 if later else -20.0, 1.5, hasty_scl.classify)

    @property
    def materials(self) -> Mapping[str, Spectrum]:
        """Material name to spectrum, ``float64`` of shape (6,); none reflects more than 0.98."""
        if not self.spectra:
            return MATERIALS
        rng = np.random.default_rng([self.seed, 9])
        factors = 1 + rng.uniform(-self.spectra, self.spectra, (len(MATERIALS), 6))
        return {
            name: np.minimum(spectrum * factor, 0.98)
            for (name, spectrum), factor in zip(MATERIALS.items(), factors, strict=True)
        }
