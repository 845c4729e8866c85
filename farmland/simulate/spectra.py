"""Reflectance of pure materials in the six bands that detection reads.

Order of every spectrum: blue, green, red, nir, swir16, swir22 (B02, B03, B04, B08, B11, B12);
hemispherical-directional surface reflectance, 0-1.

The numbers are typical values set by hand after these sources, not averaged from their files; each
material scatters by 5-15 % around them, see ``variant``:

* soils, gravel, concrete, asphalt, roofs, snow: ECOSTRESS library 1.0 (Meerdink et al. 2019,
  Remote Sensing of Environment 230:111196) and USGS splib07 (Kokaly et al. 2017, USGS Data Series
  1035);
* wet soil: about half of dry, less still in the shortwave infrared (Lobell & Asner 2002, Soil
  Science Society of America Journal 66:722);
* crops, residue, trees, turf: canopies of PROSAIL (Jacquemoud et al. 2009, RSE 113:S56) at LAI 3-5,
  near what the greenest fields of a real L2A series show (Flanders 2018-2019: NDVI up to 0.9);
* water: Secchi classes of Spyrakos et al. 2018 (Limnology and Oceanography 63:846), and the Landsat
  samples of the spyndex package (water 0.03-0.05 in blue, 0.01-0.03 in nir);
* plastic film and greenhouses: Yang et al. 2017 (ISPRS Journal 128:47) and Lu et al. 2014
  (Computers and Electronics in Agriculture 105:45): bright in the visible, dark in swir22;
* solar panels: Ji et al. 2021 (Remote Sensing 13:3909): 0.04-0.08 in the visible, flat;
* burnt straw: Roy et al. 2010 (RSE 114:1); dust nets: green polyethylene mesh over bare ground, own
  mixture of paint spectra in splib07.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Spectrum = NDArray[np.float64]

_TABLE: Mapping[str, tuple[float, float, float, float, float, float]] = {
    "loam": (0.095, 0.130, 0.170, 0.245, 0.330, 0.290),
    "loess": (0.115, 0.160, 0.210, 0.290, 0.375, 0.335),
    "black_soil": (0.050, 0.063, 0.080, 0.130, 0.205, 0.185),
    "red_soil": (0.060, 0.100, 0.175, 0.260, 0.330, 0.280),
    "paddy_soil": (0.070, 0.095, 0.120, 0.180, 0.245, 0.205),
    "subsoil_yellow": (0.130, 0.190, 0.265, 0.355, 0.445, 0.395),
    "subsoil_red": (0.095, 0.150, 0.265, 0.355, 0.430, 0.375),
    "subsoil_grey": (0.150, 0.180, 0.210, 0.260, 0.330, 0.300),
    "subsoil_pale": (0.200, 0.250, 0.305, 0.375, 0.440, 0.400),
    "wheat": (0.025, 0.055, 0.026, 0.480, 0.200, 0.090),
    "maize": (0.026, 0.056, 0.030, 0.450, 0.200, 0.095),
    "rice": (0.026, 0.052, 0.029, 0.400, 0.160, 0.070),
    "soybean": (0.028, 0.066, 0.030, 0.510, 0.240, 0.110),
    "rapeseed": (0.030, 0.060, 0.030, 0.460, 0.205, 0.095),
    "vegetable": (0.034, 0.074, 0.042, 0.420, 0.205, 0.105),
    "potato": (0.030, 0.068, 0.036, 0.470, 0.220, 0.105),
    "weeds": (0.038, 0.072, 0.052, 0.340, 0.230, 0.125),
    "flower": (0.045, 0.145, 0.120, 0.440, 0.210, 0.105),
    "residue": (0.080, 0.112, 0.150, 0.270, 0.345, 0.240),
    "burnt": (0.042, 0.048, 0.056, 0.080, 0.135, 0.135),
    "paddy_water": (0.055, 0.072, 0.070, 0.062, 0.030, 0.020),
    "water_clear": (0.035, 0.043, 0.030, 0.015, 0.008, 0.006),
    "water_turbid": (0.072, 0.102, 0.100, 0.060, 0.020, 0.012),
    "water_green": (0.042, 0.074, 0.046, 0.050, 0.018, 0.010),
    "concrete": (0.195, 0.225, 0.250, 0.290, 0.320, 0.300),
    "roof_white": (0.360, 0.390, 0.410, 0.430, 0.420, 0.385),
    "roof_blue": (0.255, 0.215, 0.165, 0.240, 0.270, 0.260),
    "roof_tile": (0.085, 0.115, 0.205, 0.285, 0.325, 0.300),
    "roof_grey": (0.130, 0.150, 0.165, 0.195, 0.225, 0.215),
    "asphalt": (0.080, 0.090, 0.100, 0.125, 0.145, 0.135),
    "gravel": (0.160, 0.190, 0.215, 0.260, 0.305, 0.280),
    "dust_net": (0.060, 0.100, 0.075, 0.190, 0.230, 0.195),
    "film": (0.215, 0.245, 0.265, 0.320, 0.325, 0.240),
    "greenhouse": (0.215, 0.235, 0.245, 0.330, 0.310, 0.205),
    "solar_panel": (0.050, 0.052, 0.055, 0.075, 0.090, 0.085),
    "tree_evergreen": (0.024, 0.046, 0.028, 0.310, 0.135, 0.058),
    "tree_deciduous": (0.026, 0.054, 0.030, 0.390, 0.170, 0.076),
    "tree_leafless": (0.050, 0.064, 0.076, 0.165, 0.205, 0.145),
    "turf": (0.034, 0.074, 0.044, 0.390, 0.220, 0.110),
    "dry_grass": (0.078, 0.104, 0.135, 0.235, 0.325, 0.245),
    "snow": (0.800, 0.820, 0.820, 0.770, 0.110, 0.085),
    "cloud": (0.620, 0.600, 0.600, 0.630, 0.460, 0.360),
    "haze": (0.520, 0.480, 0.450, 0.430, 0.220, 0.150),
}

MATERIALS: Mapping[str, Spectrum] = {name: np.array(values) for name, values in _TABLE.items()}
"""Material name to spectrum, ``float64`` of shape (6,)."""

WET: Spectrum = np.array((0.56, 0.55, 0.54, 0.56, 0.46, 0.43))
"""Reflectance of saturated soil over that of dry soil, per band (Lobell & Asner 2002)."""

DIFFUSE: Spectrum = np.array((0.46, 0.38, 0.32, 0.27, 0.18, 0.15))
"""Share of the light that still reaches the ground under a thick cloud's shadow, per band: skylight
falls with wavelength (Schläpfer et al. 2018, ISPRS Archives XLII-3:1543)."""


def mixture(materials: Mapping[str, Spectrum] = MATERIALS, /, **shares: float) -> Spectrum:
    """Linear mixture of named materials; shares are scaled to sum to one."""
    total = sum(shares.values())
    mixed: Spectrum = sum(
        (materials[name] * (share / total) for name, share in shares.items()), np.zeros(6)
    )
    return mixed


def variant(spectrum: Spectrum, rng: np.random.Generator, spread: float = 0.1) -> Spectrum:
    """One individual of a material: its own brightness and a little colour of its own.

    ``spread`` is the relative standard deviation of brightness; each band varies by a quarter of it
    on top (ECOSTRESS members of one class differ by 5-15 % in brightness, far less in shape).
    """
    brightness = np.exp(rng.normal(0, spread))
    colour = np.exp(rng.normal(0, spread / 4, 6))
    individual: Spectrum = spectrum * brightness * colour
    return individual
