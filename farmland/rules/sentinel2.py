"""Classes of the Sentinel-2 scene classification (SCL): Sen2Cor 2.x, Level-2A Input Output Data."""

from __future__ import annotations

CLEAR = (4, 5, 6, 7)
"""Vegetation, not vegetated, water, unclassified: what a look may use (DESIGN 2)."""

CLOUD = (8, 9, 10)
"""Cloud of medium and high probability, thin cirrus."""

SHADOW = (3,)
"""Cloud shadow."""

SNOW = (11,)
"""Snow or ice: over fields now and then a whole deck of cloud (Flanders, 2018-11-12)."""

CELL_M = 20
"""Ground sampling distance of the classification (Level-2A Product Definition)."""
