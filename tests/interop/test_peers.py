"""Whole messages to and from other programs: what `tui-mail protect` writes they open, what they write we judge.

The programs are those of Debian 12, so their limits are: NSS 3.87 and gpgsm 2.2 open neither AES-GCM nor RSA-OAEP nor
ECDH, NSS does not know RSA-PSS certificates, and gpgsm cannot import a private EC key. openssl 3.0 does all of it.
"""

import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.interop.peers import PASSWORD, Gpgsm, Nss, Openssl, entity, missing, pss_identity, run, text
from tests.pki import Identity, Pki
from tui_mail.__main__ import main

pytestmark = pytest.mark.skipif(bool(missing("openssl")), reason="openssl is not installed")

BODY = "Dear Bob,\n\nthe grüne Tür is open.\n.\nFrom now on --\nno more \n"
PLAIN = (
    "From: Somebody <{}>\r\nTo: Bob <bob@peer.test>\r\nSubject: An open door\r\nContent-Type: text/plain; charset=utf-8"
    "\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    "Dear Bob,\r\n\r\nthe gr=C3=BCne T=C3=BCr is open.\r\n.\r\nFrom now on --\r\nno more=20\r\n"
)
Peer = Openssl | Gpgsm | Nss
Protect = Callable[..., bytes]
Check = Callable[..., dict]


def address(kind: str) -> str:
    return f"{kind}@peer.test"


def plain(kind: str) -> bytes:
    return PLAIN.format(address(kind)).encode()


class World:
    """One root, one person for each kind of key, the same people at every program."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pki = Pki("Peer Root")
        issue = self.pki.issue
        self.people: dict[str, Identity] = {
            kind: issue(address(kind), key=kind, name=f"Peer {kind}") for kind in ("rsa", "ecdsa", "ecdsa-p384")
        }
        middle = self.pki.authority("Peer Middle", above=self.pki.ca)
        self.people["below"] = issue(address("below"), key="rsa", name="Peer below", ca=middle)
        self.people["pss"] = pss_identity(self.pki, address("pss"), self.home("pss"))
        for one in self.people.values():
            one.write(folder, PASSWORD)
        (folder / "root.pem").write_bytes(self.pki.ca.pem)
        (folder / "password").write_text(PASSWORD + "\n")

    def home(self, name: str) -> Path:
        folder = self.folder / name
        folder.mkdir()
        return folder


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    # Short, because the agent of gpgsm has its socket below it.
    return World(tmp_path_factory.mktemp("w"))


@pytest.fixture(scope="module")
def openssl(world: World) -> Openssl:
    return Openssl(world.home("openssl"), world.pki.ca.pem, list(world.people.values()))


@pytest.fixture(scope="module")
def gpgsm(world: World) -> Iterator[Gpgsm]:
    if reason := missing("gpgsm", "gpg-agent", "gpgconf"):
        pytest.skip(reason)
    peer = Gpgsm(world.home("gnupg"), world.pki.ca.pem)
    try:
        peer.add([world.people["rsa"]])
        yield peer
    finally:
        peer.close()


@pytest.fixture(scope="module")
def nss(world: World) -> Nss:
    if reason := missing("cmsutil", "certutil", "pk12util"):
        pytest.skip(reason)
    people = [world.people[kind] for kind in ("rsa", "ecdsa", "ecdsa-p384")]
    return Nss(world.home("nss"), world.pki.ca.pem, people)


@pytest.fixture
def protect(world: World, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Protect:
    def made(kind: str, *options: str, sign: bool = True) -> bytes:
        monkeypatch.chdir(world.folder)
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(plain(kind))))
        signer = ("--sign", f"{kind}.p12", "--password-file", "password") if sign else ()
        code = main(["protect", *signer, *options])
        out, err = capsysbinary.readouterr()
        assert (code, err) == (0, b"")
        return out

    return made


@pytest.fixture
def check(world: World, monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> Check:
    def found(raw: bytes, *options: str, anchor: bool = True) -> dict:
        monkeypatch.chdir(world.folder)
        Path("letter.eml").write_bytes(raw)
        trust = ("--anchor", "root.pem") if anchor else ()
        code = main(["check", "letter.eml", "--json", "--body", *trust, *options])
        answer: dict = json.loads(capsysbinary.readouterr().out)
        assert code == (1 if answer["sig"] in ("X", "M") else 0)
        return answer

    return found


def key_of(kind: str) -> tuple[str, ...]:
    return ("--key", f"{kind}.p12", "--password-file", "password")


# ---- from us to them


@pytest.mark.parametrize("form", [(), ("--opaque",), ("--headers", "none")])
@pytest.mark.parametrize(
    ("program", "kinds"),
    [
        ("openssl", ("rsa", "pss", "ecdsa", "ecdsa-p384", "below")),
        ("gpgsm", ("rsa", "pss", "ecdsa", "ecdsa-p384", "below")),
        ("nss", ("rsa", "ecdsa", "ecdsa-p384", "below")),
    ],
)
def test_they_verify_what_we_sign(
    request: pytest.FixtureRequest, protect: Protect, program: str, kinds: tuple[str, ...], form: tuple[str, ...]
) -> None:
    """RFC 8551 section 3.5: both forms, with the chain below the root inside."""
    peer: Peer = request.getfixturevalue(program)
    for kind in kinds:
        assert text(peer.verify(protect(kind, *form))) == BODY, kind


CIPHERS = ("aes-128-cbc", "aes-256-cbc", "aes-256-gcm")


@pytest.mark.parametrize("cipher", CIPHERS)
@pytest.mark.parametrize(
    ("kind", "way"), [("rsa", "rsa-v15"), ("rsa", "rsa-oaep"), ("ecdsa", "ecdh"), ("ecdsa-p384", "ecdh")]
)
def test_openssl_opens_what_we_encrypt_and_verifies_the_signature_inside(
    openssl: Openssl, protect: Protect, kind: str, way: str, cipher: str
) -> None:
    raw = protect("pss", "--encrypt", f"{kind}.crt.pem", "--key-encryption", way, "--cipher", cipher)
    assert b"An open door" not in raw
    inside = openssl.decrypt(raw, address(kind))
    assert b"Subject: An open door" in inside
    assert text(openssl.verify(inside)) == BODY


@pytest.mark.parametrize("program", ["gpgsm", "nss"])
@pytest.mark.parametrize("cipher", CIPHERS[:2])
def test_gpgsm_and_nss_open_what_we_encrypt_and_verify_the_signature_inside(
    request: pytest.FixtureRequest, protect: Protect, program: str, cipher: str
) -> None:
    peer: Peer = request.getfixturevalue(program)
    # Two recipients, and neither hinders the other. (One with an EC key would: NSS 3.87 opens no such message at all.)
    others = ("--encrypt", "below.crt.pem", "--cipher", cipher)
    for sign_form in ((), ("--opaque",)):
        raw = protect("ecdsa", "--encrypt", "rsa.crt.pem", *others, *sign_form)
        inside = peer.decrypt(raw, address("rsa"))
        assert text(peer.verify(inside)) == BODY
    assert text(peer.decrypt(protect("rsa", "--encrypt", "rsa.crt.pem", *others, sign=False), address("rsa"))) == BODY


def test_openssl_opens_with_the_password_that_we_encrypt_for(world: World, protect: Protect) -> None:
    """RFC 3211."""
    raw = protect("rsa", "--password-recipient", "password", "--cipher", "aes-256-cbc", sign=False)
    assert text(run("openssl", "cms", "-decrypt", "-pwri_password", PASSWORD, data=raw)) == BODY


# ---- from them to us

ALGORITHMS = {"rsa": "rsa-v15", "ecdsa": "ecdsa", "ecdsa-p384": "ecdsa"}
PSS = ("-keyopt", "rsa_padding_mode:pss", "-md", "sha256")


@pytest.mark.parametrize("opaque", [False, True])
@pytest.mark.parametrize(
    ("program", "kind", "options"),
    [
        ("openssl", "rsa", ()),
        ("openssl", "rsa", ("-keyid", "-md", "sha512")),
        ("openssl", "rsa", ("-noattr",)),
        ("openssl", "rsa", PSS),
        ("openssl", "ecdsa", ()),
        ("openssl", "ecdsa-p384", ("-md", "sha384")),
        ("openssl", "ecdsa", ("-cades", "-stream")),
        ("gpgsm", "rsa", ()),
        ("nss", "rsa", ()),
        ("nss", "rsa", ("-H", "SHA512")),
        ("nss", "ecdsa", ()),
        ("nss", "ecdsa-p384", ()),
    ],
)
def test_what_they_sign_gets_its_letter(
    request: pytest.FixtureRequest, check: Check, program: str, kind: str, options: tuple[str, ...], opaque: bool
) -> None:
    peer: Peer = request.getfixturevalue(program)
    raw = peer.sign(plain(kind), address(kind), *options, opaque=opaque)
    found = check(raw)
    assert (found["sig"], found["summary"], found["text"]) == ("Y", "signed", BODY.rstrip()), found
    (signature,) = found["signatures"]
    digest = next((name.lower() for name in options if name.lower() in ("sha384", "sha512")), "sha256")
    assert signature["algorithm"] == f"{'rsa-pss' if options == PSS else ALGORITHMS[kind]}+{digest}"
    assert signature["trust_source"] == "anchor" and signature["signer"]["addresses"] == [address(kind)]
    assert (signature["signing_time"] is None) == ("-noattr" in options)
    assert found["warnings"] == []
    # The same mail where nobody trusts the root, under another name, and changed.
    assert check(raw, anchor=False)["sig"] == "N"
    assert check(raw.replace(b"From: Somebody <", b"From: Somebody <not.", 1))["sig"] == "M"
    if not opaque:
        altered = check(raw.replace(b"is open", b"is shut"))
        assert (altered["sig"], altered["signatures"][0]["intact"]) == ("X", False)
        assert altered["reasons"][0].endswith(".")


@pytest.mark.parametrize(
    ("program", "kind", "options", "cipher", "way"),
    [
        ("openssl", "rsa", ("-aes128",), "aes-128-cbc", "rsa-v15"),
        ("openssl", "rsa", ("-aes256", "-keyid", "-stream"), "aes-256-cbc", "rsa-v15"),
        ("openssl", "rsa", ("-des3",), "3des-cbc", "rsa-v15"),
        ("openssl", "rsa", ("-aes-256-gcm", "-keyopt", "rsa_padding_mode:oaep"), "aes-256-gcm", "rsa-oaep+sha1"),
        ("openssl", "ecdsa", ("-aes256",), "aes-256-cbc", "ecdh+sha1"),
        ("openssl", "ecdsa-p384", ("-aes-128-gcm", "-keyopt", "ecdh_kdf_md:sha384"), "aes-128-gcm", "ecdh+sha384"),
        ("gpgsm", "rsa", (), "aes-128-cbc", "rsa-v15"),
        ("gpgsm", "rsa", ("--cipher-algo", "AES256"), "aes-256-cbc", "rsa-v15"),
        ("nss", "rsa", (), "", "rsa-v15"),
    ],
)
def test_what_they_encrypt_opens_and_the_signature_inside_gets_its_letter(
    request: pytest.FixtureRequest,
    check: Check,
    program: str,
    kind: str,
    options: tuple[str, ...],
    cipher: str,
    way: str,
) -> None:
    peer: Peer = request.getfixturevalue(program)
    sealed = peer.encrypt(plain(kind), address(kind), *options)
    found = check(sealed, *key_of(kind))
    assert (found["sig"], found["summary"], found["text"]) == ("", "encrypted", BODY.rstrip()), found
    encryption = found["encryption"]
    assert encryption["opened"] and encryption["cipher"] == (cipher or encryption["cipher"])
    assert encryption["authenticated"] == ("gcm" in cipher)
    assert [one["algorithm"] for one in encryption["recipients"]] == [way]
    assert found["headers"]["confidential"] == []

    closed = check(sealed)
    assert (closed["encryption"]["opened"], closed["encryption"]["key"]) == (False, None)
    assert "open" not in closed["text"] or "none of whose keys" in closed["text"]

    for opaque in (False, True):
        signed = peer.sign(plain("rsa"), address("rsa"), opaque=opaque)
        both = check(peer.encrypt(signed, address(kind), *options), *key_of(kind))
        assert (both["sig"], both["summary"]) == ("Y", "signed+encrypted"), both
        assert both["layers"] == ["encrypted", "signed"]
        assert both["text"] == BODY.rstrip()


def test_a_signature_of_one_program_is_carried_by_another(
    openssl: Openssl, gpgsm: Gpgsm, nss: Nss, check: Check
) -> None:
    """Three hands on one message, each byte of the signed part kept."""
    signed = nss.sign(plain("ecdsa"), address("ecdsa"))
    assert entity(signed).startswith(b"Content-Type: multipart/signed")
    sealed = gpgsm.encrypt(signed, address("rsa"))
    assert text(nss.verify(openssl.decrypt(sealed, address("rsa")))) == BODY
    assert check(sealed, *key_of("rsa"))["sig"] == "Y"
