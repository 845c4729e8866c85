"""``farmland report`` writes the documents that are asked for, where they are asked for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from result.example import example_result

from farmland.cli import main
from farmland.io import geopackage

DOCUMENTS = {
    "--sheets": ["sheets/sheets-370112001.pdf"],
    "--bulletin": ["bulletin.docx", "bulletin.md", "bulletin.png"],
    "--tables": ["tables.xlsx", "tables/ledger.csv"],
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("documents")
    geopackage.write(example_result(rows=3, columns=12), place / "x.gpkg", language="en")
    return place


def written(capsys: pytest.CaptureFixture[str], *words: str) -> list[str]:
    assert main(["report", *words, "--json", "--lang", "en", "-q"]) == 0
    paths: list[str] = json.loads(capsys.readouterr().out)["written"]
    assert all(Path(path).is_file() for path in paths)
    return paths


@pytest.mark.parametrize("flag", DOCUMENTS)
def test_one_document_goes_beside_the_result(
    flag: str, place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = written(capsys, str(place / "x.gpkg"), flag)
    assert {str(place / "x" / name) for name in DOCUMENTS[flag]} <= set(paths)
    assert str(place / "x" / "report.html") not in paths


def test_all_documents_go_where_they_are_wanted(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    paths = written(capsys, str(place / "x.gpkg"), "--all", "--to", str(tmp_path / "out"))
    wanted = ["report.html", *(name for names in DOCUMENTS.values() for name in names)]
    assert {str(tmp_path / "out" / name) for name in wanted} <= set(paths)
    assert all(Path(path).is_relative_to(tmp_path) for path in paths)


def test_a_place_that_cannot_be_written_is_said(
    place: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for flag in DOCUMENTS:
        words = ["report", str(place / "x.gpkg"), flag, "--to", "/sys/kernel/x", "--lang", "zh"]
        assert main(words) == 4
        assert "/sys/kernel/x" in capsys.readouterr().err
