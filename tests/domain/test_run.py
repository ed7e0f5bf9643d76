from __future__ import annotations

import pytest

from core.domain.run import OPEN_STATES, STAGE_START_RATIO, RunState, Stage, states_before


def test_a_final_state_is_left_for_no_other() -> None:
    final = {state.value for state in RunState if state.is_final}
    assert final == {"done", "failed", "cancelled"}
    assert all(final.isdisjoint(states_before(state)) for state in RunState)


@pytest.mark.parametrize(
    ("to", "before"),
    [
        (RunState.RUNNING, {"queued", "running"}),
        (RunState.QUEUED, {"queued", "running"}),
        (RunState.CANCELLED, {"queued", "running"}),
        (RunState.FAILED, {"queued", "running"}),
        (RunState.DONE, {"running"}),
    ],
)
def test_only_the_named_moves_are_allowed(to: RunState, before: set[str]) -> None:
    assert set(states_before(to)) == before
    assert before <= set(OPEN_STATES)


def test_the_stages_begin_one_after_the_other() -> None:
    shares = [STAGE_START_RATIO[stage] for stage in Stage]
    assert shares == sorted(set(shares))
    assert (shares[0], shares[-1]) == (0.0, 1.0)
