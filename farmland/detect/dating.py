"""When a patch changed: between the last look that still fitted and the first that never did again.

Evidence gathers from the day a crop was missed; the ground itself may change months later, when
machines come. Among the looks since then the change is dated where the mean of their novelty steps
up: the split that a fit of two levels would choose (Hinkley 1970, Biometrika 57:1).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from farmland.detect.patches import Patch
from farmland.detect.ranks import median
from farmland.rules.detection import Detection


class Dated(NamedTuple):
    """Looks of the cell around the change."""

    fitted: int | None
    """Last look before it that fitted; None = none was seen."""
    changed: int
    """First look from which none did."""


def date(patch: Patch, rules: Detection, confirmed: int | None = None) -> Dated:
    """Date the change of a patch.

    Where its looks are hardly novel, greenness alone spoke: then the day it was first missed holds.
    So it does where a look before the step has ``confirmed`` the change: what followed is more of
    the same. What was built later may be far stranger than the stripped soil it began with: the
    step up to the first of them is looked for.
    """
    changed = patch.changed
    novelty = patch.novelty[changed]
    settled = median(novelty[novelty.size // 2 :])
    start = patch.start
    if settled > rules.novel:
        middle = (rules.fitting + min(settled, rules.stripped)) / 2
        step = np.clip(novelty - middle, -1.0, 1.0)
        stepped = int(changed[np.argmax(np.cumsum(step[::-1])[::-1])])
        start = stepped if confirmed is None or stepped <= confirmed else start
    earlier = np.flatnonzero(patch.seen[:start])
    ndvi = patch.ndvi(np.asarray(rules.feature_noise, np.float32))
    short = (patch.own_low - ndvi > rules.deficit) & (np.arange(ndvi.size) >= patch.start)
    fitted = earlier[~((patch.novelty > rules.fitting) | short)[earlier]]
    return Dated(int(fitted[-1]) if fitted.size else None, start)
