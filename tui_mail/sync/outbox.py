"""The life of an outgoing message: state × event → next state, as one table.

The laws: nothing is sent twice without a person's word; SENT leads only to FILED; once the final bytes exist they are
what leaves, they are never built again.

::

    DELAYED ──due──► QUEUED (and back: postpone)
    QUEUED ──start──► PROTECTING ──protected──► READY ──submit──► SUBMITTING ──accepted──► SENT ──filed──► FILED
                          │                       ▲  ◄──not taken──┘ │ │                    ▲
                          └──cannot protect──► FAILED ◄───refused────┘ └──lost──► UNKNOWN ──┘ was sent, found
"""

from collections.abc import Sequence
from enum import StrEnum

from tui_mail.model.message import OutboxState as State


class OutboxEvent(StrEnum):
    """What may happen to an outgoing message."""

    DUE = "due"  # its time has come
    POSTPONE = "postpone"  # a person: later, or at another time
    START = "start"  # the engine begins to build the final bytes
    PROTECTED = "protected"  # they are on disk
    CANNOT_PROTECT = "cannot protect"  # no certificate, locked vault …
    SUBMIT = "submit"  # about to speak to the server
    ACCEPTED = "accepted"  # the server said yes to the whole message
    NOT_TAKEN = "not taken"  # it certainly was not taken, and may be later
    REFUSED = "refused"  # the server said no for good
    LOST = "lost"  # the connection ended after the final dot, without an answer
    FILED = "filed"  # a copy lies in the Sent folder
    FOUND = "found"  # the server's Sent folder has it: it was taken
    CRASHED = "crashed"  # the engine ended in this state and starts again
    RETRY = "retry"  # a person: send the bytes that are there
    REBUILD = "rebuild"  # a person: begin anew from the draft; only where no bytes left
    WAS_SENT = "was sent"  # a person: it arrived


_MOVES: dict[tuple[State, OutboxEvent], State] = {
    (State.DELAYED, OutboxEvent.DUE): State.QUEUED,
    (State.DELAYED, OutboxEvent.POSTPONE): State.DELAYED,
    (State.QUEUED, OutboxEvent.POSTPONE): State.DELAYED,
    (State.QUEUED, OutboxEvent.START): State.PROTECTING,
    (State.PROTECTING, OutboxEvent.PROTECTED): State.READY,
    (State.PROTECTING, OutboxEvent.CANNOT_PROTECT): State.FAILED,
    (State.READY, OutboxEvent.SUBMIT): State.SUBMITTING,
    (State.SUBMITTING, OutboxEvent.ACCEPTED): State.SENT,
    (State.SUBMITTING, OutboxEvent.NOT_TAKEN): State.READY,
    (State.SUBMITTING, OutboxEvent.REFUSED): State.FAILED,
    (State.SUBMITTING, OutboxEvent.LOST): State.UNKNOWN,
    (State.SENT, OutboxEvent.FILED): State.FILED,
    (State.FAILED, OutboxEvent.RETRY): State.READY,
    (State.FAILED, OutboxEvent.REBUILD): State.QUEUED,
    (State.FAILED, OutboxEvent.WAS_SENT): State.SENT,
    (State.UNKNOWN, OutboxEvent.RETRY): State.READY,
    (State.UNKNOWN, OutboxEvent.WAS_SENT): State.SENT,
    (State.UNKNOWN, OutboxEvent.FOUND): State.SENT,
    (State.PROTECTING, OutboxEvent.CRASHED): State.QUEUED,
    (State.SUBMITTING, OutboxEvent.CRASHED): State.UNKNOWN,
} | {
    (state, OutboxEvent.CRASHED): state
    for state in (State.DELAYED, State.QUEUED, State.READY, State.SENT, State.FILED, State.FAILED, State.UNKNOWN)
}


class ImpossibleMove(ValueError):
    """The table has no such move: a defect of the caller, never a message for a person."""


def next_state(state: State, event: OutboxEvent) -> State:
    """Where the event leads. Raises ImpossibleMove when it cannot happen in this state."""
    try:
        return _MOVES[state, event]
    except KeyError:
        raise ImpossibleMove(f"{event.value} cannot happen to a message that is {state.value}") from None


def can_happen(state: State, event: OutboxEvent) -> bool:
    """Whether the table has this move."""
    return (state, event) in _MOVES


def may_discard(state: State) -> bool:
    """Whether a person may throw the entry away: not while the engine works on it, not once it was sent."""
    return state in (State.DELAYED, State.QUEUED, State.READY, State.FAILED, State.UNKNOWN)


def may_undo(state: State, copies: Sequence[State]) -> bool:
    """Whether the message can become a draft again: nobody works on it, and no copy has left or may have."""
    here = state in (State.DELAYED, State.QUEUED, State.READY, State.FAILED)
    return here and all(copy in (State.READY, State.FAILED) for copy in copies)


def recover(state: State, copies: Sequence[State]) -> tuple[State, tuple[State, ...]]:
    """What a crash leaves of an entry and of its copies (each envelope's final bytes).

    Only a copy that was on its way is in doubt. When the crash fell between two copies, none is, and sending goes on
    with those that did not leave.
    """
    recovered = tuple(next_state(copy, OutboxEvent.CRASHED) for copy in copies)
    if state is State.SUBMITTING and copies:
        return summarise(recovered), recovered
    return next_state(state, OutboxEvent.CRASHED), recovered


def summarise(copies: Sequence[State]) -> State:
    """The state of an entry whose copies stand like this: doubt first, then work to do, then refusals, then sent."""
    for state in (State.UNKNOWN, State.SUBMITTING, State.READY, State.FAILED):
        if state in copies:
            return state
    return State.SENT
