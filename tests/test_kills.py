from __future__ import annotations

from tests.kills import series


def test_after_a_kill_at_any_moment_the_next_sync_completes_the_work():
    outcomes = series(kills=5, articles=150)
    assert outcomes.total() == 5 and outcomes.keys() <= {"completed", "made anew"}
