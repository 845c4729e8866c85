"""What is wrong with a parcel layer, said so that its keeper can put it right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from farmland.checks import attributes, overlaps, shapes
from farmland.checks.finding import Found
from farmland.checks.ledger import Ledger, ledger, of_repair
from farmland.checks.stated import Stated, of_areas, stated
from farmland.checks.table import layer
from farmland.parcels import Parcels
from farmland.progress import Tell, silent
from farmland.rules import Rules
from farmland.rules.attributes import attributes as bundled
from farmland.rules.findings import KINDS, SEVERITIES

__all__ = ["Report", "check", "layer"]

STEPS = 4
"""Reading and repair, pairs, outlines, tables."""


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """All that was found in a layer."""

    findings: tuple[Found, ...]
    """Kinds that were met: faults before warnings, each in the order of its table."""
    ledger: Ledger
    """Where area went in repair."""
    stated: Stated | None
    """The column that states areas."""
    scheme: str
    """Classification of land use in which codes are written; ``""``: none, or not known."""


def check(parcels: Parcels, rules: Rules, tell: Tell = silent) -> Report:
    """Everything that is wrong with a layer.

    Gaps between parcels are no fault. Nothing is changed here: what the reader repaired stands in
    the ledger.
    """
    tell("checks", 0, STEPS)
    known, limits = bundled(), rules.checks
    table = attributes.read(parcels, known)
    scheme = attributes.scheme_of(table, rules.land)
    book = ledger(parcels)
    gross = stated(parcels, known, limits)

    def every() -> Iterator[Found]:
        yield from shapes.of_reading(parcels)
        yield from of_repair(book, limits)
        tell("checks", 1, STEPS)
        yield from overlaps.of_pairs(parcels, limits)
        tell("checks", 2, STEPS)
        yield from shapes.of_outlines(parcels, limits)
        tell("checks", 3, STEPS)
        yield from of_areas(parcels, gross, known, limits)
        yield from attributes.of_land(table, scheme, rules.land)
        yield from attributes.of_rules(table, scheme, known)
        tell("checks", STEPS, STEPS)

    met = [each for each in every() if len(each)]
    return Report(tuple(sorted(met, key=_order)), book, gross, scheme)


def _order(found: Found) -> tuple[int, int]:
    """Faults first; kinds as their table has them, rules of consistency last."""
    names = list(KINDS)
    name = found.kind.name
    place = names.index(name) if name in KINDS else len(names)
    return SEVERITIES.index(found.kind.severity), place
