"""A large object is in memory once: what is inside takes its place, and nothing but the memory changes."""

import tracemalloc
from io import BytesIO

import pytest

from tests.pki import NOW, Pki, make_key
from tui_mail.cms import ciphers
from tui_mail.cms.ciphers import WRITABLE_CIPHERS
from tui_mail.cms.enveloped import build_enveloped, decrypt, default_plan, parse_enveloped
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.errors import DecryptionFailed
from tui_mail.model.security import Integrity
from tui_mail.smime.open import open_message
from tui_mail.smime.protect import protect
from tui_mail.trust.context import TrustContext
from tui_mail.vault.software_key import SoftwareKey

PIECE = ciphers._PIECE_BYTES
KINDS = ["rsa", "ecdsa", "x25519", "ml-kem-768"]


@pytest.fixture(scope="module")
def pki():
    return Pki()


def sealed(person, content, cipher):
    return build_enveloped(content, [default_plan(person.certificate)], cipher)


@pytest.mark.parametrize("cipher", WRITABLE_CIPHERS)
@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, PIECE - 1, PIECE, PIECE + 16, 3 * PIECE + 5])
def test_content_of_any_size_is_decrypted_in_place(pki, cipher, size):
    person = pki.issue("bob@example.org", key="ecdsa")
    content = bytes(number % 251 for number in range(size))
    found = decrypt(parse_enveloped(BytesIO(sealed(person, content, cipher))), person.key, last=True)
    assert type(found) is bytes
    assert found == content


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_recipient_lets_go_of_the_ciphertext(pki, kind):
    person = pki.issue("bob@example.org", key=kind)
    content = b"x" * (PIECE + 1)
    room = BytesIO(sealed(person, content, "aes-256-gcm"))
    assert decrypt(parse_enveloped(room), person.key, last=True) == content
    assert room.getvalue() == content


@pytest.mark.parametrize("cipher", ["aes-256-gcm", "chacha20-poly1305"])
def test_of_a_changed_object_nothing_is_handed_out_in_place_either(pki, cipher):
    """RFC 5083 section 2.2."""
    person = pki.issue("bob@example.org", key="ecdsa")
    data = sealed(person, b"y" * (PIECE + 100), cipher)
    for at in (len(data) - 1, len(data) - 16, len(data) - 40, len(data) - PIECE):
        changed = data[:at] + bytes((data[at] ^ 1,)) + data[at + 1 :]
        with pytest.raises(DecryptionFailed):
            decrypt(parse_enveloped(BytesIO(changed)), person.key, last=True)


def test_a_key_that_fails_takes_nothing_from_the_next(pki):
    bob, carol = pki.issue("bob@example.org", key="ecdsa"), pki.issue("carol@example.org", key="ecdsa")
    wrong = SoftwareKey(make_key("ecdsa"), bob.certificate)
    plans = [default_plan(one.certificate) for one in (bob, carol)]
    raw = protect(b"From: a@b.c\r\n\r\nHello\r\n", sign=None, recipients=plans, cipher="aes-256-gcm", now=NOW)
    for keys in ((wrong, carol.key), (carol.key, wrong), (carol.key,)):
        opened = open_message(raw, keys=keys, trust=TrustContext(), now=NOW)
        assert (opened.problem, opened.payload.body) == ("", b"Hello\r\n")
    assert open_message(raw, keys=(wrong,), trust=TrustContext(), now=NOW).problem


@pytest.mark.parametrize("size", [0, 1, 100, 100_000])
def test_opaque_content_is_taken_out_in_place(pki, size):
    person = pki.issue("bob@example.org", key="rsa")
    content = bytes(number % 251 for number in range(size))
    data = build_signed_data(content, person.key, detached=False, signing_time=NOW)
    copied, in_place = parse_signed_data(data), parse_signed_data(BytesIO(data))
    assert (in_place.content, in_place.certificates) == (copied.content, copied.certificates)
    assert type(in_place.content) is bytes
    assert in_place.signers[0].signed_bytes == copied.signers[0].signed_bytes
    assert check_signer(in_place, in_place.signers[0], None, now=NOW).integrity is Integrity.INTACT


@pytest.mark.parametrize("form", ["opaque", "aes-256-cbc", "aes-256-gcm"])
def test_a_whole_mail_takes_at_most_2_2_times_its_size(pki, form):
    person = pki.issue("bob@example.org", key="rsa")
    mail = b"From: bob@example.org\r\n\r\n" + b"0123456789abcdef\r\n" * 200_000
    if form == "opaque":
        raw = protect(mail, sign=person.key, opaque=True, now=NOW)
    else:
        raw = protect(mail, sign=None, recipients=[default_plan(person.certificate)], cipher=form, now=NOW)
    del mail
    tracemalloc.start()
    opened = open_message(raw, keys=(person.key,), trust=TrustContext(revocation="off"), now=NOW)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not opened.problem
    assert len(raw) + peak <= 2.2 * len(raw)
