"""Whether the entries of a rules file agree: what one names must be there and in force."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import date
from itertools import pairwise
from typing import TYPE_CHECKING

from farmland.errors import UnusableInput
from farmland.rules.decisions import Cover, Ruling
from farmland.rules.shape import dangling

if TYPE_CHECKING:
    from farmland.rules import Rules

BINDING = ("prohibited", "approval")
"""Permissions that nobody may be told of without a rule behind them."""


def check(rules: Rules, name: str) -> None:
    """Refuse rules at odds with themselves; ``name`` is what they are called in the sentence.

    Raises
    ------
    UnusableInput
        With one sentence for the first entry that does not agree.
    """
    _check_references(rules, name)
    for path, cover in _covers(rules):
        for land, rulings in cover.rulings.items():
            _check_times(rulings, f"{path}.{land}", name)
            for ruling in rulings:
                _check_basis(ruling, rules, f"{path}.{land}", name)
    _check_land(rules, name)


def _covers(rules: Rules) -> Iterator[tuple[str, Cover]]:
    yield from ((f"covers.{key}", one) for key, one in rules.covers.items())
    yield from ((f"visited.{key}", one) for key, one in rules.visited.items())


def _check_references(rules: Rules, name: str) -> None:
    """Every name that points at another entry."""
    codes = {code for scheme in rules.land.schemes for code in scheme.uses}
    codes = codes | {""} if codes else {cover.land_code for _, cover in _covers(rules)}
    types, classes = {"", *rules.patch_types}, {cover.policy_class for _, cover in _covers(rules)}
    for path, cover in _covers(rules):
        _known(cover.legacy, rules.dates, f"{path}.legacy", name)
        _known([cover.patch_type], types, f"{path}.patch_type", name)
        _known([cover.land_code], codes, f"{path}.land_code", name)
    for key, dates in rules.legacy.items():
        _known(dates, rules.dates, f"legacy.{key}", name)
        _known([key], classes, "legacy", name)
    for key, figure in rules.figures.items():
        _known(figure.basis, rules.instruments, f"figures.{key}.basis", name)
    if rules.prohibitions:
        wanted = [rules.prohibitions.instrument]
        _known(wanted, rules.instruments, "prohibitions.instrument", name)
    both = sorted(set(rules.covers) & set(rules.visited))
    if both:
        raise _at_odds(name, f"visited.{both[0]}", "is a cover already", "与 covers 重名")


def _known(given: Collection[str], known: Collection[str], path: str, name: str) -> None:
    for one in given:
        if one not in known:
            raise dangling(name, path, one, sorted(known))


def _check_times(rulings: tuple[Ruling, ...], path: str, name: str) -> None:
    """Rulings of one kind of land follow one another."""
    times = [one.validity for one in rulings]
    for time in times:
        if (time.valid_from or date.min) > (time.valid_until or date.max):
            raise _at_odds(name, path, "ends before it begins", "的止日早于起日")
    for one, other in pairwise(times):
        if (one.valid_until or date.max) >= (other.valid_from or date.min):
            raise _at_odds(
                name, path, "has entries that overlap in time", "各条时间重叠或未按时间排列"
            )


def _check_basis(ruling: Ruling, rules: Rules, path: str, name: str) -> None:
    """What a ruling stands on is there, and in force from its first to its last day."""
    _known(ruling.basis, rules.instruments, f"{path}.basis", name)
    if ruling.item is not None:
        listing = rules.prohibitions
        if listing is None or ruling.item not in listing.texts:
            raise _at_odds(name, f"{path}.item", "is not among the prohibitions", "未列入禁止条目")
        if listing.instrument not in ruling.basis:
            raise _at_odds(name, f"{path}.item", "lacks its instrument in basis", "缺少依据文件")
    if ruling.permission in BINDING and not ruling.basis:
        raise _at_odds(name, path, "forbids without a basis", "有禁止或审批要求但无 basis 依据")
    begins = [rules.instruments[one].validity.valid_from for one in ruling.basis]
    first = ruling.validity.valid_from
    if ruling.permission in BINDING and first and min(filter(None, begins)) > first:
        raise _at_odds(name, path, "begins before its basis does", "的起日早于其依据的施行日期")


def _check_land(rules: Rules, name: str) -> None:
    """Schemes can be tried and codes have a place."""
    ids = [scheme.id for scheme in rules.land.schemes]
    _known([rules.land.usual] if ids else [], ids, "land.usual", name)
    uses = [use for scheme in rules.land.schemes for use in scheme.uses.values()]
    known = {name for use in uses for name in (use.code, use.group)}
    for key, named in rules.land.destinations.items():
        _known(named, known, f"land.destinations.{key}", name)
    for scheme in rules.land.schemes:
        path = f"land.schemes.{scheme.id}"
        try:
            re.compile(scheme.pattern)
        except re.error:
            raise _at_odds(
                name, f"{path}.pattern", "is no regular expression", "不是正则表达式"
            ) from None
        _known(list(scheme.named), scheme.uses, f"{path}.named", name)


def _at_odds(name: str, path: str, english: str, chinese: str) -> UnusableInput:
    return UnusableInput(
        f"In the rules {name} {path} {english}: correct the entry.",
        f"规则 {name} 中 {path} {chinese}：请更正该条目。",
    )
