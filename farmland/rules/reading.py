"""From the tables of a rules file, whole and of the right shape, to frozen values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from farmland.rules.decisions import (
    LANDS,
    Cover,
    Figure,
    Instrument,
    Milestone,
    Product,
    Prohibitions,
    Ruling,
    Validity,
)
from farmland.rules.land import LandUse, LandUses, Scheme
from farmland.rules.words import Words

Table = Mapping[str, Any]


def values(table: Table) -> dict[str, Any]:
    """The values of a rules file by the names that :class:`farmland.rules.Rules` has for them."""

    def each(key: str, of: Any) -> dict[str, Any]:
        return {name: of(name, entry) for name, entry in table.get(key, {}).items()}

    return {
        "name": words(table["name"]),
        "clue": words(table["clue"]),
        "covers": each("covers", cover),
        "visited": each("visited", cover),
        "instruments": each("instruments", instrument),
        "prohibitions": prohibitions(table.get("prohibitions")),
        "dates": each("dates", milestone),
        "patch_types": each("patch_types", lambda _, entry: words(entry)),
        "crops": each("crops", product),
        "figures": each("figures", figure),
        "provinces": {
            code: words(entry)
            for code, entry in table.get("provinces", {}).get("names", {}).items()
        },
        "land": land(table.get("land", {})),
    }


def words(entry: Table | str) -> Words:
    """A text in both languages; one plain text stands for both."""
    return Words(entry, entry) if isinstance(entry, str) else Words(entry["en"], entry["zh"])


def validity(entry: Table) -> Validity:
    """First and last day of an entry."""
    return Validity(entry.get("valid_from"), entry.get("valid_until"))


def instrument(name: str, entry: Table) -> Instrument:
    """A law, regulation or notice."""
    return Instrument(
        id=name,
        title=words(entry["title"]),
        number=entry.get("number", ""),
        validity=validity(entry),
        used_for=words(entry.get("used_for", "")),
        verified=entry["verified"],
        source=entry["source"],
    )


def cover(name: str, entry: Table) -> Cover:
    """A cover with its rulings."""
    return Cover(
        name=name,
        conversion=entry.get("conversion", ""),
        policy_class=entry["policy_class"],
        land_code=entry.get("land_code", ""),
        patch_type=entry.get("patch_type", ""),
        label=words(entry["label"]),
        note=words(entry["note"]) if "note" in entry else None,
        legacy=tuple(entry.get("legacy", ())),
        rulings={land: rulings(entry[land]) for land in LANDS if land in entry},
    )


def rulings(entry: Table | list[Table]) -> tuple[Ruling, ...]:
    """The rulings of one kind of land, one or many."""
    return tuple(
        Ruling(
            permission=one["permission"],
            policy_class=one.get("policy_class", ""),
            basis=tuple(one.get("basis", ())),
            item=one.get("item"),
            validity=validity(one),
        )
        for one in (entry if isinstance(entry, list) else [entry])
    )


def prohibitions(entry: Table | None) -> Prohibitions | None:
    """The numbered prohibitions; None where there are none."""
    if entry is None:
        return None
    texts = {int(number): words(text) for number, text in entry["items"].items()}
    return Prohibitions(entry["instrument"], texts)


def milestone(_: str, entry: Table) -> Milestone:
    """A day that changes the outcome."""
    said = words(entry["consequence"])
    return Milestone(entry["day"], said, entry["source"], entry["verified"])


def figure(_: str, entry: Table) -> Figure:
    """A figure of the law that is only told."""
    basis = tuple(entry.get("basis", ()))
    return Figure(words(entry["text"]), basis, entry["source"], entry["verified"])


def product(name: str, entry: Table) -> Product:
    """A crop."""
    label = words(entry["label"])
    return Product(name, label, entry["grain"], entry["source"], entry["verified"])


def land(entry: Table) -> LandUses:
    """The schemes of land-use codes, and where land that left cultivation went."""
    schemes = tuple(scheme(name, one) for name, one in entry.get("schemes", {}).items())
    return LandUses(
        schemes,
        entry.get("usual", schemes[-1].id if schemes else ""),
        {name: tuple(uses) for name, uses in entry.get("destinations", {}).items()},
    )


def scheme(name: str, entry: Table) -> Scheme:
    """One standard of land-use codes."""
    return Scheme(
        id=name,
        title=words(entry["title"]),
        pattern=entry.get("pattern", ""),
        named=dict(entry.get("named", {})),
        prefixes=tuple(entry.get("prefixes", ())),
        uses={code: use(code, one) for code, one in entry.get("codes", {}).items()},
        source=entry["source"],
    )


def use(code: str, entry: Table) -> LandUse:
    """One class of a survey."""
    return LandUse(
        code=code,
        name=words(entry),
        major=entry["major"],
        group=entry["group"],
        account=entry["account"],
        verified=entry["verified"],
    )
