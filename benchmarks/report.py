"""How long the page of a large result takes to write, to open and to use.

Ten thousand patches and a hundred thousand parcels: the township of the tests over and over. The
browser measures itself: marks of the page, its own clock between frames.
"""

from __future__ import annotations

import argparse
import resource
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import record
from playwright.sync_api import Page, sync_playwright

from farmland import report

sys.path.append(str(Path(__file__).resolve().parent.parent / "tests"))

from result.example import example_result
from result.repeated import repeated

COMMAND = "python benchmarks/report.py"

FRAMES = """async (step) => {
  const frames = [];
  let last = performance.now();
  for (let n = 0; n < 180; n++) {
    step(n);
    await new Promise(requestAnimationFrame);
    const now = performance.now();
    frames.push(now - last);
    last = now;
  }
  return frames.sort((one, two) => one - two);
}"""

HANDS = {
    "list scrolled row by row": "(n) => { list.scrollTop += 170; }",
    "list scrolled from end to end": "(n) => { list.scrollTop = (n % 30) * 30000; }",
    "map dragged": "(n) => page.map.move(n < 90 ? 6 : -6, 3)",
    "map zoomed": "(n) => page.map.zoom(n < 90 ? 1.04 : 1 / 1.04)",
}
"""What a hand does between frames."""


def main() -> None:
    """Write the page, open it, use it, write down how long that took."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=1429, help="townships of 7 patches each")
    copies = parser.parse_args().copies
    with tempfile.TemporaryDirectory() as folder:
        size, built = written(Path(folder) / "X", copies)
        opened, frames = used(Path(folder) / "X" / "report.html")
    record.write(
        "report",
        "The HTML report of a county",
        COMMAND,
        [
            record.Table("Written", ("what", "amount"), [*size, *built]),
            record.Table("Opened", ("what", "seconds"), opened),
            record.Table("Used", ("what", "median frame ms", "longest frame ms"), frames),
        ],
        more=("matplotlib", "playwright"),
    )


def written(folder: Path, copies: int) -> tuple[list[Any], list[Any]]:
    """Write the report; what it holds, and seconds and memory it took."""
    many = repeated(example_result(rows=6, columns=12), copies)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    report.PICTURES = 0  # pictures beside the page are not the page
    start = time.perf_counter()
    page, *_ = report.write(many, folder, "zh")
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (
        [["patches", len(many.conversions)], ["parcels", len(many.parcels)]],
        [
            ["seconds", round(seconds, 1)],
            ["MB of the page", round(page.stat().st_size / 1e6, 1)],
            ["MB of memory beyond the tables", round((after - before) / 1e3)],
        ],
    )


def used(path: Path) -> tuple[list[Any], list[Any]]:
    """Open the page; seconds until it answers, and frames while hands are on it."""
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        page = browser.new_page(viewport={"width": 1360, "height": 900})
        page.goto(path.as_uri())
        page.locator("canvas[data-painted]").wait_for()
        opened = [
            ["first paint", _seconds(page, "first-contentful-paint")],
            ["list, filters and map answer", _seconds(page, "interactive")],
            ["all evidence is there", _seconds(page, "arrived")],
        ]
        page.locator("#list").scroll_into_view_if_needed()
        frames = [[name, *_frames(page, hand)] for name, hand in HANDS.items()]
        browser.close()
    return opened, frames


def _seconds(page: Page, mark: str) -> float:
    """Seconds from the start of loading to a mark."""
    at = page.evaluate("(name) => performance.getEntriesByName(name)[0].startTime", mark)
    return round(float(at) / 1000, 2)


def _frames(page: Page, hand: str) -> tuple[float, float]:
    """Median and longest time between frames, in milliseconds."""
    frames = page.evaluate(f"() => ({FRAMES})({hand})")
    return round(frames[len(frames) // 2], 1), round(frames[-1], 1)


if __name__ == "__main__":
    main()
