"""Which pixels of a scene classification are clear, and which are cloud with a clear sky around.

Sen2Cor speckles bright soil with single cloud pixels and calls the haze around real cloud clear
(METHODS 2.4), so specks are opened away and what remains is widened.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from farmland.kernels.surroundings import lone, opened, widened
from farmland.rules.detection import Detection
from farmland.rules.sentinel2 import CELL_M, CLEAR, CLOUD, SHADOW, SNOW

_CLOUD, _SHADOW, _SNOW, _SEEN, _CLEAR = (np.uint8(1 << bit) for bit in range(5))
_HIDDEN = _CLOUD | _SHADOW | _SNOW
_FLAGS = np.zeros(256, np.uint8)
"""What each class of SCL means, one bit for each."""
_FLAGS[1:] = _SEEN
for _classes, _flag in ((CLOUD, _CLOUD), (SHADOW, _SHADOW), (SNOW, _SNOW), (CLEAR, _CLEAR)):
    _FLAGS[list(_classes)] |= _flag


@dataclass(frozen=True, slots=True, eq=False)
class Sky:
    """The state of the sky over a window of one look; arrays (y, x)."""

    clear: NDArray[np.bool_]
    """True = the ground was seen."""
    lonely: NDArray[np.bool_]
    """True = called cloud or shadow under a clear sky around: a small cloud, or a bright roof."""
    seen: NDArray[np.bool_]
    """True = the scene has data here, whatever the weather."""


def margin(rules: Detection, *, rescue: bool = True) -> int:
    """Cells of 20 m around a window that decide about its rim."""
    reach = max(rules.cloud_buffer, rules.shadow_buffer, rules.lonely_radius * rescue)
    return _cells(reach) + _side(rules) - 1


def sky(classes: NDArray[np.uint8], rules: Detection, *, rescue: bool = True) -> Sky:
    """Judge a scene classification.

    Parameters
    ----------
    classes : uint8 array (y, x)
        SCL on its own grid of 20 m; 0 = no data.
    rules : Detection
        Lengths in metres, rounded up to whole cells of 20 m.
    rescue : bool
        Whether it is asked which cloud hangs alone; else none does.

    Returns
    -------
    Sky
        Arrays of the same shape.
    """
    flags = _FLAGS.take(classes)
    seen = flags >= _SEEN
    clear = (flags & _CLEAR) > 0
    hidden = flags & _HIDDEN
    if not hidden.any():
        return Sky(clear, seen & ~clear & rescue, seen)
    if hidden.all():
        return Sky(clear, np.full_like(seen, rescue and rules.lonely_share >= 1), seen)
    hidden = opened(hidden, _side(rules))
    near = widened(hidden & _CLOUD, _cells(rules.cloud_buffer))
    near |= widened(hidden & _SHADOW, _cells(rules.shadow_buffer))
    clear &= near == 0
    if not rescue:
        return Sky(clear, np.zeros_like(seen), seen)
    radius = _cells(rules.lonely_radius)
    lonely = lone(seen & ~clear, hidden > 0, seen, radius, rules.lonely_share)
    return Sky(clear, lonely, seen)


def _side(rules: Detection) -> int:
    """Cells across the square that must fit into a cloud: the opening to both sides of a cell."""
    return _cells(2 * rules.cloud_opening) + 1


def _cells(metres: float) -> int:
    return math.ceil(metres / CELL_M)
