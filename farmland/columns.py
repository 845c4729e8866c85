"""Text on a terminal: columns side by side, Chinese characters counted as two wide."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence

WIDTH = 80
"""Characters of the narrowest terminal that is served."""

PIECE = re.compile(
    r"(?:[✓✗] |[（“])?(?:[\u2e80-\u9fff\uff00-\uffef]|[^\s\u2e80-\u9fff\uff00-\uffef]+)"
    r"[，。、；：！？）】”…]*|\s+"
)
"""What a line may be broken between: words, blanks, single Chinese characters. A mark or an opening
bracket stays with what follows it, punctuation with what it ends."""

NUMBER = re.compile(r"–|[+-]?[\d,]+(\.\d+)?")


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Columns under their heads; numbers to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    if not cells:
        return "  ".join(heads)
    widths = [max(map(width, column)) for column in zip(heads, *cells, strict=True)]
    right = [_are_numbers(column) for column in zip(*cells, strict=True)]
    lines = [heads, ["─" * size for size in widths], *cells]
    return "\n".join(
        "  ".join(
            padded(cell, size, right=end)
            for cell, size, end in zip(line, widths, right, strict=True)
        ).rstrip()
        for line in lines
    )


def width(text: str) -> int:
    """Columns that a text takes."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def padded(text: str, size: int, *, right: bool = False) -> str:
    """Text filled up with blanks to ``size`` columns."""
    blanks = " " * max(0, size - width(text))
    return blanks + text if right else text + blanks


def wrapped(text: str, indent: str = "", size: int = WIDTH) -> str:
    """Text on lines of at most ``size`` columns, each behind ``indent``."""
    lines, line = [], ""
    for piece in PIECE.findall(_cell(text)):
        if width(indent + line + piece.rstrip()) > size and line.strip():
            lines.append(line)
            line = ""
        line += piece if line or piece.strip() else ""
    return "\n".join(f"{indent}{each.strip()}" for each in [*lines, line] if each.strip())


def _cell(value: object) -> str:
    """A value as one line of text that moves no cursor."""
    text = f"{value:,.2f}" if isinstance(value, float) else str(value)
    return "".join(character if character.isprintable() else " " for character in text)


def _are_numbers(column: Sequence[str]) -> bool:
    """Whether a column holds numbers, dashes for missing ones and blanks, and nothing else."""
    filled = [cell for cell in column if cell]
    return bool(filled) and all(NUMBER.fullmatch(cell) for cell in filled)
