from itertools import product

import pytest

from tui_mail.model.message import OutboxState as State
from tui_mail.sync.outbox import ImpossibleMove, OutboxEvent, may_discard, may_undo, next_state, recover, summarise

MOVES = """
delayed     due             queued
delayed     postpone        delayed
delayed     crashed         delayed
queued      postpone        delayed
queued      start           protecting
queued      crashed         queued
protecting  protected       ready
protecting  cannot protect  failed
protecting  crashed         queued
ready       submit          submitting
ready       crashed         ready
submitting  accepted        sent
submitting  not taken       ready
submitting  refused         failed
submitting  lost            unknown
submitting  crashed         unknown
sent        filed           filed
sent        crashed         sent
filed       crashed         filed
failed      retry           ready
failed      rebuild         queued
failed      was sent        sent
failed      crashed         failed
unknown     retry           ready
unknown     was sent        sent
unknown     found           sent
unknown     crashed         unknown
"""
TABLE = {
    (State(line[:12].strip()), OutboxEvent(line[12:28].strip())): State(line[28:].strip())
    for line in MOVES.strip().splitlines()
}


@pytest.mark.parametrize(("state", "event"), list(product(State, OutboxEvent)))
def test_every_state_and_event_does_what_the_table_says(state: State, event: OutboxEvent) -> None:
    if (state, event) in TABLE:
        assert next_state(state, event) is TABLE[state, event]
    else:
        with pytest.raises(ImpossibleMove):
            next_state(state, event)


def reachable(start: State, events: set[OutboxEvent]) -> set[State]:
    found, waiting = {start}, [start]
    while waiting:
        here = waiting.pop()
        for (state, event), after in TABLE.items():
            if state is here and event in events and after not in found:
                found.add(after)
                waiting.append(after)
    return found


PEOPLE = {OutboxEvent.POSTPONE, OutboxEvent.RETRY, OutboxEvent.REBUILD, OutboxEvent.WAS_SENT}


def test_a_sent_message_is_never_submitted_again() -> None:
    assert reachable(State.SENT, set(OutboxEvent)) == {State.SENT, State.FILED}


def test_an_unknown_outcome_that_nothing_explains_waits_for_a_person() -> None:
    alone = set(OutboxEvent) - PEOPLE - {OutboxEvent.FOUND}
    assert reachable(State.UNKNOWN, alone) == {State.UNKNOWN}


def test_a_copy_that_was_found_in_sent_is_filed_and_never_submitted() -> None:
    assert reachable(State.UNKNOWN, set(OutboxEvent) - PEOPLE) == {State.UNKNOWN, State.SENT, State.FILED}


def test_final_bytes_are_never_built_again_without_a_person() -> None:
    assert State.PROTECTING not in reachable(State.READY, set(OutboxEvent) - PEOPLE)


@pytest.mark.parametrize("state", State)
def test_a_crash_can_happen_in_every_state_and_twice(state: State) -> None:
    once = next_state(state, OutboxEvent.CRASHED)
    assert next_state(once, OutboxEvent.CRASHED) is once
    assert once not in (State.PROTECTING, State.SUBMITTING)


def test_only_what_nobody_works_on_and_was_not_sent_may_be_discarded() -> None:
    assert {state for state in State if may_discard(state)} == {
        State.DELAYED, State.QUEUED, State.READY, State.FAILED, State.UNKNOWN
    }  # fmt: skip


@pytest.mark.parametrize(("state", "copy"), list(product(State, State)))
def test_only_what_certainly_has_not_left_becomes_a_draft_again(state: State, copy: State) -> None:
    still_here = (State.DELAYED, State.QUEUED, State.READY, State.FAILED)
    assert may_undo(state, ()) == (state in still_here)
    assert may_undo(state, (State.READY, copy)) == (state in still_here and copy in (State.READY, State.FAILED))


def test_a_crash_puts_only_the_copy_on_its_way_in_doubt() -> None:
    entry, copies = recover(State.SUBMITTING, [State.SENT, State.SUBMITTING, State.READY])
    assert entry is State.UNKNOWN and copies == (State.SENT, State.UNKNOWN, State.READY)


def test_a_crash_between_two_copies_sends_on_with_the_rest() -> None:
    assert recover(State.SUBMITTING, [State.SENT, State.READY]) == (State.READY, (State.SENT, State.READY))


def test_a_crash_after_the_last_copy_only_files() -> None:
    assert recover(State.SUBMITTING, [State.SENT, State.SENT])[0] is State.SENT


def test_an_entry_without_known_copies_is_in_doubt_when_it_was_submitting() -> None:
    assert recover(State.SUBMITTING, []) == (State.UNKNOWN, ())


@pytest.mark.parametrize("copies", list(product([State.SENT, State.READY, State.UNKNOWN, State.FAILED], repeat=3)))
def test_an_entry_counts_as_sent_only_when_every_copy_is(copies: tuple[State, ...]) -> None:
    assert (summarise(copies) is State.SENT) == (set(copies) == {State.SENT})
