"""Published reflectance of covers that are set into real series, in the bands of detection.

Order: blue, green, red, nir, swir16, swir22; surface reflectance, 0-1. Typical values of a class,
read off the sources by hand, not averaged from their files; one roof differs from the next.

* roof (grey concrete tile and weathered sheet), concrete, asphalt: ECOSTRESS library 1.0 (Meerdink
  et al. 2019, Remote Sensing of Environment 230:111196), man-made materials, averaged over the
  bands of Sentinel-2A; USGS splib07 (Kokaly et al. 2017, USGS Data Series 1035);
* greenhouse (clear plastic over a growing crop): Yang et al. 2017 (ISPRS Journal 128:47), Lu et al.
  2014 (Computers and Electronics in Agriculture 105:45);
* water of a fish pond: turbid classes of Spyrakos et al. 2018 (Limnology and Oceanography 63:846);
* solar panel: Ji et al. 2021 (Remote Sensing 13:3909).
"""

from __future__ import annotations

from collections.abc import Mapping

Spectrum = tuple[float, float, float, float, float, float]

MATERIALS: Mapping[str, Spectrum] = {
    "roof": (0.130, 0.150, 0.165, 0.195, 0.225, 0.215),
    "concrete": (0.195, 0.225, 0.250, 0.290, 0.320, 0.300),
    "asphalt": (0.080, 0.090, 0.100, 0.125, 0.145, 0.135),
    "greenhouse": (0.215, 0.235, 0.245, 0.330, 0.310, 0.205),
    "water": (0.072, 0.102, 0.100, 0.060, 0.020, 0.012),
    "solar panel": (0.050, 0.052, 0.055, 0.075, 0.090, 0.085),
}

BRIGHTNESS = 0.10
"""Relative scatter of brightness between individuals of a class: 5-15 % in ECOSTRESS."""

PATCHINESS = 0.05
"""Relative scatter of brightness between the pixels of one of them: taken as half of that."""
