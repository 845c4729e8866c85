"""From a result to a list of visits for the field."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from farmland import rules
from farmland.inspection import ranking
from farmland.inspection.ranking import Hits
from farmland.io import geopackage, visits
from farmland.result import Result
from farmland.rules import Rules, Words


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of visits that was written."""

    paths: tuple[Path, ...]
    patches: int
    kilometres: tuple[float, ...]
    """Of each round, in straight lines and back to its first patch."""
    hits: Hits | None
    told: tuple[Words, ...] = ()
    """Of the rules that were taken."""

    def said(self) -> tuple[Words, ...]:
        """Sentences about the list."""
        longest = max(self.kilometres, default=0.0)
        return (
            Words(
                f"Patches to visit: {self.patches}, rounds: {len(self.kilometres)}, the longest "
                f"{longest:.1f} km in straight lines.",
                f"共 {self.patches} 个图斑，分 {len(self.kilometres)} 条路线，"
                f"最长 {longest:.1f} 公里（直线距离）。",
            ),
            _foretold(self.hits),
            *self.told,
        )


def _foretold(hits: Hits | None) -> Words:
    if hits is None:
        return Words(
            "Not calibrated: confidence × area ranks the patches as a score, and how many visits "
            "will find a change cannot be foretold.",
            "置信度未经校准：置信度×面积仅为排序分值，无法预估核查命中数。",
        )
    return Words(
        f"Expected to find a change: {hits.expected:.1f} of the visits, most probably "
        f"{hits.least} to {hits.most}, if patches err independently.",
        f"预计命中 {hits.expected:.1f} 个，大致在 {hits.least} 至 {hits.most} 个之间"
        "（假定各图斑误差相互独立）。",
    )


def write(
    path: Path, budget: int, folder: Path | None, language: str, ruled: str | None = None
) -> Listed:
    """Write the patches most worth a visit.

    Parameters
    ----------
    path : Path
        A result.
    budget : int
        Most patches.
    folder : Path, optional
        Where the list goes; without it, the folder beside the result.
    language : {"zh", "en"}
    ruled : str, optional
        Rules by name or file; without it those of the run, where they are bundled.

    Raises
    ------
    UnusableInput
        When the result cannot be read, or a list with findings would be written over.
    """
    result = geopackage.read(path)
    told, taken = rules_for(result, ruled)
    covers = found_on_the_ground(told)
    calibrated = str(result.run.get("calibration", "uncalibrated")) != "uncalibrated"
    found = ranking.visits(result.conversions, budget, told.inspection, calibrated=calibrated)
    paths = visits.write(found.table, folder or path.with_suffix(""), language, covers)
    return Listed(paths, len(found.table), found.kilometres, found.hits, taken)


def rules_for(result: Result, given: str | None) -> tuple[Rules, tuple[Words, ...]]:
    """Rules to read or write a list by, and what is to be said of them.

    Those that are given, else the bundled ones of the run; those of China where it had its own.
    """
    name = str(result.run.get("rules", {}).get("id", ""))
    if given or name in rules.BUNDLED or not name:
        return rules.load(given or name or "cn"), ()
    return rules.load("cn"), (
        Words(
            f"The result is of the rules {name}, which are not at hand, and those of China were "
            "taken: give --rules FILE.",
            f"结果由规则 {name} 得出，但未给出该规则，已按内置规则 cn 处理："
            "请用 --rules 指定文件。",
        ),
    )


def found_on_the_ground(ruled: Rules) -> dict[str, Words]:
    """What a visit may find, by code: what imagery suspects, and what only a visit tells."""
    known = {**ruled.covers, **ruled.visited}
    return {name: one.label for name, one in known.items() if name != "unknown"}
