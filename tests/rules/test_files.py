"""Rules files of one's own: what they extend and replace, and a sentence for every mistake."""

from __future__ import annotations

import contextlib
import re
import shutil
import subprocess
import sys
import textwrap
import time
import tomllib
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from farmland import rules
from farmland.errors import UnusableInput
from farmland.policy import decide
from farmland.rules import calendars, files, reference
from farmland.rules.land import LandUse

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "rules"
CN, GENERIC = rules.load("cn"), rules.load("generic")
SPAN = (np.datetime64("2025-03-01"), np.datetime64("2025-03-11"))


CODES_OF_EUROPE = rules.load(EXAMPLES / "europe.toml").land.schemes[0]


def written(folder: Path, text: str, base: str = "cn", name: str = "mine.toml") -> Path:
    """A rules file on top of another."""
    path = folder / name
    path.write_text(f'extends = "{base}"\nid = "mine"\nversion = "1"\n{text}', "utf-8")
    return path


def refused(path: Path) -> str:
    """The sentence with which a file is refused; the Chinese one names the same place."""
    with pytest.raises(UnusableInput) as fault:
        rules.load(path)
    assert fault.value.exit_code == 4
    for sentence in (fault.value.english, fault.value.chinese):
        assert sentence.endswith((".", "。"))
        assert "\n" not in sentence
        assert path.name in sentence
    assert not fault.value.chinese.isascii()
    return fault.value.english


# --- one file on top of another ------------------------------------------------------------------


def test_a_file_that_says_nothing_is_what_it_extends(tmp_path: Path) -> None:
    read = rules.load(written(tmp_path, ""))
    assert replace(read, id="cn", version=CN.version) == CN
    assert decide("pond", "pbf", SPAN, read).rule == "mine:pond:pbf@1"


def test_the_example_of_a_province() -> None:
    read = rules.load(EXAMPLES / "province.toml")
    assert read.id == "example-province"
    assert decide("orchard", "pbf", SPAN, read).permission == "prohibited"
    ordinary = decide("orchard", "cultivated", SPAN, read)
    assert (ordinary.permission, ordinary.instruments) == ("prohibited", ("UC166", "PC7"))
    assert decide("orchard", "cultivated", SPAN, CN).permission == "approval"
    before = (np.datetime64("2024-06-30"), np.datetime64("2024-07-05"))
    assert decide("orchard", "cultivated", before, read).instruments == ("UC166",)
    silage, theirs = read.crops["silage_maize"], CN.crops["silage_maize"]
    assert (silage.grain, theirs.grain) == (True, False)
    assert silage.label == theirs.label
    assert read.land.of("1209") == LandUse(
        "1209",
        rules.Words("land to be reclaimed", "撂荒待复垦地"),
        "agricultural",
        "other",
        "other_agricultural",
        True,
    )
    assert read.sizes == replace(CN.sizes, pbf_counts_from_m2=200.0)
    assert read.detection == replace(CN.detection, confirmed_looks=6)
    same = {name: one for name, one in read.covers.items() if name != "orchard"}
    assert same == {name: one for name, one in CN.covers.items() if name != "orchard"}
    assert read.provinces == CN.provinces


def test_the_example_of_another_country() -> None:
    read = rules.load(EXAMPLES / "europe.toml")
    assert (read.area_unit, read.m2_per_unit) == ("ha", 10_000)
    assert read.name == rules.Words(
        "Example of a European country", "Example of a European country"
    )
    assert read.land.scheme(["B11", "E20"]) == "lucas"
    assert read.land.of("B11").cultivated  # type: ignore[union-attr]
    for land in ("pbf", "cultivated", "unknown"):
        built = decide("built", land, SPAN, read)
        assert (built.permission, built.instruments) == ("approval", ("EIA",))
        assert (built.policy_class, built.land_code) == ("non_agricultural", "A")
        assert built.legacy is False
        assert built.rule == f"europe:built:{land}@2026.1"
    assert decide("built", "other", SPAN, read).policy_class == "uncertain"
    assert decide("greenhouse", "cultivated", SPAN, read).policy_class == "allowed"
    silent = decide("lake", "cultivated", SPAN, read)
    assert (silent.permission, silent.instruments) == ("monitored", ())
    assert read.covers["lake"].label == GENERIC.covers["lake"].label


def test_what_the_page_shows_is_what_the_examples_say() -> None:
    page = (ROOT / "docs" / "rules.md").read_text("utf-8")
    shown = [textwrap.dedent(text) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL)]
    assert len(shown) == 5
    whole = tomllib.loads((EXAMPLES / "province.toml").read_text("utf-8"))
    for text in shown[:4]:
        assert files.merged(whole, tomllib.loads(text)) == whole
    lucas = tomllib.loads(shown[4])["land"]["schemes"]["lucas"]
    assert lucas["pattern"] == CODES_OF_EUROPE.pattern
    assert tuple(lucas["prefixes"]) == CODES_OF_EUROPE.prefixes


def test_a_file_may_extend_a_file_beside_or_above_it(tmp_path: Path) -> None:
    (tmp_path / "county").mkdir()
    written(tmp_path, '[area]\nunit = "mǔ"\n', name="province.toml")
    county = written(tmp_path / "county", "[sizes]\nother_m2 = 700\n", "../province.toml")
    read = rules.load(county)
    assert (read.area_unit, read.sizes.other_m2) == ("mǔ", 700.0)
    assert read.m2_per_unit == CN.m2_per_unit


def test_files_that_extend_each_other_are_refused(tmp_path: Path) -> None:
    one = written(tmp_path, "", "two.toml", "one.toml")
    written(tmp_path, "", "one.toml", "two.toml")
    assert "extend themselves (one.toml → two.toml → one.toml)" in refused(one)
    assert "extend themselves" in refused(written(tmp_path, "", "mine.toml"))


def test_what_a_file_extends_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(UnusableInput, match=r"nowhere\.toml could not be read"):
        rules.load(written(tmp_path, "", "nowhere.toml"))


def test_a_ruling_is_replaced_whole(tmp_path: Path) -> None:
    read = rules.load(written(tmp_path, '[covers.built]\npbf = { permission = "monitored" }\n'))
    built = decide("built", "pbf", SPAN, read)
    assert (built.permission, built.instruments, built.item) == ("monitored", (), None)
    assert decide("built", "cultivated", SPAN, read).instruments == ("LAL", "NA24")


def test_one_day_of_another_kind_of_land_is_as_good_as_a_list(tmp_path: Path) -> None:
    one = '[covers.built]\npbf = { permission = "approval", basis = ["LAL"] }\n'
    many = '[[covers.built.pbf]]\npermission = "approval"\nbasis = ["LAL"]\n'
    first, second = (rules.load(written(tmp_path, text)).covers for text in (one, many))
    assert first == second


TABLES = st.recursive(
    st.integers() | st.text(max_size=3) | st.lists(st.integers(), max_size=2),
    lambda inner: st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=12,
)
TABLE = st.dictionaries(st.sampled_from("abc"), TABLES, max_size=3)


@given(TABLE, TABLE)
def test_merging_keeps_what_is_said_last_and_all_else(base: dict, own: dict) -> None:  # type: ignore[type-arg]
    table = files.merged(base, own)
    assert set(table) == set(base) | set(own)
    assert files.merged(table, own) == table
    assert files.merged(base, {}) == base
    assert files.merged({}, own) == own
    for key, value in own.items():
        if not isinstance(value, dict) or not isinstance(base.get(key), dict):
            assert table[key] == value


# --- tables beside a file ------------------------------------------------------------------------

SCHEME = '[land]\nusual = "mine"\n[land.schemes.mine]\ntitle = "mine"\nsource = "here"\n'
HEADS = "code,zh,en,major,group,account,verified\n"


def test_codes_may_stand_in_a_spreadsheet(tmp_path: Path) -> None:
    """As Excel writes it: with a byte order mark and carriage returns."""
    text = HEADS + "X1,田,field,agricultural,crops,cultivated,true\n"
    (tmp_path / "codes.csv").write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    read = rules.load(written(tmp_path, SCHEME + 'tables = ["codes.csv"]\n', "generic"))
    use = read.land.of("X1")
    assert use is not None
    assert (use.cultivated, use.name) == (True, rules.Words("field", "田"))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (b"code,zh\nX1,a\n", "lacks the column en: add it"),
        (b"", "lacks the column code"),
        (HEADS.encode() + "X1,田".encode("gb18030"), "give a CSV file in UTF-8"),
        (
            HEADS.encode() + b"X1,a,b,agricultural,crops,cultivated,yes\n",
            "X1.verified to 'yes': gi",
        ),
        (
            HEADS.encode() + b"X1,a,b,farm,crops,cultivated,true\n",
            "X1.major to 'farm': give one of",
        ),
        (HEADS.encode() + b"X1,a,b\n", "X1.major to None: give one of agricultural"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(tmp_path: Path, table: bytes, said: str) -> None:
    (tmp_path / "codes.csv").write_bytes(table)
    sentence = refused(written(tmp_path, SCHEME + 'tables = ["codes.csv"]\n', "generic"))
    assert said in sentence
    assert "codes.csv" in sentence


def test_a_table_that_is_not_there_is_named(tmp_path: Path) -> None:
    sentence = refused(written(tmp_path, SCHEME + 'tables = ["codes.csv"]\n', "generic"))
    assert "codes.csv" in sentence
    assert "could not be read" in sentence


# --- mistakes ------------------------------------------------------------------------------------

ON_POND = "[[covers.pond.pbf]]\npermission = "
SINCE, UNTIL = "valid_from = 2020-01-01\n", "valid_until = 2019-12-31\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("instrument = 1", "an unknown entry instrument, instruments is the nearest"),
        ("clue = 1", "set clue to 1: give a table with en, zh, source"),
        ("covers = 1", "set covers to 1: give a table with built, earthwork"),
        ("instruments = 1", "set instruments to 1: give a table"),
        ("[covers.pond]\npbf = 1", "covers.pond.pbf to 1: give a table with permission"),
        ("[covers.pond]\nPBF = {}", "unknown entry covers.pond.PBF: correct"),
        ("[covers.pond]\npbf = [{ permision = 'allowed' }]", "pbf[1].permision, permission is the"),
        ("[covers.pond]\npbf = { permission = 'forbidden' }", "give one of prohibited, approval, "),
        ("[covers.pond]\npbf = { basis = ['LAL'] }", "lack covers.pond.pbf.permission"),
        ("[covers.pond]\nlegacy = 'non_grain'", "legacy to 'non_grain': give a list in brackets"),
        ("[covers.pond]\nlegacy = ['nongrain']", "name 'nongrain' in covers.pond.legacy"),
        ("[covers.pond]\nlabel = { en = 1 }", "covers.pond.label.en to 1: give text"),
        ("[covers.pond]\npatch_type = 'KG'", "name 'KG' in covers.pond.patch_type"),
        ("[covers.pond]\nland_code = '1140'", "name '1140' in covers.pond.land_code"),
        ("[covers.swamp]\nlabel = 'swamp'", "an unknown entry covers.swamp"),
        ("[visited.swamp]\nlabel = 'swamp'", "lack visited.swamp.policy_class"),
        ("[visited.pond]\nlabel = 'p'\npolicy_class = 'x'", "visited.pond is a cover already"),
        ("[instruments.X]\ntitle = 'x'", "lack instruments.X.valid_from"),
        ("[instruments.LAL]\nvalid_from = '2020-01-01'", "valid_from to '2020-01-01': give a date"),
        ("[instruments.LAL]\nvalid_from = 2020-01-01T00:00:00", "T00:00:00: give a date"),
        ("[instruments.LAL]\nverified = 'yes'", "to 'yes': give true or false"),
        ("[area]\nm2_per_unit = { numerator = 1.5 }", "numerator to 1.5: give a whole number"),
        ("[area]\nm2_per_unit = { numerator = true }", "numerator to True: give a whole number"),
        ("[legacy]\nnon_agri = ['2020']", "name '2020' in legacy.non_agri"),
        ("[legacy]\nnon_agrix = ['houses']", "name 'non_agrix' in legacy"),
        (
            "[figures.crime_cultivated]\nbasis = ['CL']",
            "name 'CL' in figures.crime",
        ),
        (
            "[prohibitions]\ninstrument = 'NA42'",
            "name 'NA42' in prohibitions.instrument",
        ),
        ("[land]\nusual = 'sd4'", "name 'sd4' in land.usual"),
        ("[land.schemes.sd2]\npattern = '('", "land.schemes.sd2.pattern is no regular expression"),
        ("[land.schemes.sd2.named]\n9999 = 'x'", "name '9999' in land.schemes.sd2.named"),
        ("sizes = 400", "set sizes to 400: give a table of thresholds"),
        ("[sizes]\nother_m = 400", "sizes.other_m, other_m2 is the nearest"),
        ("[sizes]\nother_m2 = '400'", "set sizes.other_m2 to '400': give a value like 600.0"),
        ("[sizes]\nother_m2 = { valu = 4 }", "entry sizes.other_m2.valu, value is the nearest"),
        ("[covers.pond]\npbf = { permission = 'approval' }", "forbids without a basis"),
        (
            "[covers.pond]\npbf = { permission = 'allowed', basis = ['LAW'] }",
            "they do not have, LAL is the nearest",
        ),
        (
            "[covers.pond]\npbf = { permission = 'allowed', item = 7, basis = ['NA24'] }",
            "covers.pond.pbf.item is not among the prohibitions",
        ),
        (
            "[covers.pond]\npbf = { permission = 'allowed', item = 3 }",
            "covers.pond.pbf.item lacks its instrument in basis",
        ),
        (ON_POND + "'approval'\nbasis = ['UC166']\n" + SINCE, "pbf begins before its basis does"),
        (ON_POND + "'allowed'\n" + SINCE + UNTIL, "covers.pond.pbf ends before it begins"),
        (
            ON_POND + "'allowed'\n" + UNTIL + ON_POND + "'monitored'\nvalid_from = 2019-12-31\n",
            "covers.pond.pbf has entries that overlap in time",
        ),
    ],
)
def test_a_mistake_is_named_in_a_sentence(tmp_path: Path, text: str, said: str) -> None:
    assert said in refused(written(tmp_path, text))


def test_a_file_says_its_own_name_and_version(tmp_path: Path) -> None:
    for line in ('id = "mine"', 'version = "1"'):
        path = written(tmp_path, "")
        path.write_text(path.read_text("utf-8").replace(line, ""), "utf-8")
        assert f"lack {line.split()[0]}: add it" in refused(path)


def test_a_set_of_rules_of_its_own_must_be_whole(tmp_path: Path) -> None:
    path = tmp_path / "small.toml"
    path.write_text('id = "small"\nversion = "1"\nname = "small"\nclue = "a clue"\n', "utf-8")
    assert "lack area: add it as in the bundled cn.toml, or extend" in refused(path)


VALUES = st.sampled_from(
    ["1", "'x'", "true", "[]", "{}", "2020-01-01", "[1]", "{ x = 1 }", "1e999", "''", "[[]]"]
)
PLACES = st.sampled_from(
    ["", "covers", "covers.pond", "instruments.LAL", "land", "land.schemes.sd3", "sizes", "dates"]
)


@given(PLACES, st.sampled_from([*files.FORM.fields, "pbf", "basis", "label", "x"]), VALUES)
def test_any_entry_is_read_or_refused_in_a_sentence(
    tmp_path_factory: pytest.TempPathFactory, place: str, key: str, value: str
) -> None:
    own = {"extends": '"cn"', "id": '"m"', "version": '"1"'}
    own = {name: one for name, one in own.items() if place or name != key}
    table = f"[{place}]\n" if place else ""
    head = "".join(f"{name} = {one}\n" for name, one in own.items())
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text(f"{head}{table}{key} = {value}\n", "utf-8")
    with contextlib.suppress(UnusableInput):
        assert rules.load(path).covers


# --- the bundled file ----------------------------------------------------------------------------


def test_every_entry_says_where_it_comes_from() -> None:
    for one in (*CN.instruments.values(), *CN.dates.values(), *CN.figures.values()):
        assert len(one.source) > 5
    for one in CN.crops.values():
        assert len(one.source) > 5
    assert {one.id for one in CN.instruments.values() if one.verified} >= {"NG44", "RS258", "PBFR"}
    assert not CN.instruments["UC166"].verified


def test_both_languages_are_given_everywhere() -> None:
    texts = [one.label for one in (*CN.covers.values(), *CN.visited.values(), *CN.crops.values())]
    texts += [text for one in CN.instruments.values() for text in (one.title, one.used_for)]
    texts += [one.consequence for one in CN.dates.values()]
    texts += [one.text for one in CN.figures.values()]
    texts += [*CN.provinces.values(), *CN.patch_types.values()]
    texts += list(CN.prohibitions.texts.values() if CN.prohibitions else ())
    for words in texts:
        assert words.en.isascii(), words
        assert not words.zh.isascii(), words


def test_a_milestone_with_an_instrument_is_the_day_it_came_into_force() -> None:
    """DOMAIN 1.4."""
    days = {name: one.day for name, one in CN.dates.items()}
    assert days == {
        "survey": date(2019, 12, 31),
        "houses": date(2020, 7, 3),
        "non_agricultural": CN.instruments["NA24"].validity.valid_from,
        "non_grain": CN.instruments["NG44"].validity.valid_from,
        "fines": CN.instruments["LAL-IR"].validity.valid_from,
        "use_control": CN.instruments["UC166"].validity.valid_from,
        "yearly_adjustment": CN.instruments["PBFR"].validity.valid_from,
    }
    assert (days["non_agricultural"], days["non_grain"]) == (date(2020, 9, 10), date(2020, 11, 4))
    assert (days["use_control"], days["fines"]) == (date(2021, 11, 27), date(2021, 9, 1))
    assert days["yearly_adjustment"] == date(2025, 10, 1)


def test_sizes_are_those_of_the_survey() -> None:
    """DOMAIN 1.5."""
    sizes = CN.sizes
    assert (sizes.construction_m2, sizes.agricultural_m2, sizes.other_m2) == (200, 400, 600)
    assert (sizes.desert_m2, sizes.agreement_mu, sizes.pbf_counts_from_m2) == (1500, 0.01, 400)


def test_patch_types_are_those_of_the_national_tables(shared: Path) -> None:
    lines = (shared / "domain" / "tblx.csv").read_text("utf-8-sig").splitlines()[1:]
    told = dict(line.split(",", 1) for line in lines)
    aliases = {code for code in told if len(code) == 1}
    assert {code: words.zh for code, words in CN.patch_types.items()} == {
        code: name for code, name in told.items() if code not in aliases
    }


def test_a_patch_type_is_one_that_satellites_see_of_its_cover(shared: Path) -> None:
    """DOMAIN 2.5, column TBLX."""
    seen = {
        "built": "20 YH",
        "earthwork": "DT TD TP",
        "road": "DL1 DL2 ND",
        "pit": "CK",
        "solar": "GF",
        "lake": "SM",
        "pond": "KT SM",
        "orchard": "02 03",
        "nursery": "03",
        "forest": "02 03",
        "turf": "04",
        "greenhouse": "20 YH",
        "abandoned": "04 01",
        "crop": "01",
        "unknown": "QT",
    }
    for name, cover in CN.covers.items():
        assert cover.patch_type in seen[name].split()


def test_what_counts_as_grain_is_what_the_calendars_say() -> None:
    """DOMAIN 1.2; the calendars name a crop and its season or region."""
    names = {"rice": "rice", "wheat": "wheat", "maize": "maize", "soybean": "soybean"}
    names |= {"potato": "potato", "highland_barley": "highland_barley", "cotton": "cotton"}
    names |= {"sweet_potato": "sweet_potato", "rapeseed": "rapeseed", "peanut": "peanut"}
    names |= {"sugar_cane": "sugar_cane"}
    for crop in calendars.load().crops.values():
        known = [name for name in sorted(names, key=len, reverse=True) if name in crop.name]
        if crop.name != "winter_weeds":
            assert CN.crops[known[0]].grain == crop.grain, crop.name
    grain = {name for name, crop in CN.crops.items() if crop.grain}
    assert grain == {
        *("wheat", "rice", "maize", "soybean", "millet", "sorghum", "barley", "buckwheat"),
        *("oats", "highland_barley", "mung_bean", "potato", "sweet_potato"),
    }


def test_the_provinces_are_all_there() -> None:
    """GB/T 2260: 34 of them, and the corps that has a code of its own."""
    assert len(set(CN.provinces) - {"660000"}) == 34
    assert CN.provinces["410000"] == rules.Words("Henan", "河南省")


def test_the_page_is_up_to_date() -> None:
    page = (ROOT / "docs" / "rules-reference.md").read_text("utf-8")
    assert page == reference.page(), "python -m farmland.rules.reference > docs/rules-reference.md"


def test_the_page_is_written_by_its_command() -> None:
    run = subprocess.run(
        [sys.executable, "-X", "utf8", "-m", "farmland.rules.reference"],
        capture_output=True,
        check=True,
        cwd=ROOT,
    )
    assert run.stdout.decode().replace("\r\n", "\n") == reference.page()


def test_every_cover_and_instrument_is_on_the_page() -> None:
    page = reference.page()
    for name in (*CN.covers, *CN.visited, *CN.instruments):
        assert f"| `{name}`" in page


def test_rules_are_read_fast_and_help_reads_none(tmp_path: Path) -> None:
    path = tmp_path / "copy.toml"
    shutil.copy(EXAMPLES / "province.toml", path)
    spent = []
    for _ in range(3):
        begin = time.process_time()
        rules.load(path)
        spent.append(time.process_time() - begin)
    assert min(spent) < 0.2  # 0.03 s at rest; the machine may be busy
    story = "import sys; sys.argv = ['farmland', '--help']\nfrom farmland import rules\n"
    story += "rules.load = rules.files.read = None\nfrom farmland.cli import main\nmain()"
    run = subprocess.run([sys.executable, "-c", story], capture_output=True, text=True)
    assert "Usage" in run.stdout, run.stderr
