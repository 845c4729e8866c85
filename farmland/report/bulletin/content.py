"""What a bulletin is made of, whatever it is written into."""

from __future__ import annotations

from dataclasses import dataclass

from farmland.report.statistics.form import Table
from farmland.report.told import Told
from farmland.rules import Words


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a section."""

    text: Words


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Sentences that belong together."""

    text: Words


@dataclass(frozen=True, slots=True)
class Bars:
    """A chart: a bar for each cover."""

    title: Words
    bars: tuple[tuple[Words, str, float], ...]
    """Name, colour and mu."""


Block = Heading | Paragraph | Bars | Table


@dataclass(frozen=True, slots=True, eq=False)
class Bulletin:
    """The whole of it, from the title to the annex."""

    title: Words
    lines: tuple[Words, ...]
    """Below the title."""
    blocks: tuple[Block, ...]
    told: Told
