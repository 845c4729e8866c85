"""Keep what explains a result beside it: the series of all parcels and the tests of all patches."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import Any

import numpy as np

from farmland.errors import UnusableInput
from farmland.io.drafts import replacing
from farmland.result import Dismissal, Result, Series, Test, Verdict

SERIES, TESTS = "series.npz", "tests.json"


def write(result: Result, folder: Path) -> tuple[Path, ...]:
    """Write ``folder/series.npz`` and ``folder/tests.json``, each in one step.

    Nothing is written for a result without a series. Both carry the start of the run, so that
    they are never read with another result.

    Raises
    ------
    UnusableInput, Unreachable
        When the folder cannot be written; when the disk is full.
    """
    if result.series is None:
        return ()
    folder.mkdir(exist_ok=True)
    start = _start(result)
    arrays = {item.name: getattr(result.series, item.name) for item in fields(Series)}
    with replacing(folder / SERIES) as draft:
        np.savez_compressed(draft, start=np.array(start), **arrays)
    patches = {name: asdict(verdict) for name, verdict in sorted(result.verdicts.items())}
    dismissed = [asdict(one) for one in result.dismissed]
    told = {"start": start, "patches": patches, "dismissed": dismissed}
    text = json.dumps(told, allow_nan=False)
    with replacing(folder / TESTS) as draft:
        draft.write_text(text, "utf-8")
    return folder / SERIES, folder / TESTS


def read(result: Result, folder: Path) -> Result:
    """Return ``result`` with the series and the verdicts that lie in ``folder``.

    Raises
    ------
    UnusableInput
        When they are missing, damaged, or of another run.
    """
    try:
        with (folder / SERIES).open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            series = Series(**{item.name: file[item.name] for item in fields(Series)})
            starts = {str(file["start"])}
        kept = json.loads((folder / TESTS).read_text("utf-8"))
        verdicts = {name: _verdict(entry) for name, entry in kept["patches"].items()}
        dismissed = tuple(
            Dismissal(**entry | {"verdict": _verdict(entry["verdict"])})
            for entry in kept["dismissed"]
        )
        starts.add(kept["start"])
    except FileNotFoundError as fault:
        raise _missing(folder) from fault
    except (OSError, ValueError, KeyError, TypeError, EOFError, zipfile.BadZipFile) as fault:
        raise _damaged(folder) from fault
    if starts != {_start(result)} or len(series.cell) != len(result.parcels):
        raise _other_run(folder)
    return replace(result, series=series, verdicts=verdicts, dismissed=dismissed)


def _start(result: Result) -> str:
    """When the run started, which tells it from any other."""
    return str(result.run.get("start", ""))


def _verdict(entry: Mapping[str, Any]) -> Verdict:
    return Verdict(
        tests=tuple(Test(**test) for test in entry["tests"]),
        numbers=dict(entry["numbers"]),
        kinds=tuple(entry["kinds"]),
        believed=dict(entry["believed"]),
    )


def _missing(folder: Path) -> UnusableInput:
    return UnusableInput(
        f"The series of this result are missing: keep {SERIES} and {TESTS} in the folder "
        f"{folder}, or run detect again.",
        f"缺少该结果的时间序列：请将 {SERIES} 与 {TESTS} 保留在文件夹 {folder} 中，"
        "或重新运行 detect。",
    )


def _damaged(folder: Path) -> UnusableInput:
    return UnusableInput(
        f"The files {SERIES} and {TESTS} in {folder} cannot be read: run detect again.",
        f"无法读取 {folder} 中的 {SERIES} 与 {TESTS}：请重新运行 detect。",
    )


def _other_run(folder: Path) -> UnusableInput:
    return UnusableInput(
        f"The series in {folder} belong to another run than the result: put the folder of this "
        "result there, or run detect again.",
        f"{folder} 中的时间序列不属于该结果：请放回该结果的文件夹，或重新运行 detect。",
    )
