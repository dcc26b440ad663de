"""Messages that wait for their UID, and what is taken for them."""

import pytest

from tui_mail.model.message import HeldBack
from tui_mail.store import arrivals, homeless, messages
from tui_mail.store.database import Database
from tui_mail.store.messages import NewMessage

HELD = HeldBack(5_000, ())


def save(db: Database, folder: int, *new: NewMessage) -> tuple[int, ...]:
    return messages.save_messages(db, folder, new)


def test_a_message_is_known_again_by_its_bytes(db: Database, inbox: int) -> None:
    waiting = save(db, inbox, NewMessage(None, b"one"), NewMessage(None, b"two"), NewMessage(None, b"three"))
    came = save(db, inbox, NewMessage(7, b"two"), NewMessage(8, b"six"), NewMessage(9, b"three"))
    assert came[0] == waiting[1] and came[2] == waiting[2] and came[1] not in waiting
    assert homeless.numbers(db, inbox) == {waiting[0]}
    assert messages.uids(db, inbox).keys() == {7, 8, 9}


def test_two_that_are_the_same_get_a_uid_each(db: Database, inbox: int) -> None:
    waiting = save(db, inbox, NewMessage(None, b"one"), NewMessage(None, b"one"))
    assert set(save(db, inbox, NewMessage(7, b"one"), NewMessage(8, b"one"))) == set(waiting)
    assert save(db, inbox, NewMessage(9, b"one"))[0] not in waiting


@pytest.mark.parametrize("waits_held", [True, False])
def test_a_place_holder_and_a_message_of_the_same_bytes_are_two(db: Database, inbox: int, waits_held: bool) -> None:
    held = {True: HELD, False: None}
    (waiting,) = save(db, inbox, NewMessage(None, b"one", held=held[waits_held]))
    assert save(db, inbox, NewMessage(7, b"one", held=held[not waits_held])) != (waiting,)
    assert save(db, inbox, NewMessage(8, b"one", held=held[waits_held])) == (waiting,)


@pytest.mark.parametrize("same", [True, False])
def test_a_large_one_that_came_in_pieces_is_known_again(db: Database, inbox: int, same: bool) -> None:
    (waiting,) = save(db, inbox, NewMessage(None, b"beginning and end"))
    number = arrivals.begin(db, inbox, 7, 17)
    for piece in (b"beginning ", b"and end" if same else b"but not"):
        arrival = arrivals.add(db, number, piece)
    assert (save(db, inbox, NewMessage(7, b"beginning ", arrival=arrival)) == (waiting,)) is same


def test_sizes_are_those_on_the_server(db: Database, inbox: int, archive: int) -> None:
    save(db, inbox, NewMessage(None, b"one"), NewMessage(None, b"holder", held=HELD), NewMessage(7, b"at home"))
    assert homeless.sizes(db, inbox) == (frozenset({3}), frozenset({5_000}))
    assert homeless.sizes(db, archive) == (frozenset(), frozenset())
