"""What is drawn on a sheet of paper or a picture: one set of strokes, two kinds of paper.

Units are points from the upper left corner. A drawing knows nothing of the paper, so the curve of
a patch looks the same on its evidence sheet (PDF) and in its picture (PNG).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from farmland.result import Chip

INK, FAINT, HAIR, PAPER = "#22302A", "#6B7A72", "#C9D1CB", "#FFFFFF"
"""Text, asides, thin lines, the ground."""

GREEN = "#2C7A2C"
"""Looks before the change, and permanent basic farmland."""

MARK = "#FFE14D"
"""Outline of a patch on imagery: seen on fields, roofs and water alike."""

NO_DATA = 236
"""Grey of what no scene covers."""

Align = Literal["left", "right", "centre"]
Points = NDArray[np.float64]
"""(n, 2) places in points."""

NEVER_FIRST = frozenset("，。；：、！？）》」』”’％%,.;:!?)]}")
"""Signs that no line begins with."""


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle on the paper."""

    x: float
    y: float
    width: float
    height: float

    @property
    def right(self) -> float:
        """Its right edge."""
        return self.x + self.width

    @property
    def bottom(self) -> float:
        """Its lower edge."""
        return self.y + self.height

    def corners(self) -> Points:
        """Its four corners, clockwise."""
        across = [self.x, self.right, self.right, self.x]
        return np.column_stack([across, [self.y, self.y, self.bottom, self.bottom]])

    def inner(self, margin: float) -> Box:
        """What is left inside a margin."""
        return Box(
            self.x + margin, self.y + margin, self.width - 2 * margin, self.height - 2 * margin
        )


class Canvas(Protocol):
    """Paper of some kind. Colours are ``#RRGGBB``; later strokes lie above earlier ones."""

    def area(self, points: Points, fill: str, opacity: float = 1.0) -> None:
        """Fill a polygon."""

    def line(
        self,
        points: Points,
        colour: str,
        width: float,
        *,
        closed: bool = False,
        dashed: bool = False,
    ) -> None:
        """Draw a line through points."""

    def dots(self, centres: Points, radius: float, colour: str) -> None:
        """Draw filled discs."""

    def width(self, said: str, size: float, *, bold: bool = False) -> float:
        """How wide a text is."""

    def text(
        self,
        x: float,
        y: float,
        said: str,
        size: float,
        colour: str = INK,
        *,
        bold: bool = False,
        align: Align = "left",
    ) -> None:
        """Write one line on a base line; what has no glyph is replaced, so no box is drawn."""

    def picture(self, pixels: NDArray[np.uint8], box: Box) -> None:
        """Fill a box with pixels of shape (height, width, 3), without smoothing."""

    def clipped(self, box: Box) -> AbstractContextManager[object]:
        """Within the block, only what lies in a box is drawn."""


def seen(chip: Chip) -> NDArray[np.uint8]:
    """Pixels of a chip on paper: what no scene covers is light grey, not black."""
    shown: NDArray[np.uint8] = np.where(chip.rgb.any(axis=2, keepdims=True), chip.rgb, NO_DATA)
    return shown.astype(np.uint8)


def lines_of(canvas: Canvas, said: str, size: float, width: float, most: int) -> list[str]:
    """A text broken into lines no wider than ``width``.

    Chinese breaks between any two signs, other text at blanks, a long word anywhere. What does
    not fit into ``most`` lines ends in an ellipsis.
    """
    lines: list[str] = []
    rest = " ".join(said.split())
    while rest:
        taken = _fitting(canvas, rest, size, width)
        line, rest = rest[:taken].rstrip(), rest[taken:].lstrip()
        if rest and len(lines) == most - 1:
            return [*lines, shortened(canvas, f"{line}{rest}", size, width)]
        lines.append(line)
    return lines


def shortened(canvas: Canvas, said: str, size: float, width: float, *, bold: bool = False) -> str:
    """A text cut to a width; an ellipsis says that it was."""
    if canvas.width(said, size, bold=bold) <= width:
        return said
    room = width - canvas.width("…", size, bold=bold)
    return f"{said[: _letters(canvas, said, size, room, bold=bold)].rstrip()}…"


def fitting_size(
    canvas: Canvas, said: str, size: float, width: float, least: float, *, bold: bool = False
) -> float:
    """The largest size up to ``size``, and from ``least``, in which a text is not too wide."""
    wide = canvas.width(said, size, bold=bold)
    return size if wide <= width else max(least, size * width / wide)


def _fitting(canvas: Canvas, said: str, size: float, width: float) -> int:
    """Letters of the next line."""
    most = _letters(canvas, said, size, width)
    if most >= len(said):
        return len(said)
    place = most
    while place > 1 and not _may_break(said, place):
        place -= 1
    return place if place > 1 else max(most, 1)


def _may_break(said: str, place: int) -> bool:
    """Whether a line may end before the letter at ``place``."""
    before, after = said[place - 1], said[place]
    if after in NEVER_FIRST:
        return False
    return " " in (before, after) or ord(before) > 0x2E80 or ord(after) > 0x2E80


def _letters(canvas: Canvas, said: str, size: float, width: float, *, bold: bool = False) -> int:
    """How many letters fit into a width, by halving."""
    low, high = 0, len(said)
    while low < high:
        middle = (low + high + 1) // 2
        if canvas.width(said[:middle], size, bold=bold) <= width:
            low = middle
        else:
            high = middle - 1
    return low


def scale_bar(metres: float) -> int:
    """A round length of at most ``metres``."""
    power = 10 ** int(np.floor(np.log10(max(metres, 1.0))))
    return int(max(step * power for step in (1, 2, 5) if step * power <= max(metres, 1.0)))


def legend(
    canvas: Canvas, x: float, y: float, keys: Sequence[tuple[str, str, str]], size: float
) -> float:
    """Write keys in a line from ``x`` on a base line; returns where it ends.

    Each key is the form of its mark (``area``, ``dot``, ``tick``), its colour and its words.
    """
    for form, colour, said in keys:
        middle = y - 0.34 * size
        if form == "dot":
            canvas.dots(np.array([[x + 3, middle]]), 1.6, colour)
        elif form == "tick":
            canvas.line(np.array([[x + 3, middle - 2.5], [x + 3, middle + 2.5]]), colour, 0.8)
        else:
            canvas.area(Box(x, middle - 2.2, 8, 4.4).corners(), colour)
        start = x + (11 if form == "area" else 8)
        canvas.text(start, y, said, size, FAINT)
        x = start + canvas.width(said, size) + 9
    return x
