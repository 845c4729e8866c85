"""A plan: all settings of a run as one frozen value, from options, a TOML file and defaults."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput, WrongUsage
from farmland.periods import Period, before

GIB = 1024**3

LAND_LAYERS = ("pbf", "survey", "approved", "redline", "grain_zone", "places")
"""Settings that name a layer of land: a file, or ``FILE|layername=NAME``."""

AFTER_MONTHS, BEFORE_MONTHS, HISTORY_MONTHS = 12, 24, 36
"""Default lengths of the three periods (DESIGN 3)."""


@dataclass(frozen=True, slots=True)
class Periods:
    """The three periods of a detection, settled."""

    before: Period
    after: Period
    history: Period

    def __post_init__(self) -> None:
        if self.before.overlaps(self.after) or self.before.start > self.after.end:
            raise WrongUsage(
                f"The period before, {self.before}, must end ahead of the period after, "
                f"{self.after}: move one of them.",
                f"前时段 {self.before} 必须早于后时段 {self.after}：请调整其中之一。",
            )
        if self.history.end >= self.after.start:
            raise WrongUsage(
                f"The history {self.history} reaches into the period after, {self.after}: "
                "end it earlier.",
                f"历史时段 {self.history} 与后时段 {self.after} 重叠：请提前其结束日期。",
            )

    @classmethod
    def settle(
        cls, after: Period, before_: Period | None = None, history: Period | None = None
    ) -> Periods:
        """Fill in what was not given; the history always includes the period before."""
        settled = before_ or before(after.start, BEFORE_MONTHS)
        past = history or before(after.start, HISTORY_MONTHS)
        if settled.end < after.start:
            past = past.joined(settled)
        return cls(settled, after, past)

    @property
    def whole(self) -> Period:
        """From the start of the history to the end of the period after."""
        return self.history.joined(self.after)

    @property
    def gap_days(self) -> int:
        """Days between the end of the history and the start of the period after."""
        return (self.after.start - self.history.end).days - 1


@dataclass(frozen=True, slots=True)
class Plan:
    """Settings of a run. Every field can be an option, a line of a plan file, or its default."""

    parcels: str = ""
    out: str = ""
    after: Period | None = None
    before: Period | None = None
    history: Period | None = None
    catalog: str = "earth-search"
    collection: str = ""
    id_field: str = ""
    layer: str = ""
    field_map: Mapping[str, str] = field(default_factory=dict)
    crs: str = ""
    encoding: str = ""
    keep_columns: tuple[str, ...] = ()
    """Columns that stay although they look like personal information."""
    pbf: str = ""
    """Layer of permanent basic farmland; ``""``, as with the five below: not given."""
    survey: str = ""
    """Land survey: what was on the ground before."""
    approved: str = ""
    """Land whose change of use was approved."""
    redline: str = ""
    """Within the ecological redline."""
    grain_zone: str = ""
    """Grain production zones."""
    places: str = ""
    """Administrative areas or village survey units, or a table of their names."""
    rules: str = "cn"
    model: str = ""
    """What verified cases have taught, a file of ``farmland train``; ``""``: the rules alone."""
    workers: int = 0
    """0: one for each core."""
    scheduler: str = ""
    """Address of a Dask scheduler; ``""``: threads of this process."""
    memory: int = 0
    """Bytes the whole run may hold; 0: the smaller of 4 GB and half of RAM."""
    offline: bool = False
    allow_host: tuple[str, ...] = ()
    crops: bool = False
    """Also list fields of grain on which another crop grows; they are no outflow."""
    max_cloud: float = 100.0
    """Percent of a granule that may be cloudy."""
    lang: str = ""

    def __post_init__(self) -> None:
        if self.workers < 0:
            raise WrongUsage(
                f"--workers {self.workers} is not a number of workers: give 1 or more.",
                f"--workers {self.workers} 不是有效的进程数：请给 1 或更大的数。",
            )
        if not 0 <= self.max_cloud <= 100:
            raise WrongUsage(
                f"--max-cloud {self.max_cloud:g} is no share of a scene: give a percentage from 0 "
                "to 100.",
                f"--max-cloud {self.max_cloud:g} 不是有效的云量：请给 0 到 100 之间的百分数。",
            )
        if self.memory and self.memory < GIB:
            raise WrongUsage(
                f"--memory of {self.memory / 1e6:.0f} MB is under the 1 GB a run needs: "
                "give 1GB or more.",
                f"--memory 为 {self.memory / 1e6:.0f} MB，低于运行所需的 1 GB：请给 1GB 或更多。",
            )

    @property
    def memory_bytes(self) -> int:
        """The promise in bytes, default included."""
        return self.memory or min(4 * GIB, _ram_bytes() // 2)

    @property
    def worker_count(self) -> int:
        """Workers, default included."""
        return self.workers or len(os.sched_getaffinity(0))


def read_plan(path: str | Path) -> dict[str, Any]:
    """Settings of a plan file, validated as a whole; paths in it are relative to the file.

    Raises
    ------
    UnusableInput
        When the file is no TOML, or a key is unknown (the nearest known one is named).
    """
    try:
        table = tomllib.loads(Path(path).read_text("utf-8"))
    except (OSError, ValueError) as fault:
        raise UnusableInput(
            f"The plan {path} could not be read ({fault}): give a TOML file.",
            f"无法读取计划文件 {path}（{fault}）：请给出 TOML 文件。",
        ) from fault
    known = {entry.name.replace("_", "-"): entry.name for entry in fields(Plan)}
    settings: dict[str, Any] = {}
    for key, value in table.items():
        name = known.get(key.replace("_", "-"))
        if name is None:
            near = get_close_matches(key.replace("_", "-"), known, 1, 0.0)[0]
            raise UnusableInput(
                f"The plan {path} has an unknown key {key!r}: the nearest known one is {near!r}.",
                f"计划文件 {path} 含未知的键 {key!r}：最接近的是 {near!r}。",
            )
        settings[name] = _setting(name, value, Path(path))
    return settings


def parse_memory(text: str) -> int:
    """Bytes of ``"4GB"``, ``"800MB"`` or ``"2GiB"``.

    Raises
    ------
    WrongUsage
        When the text is no size.
    """
    units = {"gib": GIB, "mib": 1024**2, "gb": GIB, "mb": 1024**2, "g": GIB, "m": 1024**2}
    lower = text.strip().lower()
    for unit, size in units.items():
        if lower.endswith(unit):
            try:
                return int(float(lower.removesuffix(unit)) * size)
            except ValueError:
                break
    raise WrongUsage(
        f"--memory {text!r} is not a size: write it like 4GB.",
        f"--memory {text!r} 不是有效的大小：请写成 4GB 这样的形式。",
    )


def _setting(name: str, value: Any, path: Path) -> Any:
    """One value of a plan file in the type the plan wants."""
    if name in {"after", "before", "history"}:
        return Period.parse(str(value))
    if name == "memory":
        return parse_memory(str(value))
    if name in {"allow_host", "keep_columns"}:
        return tuple([value] if isinstance(value, str) else value)
    beside = path.parent / str(value)
    if name in {"parcels", "out", "model", *LAND_LAYERS} or (
        name in {"catalog", "rules"} and beside.exists()
    ):
        return str(beside)
    wanted = type(getattr(Plan(), name))
    if wanted is float and type(value) is int:
        return float(value)
    if not isinstance(value, wanted):
        raise UnusableInput(
            f"The plan {path} sets {name} to {value!r}: it must be of type {wanted.__name__}.",
            f"计划文件 {path} 将 {name} 设为 {value!r}：类型应为 {wanted.__name__}。",
        )
    return value


def _ram_bytes() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
