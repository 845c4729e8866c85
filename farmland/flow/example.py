"""The main job on the bundled sample: what ``farmland demo`` and the notebook run."""

from __future__ import annotations

from pathlib import Path

from farmland.errors import UnusableInput
from farmland.periods import Period
from farmland.plan import Plan
from farmland.simulate.sample import sample_folder

AFTER = Period.parse("2023-07/2024-06")
"""The last of the three years that the sample holds."""


def plan(out: Path) -> Plan:
    """The plan of the demonstration; it needs no network.

    Raises
    ------
    UnusableInput
        When the sample is missing.
    """
    try:
        folder = sample_folder()
    except FileNotFoundError as fault:
        raise UnusableInput(
            "The bundled sample is missing from this installation: install the package again, or "
            "run make sample in a checkout.",
            "安装中缺少自带样例：请重新安装本软件包，或在源码目录运行 make sample。",
        ) from fault
    return Plan(
        parcels=str(folder / "parcels.gpkg"),
        out=str(out / "farmland-demo.gpkg"),
        catalog=str(folder / "catalog.json"),
        after=AFTER,
        offline=True,
    )
