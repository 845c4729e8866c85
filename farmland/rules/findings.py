"""What may be found in a parcel layer: meaning, severity, remedy; data: findings.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

from farmland.rules.words import Words

SEVERITIES = ("fault", "warning")
"""Wrong whatever the layer is for; worth a look."""


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of finding."""

    name: str
    severity: str
    title: Words
    meaning: Words
    remedy: Words
    said: Words
    """Sentence of one finding, with ``{other}`` and ``{area}`` where they are told; the title
    where the data give none."""


def kind(name: str, entry: Mapping[str, Any]) -> Kind:
    """A kind from its table."""
    words = {
        part: Words(entry[part]["en"], entry[part]["zh"]) for part in ("title", "meaning", "remedy")
    }
    said = entry.get("said", entry["title"])
    return Kind(name, entry["severity"], said=Words(said["en"], said["zh"]), **words)


def _read() -> Mapping[str, Kind]:
    text = resources.files(__package__).joinpath("findings.toml").read_text("utf-8")
    return MappingProxyType(
        {name: kind(name, entry) for name, entry in tomllib.loads(text).items()}
    )


KINDS: Mapping[str, Kind] = _read()
"""Every kind by its name, in the order in which they are told."""
