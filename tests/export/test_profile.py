"""The profile is the schema of the domain, field by field, and a wrong profile gets a sentence."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest
from export.cases import bare

from farmland import rules
from farmland.errors import UnusableInput, WrongUsage
from farmland.export import Wanted, check, delivery
from farmland.rules.profile import Profile, load_profile

MOST = 254
"""Bytes of a text in a shapefile; the schema gives some texts 255."""


@pytest.fixture(scope="module")
def cn() -> Profile:
    return load_profile("cn")


def schema(shared: Path) -> list[tuple[str, str, int | None, bool]]:
    """Name, type, length and whether it must be filled, of every field of the domain's table."""
    fields = []
    with (shared / "domain/suspect_patch_schema.csv").open(encoding="utf-8-sig") as file:
        for row in csv.DictReader(file):
            names = [name.strip() for name in re.split(r"[/,]", row["field"])]
            kinds = row["type"].split("/")
            lengths = re.findall(r"\((\d+)\)", row["type"])
            for n, name in enumerate(names):
                kind = "REAL" if name == "ZGMJ" else kinds[0].split("(")[0].split()[0]
                length = int(lengths[min(n, len(lengths) - 1)]) if lengths else None
                fields.append((name, kind, length, row["req"] == "M"))
    return fields


def test_every_field_of_the_schema_in_order(shared, cn):
    (patches, *_) = cn.tables
    wanted = schema(shared)
    assert [field.name for field in patches.fields] == [name for name, *_ in wanted]
    assert len(wanted) == 59
    kinds = {"TEXT": "text", "INT": "int", "REAL": "real"}
    for field, (name, kind, length, required) in zip(patches.fields, wanted, strict=True):
        assert field.kind == kinds[kind], name
        assert length is None or field.length == min(length, MOST), name
        assert field.required == required or name == "BZ", name
    two = {"MJ", "MJM", "GDMJ", "GDJMJ", "NTMJ", "NTJMJ", "FGNMJ", "SPMJ", "ZGMJ"}
    assert {field.decimals for field in patches.fields if field.name in two} == {2}


def test_every_patch_type_is_one_of_the_list(shared, cn):
    with (shared / "domain/tblx.csv").open(encoding="utf-8-sig") as file:
        listed = {row["code"] for row in csv.DictReader(file)}
    covers = rules.load(cn.rules).covers
    assert {cover.patch_type for cover in covers.values()} <= listed
    assert set(cn.observed) <= set(covers)


def test_names_and_texts_fit_a_shapefile(cn):
    for table in cn.tables:
        names = [field.name for field in table.fields]
        assert len({name.casefold() for name in names}) == len(names)
        assert all(len(name.encode()) <= 10 for name in names)
        assert all(field.length <= MOST for field in table.fields)


def test_every_required_text_says_something_or_is_meant_to_stay_empty(cn):
    always = {"JCBH", "PCH", "QSX", "HSX", "BHSJQ", "BHSJZ", "SCSJ", "BZ"}
    claims = {"SFYN", "SFHX"}
    for field in cn.tables[0].fields:
        if field.required and field.kind == "text" and field.name not in always | claims:
            assert field.unknown, field.name


def test_every_source_exists(cn):
    check(cn)
    check(load_profile("generic"))


@pytest.mark.parametrize(
    ("name", "near"), [("nc", "cn is the nearest"), ("generik", "generic"), ("x.toml", "give cn")]
)
def test_an_unknown_profile_names_the_nearest(name, near):
    with pytest.raises(WrongUsage, match=near) as caught:
        load_profile(name)
    assert "导出方案" in caught.value.chinese


BROKEN = {
    "no TOML": "x = [",
    "no name": 'id = "x"',
    "format": 'id = "x"\nname = {en = "x", zh = "x"}\nformats = ["dwg"]',
    "kind": 'id = "x"\nname = {en = "x", zh = "x"}\nformats = ["shp"]\n[tables.a]\nsource = "run"\n'
    'geometry = false\ntitle = {en = "a", zh = "a"}\n[tables.a.fields]\n'
    'K = {kind = "blob", source = "key", en = "k", zh = "k", about = {en = "k", zh = "k"}}',
    "path as a table": 'id = "x"\nname = {en = "x", zh = "x"}\nformats = ["shp"]\n'
    '[tables."../a"]\nsource = "run"\ngeometry = false\ntitle = {en = "a", zh = "a"}\n'
    '[tables."../a".fields]',
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=list(BROKEN))
def test_a_broken_profile_gets_a_sentence(text, tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(text, "utf-8")
    with pytest.raises(UnusableInput, match="profile") as caught:
        load_profile(path)
    assert caught.value.exit_code == 4
    assert "导出方案" in caught.value.chinese


OFFICE = """
id = "office"
name = {{ en = "an office", zh = "某局" }}
formats = ["shp"]
[tables.clues]
source = "{table}"
geometry = true
title = {{ en = "clues", zh = "线索" }}
[tables.clues.fields]
BH = {{ kind = "text", length = 30, source = "{source}", en = "number", zh = "编号", \
about = {{ en = "Number.", zh = "编号。" }} }}
"""


def test_an_office_names_its_own_fields(tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(OFFICE.format(table="conversions", source="patch_id"), "utf-8")
    result = bare()
    given = delivery(result, load_profile(path), rules.load("cn"), Wanted())
    (clues,) = given.tables
    assert clues.frame["BH"].tolist() == result.conversions["patch_id"].tolist()


@pytest.mark.parametrize(
    ("table", "source", "near"),
    [("conversion", "patch_id", "conversions is the nearest"),
     ("conversions", "patchid", "patch_id is the nearest"),
     ("scenes", "itemid", "item_id is the nearest")],
)  # fmt: skip
def test_a_source_that_does_not_exist_names_the_nearest(table, source, near, tmp_path):
    path = tmp_path / "office.toml"
    path.write_text(OFFICE.format(table=table, source=source), "utf-8")
    with pytest.raises(UnusableInput, match=near):
        check(load_profile(path))


def test_the_page_says_how_every_required_field_is_filled(cn):
    page = (Path(__file__).parents[2] / "docs" / "export.md").read_text("utf-8")
    table = page.split("### When something is not known")[1].split("## Layers as they are")[0]
    rows = [line.split("|") for line in table.splitlines() if line.startswith("| `")]
    told = {name: row[2] for row in rows for name in re.findall(r"`(\w+)`", row[1])}
    required = [field for field in cn.tables[0].fields if field.required]
    assert set(told) == {field.name for field in required}
    for field in required:
        assert field.unknown is None or f"`{field.unknown}`" in told[field.name], field.name
