"""Documents in which something has become anything that JSON can say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import strategies as st

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8)
    | st.sampled_from(["0001-01-01T00:00:00+14:00", "nan", "50SPA", "EPSG:32650", "Polygon"]),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.text(max_size=6), below,
                                                                max_size=3),
    max_leaves=5,
)  # fmt: skip
"""What JSON can say, and Python reads of it: NaN and Infinity too."""


def spoil(document: Any, draw: Callable[[st.SearchStrategy[Any]], Any]) -> None:
    """Replace one value somewhere in a document that is not empty."""
    holder = document
    while holder:
        places = list(holder) if isinstance(holder, dict) else list(range(len(holder)))
        place = draw(st.sampled_from(places))
        below = holder[place]
        if not isinstance(below, dict | list) or not below or draw(st.booleans()):
            holder[place] = draw(ANYTHING)
            return
        holder = below
