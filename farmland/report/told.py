"""What the run tells every document: the clue sentence, periods, rules, when and by what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from farmland.dates import spoken, spoken_period
from farmland.rules import Words

EPOCH = datetime(1980, 1, 1, tzinfo=UTC)
"""Where a run does not say when it ended; the first day a zip file can name."""


@dataclass(frozen=True, slots=True)
class Told:
    """Facts of a run; an empty text where the run is silent."""

    clue: Words
    """The sentence every output carries."""
    rules: str
    version: str
    ended: datetime
    """The same run gives the same file."""
    attribution: str
    periods: Mapping[str, str]
    calibrated: bool
    """Whether a probability may be printed."""
    source: str
    """The layer of parcels."""
    remarks: tuple[Words, ...]
    """What was said of that layer when it was read."""

    @classmethod
    def of(cls, run: Mapping[str, Any]) -> Told:
        """What a run tells."""
        clue, rules, given = run.get("clue", ""), run.get("rules", ""), run.get("input", {})
        if isinstance(rules, Mapping):
            rules = f"{rules.get('id', '')} {rules.get('version', '')}"
        return cls(
            clue=Words(**clue) if isinstance(clue, Mapping) else Words(str(clue), str(clue)),
            rules=str(rules).strip(),
            version=str(run.get("versions", {}).get("farmland", "")),
            ended=_moment(str(run.get("end", ""))),
            attribution=str(run.get("attribution", "")),
            periods=run.get("periods", {}),
            calibrated=str(run.get("calibration", "uncalibrated")) != "uncalibrated",
            source=str(given.get("source", "")),
            remarks=tuple(Words(note["en"], note["zh"]) for note in given.get("notes", [])),
        )

    @property
    def minute(self) -> Words:
        """When the run ended, to the minute; UTC."""
        if self.ended == EPOCH:
            return Words("", "")
        day = spoken(self.ended)
        return Words(*(f"{text} {self.ended:%H:%M}" for text in (day.en, day.zh)))

    def period(self, name: str) -> Words:
        """A period as people write it."""
        return spoken_period(str(self.periods.get(name, "")))


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return EPOCH
