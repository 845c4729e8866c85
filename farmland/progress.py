"""How far long work is, told to whoever wants to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

Thing = TypeVar("Thing")

Tell = Callable[[str, int, int], None]
"""Called with the name of a stage, how much of it is done, and of how much; 0: not known."""


def silent(_stage: str, _done: int, _total: int) -> None:
    """Tell nobody."""


def counted(tell: Tell, stage: str, things: Iterable[Thing], total: int) -> Iterator[Thing]:
    """The same things, and how many of them are done is told: before the first, after each."""
    tell(stage, 0, total)
    for done, thing in enumerate(things, start=1):
        yield thing
        tell(stage, done, total)
