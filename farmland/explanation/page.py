"""An explanation as a page for a terminal of 80 columns."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from farmland import layers
from farmland.columns import WIDTH, padded, table, width, wrapped
from farmland.dates import spoken, spoken_period
from farmland.explanation import REJECTED, USED, Change, Explanation, Seen, weighing
from farmland.explanation import words as w
from farmland.explanation.weighing import show
from farmland.result import Dismissal

PIXEL_M2 = 100

SOURCE = 20
"""Characters that a line has left for where its look comes from."""


def page(explained: Explanation, language: str) -> str:
    """Lay out everything: the parcel, its patches, its looks, the clue sentence."""
    clue = explained.run.get("clue", {})
    said = str(clue.get(language if language == "zh" else "en", ""))
    parts = [
        _head(explained, language),
        *(_change(change, language) for change in explained.changes),
        _dismissed(explained.dismissed, language),
        _note(explained, language),
        _looks(explained, language),
        wrapped(said),
    ]
    return "\n\n".join(part for part in parts if part)


def _note(explained: Explanation, language: str) -> str:
    """What a score is worth, where one is shown."""
    shown = explained.changes or explained.dismissed
    calibrated = explained.run.get("calibration", "uncalibrated") != "uncalibrated"
    return "" if calibrated or not shown else wrapped(w.UNCALIBRATED.text(language))


def _head(explained: Explanation, language: str) -> str:
    """The parcel, why it has its status, and what was there to judge it by."""
    parcel = explained.parcel
    status = layers.words("parcels", "status", parcel["status"]).text(language)
    title = f"{w.PARCEL.text(language)} {parcel['parcel_id']} · {status}"
    lines = [wrapped(title), "═" * min(WIDTH, width(title))]
    if language != "zh" and parcel["reason"]:
        lines.append(wrapped(str(parcel["reason"])))
    periods = explained.run["periods"]
    for name in ("history", "before", "after"):
        spell = spoken_period(str(periods[name])).text(language)
        lines.append(f"{padded(w.PERIODS[name].text(language), 10)}{spell}")
    heads = [head.text(language) for head in w.CHECK_HEADS]
    return "\n".join([*lines, "", table(heads, _checks(explained, language))])


def _checks(explained: Explanation, language: str) -> Iterator[tuple[str, str, str, str]]:
    """What a verdict about the parcel needs, what there was, and whether it sufficed."""
    parcel, need = explained.parcel, explained.run["thresholds"]
    for name, value, needed in (
        ("full_pixels", parcel["full_pixels"], need["full_pixels"]),
        ("history", explained.used("history"), need["history_looks"]),
        ("history_days", explained.history_days(), need["history_days"]),
        ("after", explained.used("after"), need["after_looks"]),
    ):
        mark = "–" if value is None else "✓" if value >= needed else "✗"
        yield w.CHECKS[name].text(language), show(value, 0), f"≥ {needed}", mark
    cropping = parcel["cropping"]
    system = w.UNKNOWN if cropping is None else layers.words("parcels", "cropping", cropping)
    mark = "–" if cropping is None else "✗" if cropping == "none" else "✓"
    yield w.CHECKS["cropping"].text(language), system.text(language), w.ANY.text(language), mark
    below, judged = explained.below()
    of = w.OF.text(language).format(below=below, judged=judged)
    yield w.CHECKS["below"].text(language), of, "", ""
    peaks = [show(parcel[f"ndvi_peak_{when}"], 2) for when in ("before", "after")]
    yield w.CHECKS["peaks"].text(language), " → ".join(peaks), "", ""


def _change(change: Change, language: str) -> str:
    """One patch: what it is, every test with its number, and what moved the verdict."""
    facts = change.facts
    cover = layers.words("conversions", "cover", facts["cover"]).text(language)
    stage = layers.words("conversions", "stage", facts["stage"]).text(language)
    title = f"{w.PATCH.text(language)} {facts['patch_id']} · {cover} · {stage}"
    reason = str(facts["reason_zh" if language == "zh" else "reason"])
    told = [wrapped(reason), _dates(change, language), ""]
    tests = weighing.lines(change.verdict, w.NEEDED, language)
    return "\n".join([_underlined(title), *told, *tests])


def _dismissed(dismissed: Dismissal | None, language: str) -> str:
    """The strongest patch that was weighed and is not listed."""
    if dismissed is None:
        return ""
    area = dismissed.pixels * PIXEL_M2
    title = w.DISMISSED.text(language).format(area=area, since=_spoken(dismissed.since, language))
    tests = weighing.lines(dismissed.verdict, w.LISTED, language)
    return "\n".join([_underlined(title), *tests])


def _underlined(title: str) -> str:
    return f"{wrapped(title)}\n{'─' * min(WIDTH, width(title))}"


def _dates(change: Change, language: str) -> str:
    """When it changed, and how large it is."""
    facts = change.facts
    start = facts["date_from"]
    said = w.BETWEEN.text(language).format(
        start=_spoken(start, language) if start else w.UNKNOWN.text(language),
        end=_spoken(facts["date_to"], language),
    )
    if facts["confirmed_on"]:
        said += w.CONFIRMED.text(language).format(day=_spoken(facts["confirmed_on"], language))
    size = w.SIZE.text(language).format(
        m2=facts["area_m2"], mu=facts["area_mu"], share=facts["parcel_share"]
    )
    return f"{wrapped(said)}\n{size}"


def _spoken(day: str, language: str) -> str:
    return spoken(date.fromisoformat(day)).text(language)


def _looks(explained: Explanation, language: str) -> str:
    """Every look, with a line where a period or a change begins."""
    counts = explained.counts()
    named = [name for name in REJECTED if counts[name]]
    rejected = [f"{counts[name]} {w.SAID[name].text(language)}" for name in named]
    total = len(explained.looks) - counts[USED]
    title = w.LOOKS.text(language).format(used=counts[USED], rejected=total)
    if rejected:
        title += f" ({', '.join(rejected)})"
    if not explained.looks:
        return title
    heads = [head.text(language) for head in w.LOOK_HEADS]
    rows = [_look(look, language) for look in explained.looks]
    head, rule, *lines = table(heads, rows).splitlines()
    needed = w.KEY.text(language).format(share=explained.run["thresholds"]["look_clear_share"])
    marks = _marks(explained, language)
    for look, line in zip(explained.looks, lines, strict=True):
        for day in [day for day in marks if day <= look.day.isoformat()]:
            rule += "\n" + "\n".join(f"── {mark}" for mark in marks.pop(day))
        rule += f"\n{line}"
    return "\n".join([title, wrapped(needed), "", head, rule])


def _marks(explained: Explanation, language: str) -> dict[str, list[str]]:
    """What begins on a day, in order of time."""
    marks: dict[str, list[str]] = {}
    after = str(explained.run["periods"]["after"]).partition("/")[0]
    marks[after] = [w.AFTER_BEGINS.text(language)]
    for change in explained.changes:
        facts = change.facts
        for key, said in (("date_to", w.FIRST), ("confirmed_on", w.CONFIRMED_HERE)):
            if facts[key]:
                text = said.text(language).format(patch=facts["patch_id"])
                marks.setdefault(facts[key], []).append(text)
    return dict(sorted(marks.items()))


def _look(look: Seen, language: str) -> tuple[str, ...]:
    """One row of the list."""
    share = "–" if look.clear is None else f"{look.clear}"
    if look.clear is not None and look.kept is not None and look.clear != look.kept:
        share += f"→{look.kept}"
    return (
        look.day.isoformat(),
        w.SAID[look.said].text(language),
        share,
        show(look.ndvi, 2),
        _span(look.own),
        _span(look.neighbours),
        _source(look),
    )


def _source(look: Seen) -> str:
    """Where a look comes from, in the space that is left."""
    named = [short or item for short, item in zip(look.sources, look.items, strict=True)]
    told = named[0] + (f" +{len(named) - 1}" if len(named) > 1 else "") if named else ""
    return told if len(told) <= SOURCE else f"{told[: SOURCE - 1]}…"


def _span(band: tuple[float, float] | None) -> str:
    return "" if band is None else f"{band[0]:.2f}–{band[1]:.2f}"
