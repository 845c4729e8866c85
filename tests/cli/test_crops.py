"""``farmland detect --crops`` on a simulated county in which some fields of grain changed crop."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest

from farmland.cli import main
from farmland.layers import LAYERS
from farmland.simulate import County, county, write
from farmland.simulate.calendars import ORDER, VEGETABLES, stage_table
from farmland.simulate.fields import Crops

PERIODS = ("--after", "2024", "--before", "2022/2023", "--history", "2022/2023")
TURNED = int(np.datetime64("2023-09-15").astype(int))
FIRST = int(np.datetime64("2023-01-01").astype(int))


def sown(crops: Crops, fields: Sequence[int], names: Sequence[str]) -> Crops:
    """The same seasons, but from the autumn before the period after on other crops on ``fields``.

    They grow as their calendar has them, in the middle of its windows, and winter crops again.
    """
    early, late, _ = stage_table()
    kept = ~(np.isin(crops.field, fields) & (crops.days[:, 0] >= TURNED))
    rows = [
        (field, ORDER[name], FIRST - 1 + shift + (early[ORDER[name]] + late[ORDER[name]]) / 2)
        for field in fields
        for name in names
        for shift in ((0, 365) if name == "winter_rapeseed" else (365,))
    ]
    number = np.concatenate([crops.field[kept], [row[0] for row in rows]]).astype(np.int32)
    days = np.concatenate([crops.days[kept], [row[2] for row in rows]]).astype(np.float32)
    crop = np.concatenate([crops.crop[kept], [row[1] for row in rows]]).astype(np.int32)
    vigour = np.concatenate([crops.vigour[kept], np.ones(len(rows))]).astype(np.float32)
    order = np.lexsort((days[:, 0], number))
    number, days = number[order], days[order]
    until = np.full(number.size, np.inf, np.float32)
    same = number[1:] == number[:-1]
    until[:-1][same] = days[1:, 0][same]
    return replace(
        crops, field=number, crop=crop[order], days=days, until=until, vigour=vigour[order]
    )


def plain_fields(made: County) -> list[int]:
    """Wheat and maize in every year, no decoy, nothing built or planted, the largest first."""
    crops, first = made.ground.crops, made.ground.ranks[0]
    names = list(ORDER)
    touched = set(made.truth["parcel_id"]) | set(made.decoys["parcel_id"])
    lasting = set(made.ground.field[first.segment[np.isneginf(first.start)]])
    plain = []
    for number, name in enumerate(made.parcels["parcel_id"]):
        own = {names[crop] for crop in crops.crop[crops.field == number]}
        if {name, number}.isdisjoint(touched | lasting) and own == {"winter_wheat", "summer_maize"}:
            plain.append(number)
    return sorted(plain, key=lambda number: -made.parcels.area[number])


def only_vegetables(made: County) -> list[str]:
    """Parcels on which the last year's crops are all vegetables: some rotate on their own."""
    weeds = {name for name in ORDER if name.startswith("weeds")}
    crops = made.ground.crops
    names = np.array(list(ORDER))
    last = (crops.days[:, 3] >= FIRST + 365) & (crops.days[:, 3] < FIRST + 730)
    grown = [set(names[crops.crop[last & (crops.field == n)]]) for n in range(len(made.parcels))]
    return [
        name
        for name, own in zip(made.parcels["parcel_id"], grown, strict=True)
        if len(own & set(VEGETABLES)) >= 3 and own <= weeds | set(VEGETABLES)
    ]


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A county of 800 m: four fields turned to vegetables, four to rapeseed alone."""
    folder = tmp_path_factory.mktemp("crops")
    made = county(
        5, region="north_china", size_m=800, start="2022-01-01", months=36, cloudiness=0.3
    )
    plain = plain_fields(made)
    crops = sown(made.ground.crops, plain[0:8:2], VEGETABLES)
    crops = sown(crops, plain[1:8:2], ["winter_rapeseed"])
    turned = replace(made, ground=replace(made.ground, crops=crops))
    write(turned, folder)
    told = {
        "vegetable": only_vegetables(turned),
        "rapeseed": [*made.parcels["parcel_id"].iloc[plain[1:8:2]]],
    }
    (folder / "turned.json").write_text(json.dumps(told))
    return folder


def run(place: Path, name: str, *words: str) -> dict[str, Any]:
    out = place / name
    asked = ["detect", str(place / "parcels.gpkg"), "--catalog", str(place / "catalog.json")]
    assert main([*asked, *PERIODS, "--offline", "--out", str(out), "-qq", *words]) == 0
    return {layer: gpd.read_file(out, layer=layer) for layer in LAYERS}


@pytest.fixture(scope="module")
def without(place: Path) -> dict[str, Any]:
    return run(place, "without.gpkg")


@pytest.fixture(scope="module")
def found(place: Path) -> dict[str, Any]:
    return run(place, "with.gpkg", "--crops")


def others(found: dict[str, Any]) -> gpd.GeoDataFrame:
    return found["conversions"][found["conversions"]["cover"] == "crop"]


def test_without_the_option_no_crop_is_listed(without: dict[str, Any]) -> None:
    assert others(without).empty


def test_fields_of_grain_with_another_crop_are_listed(place: Path, found: dict[str, Any]) -> None:
    turned = json.loads((place / "turned.json").read_text())
    rows = others(found)
    assert set(rows["parcel_id"]) <= {name for names in turned.values() for name in names}
    for crop, word in (("vegetable", "vegetables"), ("rapeseed", "rapeseed")):
        mine = rows[rows["parcel_id"].isin(turned[crop])]
        assert len(mine) >= 2, crop
        assert mine["reason"].str.contains(f"most like {word}").all()


def test_a_row_says_what_it_is_and_no_more(place: Path, found: dict[str, Any]) -> None:
    rows = others(found)
    assert set(rows["conversion"]) == {"non_grain"}
    assert set(rows["policy_class"]) == {"non_grain_B"}
    assert set(rows["stage"]) == {"candidate"}
    assert set(rows["cover_before"]) <= {"wheat_maize", "summer_crop", "spring_crop"}
    assert set(rows["rule"].str.split("@").str[0]) == {"cn:crop:unknown"}
    assert rows["confirmed_on"].isna().all()
    assert (rows["date_from"] < rows["date_to"]).all()
    assert rows["patch_id"].is_unique
    assert rows["scene_before"].notna().all()
    assert rows["reason_zh"].str.contains("不计入流出").all()
    assert rows["confidence"].between(0.6, 0.85).all()
    assert set(rows["level"]) == {"medium"}
    whole = found["parcels"].set_index("parcel_id").loc[rows["parcel_id"]]
    assert (rows["area_m2"].to_numpy() == whole["area_m2"].to_numpy()).all()


def test_nothing_else_changes(found: dict[str, Any], without: dict[str, Any]) -> None:
    """No outflow: summary, areas and statuses are those of a run without the option."""
    assert found["summary"].equals(without["summary"])
    ids = others(found)["parcel_id"]
    for column in ("parcel_id", "status", "converted_m2", "cropping", "geometry"):
        assert found["parcels"][column].equals(without["parcels"][column])
    mine = found["parcels"]["parcel_id"].isin(ids)
    assert (found["parcels"].loc[mine, "status"] == "stable").all()
    assert found["parcels"].loc[mine, "reason"].str.contains("listed as another crop").all()
    assert found["parcels"].loc[~mine, "reason"].equals(without["parcels"].loc[~mine, "reason"])
    rest = found["conversions"][found["conversions"]["cover"] != "crop"].reset_index(drop=True)
    assert rest.equals(without["conversions"])


def test_the_numbers_for_programs_count_them_apart(
    place: Path, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    plan = place / "plan.toml"
    plan.write_text('parcels = "parcels.gpkg"\ncatalog = "catalog.json"\ncrops = true\n', "utf-8")
    words = ["detect", "--plan", str(plan), *PERIODS, "--offline", "--out", str(place / "p.gpkg")]
    assert main([*words, "--json", "-qq"]) == 0
    said = json.loads(capsys.readouterr().out)
    rows = others(found)
    assert said["other_crops"] == len(rows)
    assert said["conversions"] == len(found["conversions"]) - len(rows)
    assert said["conversions"] == said["confirmed"] + said["candidates"]
    page = (place / "p" / "report.html").read_text("utf-8")
    assert all(name in page for name in rows["parcel_id"])


def test_explain_tells_of_the_crop(
    place: Path, found: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    name = others(found)["parcel_id"].iloc[0]
    words = ["explain", str(place / "with.gpkg"), "--parcel", name, "--lang", "en"]
    assert main(words) == 0
    assert "listed as another crop" in " ".join(capsys.readouterr().out.split())
