"""``farmland report``: what stands beside a result, and the documents a supervisor hands on."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from farmland.cli import combinations, endings, showing
from farmland.cli.options import PLOT, RESULT, TALK, all_of, existing
from farmland.cli.spoken import command, option

DOCUMENTS = ("page", "sheets", "bulletin", "tables")
"""Keys of :data:`farmland.flow.documents.WRITERS`, each with a flag but the page."""

FLAGS = (*(f"--{name}" for name in DOCUMENTS[1:]), "--all")

NEEDS = {
    "--rules": ("--budget", "--import"),
    "--strip-exif": ("--import",),
    "--keep-inspector": ("--import",),
}
"""Options that say nothing without one of these."""


@command(
    name="report",
    en="Write the page of a result again, or its papers and lists: evidence sheets, a bulletin, "
    "tables, visits; take findings over; write the QGIS project again after a renaming.",
    zh="重新生成结果网页，或生成文档与清单：核实表、快报、统计表、核查路线；导入核查结果；"
    "文件改名后可重建其中的 QGIS 工程。",
    example="farmland report county.gpkg\n"
    "farmland report county.gpkg --sheets --tables --to handout\n"
    "farmland report county.gpkg --budget 50 --to field\n"
    "farmland report county.gpkg --import field/inspection.gpkg --strip-exif\n"
    "farmland report county.gpkg --relink",
)
@option("--sheets", is_flag=True, en="Write an evidence sheet for each patch (PDF).",
        zh="为每个图斑生成核实表（PDF）。")  # fmt: skip
@option("--bulletin", is_flag=True, en="Write the bulletin (Word and Markdown).",
        zh="生成监测快报（Word 与 Markdown）。")  # fmt: skip
@option("--tables", is_flag=True, en="Write tables and the ledger (Excel and CSV).",
        zh="生成统计表与图斑台账（Excel 与 CSV）。")  # fmt: skip
@option("--all", "everything", is_flag=True, en="Write the HTML report and every document.",
        zh="生成 HTML 报告及全部文档。")  # fmt: skip
@option("--to", "folder", type=click.Path(path_type=Path, file_okay=False), metavar="DIR",
        en="Folder for what is written (default: the one beside the result).",
        zh="输出目录（默认为结果旁的同名文件夹）。")  # fmt: skip
@option("--relink", is_flag=True, en="Only write the QGIS project again.",
        zh="仅重建 QGIS 工程。")  # fmt: skip
@option("--budget", type=click.IntRange(min=1), metavar="N",
        en="List the N patches most worth a visit, in rounds by distance.",
        zh="列出最值得实地核查的 N 个图斑，按距离分路线。")  # fmt: skip
@option("--rules", "ruled", metavar="cn|FILE",
        en="Rules of --budget or --import (default: those of the run).",
        zh="--budget 或 --import 所用规则；默认为该次运行的规则。")  # fmt: skip
@option("--import", "findings", type=click.Path(path_type=Path), metavar="FILE",
        en="Take findings of inspectors over into the result: GeoPackage, XLSX or CSV.",
        zh="将实地核查结果导入：GeoPackage、XLSX 或 CSV。")  # fmt: skip
@option("--strip-exif", is_flag=True,
        en="With --import: keep position and direction of photographs and drop the rest of EXIF.",
        zh="与 --import 合用：照片仅保留位置与方位角，去除其余 EXIF。")  # fmt: skip
@option("--keep-inspector", is_flag=True,
        en="With --import: also take over the names of inspectors.",
        zh="与 --import 合用：同时写入核查人姓名。")  # fmt: skip
@all_of(RESULT, PLOT, TALK)
def report(
    result: Path,
    everything: bool,
    folder: Path | None,
    relink: bool,
    plot: str | None,
    **settings: Any,
) -> None:
    """Write what stands beside or in a result again."""
    asked = [name for name in DOCUMENTS[1:] if settings.pop(name)]
    wanted = list(DOCUMENTS) if everything else asked or ["page"]
    console = endings.console(settings)
    combinations.hold_apart(["--relink"], ["--import"], ["--budget"], FLAGS)
    combinations.hold_used(NEEDS)
    combinations.hold_idle({"--to": ("--relink", "--import")})
    budget, ruled = settings.pop("budget"), settings.pop("ruled")
    findings: Path | None = settings.pop("findings")
    existing(result)
    picture = showing.asked(plot, (folder or result.with_suffix("")) / showing.OVERVIEW)
    from farmland.flow import cases, documents, visits
    from farmland.io import geopackage, lock

    with lock.held(result):
        if relink:
            geopackage.relink(result)
            written = [str(result)]
        elif findings:
            found = cases.bring_back(result, findings, ruled_by=ruled, **settings)
            written = [str(result)]
            console.say(*found.said())
        elif budget:
            listed = visits.write(result, budget, folder, console.language, ruled)
            written = [str(path) for path in listed.paths]
            console.say(*listed.said())
        else:
            files = documents.write(result, wanted, folder, console.language, console.tell)
            written = [str(path) for path in files]
        if picture:
            showing.write(picture, documents.overview(result, console.language))
    console.result({"written": written}, "\n".join(written), picture)
