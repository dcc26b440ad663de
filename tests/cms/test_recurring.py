"""What was read of one signature of a person holds for the next, and for nothing else."""

from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.pki import NOW, Pki
from tui_mail.cms import recurring
from tui_mail.cms.recurring import (
    MAX_OBJECT_BYTES,
    MAX_OF_ONE_SIZE,
    check_enclosing,
    check_recurring,
    remember,
)
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.security import Integrity

FIRST, SECOND = b"Content-Type: text/plain\r\n\r\nOne\r\n", b"Content-Type: text/plain\r\n\r\nAnother one\r\n"
LATER = NOW + timedelta(days=3)


@pytest.fixture(autouse=True)
def nothing_remembered():
    recurring._known.clear()
    yield
    recurring._known.clear()


@pytest.fixture(scope="module")
def pki():
    return Pki()


def sign(person, content, at=NOW, **options):
    return build_signed_data(content, person.key, **{"detached": True, "signing_time": at, **options})


def the_long_way(data, content, now=LATER):
    signed = parse_signed_data(data)
    (signer,) = signed.signers
    return signed, check_signer(signed, signer, content, now=now)


def learn(data, content, now=LATER):
    signed, result = the_long_way(data, content, now)
    remember(data, signed, result)
    return result


def second_of_the_same_size(person, size):
    """ECDSA signatures vary in length by an octet or two."""
    for minutes in range(200):
        data = sign(person, SECOND, NOW + timedelta(minutes=minutes))
        if len(data) == size:
            return data
    raise AssertionError("no signature of the same size")


@pytest.mark.parametrize("kind", ["rsa", "ecdsa", "ecdsa-p384", "ed25519", "ed448", "ml-dsa-44"])
def test_the_second_signature_of_a_person_is_judged_as_the_long_way_judges_it(pki, kind):
    person = pki.issue("alice@example.org", key=kind)
    first = sign(person, FIRST)
    learn(first, FIRST)
    second = second_of_the_same_size(person, len(first))
    signed, slow = the_long_way(second, SECOND)
    quick = check_recurring(second, [SECOND], now=LATER)
    assert quick is not None
    assert slow.integrity is Integrity.INTACT
    assert (quick.result, quick.certificates) == (slow, signed.certificates)
    assert quick.result.capabilities


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_no_octet_of_a_signature_can_be_changed_added_or_taken_away(pki, kind):
    person = pki.issue("alice@example.org", key=kind)
    learn(sign(person, FIRST), FIRST)
    second = sign(person, SECOND, LATER)
    assert check_recurring(second, [SECOND], now=LATER) is not None
    for at in range(len(second)):
        changed = second[:at] + bytes((second[at] ^ 1,)) + second[at + 1 :]
        assert check_recurring(changed, [SECOND], now=LATER) is None, at
        assert check_recurring(second[:at] + second[at + 1 :], [SECOND], now=LATER) is None, at
        assert check_recurring(second[:at] + b"\0" + second[at:], [SECOND], now=LATER) is None, at


def test_another_content_gets_no_short_answer(pki):
    person = pki.issue("alice@example.org", key="rsa")
    learn(sign(person, FIRST), FIRST)
    second = sign(person, SECOND)
    assert check_recurring(second, [FIRST], now=LATER) is None
    assert check_recurring(second, [SECOND, b" "], now=LATER) is None
    assert check_recurring(second, [SECOND[:5], memoryview(SECOND)[5:]], now=LATER) is not None


def test_a_signature_of_somebody_else_gets_no_short_answer(pki):
    alice, mallory = (pki.issue("alice@example.org", key=pki_key) for pki_key in ("rsa", "rsa"))
    learn(sign(alice, FIRST), FIRST)
    assert check_recurring(sign(mallory, SECOND), [SECOND], now=LATER) is None


def test_a_rule_that_depends_on_the_signing_time_is_asked_each_time(pki):
    """NIST SP 800-131A: RSA under 2048 bits counts in mail signed before 2014 only."""
    person = pki.issue("short@example.org", key=rsa.generate_private_key(65537, 1024))
    assert learn(sign(person, FIRST, datetime(2013, 6, 1, tzinfo=UTC)), FIRST).integrity is Integrity.INTACT
    old, new = (sign(person, SECOND, datetime(year, 6, 2, tzinfo=UTC)) for year in (2013, 2015))
    assert check_recurring(old, [SECOND], now=LATER) is not None
    assert check_recurring(new, [SECOND], now=LATER) is None
    assert the_long_way(new, SECOND)[1].integrity is Integrity.REFUSED


def test_what_was_not_intact_or_is_not_plain_is_not_remembered(pki):
    person = pki.issue("alice@example.org", key="rsa")
    learn(sign(person, FIRST), SECOND)
    twice = build_signed_data(FIRST, person.key, person.key, detached=True, signing_time=NOW)
    signed = parse_signed_data(twice)
    remember(twice, signed, check_signer(signed, signed.signers[0], FIRST, now=LATER))
    assert not recurring._known


def test_a_signer_who_is_known_from_elsewhere_is_not_remembered(pki):
    """What the message does not bring may be gone with the next question."""
    person = pki.issue("alice@example.org", key="rsa")
    data = sign(person, FIRST)
    bare = data.replace(
        person.certificate, b"\x30\x82" + person.certificate[2:4] + b"\0" * (len(person.certificate) - 4)
    )
    signed = parse_signed_data(bare)
    result = check_signer(signed, signed.signers[0], FIRST, now=LATER, extra_certificates=[person.certificate])
    assert result.integrity is Integrity.INTACT
    remember(bare, signed, result)
    assert not recurring._known


def test_what_is_remembered_is_bounded(pki, monkeypatch):
    """Strangers cannot fill the memory."""
    monkeypatch.setattr(recurring, "MAX_SIZES", 3)
    sizes = set()
    for length in range(1, 6):
        data = sign(pki.issue("a" * length + "@example.org", key="ed25519"), FIRST)
        signed, result = the_long_way(data, FIRST)
        for _ in range(MAX_OF_ONE_SIZE + 1):
            remember(data, signed, result)
        sizes.add(len(data))
        assert len(recurring._known[False, len(data)]) == MAX_OF_ONE_SIZE
    assert len(sizes) > len(recurring._known) == 3
    assert check_recurring(data, [FIRST], now=LATER) is not None
    monkeypatch.setattr(recurring, "MAX_OBJECT_BYTES", len(data) - 1)
    recurring._known.clear()
    remember(data, signed, result)
    assert not recurring._known
    assert len(data) < MAX_OBJECT_BYTES


LENGTHS = (0, 1, 50, 127, 128, 255, 256, 3_000, 65_535, 65_536)
"""Around those at which DER writes a length in more octets."""


@pytest.mark.parametrize("kind", ["rsa", "ed25519", "ml-dsa-44"])
def test_a_content_inside_may_have_any_length(pki, kind):
    person = pki.issue("alice@example.org", key=kind)
    learn(sign(person, FIRST, detached=False), None)
    for minutes, length in enumerate(LENGTHS, 1):
        data = sign(person, b"x" * length, NOW + timedelta(minutes=minutes), detached=False)
        signed, slow = the_long_way(data, None)
        quick = check_enclosing(data, now=LATER)
        assert slow.integrity is Integrity.INTACT
        assert quick is not None, length
        assert (quick.result, quick.certificates) == (slow, signed.certificates)
        assert (quick.content, quick.content_type) == (signed.content, signed.content_type)


def test_no_octet_of_an_enclosing_signature_can_be_changed_added_or_taken_away(pki):
    person = pki.issue("alice@example.org", key="ed25519")
    learn(sign(person, FIRST, detached=False), None)
    second = sign(person, SECOND, LATER, detached=False)
    assert check_enclosing(second, now=LATER) is not None
    for at in range(len(second)):
        for bit in range(8):
            changed = second[:at] + bytes((second[at] ^ 1 << bit,)) + second[at + 1 :]
            assert check_enclosing(changed, now=LATER) is None, at
        assert check_enclosing(second[:at] + second[at + 1 :], now=LATER) is None, at
        assert check_enclosing(second[:at] + b"\0" + second[at:], now=LATER) is None, at
        assert check_enclosing(second[:at], now=LATER) is None, at


def test_a_detached_and_an_enclosing_signature_are_never_taken_for_each_other(pki):
    person = pki.issue("alice@example.org", key="ed25519")
    learn(sign(person, FIRST), FIRST)
    assert check_enclosing(sign(person, SECOND, detached=False), now=LATER) is None
    recurring._known.clear()
    learn(sign(person, FIRST, detached=False), None)
    assert check_recurring(sign(person, SECOND), [SECOND], now=LATER) is None
    assert check_enclosing(sign(person, SECOND), now=LATER) is None


def test_the_type_of_a_content_inside_is_part_of_what_must_be_the_same(pki):
    """RFC 5652 section 11.1: the content type is signed, and it stands before the content too."""
    person = pki.issue("alice@example.org", key="ed25519")
    learn(sign(person, FIRST, detached=False), None)
    second = sign(person, SECOND, LATER, detached=False)
    data_type = bytes.fromhex("06092a864886f70d010701")
    assert second.count(data_type) == 2  # before the content, and in the signed attribute
    assert check_enclosing(second.replace(data_type, data_type[:-1] + b"\x05", 1), now=LATER) is None


def test_a_large_object_is_not_copied_for_a_short_answer(pki):
    person = pki.issue("alice@example.org", key="ed25519")
    learn(sign(person, FIRST, detached=False), None)
    assert check_enclosing(sign(person, b"x" * recurring.MAX_ENCLOSING_BYTES, detached=False), now=LATER) is None


def test_indefinite_lengths_go_the_long_way(pki):
    person = pki.issue("alice@example.org", key="ed25519")
    data = sign(person, FIRST, detached=False)
    learn(data, None)
    body = data[4:] if data[1] == 0x82 else data[3:]
    streamed = b"\x30\x80" + body + b"\0\0"
    assert the_long_way(streamed, None)[1].integrity is Integrity.INTACT
    assert check_enclosing(streamed, now=LATER) is None
