"""What the domain says, as plain data: covers and their classes, thresholds, calendars.

A country or province is a TOML file. ``load("cn")`` reads the bundled one, ``load("generic")`` a
small one for anywhere, and a path reads the user's. Standard library and ``errors`` only.
"""

from __future__ import annotations

import csv
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from difflib import get_close_matches
from importlib import resources
from itertools import pairwise
from pathlib import Path
from typing import Any

from farmland.errors import UnusableInput
from farmland.rules.detection import Curve, Detection
from farmland.rules.land import LandUse, LandUses, Scheme
from farmland.rules.radiometry import Radiometry
from farmland.rules.rhythm import Rhythm
from farmland.rules.training import Training
from farmland.rules.words import Words

__all__ = ["BUNDLED", "THRESHOLDS", "Cover", "Rules", "Words", "load"]

BUNDLED = ("cn", "generic")

THRESHOLDS = {
    "detection": Detection,
    "rhythm": Rhythm,
    "radiometry": Radiometry,
    "training": Training,
}
"""Each table of thresholds: a TOML file beside this one, and what a rules file may override."""


@dataclass(frozen=True, slots=True)
class Cover:
    """What a patch became, and what that is called by the rules."""

    name: str
    conversion: str
    """``non_agricultural``, ``non_grain`` or ``undetermined``."""
    policy_class: str
    land_code: str
    """Candidate land-use code, or ``""`` where the rules leave it open."""
    label: Words
    note: Words | None
    """Said with every patch of this cover, e.g. that a farm road is possible."""


@dataclass(frozen=True, slots=True)
class Rules:
    """Everything that may differ from one country or office to the next."""

    id: str
    version: str
    name: Words
    clue: Words
    """The sentence every output carries."""
    covers: Mapping[str, Cover]
    area_unit: str
    """Name of the customary unit, such as ``mu``."""
    m2_per_unit: float
    detection: Detection
    rhythm: Rhythm
    radiometry: Radiometry
    training: Training
    land: LandUses
    """What the codes of land surveys mean."""

    def rule_of(self, cover: str) -> str:
        """Id and version of the rule that decides ``cover``, e.g. ``"cn:built@2026.1"``."""
        return f"{self.id}:{cover}@{self.version}"


def load(name: str | Path = "cn") -> Rules:
    """Read bundled rules by name or a rules file by path.

    Raises
    ------
    UnusableInput
        When the file is missing, is no TOML, or has an unknown or mistyped entry.
    """
    table = _table(name)
    try:
        ratio = table["area"]["m2_per_unit"]
        return Rules(
            id=table["id"],
            version=str(table["version"]),
            name=_words(table["name"]),
            clue=_words(table["clue"]),
            covers={key: _cover(key, entry) for key, entry in table["covers"].items()},
            area_unit=table["area"]["unit"],
            m2_per_unit=ratio["numerator"] / ratio["denominator"],
            land=_land(table.get("land", {}), name),
            **{kind: _thresholds(kind, table.get(kind, {}), str(name)) for kind in THRESHOLDS},
        )
    except (KeyError, TypeError, AttributeError) as fault:
        raise UnusableInput(
            f"The rules {name} lack or mistype {fault}: compare them with the bundled cn.toml.",
            f"规则文件 {name} 缺少或写错 {fault}：请对照内置的 cn.toml。",
        ) from fault


def _table(name: str | Path) -> dict[str, Any]:
    """Parsed TOML of bundled rules or of a file."""
    try:
        if str(name) in BUNDLED:
            text = resources.files(__package__).joinpath(f"{name}.toml").read_text("utf-8")
        else:
            text = Path(name).read_text("utf-8")
        return tomllib.loads(text)
    except (OSError, ValueError) as fault:
        raise UnusableInput(
            f"The rules {name} could not be read ({fault}): give cn, generic or a TOML file.",
            f"无法读取规则 {name}（{fault}）：请给出 cn、generic 或一个 TOML 文件。",
        ) from fault


def _frozen(value: Any) -> Any:
    """Lists of a TOML file as tuples, lists in them too."""
    return tuple(_frozen(part) for part in value) if isinstance(value, list) else value


def _words(entry: Mapping[str, str]) -> Words:
    return Words(entry["en"], entry["zh"])


def _cover(name: str, entry: Mapping[str, Any]) -> Cover:
    return Cover(
        name=name,
        conversion=entry["conversion"],
        policy_class=entry["policy_class"],
        land_code=entry["land_code"],
        label=_words(entry["label"]),
        note=_words(entry["note"]) if "note" in entry else None,
    )


def _land(entry: Mapping[str, Any], name: str | Path) -> LandUses:
    schemes = entry.get("schemes", {})
    return LandUses(
        tuple(_scheme(key, scheme, name) for key, scheme in schemes.items()),
        entry.get("usual", ""),
    )


def _scheme(key: str, entry: Mapping[str, Any], name: str | Path) -> Scheme:
    texts = [_beside(name, file) for file in reversed(entry["tables"])]
    rows = [row for text in texts for row in csv.DictReader(text.splitlines())]
    return Scheme(
        id=key,
        title=_words(entry["title"]),
        pattern=entry.get("pattern", ""),
        named=dict(entry.get("named", {})),
        prefixes=tuple(entry["prefixes"]),
        uses={row["code"]: _land_use(row) for row in rows},
        source=entry["source"],
    )


def _land_use(row: Mapping[str, str]) -> LandUse:
    return LandUse(
        code=row["code"],
        name=Words(row["en"], row["zh"]),
        major=row["major"],
        group=row["group"],
        account=row["account"],
        verified=row["verified"] == "true",
    )


def _beside(name: str | Path, file: str) -> str:
    """Text of a table that lies beside a rules file."""
    if str(name) in BUNDLED:
        return resources.files(__package__).joinpath(file).read_text("utf-8")
    return Path(name).parent.joinpath(file).read_text("utf-8")


def _thresholds(kind: str, overrides: Mapping[str, Any], name: str) -> Any:
    """Bundled thresholds of one kind with the overrides of a rules file."""
    text = resources.files(__package__).joinpath(f"{kind}.toml").read_text("utf-8")
    bundled = {key: _frozen(entry["value"]) for key, entry in tomllib.loads(text).items()}
    known = {field.name for field in fields(THRESHOLDS[kind])}
    for key in overrides:
        if key not in known:
            near = get_close_matches(key, known, 1)
            hint = f", {near[0]} is the nearest" if near else ""
            hint_zh = f"，最接近的是 {near[0]}" if near else ""
            raise UnusableInput(
                f"The rules {name} set an unknown threshold {key!r}{hint}: correct the name.",
                f"规则 {name} 设置了未知阈值 {key!r}{hint_zh}：请更正名称。",
            )
    values = {key: _threshold(key, entry, bundled[key], name) for key, entry in overrides.items()}
    return THRESHOLDS[kind](**{**bundled, **values})


def _threshold(key: str, entry: Any, model: Any, name: str) -> Any:
    """One override, of the type of the bundled threshold ``model``."""
    given = entry["value"] if isinstance(entry, Mapping) else entry
    value = _like(given, model)
    if value is None:
        raise UnusableInput(
            f"The rules {name} set {key} to {given!r}: give a value like {model!r}.",
            f"规则 {name} 将 {key} 设为 {given!r}：请给出类似 {model!r} 的值。",
        )
    if _is_curve(model) and not _ascends(value):
        raise UnusableInput(
            f"The rules {name} set the curve {key} to {given!r}: give finite points (number, log "
            "odds) in ascending order of the number.",
            f"规则 {name} 将曲线 {key} 设为 {given!r}："
            "请按数值由小到大给出有限的（数值，对数几率）点。",
        )
    return value


def _is_curve(model: Any) -> bool:
    """Whether a threshold is a curve: points of two numbers."""
    return isinstance(model, tuple) and isinstance(model[0], tuple)


def _ascends(curve: Curve) -> bool:
    """Whether the numbers of a curve ascend and all that it holds is finite."""
    finite = all(math.isfinite(value) for point in curve for value in point)
    return finite and all(one[0] < other[0] for one, other in pairwise(curve))


def _like(value: Any, model: Any) -> Any:
    """A value in the type of another; ``None`` when it is none. A whole number is a real too.

    A list keeps its length; a curve may have as many points as it needs.
    """
    if isinstance(model, tuple):
        if not isinstance(value, list) or not value:
            return None
        if len(value) != len(model) and not _is_curve(model):
            return None
        parts = tuple(_like(part, model[0]) for part in value)
        return None if None in parts else parts
    if type(value) is int:
        return type(model)(value)
    return value if type(value) is type(model) else None
