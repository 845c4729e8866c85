"""``--plot``: a picture of what a command gives, in a file, and on a screen where there is one."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path

import click

from farmland.errors import WrongUsage

OVERVIEW = "overview.png"
"""What every detection writes beside its result."""

HERE = Path("farmland-{}.png")
"""Where a picture goes that belongs to no result: into the current folder."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture that was asked for."""

    path: Path
    named: bool
    """Whether the file was named; else it is shown."""

    def show(self) -> None:
        """Open it, if nobody said where it goes, a person is there and has a screen."""
        if not self.named and sys.stdout.isatty() and has_screen():
            click.launch(str(self.path))


def a_png(_context: click.Context, _option: click.Parameter, plot: str | None) -> str | None:
    """The value of ``--plot``, which may have no name, but no other name than that of a PNG.

    Raises
    ------
    WrongUsage
        When it has: often it is the next word that was taken for the name.
    """
    if plot and not plot.lower().endswith(".png"):
        raise WrongUsage(
            f"The picture {plot} is no PNG: let its name end in .png, or put --plot last.",
            f"图片 {plot} 不是 PNG：文件名请以 .png 结尾，或将 --plot 放在最后。",
        )
    return plot


def asked(plot: str | None, beside: Path) -> Picture | None:
    """The picture that ``--plot`` asks for, if it does; looked at before the work begins.

    Parameters
    ----------
    plot
        The value of the option: None without it, ``""`` without a name.
    beside
        Where the picture goes without a name.

    Raises
    ------
    WrongUsage
        When the folder of a named picture is not there.
    """
    if plot is None:
        return None
    path = Path(plot) if plot else beside
    if plot and not path.absolute().parent.is_dir():
        raise WrongUsage(
            f"There is no folder {path.parent} for the picture {path.name}: make it first.",
            f"图片 {path.name} 的文件夹 {path.parent} 不存在：请先建立。",
        )
    return Picture(path, bool(plot))


def here(name: str) -> Path:
    """Where the picture of a command without files of its own goes."""
    return Path(str(HERE).format(name))


def write(picture: Picture, content: bytes) -> Path:
    """Put a drawn picture in its place in one step; the path.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written; when the disk is full.
    """
    from farmland.io.drafts import replacing

    picture.path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(picture.path) as draft:
        draft.write_bytes(content)
    return picture.path


def has_screen() -> bool:
    """Whether a picture can be opened here."""
    if sys.platform in {"win32", "darwin"}:
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
