"""How far long work is, told to whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable

Tell = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and of how much; 0: not known."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""
