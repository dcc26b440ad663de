"""Whole messages that other people made, with the letters they must get."""

import base64
import warnings
from datetime import UTC, datetime
from pathlib import Path

import cryptography_vectors
import pytest

from tests.vectors import vectors
from tui_mail.model.errors import TuiMailError
from tui_mail.model.security import AddressMatch, Integrity, PathState, Summary
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.view import view
from tui_mail.trust.certificate import load_certificates
from tui_mail.trust.context import TrustContext
from tui_mail.vault.pkcs12 import load_key
from tui_mail.vault.software_key import SoftwareKey

THUNDERBIRD_TIME = datetime(2026, 3, 1, tzinfo=UTC)
JOHNNY_TIME = datetime(2019, 6, 1, tzinfo=UTC)
PKITS_TIME = datetime(2011, 4, 15, tzinfo=UTC)
PKITS = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
NOBODY = TrustContext(revocation="off")


def trusting(path: Path) -> TrustContext:
    return TrustContext(anchors=load_certificates(path.read_bytes()), revocation="off")


# ---- Thunderbird


def thunderbird_letter(name: str) -> str:
    """What the file name says was done, in its order.

    A signature around encryption does not speak of the plaintext (RFC 9787 section 5.2); SHA-1 is refused for mail of
    2026; `.bad` was altered and `.mismatch-econtent` brings a content of its own (RFC 8551 section 3.5.3).
    """
    if name.startswith("alice.env"):
        return ""
    if "SHA1" in name or ".bad" in name or "mismatch-econtent" in name:
        return "X"
    return "Y"


def test_every_thunderbird_mail_gets_its_letter_and_its_text() -> None:
    folder = vectors("thunderbird")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the file is BER, which cryptography remarks
        bob = load_key((folder / "Bob.p12").read_bytes(), "nss")
    trust = trusting(folder / "TestCA.pem")
    files = sorted(folder.glob("*.eml"))
    assert len(files) == 66
    for file in files:
        name = file.name
        opened = open_message(file.read_bytes(), keys=[bob], trust=trust, now=THUNDERBIRD_TIME)
        security = opened.security
        assert security.verdict.letter.value == thunderbird_letter(name), name
        assert security.verdict.letter.value == "" or security.verdict.reasons, name
        fake = ".bad" in name or "mismatch" in name
        text = "This is a FAKE message NOT from Alice to Bob." if fake else "This is a test message from Alice to Bob."
        assert view(opened, 1).quote_text.strip() == text, name
        assert (security.encryption is not None) == ("env" in name), name
        if security.encryption is not None:
            assert security.encryption.opened and not security.encryption.authenticated, name
        assert security.errant_layers == 0, name


def test_without_the_key_nothing_of_an_encrypted_mail_is_shown() -> None:
    raw = vectors("thunderbird", "alice.sig.SHA256.opaque.env.eml").read_bytes()
    opened = open_message(raw, trust=NOBODY, now=THUNDERBIRD_TIME)
    assert opened.security.summary is Summary.ENCRYPTED
    assert opened.security.encryption is not None and not opened.security.encryption.opened
    shown = view(opened, 1)
    assert "none of whose keys is here" in shown.lines[0][0].text
    assert [one.name for one in shown.attachments] == ["smime.p7m"]
    assert shown.quote_text == ""


# ---- Johnny, you are fired


def test_no_spoofed_mail_appears_as_signed_by_the_manager() -> None:
    """Signature spoofing: eContent confusion, no or several signerInfos, wrapping (RFC 9787 section 4)."""
    trust = trusting(vectors("johnny", "assets", "certificates", "intermediate_ca.crt"))
    seen = 0
    for file in sorted(vectors("johnny").rglob("*.eml")):
        opened = open_message(file.read_bytes(), trust=trust, now=JOHNNY_TIME)
        shown = view(opened, 1)
        letter = opened.security.verdict.letter.value
        seen += 1
        if "fired" in shown.quote_text and shown.sender.spec.startswith("manager@"):
            assert letter in ("", "X"), file.name
        if file.parent.name == "valid-signed" or file.name.startswith("valid_"):
            assert letter == "Y", file.name
        if file.parent.name[:1] == "m" and file.parent.parent.name == "mime":
            assert opened.security.errant_layers == 1 and not opened.security.signatures, file.name
        if file.parent.parent.name == "c3_no-signerInfos" or file.parent.name == "c3_no-signerInfos":
            assert letter == "" and opened.security.summary is Summary.NONE, file.name
    assert seen == 14


def test_signers_are_judged_separately_and_never_combined() -> None:
    """RFC 5652 section 5.1: the other signer's intact signature does not help the altered one."""
    for order in ("append", "prepend"):
        name = f"multiple_signerInfos_{order}_johnny.eml"
        raw = vectors("johnny", "cms", "c2_multiple-signerInfos", name).read_bytes()
        raw = raw.replace(b"eve@bigcorporation.de", b"manager@bigcorporation.de")
        trust = trusting(vectors("johnny", "assets", "certificates", "intermediate_ca.crt"))
        checks = open_message(raw, trust=trust, now=JOHNNY_TIME).security
        assert len(checks.signatures) == 2
        assert checks.verdict.letter.value in ("X", "M")
        assert not any(
            check.integrity is Integrity.INTACT and check.address_match is AddressMatch.MATCH
            for check in checks.signatures
        )


# ---- RFC 9788, RFC 8551, RFC 9216


def test_the_message_of_rfc_9788_yields_its_payload_and_headers() -> None:
    raw = vectors("rfc9788", "smime-multipart-hp.eml").read_bytes()
    trust = TrustContext(revocation="off")
    opened = open_message(raw, trust=trust, now=datetime(2025, 1, 1, tzinfo=UTC))
    expected = vectors("rfc9788", "smime-multipart-hp.payload.expected").read_bytes()
    assert opened.payload.source.replace(b"\r\n", b"\n").rstrip() == expected.replace(b"\r\n", b"\n").rstrip()
    assert opened.security.signatures[0].integrity is Integrity.INTACT
    assert opened.security.verdict.letter.value == "N"
    assert set(opened.security.headers.protected) >= {"subject", "from", "to", "date", "message-id"}
    assert opened.security.headers.confidential == ()


def as_mail(data: bytes, sender: str) -> bytes:
    head = f"From: {sender}\r\nDate: Sat, 20 Feb 2021 10:07:02 -0500\r\n".encode()
    kind = b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    return head + kind + base64.encodebytes(data)


def lamps(name: str) -> SoftwareKey:
    folder = vectors("rfc9216", "certs-and-keys")
    certificate = folder / f"lamps-{name}.encrypt.crt"
    key = folder / f"lamps-{name}.decrypt.p8.pem"
    return load_key(key.read_bytes() + b"\n" + certificate.read_bytes(), "")


@pytest.mark.parametrize(
    ("name", "person", "authenticated"),
    [
        ("encryptedForBobRSAOaep", "bob", False),
        ("encryptedForBobAndDana", "bob", False),
        ("encryptedForBobAndDana", "dana", False),
        ("authEnvelopedForBobChaCha20Poly1305", "bob", True),
        ("authEnvelopedForDanaX25519HKDF", "dana", True),
    ],
)
def test_objects_of_rfc_9216_people_open(name: str, person: str, authenticated: bool) -> None:
    raw = as_mail(vectors("rfc9216", "binary-files", f"{name}.p7m").read_bytes(), "alice@smime.example")
    opened = open_message(raw, keys=[lamps(person)], trust=NOBODY, now=datetime(2025, 1, 1, tzinfo=UTC))
    check = opened.security.encryption
    assert check is not None and check.opened, check
    assert check.authenticated is authenticated
    assert opened.security.layers[0] == "encrypted"


@pytest.mark.parametrize("name", ["signedByAliceRSA", "signedByAliceRSAPSS", "signedByCarlosEd25519"])
def test_objects_of_rfc_9216_people_verify(name: str) -> None:
    raw = as_mail(vectors("rfc9216", "binary-files", f"{name}.p7m").read_bytes(), "alice@smime.example")
    check = open_message(raw, trust=NOBODY, now=datetime(2025, 1, 1, tzinfo=UTC)).security.signatures[0]
    assert check.integrity is Integrity.INTACT, check.integrity_reason


def test_the_authenveloped_sample_of_rfc_8551_is_read_though_its_tag_length_is_left_out() -> None:
    """RFC 8551 section 3.4, RFC 5084: aes-ICVlen defaults to 12, the sample's tag has 16 octets."""
    raw = b"From: a@b.test\n" + vectors("rfc8551", "authEnveloped-3.4.eml").read_bytes()
    check = open_message(raw, trust=NOBODY, now=datetime(2025, 1, 1, tzinfo=UTC)).security.encryption
    assert check is not None
    assert check.cipher.startswith("aes-") and check.cipher.endswith("-gcm") and check.authenticated


# ---- PKITS


def test_all_pkits_mails_are_intact_and_valid_paths_are_accepted() -> None:
    """NIST PKITS as signed mail (RFC 5280); most of its certificates name no address, so they cannot be Y."""
    trust = TrustContext(anchors=((PKITS / "certs" / "TrustAnchorRootCertificate.crt").read_bytes(),), revocation="off")
    files = sorted((PKITS / "smime").glob("*.eml"))
    assert len(files) == 224
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # cryptography remarks the negative serial numbers of two tests
        for file in files:
            security = open_message(file.read_bytes(), trust=trust, now=PKITS_TIME).security
            check = security.signatures[0]
            if "DSA" in file.name:
                assert check.integrity is Integrity.UNSUPPORTED and security.verdict.letter.value == "?"
                continue
            assert check.integrity is Integrity.INTACT, file.name
            if file.name.startswith("SignedValid"):
                assert check.path is PathState.VALID, (file.name, check.path_reason)


def test_no_vector_of_any_kind_makes_opening_fail() -> None:
    """Bad mail is a verdict, never an exception."""
    for folder in ("rfc4134", "openssl", "gpgsm", "nss", "pq"):
        for file in vectors(folder).rglob("*"):
            if not file.is_file() or file.stat().st_size > 200_000:
                continue
            data = file.read_bytes()
            for raw in (data, as_mail(data, "a@b.test")):
                try:
                    opened: Opened = open_message(raw, trust=NOBODY, now=PKITS_TIME)
                except TuiMailError as error:
                    pytest.fail(f"{file}: {error}")
                view(opened, 1)
