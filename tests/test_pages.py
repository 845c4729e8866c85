"""What stands in the pages holds: blocks marked ``sh`` and ``python`` are run on the sample.

A block without a mark shows names of somebody's own; its commands are parsed, not run.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import textwrap
import tomllib
from collections.abc import Iterator
from pathlib import Path

import click
import geopandas as gpd
import pytest

from farmland import rules
from farmland.cli import farmland
from farmland.cli.spoken import Session

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    path
    for pattern in ("*.md", "docs/*.md", "pipelines/*.md", "benchmarks/*.md")
    for path in ROOT.glob(pattern)
)
BLOCK = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(farmland [^`]+)`")
LOOKED_AT = re.compile(r"`((?:[\w.-]+/)*[\w.-]+\.(?:html|gpkg|gdb|pdf|docx|xlsx|csv|png|jsonl))`")
LINK = re.compile(r"\]\(((?!https?:)[^)#]*)#([^)]+)\)")
RUN = ("sh", "python")


def blocks(page: Path, *marks: str) -> list[tuple[str, str]]:
    """Mark and text of the blocks of a page that bear one of the marks."""
    found = BLOCK.findall(page.read_text("utf-8"))
    return [(mark, text) for mark, text in found if mark in marks]


def joined(found: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The blocks to run: what a page says in Python is one program."""
    program = "\n".join(text for mark, text in found if mark == "python")
    shell = [each for each in found if each[0] == "sh"]
    return [*shell, *([("python", program)] if program else [])]


def commands(text: str) -> Iterator[list[str]]:
    """The words of every command of ours in a block."""
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip().startswith("farmland "):
            yield shlex.split(line, comments=True)[1:]


def parse(words: list[str]) -> None:
    """Let click read a command line as the program does, and do nothing more."""
    command: click.Command = farmland
    context = click.Context(farmland, info_name="farmland", obj=Session("en"))
    while isinstance(command, click.Group):
        _, command, words = command.resolve_command(context, words)
        context = click.Context(command, context, command.name)
    command.parse_args(context, list(words))


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder that looks like a checkout after ``make demo``, and holds what the pages name."""
    folder = tmp_path_factory.mktemp("checkout")
    for name in ("data", "pipelines", "notebooks"):
        (folder / name).symlink_to(ROOT / name)
    (folder / "archive").symlink_to(ROOT / "data" / "samples")
    demo = [sys.executable, "-m", "farmland", "demo", "--out", "farmland-demo", "-q"]
    subprocess.run(demo, cwd=folder, check=True, capture_output=True)
    made = folder / "farmland-demo" / "farmland-demo"
    shutil.copytree(made, folder / "county")
    shutil.copy(made.with_suffix(".gpkg"), folder / "county.gpkg")
    parcels = gpd.read_file(ROOT / "data" / "samples" / "parcels.gpkg")
    parcels.to_file(folder / "parcels.gdb", driver="OpenFileGDB")
    shutil.copy(ROOT / "data" / "samples" / "parcels.gpkg", folder)
    return folder


def run(mark: str, text: str, folder: Path) -> None:
    """Run one block; it must end well and say nothing of an unexpected failure."""
    shell = ["bash", "-euo", "pipefail", "-c"]
    command = [*shell, text] if mark == "sh" else [sys.executable, "-c", text]
    here = str(Path(sys.executable).parent)
    search = {"PATH": f"{here}:{os.environ['PATH']}", "FARMLAND": f"{here}/farmland"}
    done = subprocess.run(
        command, cwd=folder, env={**os.environ, **search}, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{text}\n{done.stderr}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if blocks(page, *RUN) and page.suffixes == [".md"]],
    ids=lambda page: page.name,
)
def test_a_page_runs_from_top_to_bottom_and_shows_what_it_promises(
    page: Path, sample: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(sample, tmp_path / "checkout", symlinks=True))
    for mark, text in joined(blocks(page, *RUN)):
        run(mark, text, folder)
    if page.name == "tour.md":
        shown = LOOKED_AT.findall(page.read_text("utf-8").split("**To look at", 1)[1])
        assert len(shown) > 8
        assert [name for name in shown if "/" in name and not (folder / name).exists()] == []


def anchor(heading: str) -> str:
    """What a heading is called in an address, as GitHub does it."""
    kept = re.sub(r"[^\w\- ]", "", heading.replace("`", "").lower())
    return kept.strip().replace(" ", "-")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_to_a_heading_find_it(page: Path) -> None:
    for name, wanted in LINK.findall(page.read_text("utf-8")):
        target = page.parent / name if name else page
        headings = re.findall(r"(?m)^#+ (.+)$", target.read_text("utf-8"))
        assert wanted in {anchor(heading) for heading in headings}, f"{name}#{wanted}"


def test_the_chinese_tour_goes_the_same_way() -> None:
    english, chinese = (ROOT / "docs" / name for name in ("tour.md", "tour.zh.md"))
    assert blocks(english, *RUN) == blocks(chinese, *RUN)
    looked_at = [set(LOOKED_AT.findall(page.read_text("utf-8"))) for page in (english, chinese)]
    assert looked_at[0] == looked_at[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_are_ones_that_the_program_understands(page: Path) -> None:
    for _, text in blocks(page, "", "sh"):
        for words in commands(text):
            parse(words)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_that_a_page_names_are_there(page: Path) -> None:
    for said in INLINE.findall(page.read_text("utf-8")):
        words, command = said.split()[1:], farmland
        while words and isinstance(command, click.Group) and words[0] in command.commands:
            command = command.commands[words.pop(0)]
        known = {name for each in command.params for name in each.opts} | {"--help"}
        assert {word for word in words if word.startswith("--")} <= known, said


def test_examples_of_the_help_are_understood() -> None:
    below = [farmland, *farmland.commands.values(), *farmland.commands["parcels"].commands.values()]
    for command in below:
        assert list(commands(command.example)), command.name
        for words in commands(command.example):
            parse(words)


@pytest.mark.parametrize("page", [page for page in PAGES if blocks(page, "toml")], ids=str)
def test_rules_that_a_page_writes_are_rules(page: Path, tmp_path: Path) -> None:
    for number, (_, text) in enumerate(blocks(page, "toml")):
        written = textwrap.dedent(text)
        entries = tomllib.loads(written)
        if {"extends", "id", "version"} <= set(entries):
            path = tmp_path / f"{number}.toml"
            path.write_text(written, "utf-8")
            assert rules.load(str(path)).id == entries["id"]


def told(page: str) -> str:
    """The words of a page without its line breaks."""
    return " ".join((ROOT / page).read_text("utf-8").split())


def test_thresholds_that_the_pages_tell_are_those_of_the_rules() -> None:
    decided, sizes, visits = (
        getattr(rules.load("cn"), name) for name in ("detection", "sizes", "inspection")
    )
    first, chinese, tiers = told("README.md"), told("README.zh.md"), told("docs/detection.md")
    looks, days = decided.candidate_looks, decided.candidate_days
    more, longer = decided.confirmed_looks, decided.confirmed_days
    area = decided.smallest_patch_pixels * 100
    assert f"at least {looks} looks and {days} days beyond the past" in first
    assert f"at least {more} looks over {longer} days" in first
    assert f"at least {decided.look_clear_share:.0%} of the patch".replace("%", " %") in first
    assert f"under {area} m² are not listed" in first
    assert f"fewer than {decided.full_pixels} full pixels" in first
    assert f"至少 {looks} 次有效观测、{days} 天" in chinese
    assert f"至少 {more} 次、{longer} 天" in chinese
    assert f"{area} 平方米以下的图斑" in chinese
    assert f"| `candidate` | {looks} | {days} | {decided.listed_confidence:g} | any |" in tiers
    assert f"| `confirmed` | {more} | {longer} | {decided.confirmed_confidence:g} | two |" in tiers
    assert f"({sizes.pbf_counts_from_m2:.0f} m², the least mapped" in told("docs/parcels.md")
    listed, sure = decided.listed_confidence, decided.confirmed_confidence
    assert f"from {listed:g} a patch is listed, from {sure:g} it may" in told("docs/training.md")
    assert f"under {visits.round_km:.0f} km in straight lines" in told("docs/field.md")
    assert f"no more than {visits.patches_per_round}." in told("docs/field.md")


def test_every_room_of_the_house_is_in_the_plan() -> None:
    house = (ROOT / "CONTRIBUTING.md").read_text("utf-8").split("## The house")[1]
    rooms = {path.parent.name for path in (ROOT / "farmland").glob("*/__init__.py")}
    assert {
        room for room in rooms if f"{room}/" not in house and f"\n{room} " not in house
    } == set()


def test_a_command_that_has_changed_is_found() -> None:
    with pytest.raises(click.UsageError):
        parse(["detect", "parcels.gdb", "--no-such-option"])
    with pytest.raises(click.UsageError):
        parse(["report"])
