"""Whatever happens to a proposal in whatever order: it moves along the table only, and what has ended stays so."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedcoop.governance.proposals.proposal import TERMINAL, TRANSITIONS, Proposal, ProposalEvent, ProposalState, after
from fedcoop.kernel.errors import Conflict
from fedcoop.kernel.ids import ProposalId

BEGUN = datetime(2026, 5, 1, tzinfo=UTC)
DRAFT = Proposal(ProposalId(1), "u", None, "Buy an oven", "For the bakery.", 1, ProposalState.DRAFT, BEGUN)
MANDATORY = {ProposalState.DRAFT, ProposalState.VOTING, ProposalState.CLOSED, ProposalState.DECIDED}


@given(st.lists(st.sampled_from(ProposalEvent), max_size=40))
def test_any_events_in_any_order_move_along_the_table_only(events: list[ProposalEvent]) -> None:
    proposal = DRAFT
    for event in events:
        wanted = TRANSITIONS.get((proposal.state, event))
        if wanted is None:
            with pytest.raises(Conflict) as refused:
                after(proposal, event)
            assert refused.value.code == "proposal-state"
        else:
            assert proposal.state not in TERMINAL
            proposal = after(proposal, event)
            assert proposal.state is wanted


def test_each_state_can_be_reached_from_a_draft_and_an_end_from_each_state() -> None:
    reached = {ProposalState.DRAFT}
    for _ in ProposalState:
        reached |= {to for (begun, _), to in TRANSITIONS.items() if begun in reached}
    ending = set(TERMINAL)
    for _ in ProposalState:
        ending |= {begun for (begun, _), to in TRANSITIONS.items() if to in ending}
    assert reached == ending == set(ProposalState)


def test_the_terminal_states_are_those_named_and_the_mandatory_ones_suffice() -> None:
    assert {state.value for state in TERMINAL} == {"withdrawn", "lapsed", "annulled", "superseded", "repealed"}
    assert (ProposalState.REJECTED, ProposalEvent.ANNUL) in TRANSITIONS  # it ends there but for an annulment
    road = (ProposalEvent.SUBMIT, ProposalEvent.CLOSE, ProposalEvent.DECIDE)
    proposal, seen = DRAFT, {DRAFT.state}
    for event in road:
        proposal = after(proposal, event)
        seen.add(proposal.state)
    assert seen == MANDATORY


def test_an_objection_leads_to_a_next_version_and_a_second_call_to_the_same_text() -> None:
    assert TRANSITIONS[ProposalState.CLOSED, ProposalEvent.NEXT_VERSION] is ProposalState.DISCUSSION
    assert TRANSITIONS[ProposalState.CLOSED, ProposalEvent.CALL_AGAIN] is ProposalState.FROZEN
