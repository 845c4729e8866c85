"""The page in a real browser: real clicks, real keys, no network, both languages, paper."""

from __future__ import annotations

import re
import shutil
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import rasterio
from matplotlib import image
from playwright.sync_api import Browser, Locator, Page, Request, expect, sync_playwright
from result.example import NASTY, example_result
from result.repeated import repeated

from farmland import palette, report
from farmland.report import backdrop, clues

expect.set_options(timeout=15_000)

ANY_NAME = re.compile(r"\S")
PHONE = {"width": 390, "height": 844}
DESK = {"width": 1360, "height": 900}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no browser: install the Debian package chromium")
    with sync_playwright() as play, warnings.catch_warnings():
        started = play.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the example, with pictures of the whole area."""
    folder = tmp_path_factory.mktemp("browser") / "X"
    (folder / "cogs").mkdir(parents=True)
    place = rasterio.Affine(10, 0, 448_900, 0, -10, 4_040_300)
    for name, value in zip(backdrop.FILES, (8000, 2500), strict=True):
        with rasterio.open(
            folder / name.replace("*", "32650"), "w", driver="GTiff", width=160, height=130,
            count=1, dtype="int16", crs="EPSG:32650", transform=place, nodata=-32768,
        ) as file:  # fmt: skip
            file.write(np.full((130, 160), value, np.int16), 1)
            file.scales = (1e-4,)
    return report.write(example_result(), folder, "zh")[0]


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A report of the example, without such pictures."""
    return report.write(example_result(), tmp_path_factory.mktemp("plain") / "X", "en")[0]


Opened = Callable[..., Page]


@pytest.fixture
def opened(browser: Browser) -> Iterator[Opened]:
    """Opens a page; at the end nothing may have been asked for or complained about."""
    asked: list[str] = []
    complaints: list[str] = []
    pages: list[tuple[Page, str]] = []

    def note(request: Request) -> None:
        if not request.url.startswith("data:image/webp;base64,"):
            asked.append(request.url.split("#")[0])

    def open_page(path: Path, part: str = "", size: dict[str, int] = DESK, **more: Any) -> Page:
        page = browser.new_context(viewport=size, locale="en-GB", **more).new_page()  # type: ignore[arg-type]
        page.set_default_timeout(15_000)
        page.on("request", note)
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(path.as_uri() + part)
        pages.append((page, path.as_uri()))
        return page

    yield open_page
    assert complaints == []
    assert asked == [address for _, address in pages], "only the file itself"
    for page, _ in pages:
        page.context.close()


def rows(page: Page) -> Locator:
    return page.locator("#list .row")


def names(page: Page) -> list[str]:
    """Cover in each row of the list, from top to bottom."""
    listed = page.evaluate(
        "() => [...document.querySelectorAll('#list .row')]"
        ".sort((a, b) => a.dataset.place - b.dataset.place)"
        ".map((row) => row.querySelector('b').textContent)"
    )
    assert isinstance(listed, list)
    return listed


def pixels(where: Locator, tmp_path: Path) -> np.ndarray[Any, np.dtype[np.int64]]:
    where.screenshot(path=tmp_path / "seen.png")
    drawn: np.ndarray[Any, np.dtype[np.int64]] = (
        (image.imread(tmp_path / "seen.png")[..., :3] * 255).round().astype(np.int64)
    )
    return drawn


def settled(page: Page) -> Locator:
    """The map once it is painted."""
    canvas = page.locator("#map canvas[data-painted]")
    canvas.wait_for()
    return canvas


def near(drawn: np.ndarray[Any, np.dtype[np.int64]], colour: str) -> int:
    """Pixels of about that colour."""
    wanted = [int(colour[i : i + 2], 16) for i in (1, 3, 5)]
    return int((np.abs(drawn - wanted).max(axis=2) < 32).sum())


# --- what is seen at first -----------------------------------------------------


@pytest.mark.parametrize("size", [DESK, PHONE], ids=["desk", "phone"])
def test_the_page_fits_the_screen(opened: Opened, plain: Path, size: dict[str, int]) -> None:
    page = opened(plain, size=size, has_touch=size is PHONE, is_mobile=size is PHONE)
    expect(rows(page).first).to_be_visible()
    settled(page)
    assert page.evaluate("() => document.documentElement.scrollWidth") == size["width"]
    page.goto(plain.as_uri() + "#p=000000000001")
    expect(page.locator("#patch-title")).to_be_visible()
    assert page.evaluate("() => document.documentElement.scrollWidth") == size["width"]
    small = page.evaluate(
        "() => [...document.querySelectorAll('#patch *')].filter((e) => e.children.length === 0"
        " && e.textContent.trim() && e.checkVisibility()"
        " && parseFloat(getComputedStyle(e).fontSize) < 10).map((e) => e.className)"
    )
    assert small == []


def test_the_map_shows_parcels_and_patches(opened: Opened, plain: Path, tmp_path: Path) -> None:
    drawn = pixels(settled(opened(plain)), tmp_path)
    assert near(drawn, "#E6F0E4") > 10_000, "parcels that stay as they were"
    assert near(drawn, palette.CLASSES["non_agri"]) > 300
    assert near(drawn, palette.CLASSES["non_grain_A"]) > 300


def test_what_is_settled_steps_back_and_says_so(
    opened: Opened, plain: Path, tmp_path: Path
) -> None:
    result = example_result()
    states = [*["dismissed", "closed"] * 3, "verified"]
    settled_cases = replace(result, conversions=result.conversions.assign(status=states))
    page = opened(report.write(settled_cases, tmp_path / "X", "en")[0])
    told = page.locator("#list .badge.case").all_text_contents()
    assert sorted(told) == ["closed"] * 3 + ["dismissed"] * 3 + ["verified in the field"]
    drawn, open_cases = (pixels(settled(one), tmp_path) for one in (page, opened(plain)))
    for name in ("non_agri", "non_grain_A"):
        colour = palette.CLASSES[name]
        assert near(drawn, colour) < near(open_cases, colour) / 2


def test_contrast_is_enough(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    expect(rows(page).first).to_be_visible()
    page.evaluate("() => document.querySelectorAll('details').forEach((e) => { e.open = true; })")
    assert page.evaluate(FAINT) == []
    page.goto(plain.as_uri() + "#p=000000000001")
    expect(page.locator("#patch-title")).to_be_visible()
    assert page.evaluate(FAINT) == []


FAINT = """() => {
  const light = (rgb) => rgb.map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4))
    .reduce((sum, v, n) => sum + v * [0.2126, 0.7152, 0.0722][n], 0);
  const parse = (text) => text.match(/[\\d.]+/g).map(Number);
  const ground = (e) => {
    for (let up = e; up; up = up.parentElement) {
      const [r, g, b, a = 1] = parse(getComputedStyle(up).backgroundColor);
      if (a > 0.5) return [r, g, b];
    }
    return [255, 255, 255];
  };
  const faint = [];
  for (const e of document.body.querySelectorAll("*")) {
    const own = [...e.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
    if (!own || !e.checkVisibility() || e.closest(".off")) continue;
    const svg = e instanceof SVGElement;
    const ink = parse(getComputedStyle(e)[svg ? "fill" : "color"]).slice(0, 3);
    const [one, two] = [light(ink), light(ground(svg ? e.ownerSVGElement : e))];
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    if (ratio < 4.5) faint.push([e.tagName, String(e.className), e.textContent, ratio]);
  }
  return faint;
}"""


# --- filters and order ----------------------------------------------------------


def test_filters_drive_the_list_and_the_map(opened: Opened, plain: Path, tmp_path: Path) -> None:
    page = opened(plain)
    expect(rows(page)).to_have_count(7)
    all_of_them = near(pixels(settled(page), tmp_path), palette.CLASSES["non_agri"])
    expect(page.locator("#count")).to_contain_text("7 of 7 clues")
    page.select_option("[name=stage]", "confirmed")
    expect(rows(page)).to_have_count(3)
    assert names(page) == ["buildings", "greenhouse", "orchard or tea"]
    page.select_option("[name=cover]", "orchard")
    expect(rows(page)).to_have_count(1)
    page.wait_for_timeout(400)
    drawn = pixels(settled(page), tmp_path)
    rest = near(drawn, palette.CLASSES["non_agri"])
    assert rest < all_of_them / 4, "the map shows what the list shows"
    assert near(drawn, palette.CLASSES["non_grain_A"]) > 300
    page.get_by_role("button", name="Clear").click()
    expect(rows(page)).to_have_count(7)
    page.fill("[name=area]", "10")
    expect(page.locator("#count")).to_contain_text("3 of 7")
    page.fill("[name=area]", "9999")
    expect(page.locator("#nothing")).to_be_visible()


def test_free_text_finds_ids_words_and_places(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    for text, count in (("alert(1)", 1), ("撂荒", 1), ("POND", 1), ("370112001002", 7),
                        ("000000001ef0", 1), ("road 地块", 1), ("nowhere", 0)):  # fmt: skip
        page.fill("[name=text]", text)
        expect(rows(page)).to_have_count(count)
    page.locator("[name=text]").press("Escape")
    expect(rows(page)).to_have_count(7)


def test_the_list_is_sorted_by_what_is_asked(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    result = example_result()
    found = clues.of(result.conversions)
    expect(rows(page)).to_have_count(7)
    page.select_option("[name=order]", "area")
    by_area = sorted(found, key=lambda clue: -clue.area_m2)
    shown = [text.split(" m²")[0] for text in page.locator(".row .size").all_inner_texts()]
    assert shown == [f"{clue.area_m2:,.0f}" for clue in by_area]
    page.get_by_role("button", name="Reverse the order").click()
    shown = [text.split(" m²")[0] for text in page.locator(".row .size").all_inner_texts()]
    assert shown == [f"{clue.area_m2:,.0f}" for clue in by_area[::-1]]
    page.select_option("[name=order]", "recent")
    assert names(page)[0] == "buildings", "the first, in reverse"


def test_places_can_be_chosen_by_name(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PICTURES", 0)
    result = example_result()
    overlay = result.overlay.copy()
    overlay.loc[overlay["patch_id"] == overlay["patch_id"][0], "place_code"] = "370113"
    named = result.summary.head(1).assign(code="370113", name="长清区")
    summary = pd.concat([result.summary, named], ignore_index=True)
    page = opened(report.write(replace(result, overlay=overlay, summary=summary),
                               tmp_path / "X", "zh")[0])  # fmt: skip
    options = page.locator("[name=place] option").all_inner_texts()
    assert options[0] == "全部"
    assert options[1] == "<b>历城区</b> (6)"
    assert options[-1] == "长清区 (1)"
    page.select_option("[name=place]", "370113")
    expect(rows(page)).to_have_count(1)
    expect(rows(page).first).to_contain_text("长清区")


# --- a patch ------------------------------------------------------------------------


def test_a_patch_opens_from_the_list_and_leads_on(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    rows(page).nth(1).click()
    expect(page.locator("#patch-title")).to_contain_text("greenhouse")
    expect(page.locator("#overview")).to_be_hidden()
    expect(page.locator("#patch")).to_contain_text(NASTY[1])
    assert page.url.endswith("#p=000000001ef0")
    page.get_by_role("link", name="Next patch").click()
    expect(page.locator("#patch-title")).to_contain_text("orchard")
    page.get_by_role("link", name="Previous patch").click()
    page.get_by_role("link", name="Previous patch").click()
    expect(page.locator("#patch-title")).to_contain_text("buildings")
    expect(page.locator("[aria-disabled=true]")).to_have_count(1)
    page.go_back()
    expect(page.locator("#patch-title")).to_contain_text("greenhouse")
    page.get_by_role("link", name="All clues").click()
    expect(page.locator("#overview")).to_be_visible()
    expect(page.locator("#list")).to_be_focused()
    expect(page.locator("[aria-selected=true]")).to_contain_text("greenhouse")


def test_a_patch_opens_from_the_map(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    canvas = settled(page)
    spot = page.evaluate(
        "() => { const { map } = page, box = map.patches.boxes.subarray(0, 4);"
        " return map.spot((box[0] + box[2]) / 2, (box[1] + box[3]) / 2); }"
    )
    canvas.hover(position={"x": spot[0], "y": spot[1]})
    expect(page.locator("#tip")).to_contain_text("buildings")
    expect(page.locator("#tip")).to_contain_text(NASTY[0])
    canvas.click(position={"x": spot[0], "y": spot[1]})
    expect(page.locator("#patch-title")).to_contain_text("buildings")


def test_a_parcel_tells_its_status(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    canvas = settled(page)
    spot = page.evaluate(
        "() => { const { map } = page, n = blockOf('names').indexOf('地块0021');"
        " const box = map.parcels.boxes.subarray(4 * n, 4 * n + 4);"
        " return map.spot((box[0] + box[2]) / 2, (box[1] + box[3]) / 2); }"
    )
    canvas.hover(position={"x": spot[0], "y": spot[1]})
    expect(page.locator("#tip")).to_contain_text("地块0021")
    expect(page.locator("#tip")).to_contain_text("still farmed as before")


def test_the_map_is_dragged_and_zoomed(opened: Opened, plain: Path, tmp_path: Path) -> None:
    page = opened(plain)
    canvas = settled(page)
    canvas.scroll_into_view_if_needed()
    view = "() => ({ ...page.map.view })"
    before = page.evaluate(view)
    box = canvas.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.down()
    page.mouse.move(box["x"] + 360, box["y"] + 240, steps=4)
    page.mouse.up()
    moved = page.evaluate(view)
    assert moved["x"] == pytest.approx(before["x"] - 60 / before["scale"], rel=1e-6)
    assert moved["y"] == pytest.approx(before["y"] - 40 / before["scale"], rel=1e-6)
    expect(page.locator("#overview")).to_be_visible()  # a drag is no click
    page.get_by_role("button", name="Zoom in").click()
    assert page.evaluate(view)["scale"] == pytest.approx(1.6 * before["scale"])
    page.get_by_role("button", name="Show all").click()
    assert page.evaluate(view) == pytest.approx(before)
    y = page.evaluate("() => scrollY")
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.locator("#list").focus()
    page.mouse.wheel(0, 120)
    page.wait_for_timeout(200)
    assert page.evaluate(view) == pytest.approx(before), "the wheel scrolls the page"
    assert page.evaluate("() => scrollY") > y
    canvas.focus()
    box = canvas.bounding_box()  # the page has moved
    assert box is not None
    page.mouse.move(box["x"] + 300, box["y"] + 200)
    page.mouse.wheel(0, -120)
    page.wait_for_timeout(200)
    assert page.evaluate(view)["scale"] > before["scale"]
    page.keyboard.press("0")
    page.keyboard.press("ArrowRight")
    assert page.evaluate(view)["x"] == pytest.approx(before["x"] + 60 / before["scale"])


def test_swiping_uncovers_the_other_picture(opened: Opened, plain: Path, tmp_path: Path) -> None:
    page = opened(plain, "#p=000000000001")
    swipe = page.locator(".swipe")
    swipe.wait_for()
    box = swipe.bounding_box()
    assert box is not None
    half = pixels(swipe, tmp_path)
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 4, box["y"] + box["height"] / 2, steps=6)
    page.mouse.up()
    after = pixels(swipe, tmp_path)
    middle = np.s_[box["height"] * 0.45 // 1 : box["height"] * 0.55 // 1]
    rows_ = slice(int(middle.start), int(middle.stop))
    left = slice(int(box["width"] * 0.35), int(box["width"] * 0.45))
    bright = [drawn[rows_, left].mean() for drawn in (half, after)]
    assert bright[1] > bright[0] + 40, "what was built is uncovered"
    swipe.locator("input").press("End")
    before = pixels(swipe, tmp_path)
    assert before[rows_, left].mean() < bright[1] - 40
    assert swipe.locator("input").get_attribute("aria-label")


def test_the_picture_on_the_right_can_be_chosen(opened: Opened, plain: Path) -> None:
    page = opened(plain, "#p=000000001ef0")
    expect(page.locator(".film figure")).to_have_count(3)
    expect(page.locator(".corner.right")).to_contain_text("After")
    page.locator("[data-side=onset]").click()
    expect(page.locator(".corner.right")).to_contain_text("At the change")
    expect(page.locator("[data-side=onset]")).to_be_focused()


def test_the_curve_shows_every_look(opened: Opened, plain: Path) -> None:
    page = opened(plain, "#p=000000000001")
    curve = example_result().evidence["000000000001"].curve
    clear = int(np.isfinite(curve.ndvi).sum())
    since = int((np.isfinite(curve.ndvi) & (curve.days >= np.datetime64("2025-03-07"))).sum())
    drawing = page.locator(".curve")
    expect(drawing.locator("circle")).to_have_count(clear)
    expect(drawing.locator("circle.hit")).to_have_count(since)
    expect(drawing.locator(".miss")).to_have_count(len(curve.days) - clear)
    for mark in (".own", ".change", ".proven", ".after"):
        expect(drawing.locator(mark)).to_have_count(1)
    first = page.locator(".curve circle title").first.text_content()
    value = curve.ndvi[np.isfinite(curve.ndvi)][0]
    assert first is not None
    assert first.endswith(f"NDVI {value:.2f}")
    dots = drawing.locator("circle").evaluate_all(
        "(dots) => dots.map((dot) => [+dot.getAttribute('cx'), +dot.getAttribute('cy')])"
    )
    inside = np.array(dots)
    assert ((inside >= (36, 18)) & (inside <= (630, 262))).all()


def test_parts_by_kind_of_land_stand_with_the_patch(opened: Opened, plain: Path) -> None:
    page = opened(plain, "#p=000000000001")
    table = page.locator(".parts table")
    expect(table.locator("tbody tr")).to_have_count(2)
    expect(table.locator("tbody tr").first).to_contain_text("0102")
    expect(table.locator("th")).not_to_contain_text(["Ecological redline"])


def test_what_is_not_inside_is_said(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report.page.proof, "MOST_BYTES", 0)
    monkeypatch.setattr(report, "PICTURES", 1)
    folder = tmp_path / "X"
    page = opened(report.write(example_result(), folder, "en")[0])
    expect(page.locator("#inside")).to_contain_text("Those of 7 more were left out")
    (picture,) = (folder / "chips").iterdir()
    page.goto(page.url.split("#")[0] + f"#p={picture.stem}")
    expect(page.locator(".pictures")).to_contain_text("not in this page")
    link = page.locator(".pictures a")
    expect(link).to_have_attribute("href", f"chips/{picture.name}")
    expect(page.locator(".curve")).to_be_visible()


def test_a_patch_beyond_the_limit_says_that_no_picture_was_made(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("farmland.result.PICTURED", 3)
    monkeypatch.setattr(report, "PICTURES", 0)
    result = example_result()
    found = clues.of(result.conversions)
    kept = {
        name: item
        if name in result.pictured
        else replace(item, before=None, onset=None, after=None)
        for name, item in result.evidence.items()
    }
    page = opened(report.write(replace(result, evidence=kept), tmp_path / "X", "en")[0])
    limit = "1,000 surest clues only"
    expect(page.locator("#inside")).to_contain_text(limit)
    for clue, pictures in zip(found, (1, 1, 1, 0, 0, 0, 0), strict=True):
        page.goto(f"{page.url.split('#')[0]}#p={clue.patch_id}")
        expect(page.locator(".film")).to_have_count(pictures)
        expect(page.locator(".pictures")).to_contain_text("one stretch" if pictures else limit)
        expect(page.locator(".curve")).to_be_visible()


@pytest.mark.parametrize("size", [DESK, {"width": 1024, "height": 768}, PHONE])
def test_the_list_names_every_cover_in_full(
    opened: Opened, plain: Path, size: dict[str, int]
) -> None:
    page = opened(plain, size=size)
    expect(rows(page)).to_have_count(7)
    cut = "(all) => all.filter((b) => b.scrollWidth > b.clientWidth).map((b) => b.textContent)"
    assert page.locator("#list .row b, #list .row .size").evaluate_all(cut) == []


# --- the whole area ----------------------------------------------------------------------


def test_the_map_swipes_between_before_and_after(
    opened: Opened, written: Path, tmp_path: Path
) -> None:
    page = opened(written)
    canvas = settled(page)
    expect(page.locator("#pair")).to_be_visible()
    page.wait_for_timeout(300)

    def ground() -> list[float]:
        drawn = pixels(canvas, tmp_path)
        height, width = drawn.shape[:2]
        band = drawn[height * 4 // 10 : height * 6 // 10]
        return [band[:, width * n // 8 : width * (n + 1) // 8, 0].mean() for n in (2, 5)]

    left, right = ground()
    assert right > left + 60, "dark green to the left, pale to the right"
    page.locator("#line").press("End")
    page.wait_for_timeout(200)
    assert max(ground()) < left + 40
    page.locator("#line").press("Home")
    page.wait_for_timeout(200)
    assert min(ground()) > right - 40


def test_without_pictures_of_the_area_there_is_no_swipe(opened: Opened, plain: Path) -> None:
    expect(opened(plain).locator("#pair")).to_be_hidden()


# --- languages, keys, paper, no programs ---------------------------------------------------


def test_the_language_is_switched(opened: Opened, written: Path) -> None:
    page = opened(written)
    expect(rows(page).first).to_contain_text("影像确认")
    page.get_by_text("English", exact=True).click()
    expect(rows(page).first).to_contain_text("confirmed by imagery")
    expect(page.locator("h1")).to_have_text("Farmland change clues", use_inner_text=True)
    expect(page.locator("html")).to_have_attribute("lang", "en")
    rows(page).first.click()
    expect(page.locator(".reason")).to_contain_text("NDVI stayed at")
    page.get_by_text("中文", exact=True).click()
    expect(page.locator(".reason")).to_contain_text("次观测 NDVI 保持在")
    chinese = page.locator("#patch").inner_text()
    for word in ("Before", "After", "Parcel", "Next", "Level"):
        assert word not in chinese


def test_everything_is_reached_by_keys(opened: Opened, plain: Path) -> None:
    page = opened(plain)
    expect(rows(page)).to_have_count(7)
    seen = []
    for _ in range(30):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            "() => { const e = document.activeElement, s = getComputedStyle(e);"
            " const shown = s.outlineStyle !== 'none' || e.name === 'language';"
            " return [e.id || e.name || e.tagName, shown]; }"
        )
        assert focus[1], f"{focus[0]} has the focus and does not show it"
        seen.append(focus[0])
        if focus[0] == "list":
            break
    wanted = ["en", "text", "level", "cover", "stage", "conversion", "policy_class", "place",
              "area", "order", "reverse", "BUTTON", "CANVAS", "closer", "further", "whole",
              "list"]  # fmt: skip
    assert seen == wanted
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    active = page.locator("#list").get_attribute("aria-activedescendant")
    assert active == "row-2"
    expect(page.locator("#row-2")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("End")
    expect(page.locator("#row-6")).to_have_attribute("aria-selected", "true")
    page.keyboard.press("PageUp")
    page.keyboard.press("Home")
    page.keyboard.press("Enter")
    expect(page.locator("#patch-title")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#patch-title")).to_contain_text("greenhouse")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#patch-title")).to_contain_text("buildings")
    page.keyboard.press("Escape")
    expect(page.locator("#list")).to_be_focused()
    expect(page.locator("#row-0")).to_have_attribute("aria-selected", "true")


def test_everything_has_a_name(opened: Opened, written: Path) -> None:
    page = opened(written)
    expect(rows(page)).to_have_count(7)
    for role in ("listbox", "application", "searchbox", "combobox", "spinbutton", "button",
                 "slider", "link"):  # fmt: skip
        for element in page.get_by_role(role).all():
            expect(element).to_have_accessible_name(ANY_NAME)
    expect(rows(page).first).to_have_attribute("aria-posinset", "1")
    expect(rows(page).first).to_have_attribute("aria-setsize", "7")


def test_paper_holds_the_list_or_the_patch(opened: Opened, plain: Path, tmp_path: Path) -> None:
    page = opened(plain)
    page.select_option("[name=stage]", "confirmed")
    page.evaluate("() => dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#printed tbody tr")).to_have_count(6)
    expect(page.locator("#printed")).to_contain_text(NASTY[0])
    page.evaluate("() => dispatchEvent(new Event('afterprint'))")
    expect(page.locator("#printed tbody tr")).to_have_count(0)
    page.pdf(path=tmp_path / "list.pdf", prefer_css_page_size=True)
    page.goto(plain.as_uri() + "#p=000000000001")
    page.locator(".curve").wait_for()
    page.pdf(path=tmp_path / "patch.pdf", prefer_css_page_size=True)
    sizes = [(tmp_path / name).read_bytes() for name in ("list.pdf", "patch.pdf")]
    assert all(content.startswith(b"%PDF-") for content in sizes)
    assert sizes[1].count(b"/Type /Page\n") == 1, "a patch fits on one sheet"


def test_without_programs_the_summary_and_the_list_are_there(opened: Opened, plain: Path) -> None:
    page = opened(plain, java_script_enabled=False)
    expect(page.locator("noscript table.list tbody tr")).to_have_count(14)
    expect(page.locator("noscript img.picture")).to_be_visible()
    expect(page.locator("#explore")).to_be_hidden()
    page.locator("label[for=zh]").click()
    expect(page.locator("h1")).to_have_text("耕地变化线索监测报告", use_inner_text=True)


# --- no patch, many patches ---------------------------------------------------------------------


def test_no_patch_is_a_page_too(opened: Opened, tmp_path: Path) -> None:
    page = opened(report.write(example_result(patches=False), tmp_path / "X", "en")[0])
    settled(page)
    expect(page.locator(".lead")).to_contain_text("No clue was found")
    expect(page.locator("#choice")).to_have_count(0)


@pytest.mark.slow
def test_ten_thousand_patches_are_listed_filtered_and_opened(
    opened: Opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(report, "PICTURES", 0)
    monkeypatch.setattr(report.overview, "draw", lambda *_: b"")
    monkeypatch.setattr(report.page.proof, "MOST_BYTES", 100_000)
    many = repeated(example_result(rows=3, columns=4), 1429)
    page = opened(report.write(many, tmp_path / "X", "en")[0])
    expect(page.locator("#count")).to_contain_text("10003 of 10003 clues")
    assert page.locator("#list .row").count() < 40
    page.locator("#list").press("End")
    expect(page.locator("#row-10002")).to_be_visible()
    assert page.locator("#list .row").count() < 40
    page.fill("[name=text]", "~1234")
    expect(rows(page)).to_have_count(7)
    rows(page).first.click()
    expect(page.locator("#patch")).to_contain_text("~1234")
    expect(page.locator(".curve")).to_be_visible()
