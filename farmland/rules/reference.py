"""Bundled rules as one page for people: ``python -m farmland.rules.reference``.

The page is written from the rules files, so it cannot say anything else.
"""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources

from farmland.rules import Rules, Words, load
from farmland.rules.decisions import PERMISSIONS, Cover, Instrument, Ruling, Validity
from farmland.rules.land import Scheme

LANDS = ("pbf", "cultivated", "other")
"""Kinds of land with a column; land that is not known is read as the first."""

OPENING = """\
Written by `python -m farmland.rules.reference` from the bundled files in `farmland/rules`;
[rules.md](rules.md) says how they are used and how to write others. *Checked*: what is used of an
entry was read in a source; what is not must be checked against the official text before anybody
relies on it.
"""

MATRIX = """\
`pbf` is permanent basic farmland, and land that is not known; `cultivated` other cultivated land;
`other` neither. All of it is suspicion and tells an inspector what to look up. Of the instruments
those are cited that were in force on the first day on which the change can have begun.
"""

CODES = """\
A table of codes is read in the first of these schemes that one of its codes belongs to for certain,
else in the last; a single code in `{usual}` when nothing else is said.
"""

Rows = Iterable[Sequence[object]]


def page() -> str:
    """The reference of the rules of China as Markdown."""
    rules = load("cn")
    covers, visited = rules.covers.values(), rules.visited.values()
    grid = ("cover", "class", "code", "patch type", *(f"on `{land}`" for land in LANDS))
    parts = [
        f"# Rules of China: `{rules.id}@{rules.version}`\n\n{OPENING}",
        _both(rules.clue) + "\n",
        "## Covers by kind of land\n\n" + MATRIX,
        table(("permission", "says"), _named(PERMISSIONS)),
        table(grid, (_cover(one, rules) for one in covers)),
        "What only a visit tells:\n",
        table(grid, (_cover(one, rules) for one in visited)),
        *_law(rules),
        *_facts(rules),
        "## Land-use codes\n\n" + CODES.format(usual=rules.land.usual),
        *(_scheme(one) for one in rules.land.schemes),
    ]
    return "\n".join(parts)


def _law(rules: Rules) -> list[str]:
    """Instruments, prohibitions, days and figures."""
    listed = rules.prohibitions
    texts = listed.texts if listed else {}
    return [
        "## Instruments\n",
        table(
            ("id", "instrument", "number", "in force", "used for", "source", "checked"),
            (_instrument(one) for one in rules.instruments.values()),
        ),
        f"## Prohibitions of `{listed.instrument if listed else ''}`\n",
        table(("item", "prohibition"), ((item, _both(text)) for item, text in texts.items())),
        "## Days that change the outcome\n",
        table(
            ("name", "day", "consequence", "source", "checked"),
            (
                (f"`{name}`", one.day, _both(one.consequence), one.source, _yes(one.verified))
                for name, one in rules.dates.items()
            ),
        ),
        "## Cut-offs\n",
        table(("class or cover", "inherited before", "new from"), _cutoffs(rules)),
        "## Figures of the law, told and never computed with\n",
        table(
            ("figure", "basis", "source", "checked"),
            (
                (_both(one.text), ", ".join(one.basis), one.source, _yes(one.verified))
                for one in rules.figures.values()
            ),
        ),
    ]


def _facts(rules: Rules) -> list[str]:
    """Sizes, crops, patch types and provinces."""
    return [
        "## Sizes\n",
        table(("name", "value", "unit", "source", "checked"), _sizes()),
        "## Crops\n",
        table(
            ("name", "crop", "grain", "source", "checked"),
            (
                (f"`{one.name}`", _both(one.label), _yes(one.grain), one.source, _yes(one.verified))
                for one in rules.crops.values()
            ),
        ),
        "## Patch types\n",
        table(("code", "type"), _named(rules.patch_types)),
        "## Provinces\n",
        table(("code", "name"), _named(rules.provinces)),
    ]


def _scheme(scheme: Scheme) -> str:
    """One standard of land-use codes."""
    known = f"Known by `{scheme.pattern}`. " if scheme.pattern else ""
    heads = ("code", "use", "major class", "group", "account", "checked")
    rows = (
        (f"`{one.code}`", _both(one.name), one.major, one.group, one.account, _yes(one.verified))
        for one in scheme.uses.values()
    )
    title = f"### `{scheme.id}`: {_both(scheme.title)}\n\n"
    return f"{title}{known}Source: {scheme.source}.\n\n{table(heads, rows)}"


def _instrument(one: Instrument) -> Sequence[object]:
    return (
        f"`{one.id}`",
        _both(one.title),
        one.number,
        _time(one.validity),
        _both(one.used_for),
        one.source,
        _yes(one.verified),
    )


def _cover(cover: Cover, rules: Rules) -> Sequence[object]:
    """One row of the matrix."""
    kind = rules.patch_types.get(cover.patch_type)
    return (
        f"`{cover.name}` {_both(cover.label)}",
        cover.policy_class,
        cover.land_code,
        f"{cover.patch_type} {kind.zh}" if kind else "",
        *("<br>".join(map(_ruling, cover.rulings.get(land, ()))) for land in LANDS),
    )


def _ruling(ruling: Ruling) -> str:
    """One ruling in a cell."""
    time = _time(ruling.validity)
    told = [
        f"{time}: **{ruling.permission}**" if time else f"**{ruling.permission}**",
        ruling.policy_class,
        f"item {ruling.item}" if ruling.item else "",
        " ".join(ruling.basis),
    ]
    return ", ".join(filter(None, told))


def _cutoffs(rules: Rules) -> Rows:
    """Classes, and covers with days of their own, with the days between which it stays open."""
    for name in rules.legacy:
        days = [rules.dates[one].day for one in rules.legacy[name]]
        yield f"class `{name}`", min(days), max(days)
    for cover in (*rules.covers.values(), *rules.visited.values()):
        if cover.legacy:
            days = [rules.dates[one].day for one in cover.legacy]
            yield f"cover `{cover.name}`", min(days), max(days)


def _named(entries: Mapping[str, Words]) -> Rows:
    return ((f"`{code}`", _both(name)) for code, name in entries.items())


def _sizes() -> Rows:
    """Rows of the bundled sizes."""
    text = resources.files("farmland.rules").joinpath("sizes.toml").read_text("utf-8")
    return [
        (f"`{name}`", one["value"], one["unit"], one["source"], _yes(one["verified"]))
        for name, one in tomllib.loads(text).items()
    ]


def _time(validity: Validity) -> str:
    """First and last day in words; nothing where both are open."""
    since, until = validity.valid_from, validity.valid_until
    told = (f"from {since}" if since else "", f"until {until}" if until else "")
    return " ".join(filter(None, told))


def _both(words: Words) -> str:
    return words.en if words.en == words.zh else f"{words.en} {words.zh}"


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def table(heads: Sequence[str], rows: Rows) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    cells = (" | ".join(str(cell).replace("|", "\\|") for cell in line) for line in lines)
    return "\n".join(f"| {line} |" for line in cells) + "\n"


if __name__ == "__main__":
    sys.stdout.write(page())
