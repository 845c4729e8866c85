"""``farmland scenes``: what it says, in a table and to programs, and what it saves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from servers import stac_api

from farmland.cli import main


@pytest.fixture
def folder(shared: Path, tmp_path: Path) -> Path:
    """Four scenes of the series, the first published twice, with stated sizes but for one."""
    source, folder = shared / "data/s2_flanders_2018_2019", tmp_path / "catalog"
    folder.mkdir()
    shutil.copy(source / "parcels.gpkg", tmp_path)
    for number, path in enumerate(sorted(source.glob("**/S2*.json"))[:4]):
        item = json.loads(path.read_text("utf-8"))
        item["properties"]["eo:cloud_cover"] = 10 * number
        for asset in item["assets"].values():
            asset |= {"file:size": 1_000_000 * (number + 1)} if number else {}
        (folder / f"{number}.json").write_text(json.dumps(item), "utf-8")
        if number == 1:
            item["id"] += "_again"
            item["properties"]["s2:processing_baseline"] = "05.99"
            (folder / "again.json").write_text(json.dumps(item), "utf-8")
    return folder


@pytest.fixture
def scenes(folder: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    """Run the command; gives the exit code, what was printed and what was said."""

    def run(*words: str, catalog: Path | str = folder) -> tuple[int, str, str]:
        parcels = str(folder.parent / "parcels.gpkg")
        code = main(["scenes", parcels, "--period", "2018/2019", "--catalog", str(catalog),
                     "-q", *words])  # fmt: skip
        said = capsys.readouterr()
        return code, said.out, said.err

    return run


def test_the_table_tells_bytes_and_duplicates(scenes: Any) -> None:
    code, table, _ = scenes("--lang", "en")
    lines = table.splitlines()
    assert code == 0
    assert lines[0].split()[-2:] == ["Duplicate", "of"]
    rows = [line[line.index("S2_") - 5 :].split() for line in lines[2:7]]
    assert [row[0] for row in rows] == ["–", "14", "14", "21", "28"]
    assert [row[2:] for row in rows if row[2:]] == [[f"{rows[1][1]}_again"]]
    assert lines[-1] == (
        "5 scenes; the files of their bands take 77 MB; 1 do not state the size of their files."
    )
    chinese = scenes("--lang", "zh")[1].splitlines()
    assert chinese[0].split()[-1] == "重复于"
    assert chinese[-1] == "共 5 景；所用波段文件 77 MB；1 景未注明文件大小。"


def test_without_duplicates_and_sizes_neither_is_spoken_of(scenes: Any) -> None:
    _, table, _ = scenes("--max-cloud", "0", "--lang", "en")
    assert "Duplicate" not in table
    assert table.splitlines()[-1] == "1 scenes; 1 do not state the size of their files."


def test_programs_get_the_same(scenes: Any) -> None:
    said = json.loads(scenes("--json")[1])
    assert said["bytes"] == 77_000_000
    assert said["without_bytes"] == 1
    assert [each["bytes"] for each in said["scenes"]][:2] == [None, 14_000_000]
    assert sum(each["duplicate_of"] is not None for each in said["scenes"]) == 1


def test_saved_items_are_a_catalog(scenes: Any, folder: Path) -> None:
    target = folder.parent / "saved.json"
    code, table, _ = scenes("--save", str(target), "--lang", "en")
    assert (code, table.splitlines()[-1]) == (0, f"Saved to {target}.")
    before = json.loads(scenes("--json")[1])
    after = json.loads(scenes("--json", catalog=target)[1])
    assert before == after


def test_saved_items_of_an_api_point_at_its_files(scenes: Any, folder: Path) -> None:
    target = folder.parent / "saved.json"
    (folder / "collection.json").write_text('{"type": "Collection", "id": "sentinel-2-l2a"}')
    with stac_api(folder) as api:
        said = json.loads(scenes("--json", "--save", str(target), catalog=api.url)[1])
        assert said["saved"] == str(target)
        nowhere = str(folder.parent / "nowhere/saved.json")
        code, out, talk = scenes("--save", nowhere, "--lang", "en", catalog=api.url)
        assert (code, out) == (4, "")
        assert "cannot be written" in talk
    code, _, talk = scenes(catalog=target)
    assert code == 4
    assert "'127.0.0.1'" in talk
    assert "--allow-host" in talk
    code, text, _ = scenes("--json", "--allow-host", "127.0.0.1", catalog=target)
    assert json.loads(text)["scenes"] == said["scenes"]


@pytest.mark.parametrize(
    ("words", "code", "english", "chinese"),
    [
        (("--save", "scenes.csv"), 2, "let its name end in .json", "请以 .json 结尾"),
        (("--save", "{parcels}.json", "--plan", "{plan}"), 2, "is an input too", "同时是输入"),
        (("--save", "{elsewhere}"), 2, "in a folder above them", "上级文件夹"),
        (("--max-cloud", "200"), 2, "is no share of a scene", "不是有效的云量"),
    ],
)
def test_what_cannot_be_saved_is_one_sentence(
    words: tuple[str, ...], code: int, english: str, chinese: str, scenes: Any, folder: Path
) -> None:
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "x.json").write_text("{}")
    (folder.parent / "plan.toml").write_text("")
    names = {
        "{parcels}.json": str(folder / "0.json"),
        "{plan}": str(folder.parent / "plan.toml"),
        "{elsewhere}": str(folder.parent / "elsewhere/saved.json"),
    }
    told = [names.get(word, word) for word in words]
    catalog = folder / "0.json" if "{plan}" in words else folder
    for language, sentence in (("en", english), ("zh", chinese)):
        ended, out, talk = scenes(*told, "--lang", language, catalog=catalog)
        assert (ended, out) == (code, "")
        assert sentence in talk.strip().splitlines()[-1]
        assert "Traceback" not in talk


def test_a_plan_may_say_how_cloudy(scenes: Any, folder: Path) -> None:
    plan = folder.parent / "plan.toml"
    plan.write_text("max-cloud = 15\n", "utf-8")
    assert len(json.loads(scenes("--json", "--plan", str(plan))[1])["scenes"]) == 3
    plan.write_text('max-cloud = "little"\n', "utf-8")
    code, _, talk = scenes("--plan", str(plan))
    assert code == 4
    assert "max_cloud" in talk
