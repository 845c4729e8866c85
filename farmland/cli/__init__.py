"""The command line: words -> plan -> flow -> exit code.

Heavy packages are imported inside commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from farmland.cli import endings
from farmland.cli.demo import demo
from farmland.cli.detect import detect
from farmland.cli.doctor import doctor
from farmland.cli.explain import explain
from farmland.cli.export import export
from farmland.cli.mirror import mirror
from farmland.cli.ndvi import ndvi
from farmland.cli.options import LANG, all_of
from farmland.cli.parcels import parcels
from farmland.cli.report import report
from farmland.cli.scenes import scenes
from farmland.cli.spoken import group, version
from farmland.cli.train import train


@group(
    name="farmland",
    en="Find farmland that stopped being grain land, from Sentinel-2. A finding is a clue for an "
    "inspector, never a verdict.",
    zh="利用哨兵二号影像发现不再种粮的耕地。结果是供核查的线索，不是结论。",
    example="farmland demo\nfarmland detect parcels.gdb --after 2025-06/2026-05 --out county.gpkg",
)
@all_of(LANG)
@version("farmland")
def farmland(lang: str | None) -> None:
    """Root of all commands."""
    del lang


COMMANDS = (
    *(demo, parcels, scenes, mirror, detect, explain, report, export),
    *(train, ndvi, doctor),
)
"""In the order in which they are met."""

for command in COMMANDS:
    farmland.add_command(command)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code.

    Parameters
    ----------
    words
        Without the name of the program; ``None``: those of the process.
    """
    words = sys.argv[1:] if words is None else list(words)
    with (
        endings.caught(words) as session,
        farmland.make_context("farmland", list(words), obj=session) as context,
    ):
        farmland.invoke(context)
    return session.code
