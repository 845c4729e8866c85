"""What a table of a document is, whatever it is written into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from farmland.report import words
from farmland.report.statistics import wording as said
from farmland.rules import Words

Cell = str | int | float | date | Words | None
"""A text from outside, a number, a day, words of ours in both languages, or nothing known."""

DECIMALS = {"count": 0, "area": 2, "mille": 2, "degrees": 5, "ratio": 2}
"""Decimals of the kinds of numbers; a share is printed as a percentage with one."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column."""

    title: Words
    kind: str
    """``text``, ``count``, ``area``, ``share`` (of 1), ``mille``, ``degrees``, ``ratio``,
    ``date``."""
    width: int = 12
    """In letters."""

    @property
    def number(self) -> bool:
        """Whether it holds numbers."""
        return self.kind not in {"text", "date"}


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Rows under columns."""

    title: Words
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False
    """Whether the last row is the total of the others."""
    notes: tuple[Words, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("a row has as many cells as there are columns")

    def first(self, most: int, columns: Sequence[int]) -> Table:
        """The first rows and the total, some columns only."""
        body = self.rows[:-1] if self.total else self.rows
        kept = (*body[:most], *self.rows[len(body) :])
        return Table(
            self.title,
            tuple(self.columns[n] for n in columns),
            tuple(tuple(row[n] for n in columns) for row in kept),
            self.total,
            self.notes,
        )


def of_kind(kind: Words, counted: Words = said.NUMBER_OF) -> list[Column]:
    """Two columns of one kind: how many, how large."""
    return [Column(filled(counted, kind), "count"), Column(filled(said.MU_OF, kind), "area")]


def filled(form: Words, kind: Words) -> Words:
    """The title of a column about one kind."""
    return Words(form.en.format(kind=kind.en), form.zh.format(kind=kind.zh))


def printed(cell: Cell, column: Column, language: str) -> str:
    """A cell as people read it: two decimals of an area, no separators, a dash for unknown."""
    if cell is None:
        return "–"
    if isinstance(cell, Words):
        return cell.text(language)
    if isinstance(cell, date):
        return words.day(cell).text(language)
    if isinstance(cell, int | float) and column.number:
        if column.kind == "share":
            return f"{100 * cell:.1f}%"
        return f"{cell:.{DECIMALS[column.kind]}f}"
    return str(cell)
