"""Where detection fails, with pictures: counts, chooses by rule, draws, writes docs/failing.md.

``python benchmarks/failing.py`` judges simulated counties (made once, kept in the folder that
``benchmarks/detectors.py`` uses), counts each kind of failure, draws the typical case of each and
writes all that between the markers of the page. ``--real`` writes the real data only, from the
record of ``benchmarks/detectors.py``, and the curves of the rules; ``make readme`` does that.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from contest import chosen, cuts, drawing, failures, kinds, measures, worlds
from contest.cases import Case
from contest.failures import USUAL_YEARS, Found
from contest.kinds import KINDS, Kind
from contest.product import Ours
from contest.seen import Seen, see
from detectors import FOLDER, REGIONS

from farmland import rules

ROOT = Path(__file__).resolve().parent.parent
PAGE, PICTURES = ROOT / "docs" / "failing.md", ROOT / "docs" / "failing"
CURVES, RECORD = ROOT / "docs" / "evidence.png", ROOT / "benchmarks" / "results" / "detectors.json"
RULES = rules.load("cn").detection

REAL = re.compile(r"Found and falsely alarmed: (real quiet, .+|[^,]+ in [^,]+)$")
"""Titles of the tables of real parcels, and of covers set into them."""

UNMEASURED = "Not measured yet: `make bench` writes the figures here.\n"


def written(text: str, blocks: Mapping[str, str]) -> str:
    """``text`` with what stands between the markers of each block replaced."""
    for name, block in blocks.items():
        begin, end = (f"<!-- {name}:{edge} -->" for edge in ("begin", "end"))
        if text.count(begin) != 1 or text.count(end) != 1:
            sys.exit(f"{PAGE.name} needs the markers {begin} and {end} once.")
        head, rest = text.split(begin)
        text = f"{head}{begin}\n{block}{end}{rest.split(end)[1]}"
    return text


def real(record: Mapping[str, Any] | None) -> str:
    """What the contest recorded of real parcels, as a table; a sentence where it has not."""
    rows = []
    for table in record["tables"] if record else ():
        if group := REAL.match(table["title"]):
            own = [dict(zip(table["columns"], row, strict=True)) for row in table["rows"]]
            ours = [row for row in own if row["detector"] == "ours"]
            rows += [[group[1], *(row[name] for name in SHOWN)] for row in ours]
    if not rows:
        return UNMEASURED
    return _markdown(("real parcels", *SHOWN), rows) + f"\n{NOTE}\n"


NOTE = "Percent (95 % interval; of how many); –: nothing of the kind there."
SHOWN = ("fast ≥ 1,000 m²", "confirmed ≥ 120 d", "false alarms", "confirmed false alarms")


def recorded() -> Mapping[str, Any] | None:
    """The record of the contest, where there is one."""
    return json.loads(RECORD.read_text("utf-8")) if RECORD.exists() else None


def blocks(found: Found, command: str) -> dict[str, str]:
    """Everything counted, by marker."""
    counted = {kind.name: f"{chosen.counted(kind, found)}\n" for kind in KINDS}
    counted["thin"] += thin_alarms(found)
    counted["dates"] += lateness(found)
    return counted | {
        "cases": cases(found, command),
        "parts": parts(found),
        "covers": covers(found),
    }


def cases(found: Found, command: str) -> str:
    """What was counted, when and by which command."""
    truths, quiet = (rows[rows["years"] == USUAL_YEARS] for rows in (found.truths, found.quiet))
    fast = truths["cover"].isin(measures.FAST)
    return (
        f"Counted on {len(set(quiet['county']))} simulated counties "
        f"({', '.join(sorted(set(quiet['region'])))}): "
        f"{len(quiet):,} quiet parcels, {int(fast.sum()):,} patches of fast covers and "
        f"{int((~fast).sum()):,} of slow ones, {USUAL_YEARS} years of history, one year after. "
        f"Brackets: 95 % intervals. `{command}`, {datetime.now(UTC).date()}.\n"
    )


def parts(found: Found) -> str:
    """Patches of which only a piece is listed."""
    rows = found.truths[found.truths["years"] == USUAL_YEARS]
    missed = rows[kinds.fast(rows) & kinds.missed(rows)]
    piece = int((missed["touched"] > 0).sum())
    return (
        f"Of {len(missed)} fast patches of 1,000 m² and more, 60 days old and older, that count as "
        f"missed, a row lies on {piece}, over less than a quarter of the patch: "
        f"{chosen.share(piece, len(missed))}.\n"
    )


def covers(found: Found) -> str:
    """The commonest wrong names of large hits, and how often their class is right."""
    rows = [
        (one.cover, one.called, f"{one.count} of {one.of}")
        for one in chosen.miscalled(found).head(6).itertuples(index=False)
    ]
    right, of = chosen.classed(found)
    said = f"The class (`conversion`) is right on {right} of {of}: {chosen.share(right, of)}."
    return f"{_markdown(('truly', 'called', 'listed patches'), rows)}\n{said}\n"


def thin_alarms(found: Found) -> str:
    """False alarms by length of history."""
    said = []
    for years, rows in found.quiet.groupby("years"):
        alarms = chosen.share(int(rows["alarm"].sum()), len(rows))
        said.append(f"{alarms} with {years} year{'s' * (years > 1)}")
    return f"False alarms of all quiet parcels: {', '.join(said)}.\n"


def lateness(found: Found) -> str:
    """Which way the dates of large listed patches err that lie outside."""
    rows = found.truths[found.truths["years"] == USUAL_YEARS]
    late = rows.loc[kinds.listed(rows) & ~rows["inside"].eq(other=True), "late"].astype(float)
    if late.empty:
        return "No date of a fast patch lies outside.\n"
    return (
        f"Of all {len(late)} dates outside, {int((late < 0).sum())} have `date_to` before the true "
        f"onset; in the middle it is {late.median():.0f} days after it.\n"
    )


def _markdown(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "".join("| " + " | ".join(map(str, line)) + " |\n" for line in lines)


def picture(kind: Kind, found: Found, given: Mapping[worlds.County, Sequence[Case]]) -> str:
    """Draw the typical case of a kind; returns what shows it on the page."""
    path = PICTURES / f"{kind.name}.png"
    row = chosen.typical(kind, found)
    if row is None:
        path.unlink(missing_ok=True)
        return "\nNone of the counted cases failed so: there is no picture.\n"
    case = cuts.years(given[row["county"]][row["cell"]], kind.years)
    seen, onset, below = look(kind, row, case)
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(drawing.place(seen, onset, kind.title, below, RULES))
    return f"\n![{kind.title}](failing/{path.name})\n\n*The typical case:* {below}.\n"


def look(kind: Kind, row: Mapping[str, Any], case: Case) -> tuple[Seen, np.datetime64 | None, str]:
    """What there was to see of a chosen row, its true onset, and a line about it."""
    where = str(row["region"]).replace("_", " ")
    if kind.table == "truths":
        truth = case.truths[row["truth"]]
        seen = see(case, truth.parcel, truth.pixels, RULES)
        size = f"{truth.width_m:.0f} m wide " if truth.cover == "road" else ""
        said = f"{size}{truth.cover} of {truth.area_m2:,.0f} m², begun {truth.onset}"
        return seen, truth.onset, f"{where}, {said}; {_outcome(row, seen)}"
    alarms = [one for one in Ours()(case.stack, case.periods) if one.parcel == row["parcel"]]
    alarm = max(alarms, key=lambda one: one.pixels.size)
    seen = see(case, alarm.parcel, alarm.pixels, RULES)
    met = " and ".join(row["during"]).replace("_", " ") or "nothing of its own"
    stage = "confirmed" if alarm.confirmed else "candidate"
    said = f"{stage} of {alarm.pixels.size} pixels since {alarm.date_to}, called {alarm.cover}"
    return seen, None, f"{where}, quiet parcel that met {met}; {said}"


def _outcome(row: Mapping[str, Any], seen: Seen) -> str:
    """What became of a true patch."""
    if row["hit"]:
        days = int(row["late"])
        when = f"{abs(days)} days {'late' if days > 0 else 'early'}"
        return f"listed as {row['called']}, dated {when}"
    if seen.verdict is None:
        return "never a candidate"
    return f"not listed: {seen.verdict.because or 'only a surer piece of it is'}"


def arguments(words: Sequence[str] | None) -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--real", action="store_true", help="real data and curves only")
    parser.add_argument("--regions", nargs="+", choices=worlds.SIZES_M, default=REGIONS)
    parser.add_argument("--seeds", type=int, nargs="+", default=(1, 2, 3, 4, 5))
    parser.add_argument("--shifted", type=int, nargs="*", default=(), help="seeds of shifted ones")
    parser.add_argument("--size", type=int, default=0, help="side of the counties in metres")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--processes", type=int, default=2)
    return parser.parse_args(words)


def command(asked: argparse.Namespace) -> str:
    """The command that counts the same again."""
    said = ["python benchmarks/failing.py --regions", *asked.regions, "--seeds"]
    said += map(str, asked.seeds)
    said += ["--shifted", *map(str, asked.shifted)] if asked.shifted else []
    return " ".join(said + ([f"--size {asked.size}"] if asked.size else []))


def gather(asked: argparse.Namespace) -> Found:
    """Judge the counties that are asked for."""
    made = [
        *worlds.counties(asked.regions, asked.seeds, size_m=asked.size),
        *worlds.counties(asked.regions, asked.shifted, shifted=True, size_m=asked.size),
    ]
    one = partial(failures.of_county, folder=asked.folder)
    if asked.processes == 1:
        return Found.joined([one(county) for county in made])
    with ProcessPoolExecutor(asked.processes) as pool:
        return Found.joined(list(pool.map(one, made)))


def publish(found: Found, asked: argparse.Namespace) -> None:
    """Draw the pictures and write the page."""
    said = blocks(found, command(asked))
    for kind in (kind for kind in KINDS if kind.drawn):
        row = chosen.typical(kind, found)
        given = {row["county"]: worlds.cases(row["county"], asked.folder)} if row else {}
        said[kind.name] += picture(kind, found, given)
    CURVES.write_bytes(drawing.worth(RULES))
    said["real"] = real(recorded())
    PAGE.write_text(written(PAGE.read_text("utf-8"), said), "utf-8")


def main(words: Sequence[str] | None = None) -> None:
    """Count, draw and write."""
    asked = arguments(words)
    if asked.real:
        CURVES.write_bytes(drawing.worth(RULES))
        said = {"real": real(recorded())}
        PAGE.write_text(written(PAGE.read_text("utf-8"), said), "utf-8")
    else:
        publish(gather(asked), asked)


if __name__ == "__main__":
    main()
