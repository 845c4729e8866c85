"""Farmland that stopped being grain land, from Sentinel-2.

The story, in the order in which :mod:`farmland.flow.detect` tells it::

    parcels.read      a vector layer         -> parcels, checked, on 10 m grids
    catalog.find      STAC                   -> scenes, one frozen value each
    radiometry        declarations + pixels  -> one offset per scene
    looks.group       scenes                 -> looks: one solar day each, duplicates out
    stack             looks + parcels        -> integers (pixel, look, band), clear or not
    detect            stack + rules          -> patches with dates, cover, confidence, reason
    geopackage.write  patches + parcels      -> styled layers; report.write -> the page beside it

A finding is a clue for an inspector, never a verdict.
"""

__version__ = "0.1.0"
