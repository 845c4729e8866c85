"""Why, in one plain sentence with the numbers behind it; both languages from one template."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date

from farmland.dates import spoken
from farmland.detect.evidence import Evidence
from farmland.detect.findings import Finding, Record
from farmland.rules import Cover, Words
from farmland.rules.detection import Detection


def of_patch(finding: Finding, cover: Cover) -> Words:
    """Say what was seen of a patch, against what, and what it looks like."""
    weighed = finding.evidence
    until: date = finding.day_after.astype("datetime64[D]").item()
    spell = f"On {weighed.looks} looks over {weighed.days} days up to {until}"
    spell_zh = f"截至{spoken(until).zh}的 {weighed.days} 天内 {weighed.looks} 次有效观测"
    en = [f"{spell} NDVI peaked at {weighed.peak:.2f}"]
    zh = [f"{spell_zh}，NDVI 峰值仅 {weighed.peak:.2f}"]
    for value, text, text_zh in (
        (weighed.own_peak, "own past in these months at least", "自身历史同期不低于"),
        (weighed.neighbours_peak, "neighbouring parcels at least", "周边地块不低于"),
    ):
        if not math.isnan(value):
            en.append(f"{text} {value:.2f}")
            zh.append(f"{text_zh} {value:.2f}")
    for text, text_zh in _slow(weighed) if weighed.more else _fast(weighed):
        en.append(text)
        zh.append(text_zh)
    label, label_zh = cover.label.en, cover.label.zh
    if cover.note is not None:
        label, label_zh = f"{label} ({cover.note.en})", f"{label_zh}（{cover.note.zh}）"
    return Words(
        f"{'; '.join(en)}; most like: {label}; a clue to be verified in the field.",
        f"{'；'.join(zh)}；疑似{label_zh}，需实地核实。",
    )


def _fast(weighed: Evidence) -> Iterator[tuple[str, str]]:
    """What speaks for ground that is no field any more."""
    yield (
        f"its colours lie {weighed.novelty:.1f} spreads from anything known of farmland here",
        f"光谱偏离当地耕地已知状态 {weighed.novelty:.1f} 倍离散度",
    )
    if weighed.colour >= 1:
        yield (
            f"the ground's own colour moved by {weighed.colour:.1f} of its spreads",
            f"地表颜色偏移 {weighed.colour:.1f} 倍离散度",
        )
    if weighed.rest >= 0.1:
        yield (
            f"it fell {weighed.rest:.2f} below the rest of the parcel",
            f"较地块其余部分下降 {weighed.rest:.2f}",
        )


def _slow(weighed: Evidence) -> Iterator[tuple[str, str]]:
    """What speaks for land on which nothing is sown and harvested any more."""
    seasons, swing = weighed.more["seasons"], weighed.more["swing"]
    yield (
        f"about {seasons:.0f} crop season{'s' * (round(seasons) != 1)} to be expected did not come",
        f"约 {seasons:.0f} 个应有的生长季未出现",
    )
    yield (
        f"no sowing or harvest moved NDVI by more than {swing:.2f}",
        f"播种或收割引起的 NDVI 变化不超过 {swing:.2f}",
    )
    yield "provisional until a second year", "需第二年复核"


def of_parcel(status: str, record: Record | None, rules: Detection, unread: int) -> Words:
    """Say why a parcel has its status."""
    words = _of_status(status, record, rules)
    if unread and status not in {"invalid_geometry", "no_imagery"}:
        return Words(
            f"{words.en[:-1]}; {unread} look{'s' * (unread > 1)} stayed unread.",
            f"{words.zh[:-1]}；{unread} 次观测未能读出。",
        )
    return words


def _of_status(status: str, record: Record | None, rules: Detection) -> Words:
    """The sentence of one status."""
    if record is None:
        return Words("The geometry is missing or cannot be used.", "图形缺失或无法使用。")
    past, now, full = record.clear_history, record.clear_after, record.full_pixels
    counts = f"{past} looks in the history and {now} in the period after"
    counts_zh = f"历史 {past} 次、后时段 {now} 次有效观测"
    sentences = {
        "no_imagery": Words("No scene covers the parcel.", "没有影像覆盖该地块。"),
        "unread": Words(
            f"Too much imagery stayed unread: {counts}.", f"影像未能读出过多：仅有{counts_zh}。"
        ),
        "too_small": Words(
            f"{full} full pixels of 10 m where {rules.full_pixels} are needed: watched for "
            "large changes only.",
            f"完整 10 米像元 {full} 个，少于所需的 {rules.full_pixels} 个：仅能发现较大变化。",
        ),
        "too_few_looks": Words(
            f"{counts}; {rules.history_looks} and {rules.after_looks} are needed.",
            f"{counts_zh}；至少需要 {rules.history_looks} 次和 {rules.after_looks} 次。",
        ),
        "not_cropped": Words(
            f"No crop cycle in the history: NDVI peaked at {record.cropping.peak:.2f} ({counts}).",
            f"历史上无耕种周期：NDVI 峰值 {record.cropping.peak:.2f}（{counts_zh}）。",
        ),
        "unsettled_history": Words(
            f"The history spans {record.history_days} days only ({counts}).",
            f"历史仅跨 {record.history_days} 天（{counts_zh}）。",
        ),
    }
    return sentences.get(status) or _of_watched(status, record, Words(counts, counts_zh))


def _of_watched(status: str, record: Record, counts: Words) -> Words:
    """The sentence of a parcel that was watched."""
    early, late = (_or_unknown(value) for value in (record.peak_before, record.peak_after))
    peaks = f"NDVI peak {early.en} before, {late.en} after"
    peaks_zh = f"NDVI 峰值前 {early.zh}、后 {late.zh}"
    if status == "stable" and record.watched:
        return Words(
            f"Watched: no crop was sown or harvested for {record.watched} days, too short a time "
            f"to be listed: {peaks} ({counts.en}).",
            f"持续关注：{record.watched} 天内未见播种或收割，时间尚短，未列出："
            f"{peaks_zh}（{counts.zh}）。",
        )
    if status == "stable":
        return Words(
            f"No lasting departure from its past: {peaks} ({counts.en}).",
            f"未见持续偏离自身历史：{peaks_zh}（{counts.zh}）。",
        )
    when = "before the period" if status == "changed_before" else "in layer conversions"
    when_zh = "变化早于后时段" if status == "changed_before" else "见 conversions 图层"
    return Words(f"A change is listed {when}: {peaks}.", f"存在线索，{when_zh}：{peaks_zh}。")


def _or_unknown(value: float) -> Words:
    """A number, or the word for one that no look told."""
    text = f"{value:.2f}"
    return Words("unknown", "未知") if math.isnan(value) else Words(text, text)
