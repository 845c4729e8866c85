"""From the file of a result to the files of its receiver."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from farmland import export as steps
from farmland import rules
from farmland.errors import WrongUsage
from farmland.io import export as files
from farmland.io import geopackage
from farmland.progress import Tell
from farmland.rules import Words
from farmland.rules.profile import BUNDLED, Profile, load_profile


@dataclass(frozen=True, slots=True)
class Exported:
    """What was handed over."""

    profile: str
    paths: tuple[Path, ...]
    rows: dict[str, int]
    """By table."""
    notes: tuple[Words, ...]


def export(
    path: str | Path,
    folder: str | Path,
    tell: Tell,
    *,
    profile: str = "",
    formats: Sequence[str] = (),
    batch: str = "",
    redact: bool = False,
) -> Exported:
    """Write a result under the names of a profile.

    Parameters
    ----------
    path, folder
        The GeoPackage of a result; where the files go.
    tell
        Stage, done, total.
    profile
        ``cn``, ``generic`` or a file; ``""``: that of the rules of the run, else ``generic``.
    formats
        Of :data:`farmland.rules.profile.FORMATS`; empty: those of the profile.
    batch
        Number of the batch; ``""``: when the run began.
    redact
        Without outlines and owners, places only to about a kilometre.

    Raises
    ------
    WrongUsage
        When there is no such profile, or it has no field for the batch that is given.
    UnusableInput, Unreachable
        When the file is no result, the profile cannot be used or the folder not be written; when
        the disk is full.
    """
    source = Path(path)
    given = load_profile(profile) if profile else None
    result = geopackage.read(source)
    of_rules = str(result.run["rules"]["id"])
    chosen = given or load_profile(of_rules if of_rules in BUNDLED else "generic")
    if batch and not any(each.source == "batch" for one in chosen.tables for each in one.fields):
        raise _no_batch(chosen)
    wanted = steps.Wanted(batch, redact)
    handed = steps.delivery(result, chosen, rules.load(chosen.rules), wanted)
    name = f"{source.stem}_{chosen.id}"
    written = tuple(dict.fromkeys(formats)) or chosen.formats
    paths, notes = files.write(handed, Path(folder), name, written, tell)
    rows = {each.table.name: len(each.frame) for each in handed.tables}
    return Exported(chosen.id, paths, rows, (*handed.notes, *notes))


def _no_batch(profile: Profile) -> WrongUsage:
    return WrongUsage(
        f"The profile {profile.id} has no field for a batch: leave --batch out, or give another "
        "--profile.",
        f"导出方案 {profile.id} 没有批次号字段：请去掉 --batch，或换一个 --profile。",
    )
