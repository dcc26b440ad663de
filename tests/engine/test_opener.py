"""The process that opens mail may hang or die: only it is lost, and the message is remembered."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import fields

import pytest

from tests.engine.people import Person
from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Identity, Pki
from tests.servers import MailServers
from tui_mail.cms.enveloped import default_plan
from tui_mail.engine import opener as opener_module
from tui_mail.engine.child import Child
from tui_mail.engine.jobs.judge import UNSAFE
from tui_mail.engine.messages import MessageOpened, OpenMessage
from tui_mail.engine.opener import Opener, Order, UnsafeMessage
from tui_mail.engine.opening import Ground
from tui_mail.model.errors import VaultLocked
from tui_mail.model.keys import UnwrapRequest
from tui_mail.model.message import EncState
from tui_mail.model.security import Continuity, Letter
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.context import SeenCertificate, TrustContext

ANNA_ADDRESS = "anna@clinic.test"
PKI = Pki()
ANNA = PKI.issue(ANNA_ADDRESS, key="rsa")
BOB = PKI.issue("bob@clinic.test")
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
MAIL = b"From: Bob <bob@clinic.test>\r\nTo: anna@clinic.test\r\nSubject: Rent\r\n\r\nDear Anna\r\n"


@pytest.fixture(scope="module")
def opener() -> Iterator[Opener]:
    made = Opener()
    yield made
    made.close()


def order(raw: bytes) -> Order:
    return Order(raw, 7, "bob@clinic.test", NOW)


def signed(recipient: Identity | None = None) -> bytes:
    plans = [] if recipient is None else [default_plan(recipient.certificate)]
    return protect(MAIL, sign=BOB.key, recipients=plans, cipher="aes-256-gcm", now=NOW)


def test_a_signed_message_is_judged_there_as_here(opener: Opener) -> None:
    found = opener.open(order(signed()), TRUST, ())
    judgement, brought = found.judgement, found.brought
    assert judgement.security.verdict.letter is Letter.VALID
    assert (judgement.sender_key, judgement.subject) == ("bob@clinic.test", "Rent")
    assert "Dear Anna" in judgement.search_text
    assert brought.signer_certificates == (BOB.certificate,)
    assert brought.capabilities[0].capabilities


def test_the_private_key_stays_here_and_is_asked(opener: Opener) -> None:
    judgement = opener.open(order(signed(ANNA)), TRUST, (BOB.key, ANNA.key)).judgement
    assert (judgement.security.verdict.letter, judgement.enc) == (Letter.VALID, EncState.OPEN)
    assert "Dear Anna" in judgement.search_text


class LockedKey:
    certificate = ANNA.certificate

    def unwrap(self, request: UnwrapRequest) -> bytes:
        raise VaultLocked("Locked.")


def test_a_locked_key_is_told_as_locked(opener: Opener) -> None:
    judgement = opener.open(order(signed(ANNA)), TRUST, (LockedKey(),)).judgement
    assert judgement.enc is EncState.LOCKED
    assert judgement.search_text == ""


def test_the_history_of_an_address_is_asked_for(opener: Opener) -> None:
    earlier = PKI.issue("bob@clinic.test")
    seen = SeenCertificate(earlier.sha256, read_certificate(earlier.certificate).public_key_sha256, NOW, NOW)
    alone = TrustContext(pins=frozenset({("bob@clinic.test", earlier.sha256)}), known={"bob@clinic.test": (seen,)})
    judgement = opener.open(order(signed()), alone, ()).judgement
    assert judgement.security.signatures[0].continuity is Continuity.CHANGED


def test_nothing_of_the_ground_stays_behind(opener: Opener) -> None:
    """A new field of the context that is not sent would be a rule that is not kept."""
    wanted = {field.name for field in fields(TrustContext) if field.init and field.name != "known"}
    assert set(Ground.__struct_fields__) == wanted
    pins = frozenset({("bob@clinic.test", BOB.sha256)})
    blocked = TrustContext(anchors=(PKI.ca.certificate,), blocked=pins)
    assert opener.open(order(signed()), blocked, ()).judgement.security.verdict.letter is not Letter.VALID


def test_another_ground_is_sent_before_the_next_message(opener: Opener) -> None:
    assert opener.open(order(signed()), TRUST, ()).judgement.security.verdict.letter is Letter.VALID
    assert opener.open(order(signed()), TrustContext(), ()).judgement.security.verdict.letter is Letter.NEW


def test_a_process_that_was_killed_is_started_again(opener: Opener) -> None:
    opener.open(order(MAIL), TRUST, ())
    assert opener.pid is not None
    os.kill(opener.pid, signal.SIGKILL)
    assert opener.open(order(MAIL), TRUST, ()).judgement.subject == "Rent"


def test_a_message_that_stops_the_process_each_time_is_unsafe(monkeypatch: pytest.MonkeyPatch) -> None:
    """A stopped process stands for one that hangs in a place that no exception reaches."""
    monkeypatch.setattr(opener_module, "SILENCE_SECONDS", 0.3)
    made = Opener()
    made.open(order(MAIL), TRUST, ())
    real = Child.send

    def stop_first(process: Child, framed: bytes) -> None:
        os.kill(process.pid, signal.SIGSTOP)
        real(process, framed)

    monkeypatch.setattr(Child, "send", stop_first)
    begin = time.monotonic()
    with pytest.raises(UnsafeMessage):
        made.open(order(MAIL), TRUST, ())
    assert time.monotonic() - begin < PATIENCE_SECONDS / 2
    monkeypatch.setattr(Child, "send", real)
    assert made.open(order(MAIL), TRUST, ()).judgement.subject == "Rent"
    made.close()


def numbered(number: int, raw: bytes = MAIL) -> Order:
    return Order(raw.replace(b"Rent", b"Rent %d" % number), number, "bob@clinic.test", NOW)


def test_many_messages_come_out_in_their_order_whatever_is_asked_in_between(opener: Opener) -> None:
    """Messages are sent ahead: answers about keys and history must find the message that asked."""
    raws = [MAIL, signed(ANNA), signed(), MAIL.replace(b"Dear Anna", b"x" * 700_000), signed(ANNA), b"", MAIL]
    orders = [Order(raw, number, "bob@clinic.test", NOW) for number, raw in enumerate(raws * 20)]
    outcomes = list(opener.open_all(orders, TRUST, (ANNA.key,)))
    assert [number for number, _ in outcomes] == list(range(len(orders)))
    letters = [outcome.judgement.security.verdict.letter for _, outcome in outcomes]
    valid, none = Letter.VALID, Letter.NONE
    assert letters == [none, valid, valid, none, valid, none, none] * 20
    assert opener.open(numbered(9), TRUST, ()).judgement.subject == "Rent 9"


def test_who_leaves_early_gets_no_answers_of_others(opener: Opener) -> None:
    outcomes = opener.open_all([numbered(number) for number in range(50)], TRUST, ())
    assert next(outcomes)[1].judgement.subject == "Rent 0"
    outcomes.close()
    assert opener.open(numbered(77), TRUST, ()).judgement.subject == "Rent 77"


def test_a_process_that_dies_takes_no_message_with_it(opener: Opener) -> None:
    """Those that were on their way are sent again."""
    outcomes = opener.open_all([numbered(number) for number in range(50)], TRUST, ())
    found = [next(outcomes)]
    os.kill(opener.pid, signal.SIGKILL)
    found += outcomes
    assert [outcome.judgement.subject for _, outcome in found] == [f"Rent {number}" for number in range(50)]


def test_the_kernel_ends_a_process_that_computes_for_ever() -> None:
    program = (
        "from tui_mail.engine.confined import ProcessorLimit, limit_process\n"
        "limit_process()\nProcessorLimit(0).next_message()\nwhile True: pass"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=PATIENCE_SECONDS).returncode == -signal.SIGXCPU


def test_what_the_reader_shows_is_made_there_as_here(opener: Opener) -> None:
    for raw in (MAIL, signed(), signed(ANNA)):
        wished = Order(raw, 7, "bob@clinic.test", NOW, view=True)
        opened = open_message(raw, keys=(ANNA.key,), trust=TRUST, now=NOW)
        assert opener.open(wished, TRUST, (ANNA.key,)).view == view(opened, 7)
    assert opener.open(order(MAIL), TRUST, ()).view is None


async def test_a_message_that_can_be_judged_but_not_shown_is_closed_and_never_tried_again(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine itself parses and renders nothing for the reader: there is always a process that can be killed."""
    tried = []
    real = Opener.open

    def unsafe(self: Opener, order: Order, *rest: object) -> object:
        tried.append((order.message_id, order.view))
        if b"Subject: Poison" in order.raw:
            raise UnsafeMessage
        return real(self, order, *rest)

    monkeypatch.setattr(Opener, "open", unsafe)
    monkeypatch.setattr("tui_mail.engine.jobs.open_message.open_raw", lambda *_, **__: pytest.fail("opened here"))
    imap_servers.deliver(ANNA_ADDRESS, MAIL.replace(b"Rent", b"Poison"))
    imap_servers.deliver(ANNA_ADDRESS, MAIL)
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Poison": "", "Rent": ""})
    numbers = {row.subject: row.id for row in anna.rows()}
    rent = (await anna.client.ask(OpenMessage(numbers["Rent"]), MessageOpened)).view
    assert "Dear Anna" in rent.quote_text
    for _ in range(2):
        shown = (await anna.client.ask(OpenMessage(numbers["Poison"]), MessageOpened)).view
        assert "".join(run.text for line in shown.lines for run in line) == UNSAFE
    assert tried == [(numbers["Rent"], True), (numbers["Poison"], True)]
    assert {row.subject: row.sig for row in anna.rows()} == {"Poison": "?", "Rent": ""}


async def test_an_unsafe_message_is_remembered_and_shown_closed(
    anna: Person, imap_servers: MailServers, monkeypatch: pytest.MonkeyPatch
) -> None:
    tried = []

    def unsafe(self: Opener, orders: Iterable[Order], *rest: object) -> Iterator[object]:
        for found in orders:
            if b"Subject: Poison" in found.raw:
                tried.append(found.message_id)
                yield found.message_id, UnsafeMessage()
            else:
                yield from real(self, (found,), *rest)

    real = Opener.open_all
    monkeypatch.setattr(Opener, "open_all", unsafe)
    imap_servers.deliver(ANNA_ADDRESS, MAIL.replace(b"Rent", b"Poison"))
    imap_servers.deliver(ANNA_ADDRESS, MAIL)
    await anna.until(lambda: {row.subject: row.sig for row in anna.rows()} == {"Poison": "?", "Rent": ""})
    poison = next(row for row in anna.rows() if row.subject == "Poison")
    shown = (await anna.client.ask(OpenMessage(poison.id), MessageOpened)).view
    assert (shown.subject, shown.attachments) == ("Poison", ())
    assert "".join(run.text for line in shown.lines for run in line) == UNSAFE
    assert len(tried) == 1
