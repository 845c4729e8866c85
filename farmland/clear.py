"""Which pixels of a scene classification are clear, and which are cloud with a clear sky around.

Sen2Cor speckles bright soil with single cloud pixels and calls the haze around real cloud clear
(METHODS 2.4), so specks are opened away and what remains is widened.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.grid import PIXEL_M
from farmland.kernels.surroundings import count_around
from farmland.rules.detection import Detection
from farmland.rules.sentinel2 import CLEAR, CLOUD, SHADOW


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """The state of the sky over a window of one look; arrays (y, x)."""

    clear: NDArray[np.bool_]
    """True = the ground was seen."""
    lonely: NDArray[np.bool_]
    """True = called cloud or shadow under a clear sky around: a small cloud, or a bright roof."""
    seen: NDArray[np.bool_]
    """True = the scene has data here, whatever the weather."""


def margin(rules: Detection) -> int:
    """Pixels around a window that decide about its rim."""
    reach = max(rules.cloud_buffer, rules.shadow_buffer, rules.lonely_radius)
    return _pixels(reach) + 2 * _pixels(rules.cloud_opening)


def sky(classes: NDArray[np.uint8], rules: Detection) -> Sky:
    """Judge a scene classification (y, x) at 10 m; 0 = no data."""
    cloud = _opened(np.isin(classes, CLOUD), _pixels(rules.cloud_opening))
    shadow = _opened(np.isin(classes, SHADOW), _pixels(rules.cloud_opening))
    near_cloud = count_around(cloud, _pixels(rules.cloud_buffer)) > 0
    near_shadow = count_around(shadow, _pixels(rules.shadow_buffer)) > 0
    seen = classes > 0
    clear = np.isin(classes, CLEAR) & ~near_cloud & ~near_shadow
    radius = _pixels(rules.lonely_radius)
    overcast = count_around(cloud | shadow, radius) / np.maximum(count_around(seen, radius), 1)
    lonely = seen & ~clear & (overcast <= rules.lonely_share)
    return Sky(clear, lonely, seen)


def _opened(mask: NDArray[np.bool_], radius: int) -> NDArray[np.bool_]:
    """Remove what no square of ``2 * radius + 1`` pixels fits into."""
    if radius == 0:
        return mask
    eroded = count_around(~mask, radius) == 0
    return np.asarray(count_around(eroded, radius) > 0)


def _pixels(metres: float) -> int:
    return round(metres / PIXEL_M)
