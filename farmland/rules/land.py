"""Codes of land use as land surveys write them: several schemes, told apart by their codes.

The same four digits mean different things in different standards, so a code is read in the scheme
of its whole table. Data: a table of codes for each scheme that a rules file names under ``land``.
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from farmland.errors import FarmlandWarning
from farmland.rules.words import Words

ACCOUNTS = ("cultivated", "forest_garden", "other_agricultural", "construction", "unused")
"""Where outflow to a use is counted (DOMAIN 1.8)."""

DESTINATIONS = ("rural_road", "garden", "forest", "grass", "pond", "facility")
"""Uses told apart where cultivated land went, beside construction land (DOMAIN 8.2, table C)."""

MAJORS = ("agricultural", "construction", "unused")
"""The three major classes of the Land Administration Law, article 4."""


@dataclass(frozen=True, slots=True)
class LandUse:
    """One class of a survey."""

    code: str
    name: Words
    major: str
    """One of ``MAJORS``."""
    group: str
    """Class of the first level, such as ``garden``."""
    account: str
    """One of ``ACCOUNTS``."""
    verified: bool
    """Whether code and class were read in a source."""

    @property
    def cultivated(self) -> bool:
        """Whether it is cultivated land."""
        return self.account == "cultivated"


@dataclass(frozen=True, slots=True)
class Scheme:
    """One standard of land-use codes."""

    id: str
    title: Words
    pattern: str
    """Codes that no scheme tried later has, as a regular expression of a whole code; or ``""``."""
    named: Mapping[str, str]
    """Codes that mean this scheme when they bear this name, as later schemes use them too."""
    prefixes: tuple[int, ...]
    """How many characters of a code that is not listed are tried instead."""
    uses: Mapping[str, LandUse]
    """By code."""
    source: str

    def of(self, code: str) -> LandUse | None:
        """The use of a code, of its first characters when it is not listed, or None."""
        starts = (code[:length] for length in self.prefixes)
        return next((self.uses[one] for one in (code, *starts) if one in self.uses), None)


@dataclass(frozen=True, slots=True)
class LandUses:
    """Every scheme of a country, in the order in which they are tried."""

    schemes: tuple[Scheme, ...] = ()
    usual: str = ""
    """Scheme in which a code is read when nothing else is said."""
    destinations: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Groups and codes of uses by which of ``DESTINATIONS`` they are."""

    def of(self, code: str, scheme: str = "") -> LandUse | None:
        """The use that a code stands for.

        Parameters
        ----------
        code : str
            As the survey writes it; one that is not listed is read by its first four characters,
            because provinces add letters of their own.
        scheme : str
            Where the code is looked up; ``""`` is the usual scheme and after it every other.

        Returns
        -------
        LandUse or None
            None where the code is in no scheme.
        """
        wanted = scheme or self.usual
        first = [one for one in self.schemes if one.id == wanted]
        others = [] if scheme else [one for one in self.schemes if one.id != wanted]
        found = (one.of(code) for one in (*first, *others))
        return next((use for use in found if use is not None), None)

    def destination(self, use: LandUse) -> str:
        """Where cultivated land went that is of this use now.

        Returns
        -------
        str
            One of ``DESTINATIONS``, else ``other``.
        """
        found = (
            name
            for name, uses in self.destinations.items()
            if use.code in uses or use.group in uses
        )
        return next(found, "other")

    def scheme(self, codes: Iterable[str | None], names: Iterable[str | None] = ()) -> str:
        """Which scheme a column of codes is written in.

        Parameters
        ----------
        codes : iterable of str
            Codes of a survey; None and empty are passed over.
        names : iterable of str
            The names beside them, as many as codes, or none: they tell apart codes of two schemes.

        Returns
        -------
        str
            Id of the first scheme that a code belongs to for certain, else of the last one; ``""``
            without schemes or codes.
        """
        told = list(codes)
        named = set(zip(told, names, strict=False))
        known = {code for code in told if isinstance(code, str) and code}
        if not known or not self.schemes:
            return ""
        for one in self.schemes:
            if named & set(one.named.items()):
                return one.id
        for one in self.schemes:
            if one.pattern and any(re.fullmatch(one.pattern, code) for code in known):
                return one.id
        return self.schemes[-1].id

    def read(
        self, codes: Iterable[str | None], names: Iterable[str | None] = ()
    ) -> dict[str, LandUse]:
        """The uses of a column of codes, all read in the scheme it is written in.

        Returns
        -------
        dict
            Code as given to its use; codes that are in no scheme are left out.

        Warns
        -----
        FarmlandWarning
            Once for all codes that had to be read by their first characters or not at all.
        """
        codes = list(codes)
        scheme = self.scheme(codes, names)
        distinct = sorted({code for code in codes if isinstance(code, str) and code})
        found = {code: use for code in distinct if (use := self.of(code, scheme)) is not None}
        strange = [code for code in distinct if code not in found or found[code].code != code]
        if strange and scheme:
            _warn_of(strange, found, scheme)
        return found


def _warn_of(strange: list[str], found: Mapping[str, LandUse], scheme: str) -> None:
    """Say which codes are not in the tables and what was made of them."""
    listed = ", ".join(
        f"{code} ({found[code].code})" if code in found else code for code in strange
    )
    warnings.warn(
        FarmlandWarning(
            f"Land-use codes not listed in {scheme}: {listed}; in brackets the code by which each "
            "was read, without brackets it was not: add them to the rules if they matter.",
            f"{scheme} 中未列的地类编码：{listed}；括号内为代替识别的编码，无括号者未识别："
            "如有需要请补充到规则文件。",
        ),
        stacklevel=3,
    )
