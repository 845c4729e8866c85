"""How help is laid out: two columns that hold on a terminal of 80, Chinese counted two wide."""

from __future__ import annotations

from collections.abc import Iterable

import click

from farmland.columns import padded, width, wrapped

WIDEST_NAME, GAP = 26, 2
"""Columns of the longest name beside which there is text; blanks between the two."""


class Formatter(click.HelpFormatter):
    """Breaks lines by columns of the terminal, between any two Chinese characters."""

    def write_text(self, text: str) -> None:
        """Write a paragraph at the indentation."""
        indent = " " * self.current_indent
        self.write(f"{wrapped(text, indent, self.width)}\n")

    def write_dl(
        self, rows: Iterable[tuple[str, str]], col_max: int = WIDEST_NAME, col_spacing: int = GAP
    ) -> None:
        """Write names and what they are; a name that is too long has a line of its own."""
        rows, indent = list(rows), " " * self.current_indent
        names = [width(name) for name, _ in rows]
        column = max((size for size in names if size <= col_max), default=0)
        blank = indent + " " * (column + col_spacing)
        for (name, text), size in zip(rows, names, strict=True):
            lines = wrapped(text, blank, self.width)
            if size > column:
                self.write(f"{indent}{name}\n{lines}\n")
            else:
                head = indent + padded(name, column + col_spacing)
                self.write(f"{head}{lines.removeprefix(blank)}".rstrip() + "\n")
