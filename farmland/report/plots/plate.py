"""What all plates have in common: title, legend, sources around a drawing; safe lettering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from farmland.report import fonts
from farmland.report.drawing import FAINT, HAIR, INK
from farmland.report.maps import png

WIDE = 13.0
"""Width in inches."""

DPI = 130

LEFT, RIGHT = 0.55, 0.55
"""Margins in inches."""

HEAD, FOOT = 0.95, 0.95
"""Room above and below the drawing in inches."""


def lettering(size: float, colour: str = INK, **more: Any) -> dict[str, Any]:
    """How text is written: Chinese where a font has it, and never as a formula."""
    return {
        "fontfamily": fonts.families(),
        "fontsize": size,
        "color": colour,
        "parse_math": False,
        **more,
    }


def written(said: str, room: int = 0) -> str:
    """A text from outside on one line, without signs that no font has.

    With ``room`` it is cut to so many letters; a Chinese one counts as nearly two.
    """
    line = fonts.of_pictures().drawable(said)
    ends = list(accumulate(1.78 if ord(sign) > 0x2E7F else 1.0 for sign in line))
    if not room or not ends or ends[-1] <= room:
        return line
    return f"{line[: sum(end <= room - 1 for end in ends)].rstrip()}…"


@dataclass(slots=True)
class Plate:
    """A picture that is being made; sizes in inches."""

    figure: Figure
    height: float
    wide: float

    @classmethod
    def of(cls, height: float, title: str, said: str, sources: str, wide: float = WIDE) -> Plate:
        """A white sheet around a drawing ``height`` inches high; ``wide`` with its margins."""
        whole = height + HEAD + FOOT
        plate = cls(Figure(figsize=(wide, whole), dpi=DPI, facecolor="white"), whole, wide)
        plate.line(whole - 0.42, title, 16, weight="bold")
        plate.line(whole - 0.70, said, 9.5, FAINT)
        plate.line(0.20, sources, 8, FAINT)
        return plate

    def line(self, y: float, said: str, size: float, colour: str = INK, **more: Any) -> None:
        """Write a text from margin to margin, as much of it as fits."""
        room = int((self.wide - LEFT - RIGHT) * 72 / (size * 0.56))
        self.text(LEFT, y, written(said, room), **lettering(size, colour, **more))

    def text(self, x: float, y: float, said: str, **style: Any) -> None:
        """Write at a place counted from the lower left corner."""
        self.figure.text(x / self.wide, y / self.height, said, **style)

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """Axes in a box above the foot; ``y`` counts from there."""
        box = (x / self.wide, (y + FOOT) / self.height, width / self.wide, height / self.height)
        return self.figure.add_axes(box)

    def legend(self, handles: Sequence[Artist], columns: int = 8) -> None:
        """One line of keys under the drawing."""
        legend = self.figure.legend(
            handles=list(handles),
            loc="lower left",
            bbox_to_anchor=((LEFT - 0.06) / self.wide, 0.36 / self.height),
            ncols=columns,
            frameon=False,
            prop={"family": fonts.families(), "size": 8.5},
            handletextpad=0.5,
            columnspacing=1.5,
            borderpad=0.0,
        )
        for text in legend.get_texts():
            text.set_parse_math(False)
            text.set_color(INK)

    def png(self) -> bytes:
        """As it is sent out."""
        return png(self.figure)


def quiet(axes: Axes, *, grid: str = "y") -> None:
    """Axes that stand back behind what they measure."""
    axes.tick_params(labelsize=8, colors=FAINT, length=0)
    if grid:
        axes.grid(axis=grid, color=HAIR, linewidth=0.5, alpha=0.7)  # type: ignore[arg-type]
    axes.set_axisbelow(True)
    for side in axes.spines.values():
        side.set_visible(False)
