"""What an attacker on the way can do to a whole message: each way has its letter and its sentence, and none makes a Y.

The simple ways (altered body and signature, wrong From, swapped certificate) are told in test_open; here are those that
rearrange a message, and one change in every place.
"""

import base64
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import lru_cache

import pytest

from tests.pki import NOW, Identity, Pki
from tui_mail.cms import ber, der
from tui_mail.cms.enveloped import default_plan
from tui_mail.cms.signed import build_signed_data
from tui_mail.mime.tree import parse
from tui_mail.model.message import MessageView
from tui_mail.model.security import Integrity, Letter, MessageSecurity, Summary
from tui_mail.smime.layers import detached_parts
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
BERT = PKI.issue("bert@clinic.test")
EVE = PKI.issue("eve@clinic.test")
"""Eve has a certificate of the same authority: everything that she signs is intact and trusted, as Eve."""
TRUST = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
PLAIN = (
    b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Rent\r\nMessage-ID: <1@clinic.test>\r\n\r\n"
    b"Pay 10 Euro\r\n"
)


def signed(signer: Identity = ANNA, message: bytes = PLAIN, **options: object) -> bytes:
    return protect(message, sign=signer.key, now=NOW, **options)  # type: ignore[arg-type]


def sealed(signer: Identity | None = ANNA, cipher: str = "aes-128-cbc", message: bytes = PLAIN) -> bytes:
    key = None if signer is None else signer.key
    return protect(message, sign=key, recipients=[default_plan(BERT.certificate)], cipher=cipher, now=NOW)


def opened(raw: bytes, *, trust: TrustContext = TRUST, now: datetime = NOW) -> Opened:
    return open_message(raw, keys=(BERT.key,), trust=trust, now=now)


def judged(raw: bytes, **options: object) -> MessageSecurity:
    return opened(raw, **options).security  # type: ignore[arg-type]


def once(raw: bytes, old: bytes, new: bytes) -> bytes:
    """Replace what stands there exactly once."""
    assert raw.count(old) == 1, raw.count(old)
    return raw.replace(old, new)


def parts(raw: bytes) -> tuple[bytes, bytes]:
    """The signed part and the CMS object of a multipart/signed."""
    content, signature = detached_parts(parse(raw))
    return content.source, signature.body_bytes()


def with_signature(raw: bytes, signature: bytes) -> bytes:
    """The message with another signature in the place of its own."""
    body = re.search(rb"smime\.p7s\"\r\n\r\n(.+?)\r\n--", raw, re.DOTALL)
    assert body is not None
    return raw.replace(body[1], base64.encodebytes(signature).replace(b"\n", b"\r\n").strip())


# ---- signatures exchanged


def signature_of(signer: Identity, content: bytes) -> bytes:
    return build_signed_data(content, signer.key, detached=True, signing_time=NOW)


@pytest.mark.parametrize("headers", ["none", "baseline"])
def test_a_signature_replaced_by_that_of_another_person_is_m(headers: str) -> None:
    """RFC 8550 section 3: Eve's signature over Anna's words is intact and says nothing of Anna."""
    raw = signed(headers=headers)
    security = judged(with_signature(raw, signature_of(EVE, parts(raw)[0])))
    assert security.verdict.letter is Letter.MISMATCH
    assert "was signed by eve@clinic.test" in security.verdict.reasons[0]
    assert security.signatures[0].integrity is Integrity.INTACT


def test_a_signature_taken_from_another_message_of_the_same_person_is_x() -> None:
    other = parts(signed(message=PLAIN.replace(b"10 Euro", b"99 Euro")))[1]
    security = judged(with_signature(signed(), other))
    assert security.verdict.letter is Letter.BROKEN
    assert security.verdict.reasons[0].startswith("The message was changed after it was signed.")


def test_a_stripped_signature_leaves_a_message_that_is_not_signed() -> None:
    raw = signed()
    head = raw[: raw.index(b"Content-Type: multipart/signed")]
    security = judged(head + parts(raw)[0])
    assert (security.verdict.letter, security.summary) == (Letter.NONE, Summary.NONE)
    assert security.headers.protected == ()


def test_an_empty_signature_is_x_and_one_without_signers_is_no_signature() -> None:
    raw = signed()
    security = judged(with_signature(raw, b""))
    assert security.verdict.letter is Letter.BROKEN
    assert security.verdict.reasons[0].startswith("The signature is damaged")
    fields = list(ber.children(next(ber.children(list(ber.children(ber.read_tlv(parts(raw)[1])))[1]))))
    nobody = der.sequence(*(field.raw for field in fields[:-1]), der.set_of([]))
    bundle = der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, nobody))
    security = judged(with_signature(raw, bundle))
    assert (security.verdict.letter, security.summary) == (Letter.NONE, Summary.NONE)
    assert any("nobody signed it" in warning for warning in security.warnings)


def test_a_second_signature_by_the_attacker_neither_helps_nor_harms() -> None:
    """RFC 5652 section 5.1: each signer is judged alone, and only one who is the sender speaks for the message."""
    raw = signed(headers="none")
    content, own = parts(raw)
    foreign = signature_of(EVE, content)

    def fields(data: bytes) -> list[bytes]:
        body = next(ber.children(list(ber.children(ber.read_tlv(data)))[1]))
        return [field.raw for field in ber.children(body)]

    def members(data: bytes) -> list[bytes]:
        return [one.raw for one in ber.children(ber.read_tlv(data))]

    ours, theirs = fields(own), fields(foreign)
    merged = der.sequence(
        ours[0],
        ours[1],
        ours[2],
        der.set_of(members(ours[3]) + members(theirs[3]), tag=0xA0),
        der.set_of(members(ours[4]) + members(theirs[4])),
    )
    both = with_signature(raw, der.sequence(der.oid("1.2.840.113549.1.7.2"), der.context(0, merged)))
    security = judged(both)
    assert sorted(one.letter.value for one in security.verdicts) == ["M", "Y"]
    assert security.verdict.letter is Letter.VALID
    changed = judged(once(both, b"10 Euro", b"99 Euro"))
    assert [one.letter.value for one in changed.verdicts] == ["X", "X"]
    stranger = judged(once(both, b"From: Anna <anna@", b"From: Carl <carl@"))
    assert [one.letter.value for one in stranger.verdicts] == ["M", "M"]


# ---- wrapped


def test_a_signed_message_wrapped_in_a_mixed_counts_for_nothing() -> None:
    """RFC 9787 section 4.5: whatever the wrapper adds would look signed."""
    raw = signed()
    part = raw[raw.index(b"Content-Type: multipart/signed") :]
    for before, after in ((b"Pay 99 Euro", b""), (b"", b"PS: 99 Euro"), (b"", b"")):
        wrapped = b"From: Anna <anna@clinic.test>\r\nContent-Type: multipart/mixed; boundary=w\r\n\r\n"
        for piece in (before, None, after):
            content = part if piece is None else b"Content-Type: text/plain\r\n\r\n" + piece
            if piece != b"":
                wrapped += b"--w\r\n" + content + b"\r\n"
        security = judged(wrapped + b"--w--\r\n")
        assert (security.verdict.letter, security.summary) == (Letter.NONE, Summary.NONE)
        assert security.errant_layers == 1
        assert "not the whole message" in security.verdict.reasons[0]


def test_a_signed_message_inside_another_persons_signature_is_that_persons() -> None:
    """Eve wraps Anna's whole mail: Anna's signature is inside and good, but the message says Eve, or it is M."""
    inner = signed(headers="none")
    entity = inner[inner.index(b"Content-Type: multipart/signed") :]
    as_eve = b"From: Eve <eve@clinic.test>\r\nSubject: Rent\r\n" + entity
    as_anna = b"From: Anna <anna@clinic.test>\r\nSubject: Rent\r\n" + entity
    for message, author in ((as_eve, "eve@clinic.test"), (as_anna, "anna@clinic.test")):
        security = judged(signed(EVE, message, headers="none"))
        assert security.layers == ("signed", "signed")
        assert (
            security.verdict.letter is Letter.VALID
        )  # one of the two signatures is the author's, over all that is shown
        assert [one.signer.addresses for one in security.signatures if one.signer] == [
            ("eve@clinic.test",),
            ("anna@clinic.test",),
        ]
        assert author in security.headers.from_


def test_what_stands_around_the_signed_part_is_not_shown() -> None:
    """Preamble and epilogue of the multipart belong to nobody."""
    raw = signed()
    boundary = re.search(rb'boundary="([^"]+)"', raw)
    assert boundary is not None
    first = b"\r\n--" + boundary[1] + b"\r\n"
    changed = raw.replace(first, b"\r\nPay 99 Euro" + first, 1) + b"\r\nPay 99 Euro\r\n"
    found = opened(changed)
    assert found.security.verdict.letter is Letter.VALID
    assert "99" not in view(found, 1).quote_text


# ---- header protection


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b'hp="clear"', b'xx="clear"'),
        (b'hp="clear"', b'hp="cipher"'),
        (b"Subject: Rent", b"Subject: Loot"),
        (b"From: Anna <anna@clinic.test>", b"From: Eve! <eve!@clinic.test>"),
    ],
)
def test_changed_header_protection_is_x(old: bytes, new: bytes) -> None:
    """RFC 9788: the protected fields are inside what is signed."""
    raw = signed()
    at = raw.index(b"\r\n--=_")
    security = judged(raw[:at] + once(raw[at:], old, new))
    assert security.verdict.letter is Letter.BROKEN
    assert security.verdict.reasons[0].startswith("The message was changed after it was signed.")
    assert security.headers.protected == ()


def test_changed_outer_headers_do_not_matter_where_the_inner_ones_are_signed() -> None:
    """RFC 9788 section 4: the inner ones are rendered; what differs outside is told."""
    raw = signed()
    at = raw.index(b"\r\n--=_")
    changed = raw[:at].replace(b"Subject: Rent", b"Subject: Loot").replace(b"anna@clinic", b"eve@evil") + raw[at:]
    found = opened(changed)
    shown = view(found, 1)
    assert (found.security.verdict.letter, shown.subject, shown.sender.spec) == (
        Letter.VALID,
        "Rent",
        "anna@clinic.test",
    )
    assert found.security.headers.outer == {"from": "Anna <eve@evil.test>", "subject": "Loot"}


def test_a_protected_from_that_nobody_signed_does_not_hide_the_outer_one() -> None:
    """RFC 9788 section 4.4: encryption alone proves no author; the outer From is shown, with a warning."""
    raw = sealed(None).replace(b"anna@clinic.test", b"eve@evil.test", 1)
    found = opened(raw)
    assert found.security.verdict.letter is Letter.NONE
    assert view(found, 1).sender.spec == "eve@evil.test"
    assert any("pretending" in warning for warning in found.security.warnings)


def test_a_message_opened_and_encrypted_again_by_another_keeps_its_signer_and_a_removed_signature_is_seen() -> None:
    """Whoever may read may forward: the signature stays Anna's; without it nobody vouches for the inner From."""
    entity = signed()[signed().index(b"Content-Type: multipart/signed") :]
    forwarded = protect(
        b"From: Eve <eve@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Rent\r\n" + entity,
        sign=None,
        recipients=[default_plan(BERT.certificate)],
        now=NOW,
        headers="none",
    )
    found = opened(forwarded)
    assert (found.security.verdict.letter, view(found, 1).sender.spec) == (Letter.VALID, "anna@clinic.test")
    assert found.security.headers.outer["from"] == "Eve <eve@clinic.test>"


# ---- every other way, with the sentence that people read

OLD = PKI.issue("anna@clinic.test", not_after=datetime(2026, 6, 2, tzinfo=UTC))
LATER = datetime(2027, 1, 1, tzinfo=UTC)


def cut_in_half(raw: bytes) -> bytes:
    data = parts(raw)[1]
    return with_signature(raw, data[: len(data) // 2])


def cut_opaque() -> bytes:
    head, _, body = signed(opaque=True).partition(b"\r\n\r\n")
    data = base64.b64decode(body)
    return head + b"\r\n\r\n" + base64.encodebytes(data[: len(data) - 40])


@pytest.mark.parametrize(
    ("make", "options", "letter", "sentence"),
    [
        (lambda: once(signed(), b"10 Euro", b"99 Euro"), {}, "X", "was changed after it was signed"),
        (lambda: once(signed(), b"10 Euro", b"10  Euro"), {}, "X", "was changed after it was signed"),
        (lambda: cut_in_half(signed()), {}, "X", "damaged"),
        (cut_opaque, {}, "X", "damaged"),
        (lambda: signed(OLD), {"now": LATER}, "E", "has expired since"),
        (lambda: signed(), {"trust": TrustContext(revocation="off")}, "N", "not decided yet"),
        (lambda: signed(Pki("Elsewhere").issue("anna@clinic.test")), {}, "N", "not decided yet"),
        (lambda: signed(EVE), {}, "M", "signed by eve@clinic.test"),
        (lambda: sealed(EVE), {}, "M", "signed by eve@clinic.test"),
    ],
)
def test_each_way_has_its_letter_and_its_sentence(
    make: Callable[[], bytes], options: dict[str, object], letter: str, sentence: str
) -> None:
    security = judged(make(), **options)
    assert security.verdict.letter.value == letter
    assert sentence in security.verdict.reasons[0]


def test_truncated_ciphertext_shows_nothing_and_says_so() -> None:
    for cipher in ("aes-128-cbc", "aes-128-gcm"):
        head, _, body = sealed(cipher=cipher).partition(b"\r\n\r\n")
        data = base64.b64decode(body)
        found = opened(head + b"\r\n\r\n" + base64.encodebytes(data[:-64]))
        assert found.security.verdict.letter is Letter.NONE
        assert found.security.encryption is not None and not found.security.encryption.opened
        assert "damaged" in found.problem and "Euro" not in view(found, 1).quote_text


# ---- one change in every place


@lru_cache(maxsize=4)
def sample(form: str) -> bytes:
    pinned = signed if form != "encrypted" else sealed
    return pinned(opaque=True) if form == "opaque" else pinned()


PINNED = TrustContext(pins=frozenset({("anna@clinic.test", ANNA.sha256)}), revocation="off")


def shown(raw: bytes) -> tuple[MessageView, Letter]:
    found = opened(raw, trust=PINNED)
    return view(found, 1), found.security.verdict.letter


def what_is_read(one: MessageView) -> tuple[object, ...]:
    return (one.subject, one.sender, one.to, one.cc, one.reply_to, one.date, one.lines, one.attachments, one.quote_text)


def mutations(raw: bytes) -> Iterator[tuple[int, bytes]]:
    for at in range(len(raw)):
        for mask in (1 << at % 5, 0x20, 0x80):  # a near letter, the other case, no ASCII
            yield at, raw[:at] + bytes([raw[at] ^ mask]) + raw[at + 1 :]
    for at in range(0, len(raw), 5):
        yield at, raw[:at] + raw[at + 1 :]
        yield at, raw[:at] + b"\r\n" + raw[at:]


@pytest.mark.parametrize("form", ["detached", "opaque", "encrypted"])
def test_no_change_of_any_byte_raises_or_makes_a_y_that_reads_differently(form: str) -> None:
    raw = sample(form)
    original, letter = shown(raw)
    assert letter is Letter.VALID
    letters: dict[str, int] = {}
    for at, changed in mutations(raw):
        found, letter = shown(changed)
        letters[letter.value] = letters.get(letter.value, 0) + 1
        if letter is Letter.VALID:
            assert what_is_read(found) == what_is_read(original), (at, changed[max(0, at - 30) : at + 30])
    # Some places mean nothing (an outer field, the layout of base64), most break it.
    assert 0 < letters["Y"] < sum(letters.values()) / 2, letters
