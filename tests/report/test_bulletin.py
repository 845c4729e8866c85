"""The bulletin in Word and Markdown, read back with python-docx and as plain text."""

from __future__ import annotations

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from docx import Document
from docx.shared import Cm
from hypothesis import given
from hypothesis import strategies as st
from matplotlib import image
from result.example import NASTY, example_result

from farmland import layers, plain, rules
from farmland.accounting import accounts, summary
from farmland.errors import UnusableInput
from farmland.report import bulletin
from farmland.report.bulletin import sections
from farmland.report.bulletin.content import Heading
from farmland.result import Result

ACCUSING = "违法|违规|强制|已处罚|处罚|查处"

NAMES = {"370112": "历城区", "370112001": NASTY[0]}


def by_place(result: Result, *, approvals: bool = False) -> Result:
    """A result summed up by three townships."""
    parts = result.overlay.copy()
    codes = ["370112001002", "370112002001", "370112002002"]
    parts["place_code"] = [codes[int(patch, 16) % 3] for patch in parts["patch_id"]]
    own = [codes[number % 3] for number in range(len(result.parcels))]
    sums = summary.table(result.outflow, result.parcels, parts, codes=own, names=NAMES)
    flows = accounts.table(
        result.conversions, parts, rules.load("cn"), codes=codes, names=NAMES, approvals=approvals
    )
    return replace(result, overlay=parts, summary=sums, accounts=flows)


@pytest.fixture(scope="module")
def result() -> Result:
    return by_place(example_result())


@pytest.fixture(scope="module", params=["zh", "en"])
def made(
    request: pytest.FixtureRequest, result: Result, tmp_path_factory: pytest.TempPathFactory
) -> tuple[str, Path]:
    folder = tmp_path_factory.mktemp("bulletin")
    paths = bulletin.write(result, folder, request.param)
    assert [path.name for path in paths] == ["bulletin.docx", "bulletin.md", "bulletin.png"]
    return request.param, folder


def document(folder: Path) -> Any:
    return Document(str(folder / "bulletin.docx"))


def words_of(folder: Path) -> str:
    """All text of the Word document."""
    read = document(folder)
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    foot = [paragraph.text for paragraph in read.sections[0].footer.paragraphs]
    return "\n".join([*(paragraph.text for paragraph in read.paragraphs), *cells, *foot])


def test_sections_are_headings(made: tuple[str, Path]) -> None:
    language, folder = made
    heads = [head.text(language) for head in sections.said.HEADS]
    read = document(folder)
    assert [p.text for p in read.paragraphs if p.style.name == "Heading 1"] == heads
    assert [p.text for p in read.paragraphs if p.style.name == "Title"] == [
        sections.said.TITLE.text(language)
    ]
    text = (folder / "bulletin.md").read_text("utf-8")
    assert re.findall(r"(?m)^## (.*)$", text) == heads
    assert language == "en" or heads[:5] == [
        "一、总体情况", "二、耕地变化情况", "三、疑似新增建设用地情况", "四、疑似未经批准占用情况",
        "五、统计说明",
    ]  # fmt: skip


def test_the_page_is_that_of_an_office(made: tuple[str, Path]) -> None:
    read = document(made[1])
    (section,) = read.sections
    assert abs(section.page_width - Cm(21)) < 1000
    assert abs(section.top_margin - Cm(2.54)) < 1000
    assert abs(section.left_margin - Cm(3)) < 1000
    faces = {
        name: read.styles[name].element.xpath("string(w:rPr/w:rFonts/@w:eastAsia)")
        for name in ("Title", "Subtitle", "Heading 1", "Body Text")
    }
    assert faces == {
        "Title": "方正小标宋简体",
        "Subtitle": "楷体_GB2312",
        "Heading 1": "黑体",
        "Body Text": "仿宋_GB2312",
    }
    with zipfile.ZipFile(made[1] / "bulletin.docx") as archive:
        table = archive.read("word/fontTable.xml").decode()
    assert '<w:font w:name="仿宋_GB2312"><w:altName w:val="仿宋"/>' in table


def test_tables_have_heads_that_are_repeated(made: tuple[str, Path]) -> None:
    read = document(made[1])
    assert len(read.tables) == 6
    for table in read.tables:
        first = table.rows[0]
        assert first._tr.xpath("w:trPr/w:tblHeader")
        assert first.cells[0]._tc.xpath("w:tcPr/w:shd[@w:fill='D9D9D9']")
        assert not table.rows[1]._tr.xpath("w:trPr/w:tblHeader")
    captions = [p.text for p in read.paragraphs if p.style.name == "Caption"]
    numbers = [re.match(r"(?:Table |表)(\d)", text) for text in captions]
    assert [int(found[1]) for found in numbers if found] == [1, 2, 3, 4, 5, 6]


def test_columns_of_tables_add_up(made: tuple[str, Path], result: Result) -> None:
    tables = document(made[1]).tables
    kinds, places, _, flows, built, _ = [
        [[cell.text for cell in row.cells] for row in table.rows[1:]] for table in tables
    ]
    for table, columns in ((kinds, (1, 2, 3)), (places, (2, 3, 4)), (flows, (2, 3, 4)),
                           (built, (2,))):  # fmt: skip
        for column in columns:
            values = [round(float(row[column]) * 100) for row in table]
            assert sum(values[:-1]) == values[-1]
    shares = [round(float(row[4].rstrip("%")) * 10) for row in kinds]
    assert sum(shares[:-1]) == shares[-1] == 1000
    assert kinds[-1][1] == str(len(result.outflow))
    assert float(kinds[-1][3]) == round(result.outflow["area_mu"].sum(), 2)


def test_sentences_say_what_the_tables_say(made: tuple[str, Path], result: Result) -> None:
    language, folder = made
    said = words_of(folder)
    mu, m2 = result.outflow["area_mu"].sum(), result.outflow["area_m2"].sum()
    flows = result.accounts[result.accounts["level"] == "all"].set_index("item")
    if language == "zh":
        assert f"线索 7 处，面积 {mu:.2f} 亩（{m2:.2f} 平方米），其中影像确认 3 处" in said
        outflow = flows.loc["outflow"]
        assert f"疑似耕地流出 {outflow.area_mu:.2f} 亩（{outflow.area_m2:.2f} 平方米）" in said
        assert "监测期：前时相 2023年1月1日—2024年12月31日" in said
        assert "2025年度" in said
        assert "未套合审批信息，本节不作统计。" in said
    else:
        assert f"Suspected clues found: 7 with {m2:,.0f} m² ({mu:,.2f} mu)" in said
        assert "Not checked against approvals: this section is left blank." in said
    assert result.run["clue"][language] in said
    assert "Contains modified Copernicus Sentinel data 2022-2025" in said


def test_both_files_say_the_same(made: tuple[str, Path]) -> None:
    language, folder = made
    read = document(folder)
    text = (folder / "bulletin.md").read_text("utf-8")
    bare = re.sub(r"\\(.)", r"\1", text)
    for paragraph in read.paragraphs:
        assert paragraph.text in bare
    cells = [cell.text for table in read.tables for row in table.rows for cell in row.cells]
    assert all(f" {cell} |" in bare for cell in cells)
    assert "![" in text
    assert "](bulletin.png)" in text
    assert image.imread(folder / "bulletin.png").std() > 0.05
    del language


def test_nobody_is_accused(made: tuple[str, Path]) -> None:
    for said in (words_of(made[1]), (made[1] / "bulletin.md").read_text("utf-8")):
        assert not re.search(ACCUSING, said)
        assert not re.search("illegal|offen[cs]e|penalt", said, re.IGNORECASE)


def test_names_from_outside_are_text(made: tuple[str, Path]) -> None:
    assert NASTY[0] in words_of(made[1])
    text = (made[1] / "bulletin.md").read_text("utf-8")
    assert "<script>" not in text.replace("\\<script\\>", "")
    assert "历城区\\<b\\>.gpkg" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert all(len(re.findall(r"(?<!\\)\|", row)) >= 4 for row in rows)


def test_the_same_run_gives_the_same_files(result: Result, tmp_path: Path) -> None:
    first, again = (
        [path.read_bytes() for path in bulletin.write(result, tmp_path / each, "zh")]
        for each in "ab"
    )
    assert first == again


def test_with_approvals_the_fourth_section_speaks(tmp_path: Path) -> None:
    bulletin.write(by_place(example_result(), approvals=True), tmp_path, "zh")
    said = words_of(tmp_path)
    assert "未套合审批信息" not in said
    assert re.search(r"审批范围外疑似未经批准占用 [\d.]+ 亩", said)
    assert not re.search(ACCUSING, said)


@pytest.mark.parametrize("language", ["zh", "en"])
def test_no_patch_and_no_accounts(tmp_path: Path, language: str) -> None:
    empty = example_result(patches=False)
    bare = replace(empty, accounts=layers.empty(layers.ACCOUNTS), run={})
    paths = bulletin.write(bare, tmp_path, language)
    assert [path.name for path in paths] == ["bulletin.docx", "bulletin.md"]
    said = words_of(tmp_path)
    assert sections.said.NONE.text(language) in said
    assert sections.said.NO_ACCOUNTS.text(language) in said


def test_one_patch(tmp_path: Path) -> None:
    whole = example_result()
    one = replace(whole, conversions=whole.conversions.head(1))
    bulletin.write(one, tmp_path, "en")
    assert "Suspected clues found: 1 with" in words_of(tmp_path)


def test_parcels_without_any(tmp_path: Path) -> None:
    whole = example_result(patches=False)
    bulletin.write(replace(whole, parcels=whole.parcels.head(0)), tmp_path, "en")
    assert "0 of 0 parcels could be monitored (0.0%)" in words_of(tmp_path)


def test_a_folder_that_cannot_be_written(result: Result) -> None:
    with pytest.raises(UnusableInput, match="cannot be written"):
        bulletin.write(result, Path("/sys/kernel/X"), "en")


def test_the_sections_come_in_their_order(result: Result) -> None:
    heads = [block.text for block in sections.of(result).blocks if isinstance(block, Heading)]
    assert heads == list(sections.said.HEADS)


@given(st.text(max_size=20) | st.text(st.sampled_from("\\`*_[]<>#|~&+-1. 田\n"), max_size=40))
def test_any_text_is_text_in_markdown(said: str) -> None:
    shown = plain.in_markdown(said)
    assert "\n" not in shown
    assert re.sub(r"\\([\\`*_\[\]<>#|~&+.)-])", r"\1", shown) == plain.one_line(said)
    assert not re.search(r"(?<!\\)(?:\\\\)*[<>|`*_]", shown)
    assert not re.match(r"[-+#]|\d+[.)]\s", shown)


@given(st.text(max_size=40))
def test_any_text_fits_a_word_document(said: str) -> None:
    read = Document()
    read.add_paragraph(plain.one_line(said))
    buffer = io.BytesIO()
    read.save(buffer)
    assert Document(io.BytesIO(buffer.getvalue())).paragraphs[0].text == plain.one_line(said)


def test_a_place_may_have_no_name(result: Result) -> None:
    table = result.summary.assign(name=None)
    assert isinstance(table, pd.DataFrame)
    blocks = sections.of(replace(result, summary=table)).blocks
    assert len(blocks) > 10
