"""What the rules say about a cover on a kind of land: class, permission and the rules behind it.

A decision speaks of what a satellite suspects. It is a clue for an inspector, never a verdict.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from farmland.rules import Rules
from farmland.rules.decisions import Ruling

Span = tuple[np.datetime64 | None, np.datetime64 | None]
"""Last day before a change and first day after it; None or NaT where not known."""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is suspected of one cover on one kind of land."""

    policy_class: str
    land_code: str
    """Candidate land-use code, or ``""``."""
    permission: str
    """``prohibited``, ``approval``, ``allowed`` or ``monitored``, each as a suspicion."""
    instruments: tuple[str, ...]
    """Ids of the rules behind it, all in force when the change can first have begun."""
    item: int | None
    """Number of the listed prohibition, or None."""
    legacy: bool | None
    """Whether the change came before the cut-off of its class; None where that is open."""
    rule: str
    """What decided, e.g. ``"cn:pond:pbf@2026.3"``."""


def decide(cover: str, land: str, span: Span, rules: Rules) -> Decision:
    """Class and permission of a cover.

    What counts is the law of the first day on which the change can have begun: nobody is told of
    a rule that may have come later.

    Parameters
    ----------
    cover : str
        A cover of the rules, or one that only a visit tells (``rules.visited``).
    land : str
        ``pbf``, ``cultivated``, ``other`` or ``unknown``; without rules of its own, unknown land
        is read as permanent basic farmland and that as cultivated land.
    span : tuple of datetime64
        Last day before the change and first day after it (UTC); a missing first day is replaced
        by the second, and without both the rules of today count.
    rules : Rules

    Returns
    -------
    Decision

    Raises
    ------
    KeyError
        For a cover or a kind of land that the rules do not know.
    """
    first, last = _day(span[0]), _day(span[1])
    begun = first or last or date.max
    what = rules.covers[cover] if cover in rules.covers else rules.visited[cover]
    ruling = what.ruling(land, begun)
    cited = tuple(one for one in ruling.basis if rules.instruments[one].validity.holds(begun))
    policy_class = ruling.policy_class or what.policy_class
    return Decision(
        policy_class=policy_class,
        land_code=what.land_code,
        permission=ruling.permission,
        instruments=cited,
        item=_item(ruling, cited, rules),
        legacy=_legacy(rules.cutoffs(what, policy_class), first, last),
        rule=f"{rules.id}:{cover}:{land}@{rules.version}",
    )


def _day(moment: np.datetime64 | None) -> date | None:
    """A day of numpy as one of Python; None where not known."""
    if moment is None or np.isnat(moment):
        return None
    day: date = moment.astype("datetime64[D]").item()
    return day


def _item(ruling: Ruling, cited: tuple[str, ...], rules: Rules) -> int | None:
    """The listed prohibition, where the instrument that lists it was in force."""
    listing = rules.prohibitions
    return ruling.item if listing is not None and listing.instrument in cited else None


def _legacy(cutoffs: tuple[date, ...], first: date | None, last: date | None) -> bool | None:
    """Whether a change lies before every cut-off; None between them or without one (DOMAIN 1.4)."""
    if not cutoffs:
        return None
    if last is not None and last < min(cutoffs):
        return True
    return False if first is not None and first >= max(cutoffs) else None
