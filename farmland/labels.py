"""What people said of cases: a table of their own beside a result."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Label:
    """One row: a patch or a parcel, and what somebody found there."""

    patch_id: str
    """``""`` where only the parcel is named."""
    parcel_id: str
    agreed: bool
    """Whether it truly changed."""
    cover: str
    """What it became; ``""`` where nobody said."""

    @property
    def named(self) -> str:
        """The id it goes by."""
        return self.patch_id or self.parcel_id
