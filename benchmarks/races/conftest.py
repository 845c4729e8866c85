"""The fixture ``race``: run a race inside pytest-benchmark, which keeps versions and machine."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest
from races.race import Call, Goal, Race, Turns, once, peak

Equal = Callable[[str, Any, Any], None]


@pytest.fixture
def race(benchmark: Any) -> Callable[..., Race]:
    """Run ``ours`` against ``peers``; see :mod:`races.race`."""

    def run(
        stage: str,
        size: str,
        *,
        ours: Call,
        peers: Mapping[str, Call],
        equal: Equal,
        moved: int = 0,
        limit: Call | None = None,
        goals: Sequence[Goal] = (),
        rounds: int = 7,
    ) -> Race:
        """``equal(peer, answer of ours, answer of the peer)`` raises unless they agree."""
        contestants = {"ours": ours, **peers} | ({"limit": limit} if limit else {})
        answer = ours()
        for name, call in peers.items():
            equal(name, answer, call())
        if limit:
            limit()
        turns = {name: Turns() for name in contestants}
        names = list(contestants)

        def turn() -> None:
            names.append(names.pop(0))
            for name in names:
                once(contestants[name], turns[name])

        benchmark.pedantic(turn, rounds=rounds)
        for name, call in contestants.items():
            turns[name].peak_bytes = peak(call)
        run_race = Race(stage, size, moved, turns, tuple(goals))
        benchmark.extra_info["race"] = run_race.told()
        return run_race

    return run
