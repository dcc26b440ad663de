"""`openssl cms` on the other side, both directions. What 3.0 cannot do in CMS (EdDSA, SHA-3) the vectors cover."""

import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Pki
from tui_mail.cms.enveloped import (
    RecipientPlan,
    build_enveloped,
    decrypt,
    decrypt_with_password,
    decrypt_with_shared_key,
    default_plan,
    parse_enveloped,
)
from tui_mail.cms.signed import build_signed_data, check_signer, parse_signed_data
from tui_mail.model.security import Integrity

pytestmark = pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")

CONTENT = b"Content-Type: text/plain\r\n\r\nHello from the other side\r\n"
KINDS = ("rsa", "ecdsa", "ecdsa-p384")


class Files(NamedTuple):
    certificate: Path
    key: Path


def openssl(*arguments, data=b""):
    done = subprocess.run(["openssl", *arguments], input=data, capture_output=True, timeout=PATIENCE_SECONDS)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


@pytest.fixture(scope="module")
def people(tmp_path_factory):
    """One identity a kind of key, with its files."""
    pki = Pki()
    found = {}
    for kind in (*KINDS, "x25519"):
        identity = pki.issue(f"{kind}@example.org", key=kind)
        folder = tmp_path_factory.mktemp(kind)
        files = Files(folder / "certificate.pem", folder / "key.pem")
        files.certificate.write_bytes(identity.certificate_pem)
        files.key.write_bytes(identity.key_pem)
        found[kind] = (identity, files)
    return found


def judge(data, content=None):
    signed = parse_signed_data(data)
    return [check_signer(signed, signer, content, now=NOW).integrity for signer in signed.signers]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("detached", [True, False])
def test_openssl_verifies_what_we_sign(people, tmp_path, kind, detached):
    identity, _ = people[kind]
    (tmp_path / "signed").write_bytes(build_signed_data(CONTENT, identity.key, detached=detached, signing_time=NOW))
    (tmp_path / "content").write_bytes(CONTENT)
    arguments = ["-verify", "-binary", "-inform", "DER", "-in", str(tmp_path / "signed"), "-noverify"]
    if detached:
        arguments += ["-content", str(tmp_path / "content")]
    assert openssl("cms", *arguments) == CONTENT


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "options",
    [
        ["-nodetach"],
        [],
        ["-nodetach", "-keyid"],
        ["-nodetach", "-stream"],
        ["-nodetach", "-cades"],
        ["-nodetach", "-md", "sha512"],
    ],
)
def test_we_judge_what_openssl_signs(people, kind, options):
    _, files = people[kind]
    signer = ["-signer", str(files.certificate), "-inkey", str(files.key)]
    data = openssl("cms", "-sign", "-binary", "-outform", "DER", *signer, *options, data=CONTENT)
    assert judge(data, None if "-nodetach" in options else CONTENT) == [Integrity.INTACT]
    if "-nodetach" not in options:
        assert judge(data, CONTENT + b" ") in ([Integrity.ALTERED], [Integrity.BAD_SIGNATURE])


@pytest.mark.parametrize("digest", ["sha224", "sha256", "sha384", "sha512"])
@pytest.mark.parametrize("padding", ["pkcs1", "pss"])
def test_we_judge_every_digest_with_rsa(people, digest, padding):
    _, files = people["rsa"]
    signer = ["-signer", str(files.certificate), "-inkey", str(files.key), "-md", digest]
    options = ["-keyopt", f"rsa_padding_mode:{padding}"]
    data = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *signer, *options, data=CONTENT)
    assert judge(data) == [Integrity.INTACT]


def test_we_judge_a_signature_without_signed_attributes(people):
    _, files = people["rsa"]
    signer = ["-signer", str(files.certificate), "-inkey", str(files.key), "-noattr", "-nodetach"]
    data = openssl("cms", "-sign", "-binary", "-outform", "DER", *signer, data=CONTENT)
    assert judge(data) == [Integrity.INTACT]


def test_we_judge_two_signers_of_openssl_each_alone(people):
    options = []
    for kind in ("rsa", "ecdsa"):
        options += ["-signer", str(people[kind][1].certificate), "-inkey", str(people[kind][1].key)]
    data = openssl("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", *options, data=CONTENT)
    assert judge(data) == [Integrity.INTACT, Integrity.INTACT]


@pytest.mark.parametrize("cipher", ["aes-128-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm"])
@pytest.mark.parametrize(
    ("kind", "key_encryption"), [("rsa", "rsa-v15"), ("rsa", "rsa-oaep"), ("ecdsa", "ecdh"), ("ecdsa-p384", "ecdh")]
)
def test_openssl_opens_what_we_encrypt(people, tmp_path, kind, key_encryption, cipher):
    identity, files = people[kind]
    (tmp_path / "sealed").write_bytes(
        build_enveloped(CONTENT, [RecipientPlan(identity.certificate, key_encryption)], cipher)
    )
    options = ["-recip", str(files.certificate), "-inkey", str(files.key)]
    data = openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "sealed"), *options)
    assert data == CONTENT


@pytest.mark.parametrize(
    "cipher", ["aes-128-cbc", "aes-192-cbc", "aes-256-cbc", "aes-128-gcm", "aes-256-gcm", "des3", "camellia256"]
)
@pytest.mark.parametrize(
    ("kind", "options"),
    [
        ("rsa", []),
        ("rsa", ["-keyid"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512", "-keyopt", "rsa_mgf1_md:sha1"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_label:6c6162656c"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha3-256"]),
        ("rsa", ["-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha512-256"]),
        ("ecdsa", []),
        ("ecdsa", ["-keyopt", "ecdh_kdf_md:sha256"]),
        ("ecdsa", ["-keyid"]),
        ("ecdsa-p384", ["-keyopt", "ecdh_kdf_md:sha384", "-keyopt", "ecdh_cofactor_mode:1"]),
        ("rsa", ["-stream"]),
    ],
)
def test_we_open_what_openssl_encrypts(people, kind, options, cipher):
    identity, files = people[kind]
    arguments = ["-encrypt", "-binary", "-outform", "DER", f"-{cipher}", "-recip", str(files.certificate), *options]
    enveloped = parse_enveloped(openssl("cms", *arguments, data=CONTENT))
    assert decrypt(enveloped, identity.key) == CONTENT


def test_we_open_what_openssl_encrypts_with_a_password_or_a_shared_key():
    options = ["-encrypt", "-binary", "-outform", "DER"]
    for cipher in ("-aes-128-cbc", "-aes-256-gcm"):
        shared = openssl(
            "cms", *options, cipher, "-secretkey", "0123456789abcdef" * 4, "-secretkeyid", "01", data=CONTENT
        )
        assert decrypt_with_shared_key(parse_enveloped(shared), bytes.fromhex("0123456789abcdef" * 4)) == CONTENT
    secret = openssl("cms", *options, "-aes-256-cbc", "-pwri_password", "secret", data=CONTENT)
    assert decrypt_with_password(parse_enveloped(secret), "secret") == CONTENT


def test_a_large_streamed_message_of_openssl_opens(people, tmp_path):
    identity, files = people["rsa"]
    content = bytes(range(256)) * 8000
    signer = ["-signer", str(files.certificate), "-inkey", str(files.key)]
    signed = openssl("cms", "-sign", "-binary", "-nodetach", "-stream", "-outform", "DER", *signer, data=content)
    assert judge(signed) == [Integrity.INTACT]
    assert parse_signed_data(signed).content == content
    recipient = ["-aes-256-cbc", "-recip", str(files.certificate)]
    sealed = openssl("cms", "-encrypt", "-binary", "-stream", "-outform", "DER", *recipient, data=content)
    assert decrypt(parse_enveloped(sealed), identity.key) == content


def test_openssl_refuses_the_message_that_we_call_altered(people, tmp_path):
    identity, _ = people["ecdsa"]
    (tmp_path / "signed").write_bytes(build_signed_data(CONTENT, identity.key, detached=True, signing_time=NOW))
    (tmp_path / "content").write_bytes(CONTENT + b"PS\r\n")
    arguments = ["-verify", "-binary", "-noverify", "-inform", "DER", "-in", str(tmp_path / "signed")]
    done = subprocess.run(
        ["openssl", "cms", *arguments, "-content", str(tmp_path / "content")],
        capture_output=True,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode != 0
    assert judge((tmp_path / "signed").read_bytes(), CONTENT + b"PS\r\n") == [Integrity.ALTERED]


def test_one_message_for_every_kind_of_recipient_opens_in_openssl_too(people, tmp_path):
    plans = [default_plan(people[kind][0].certificate) for kind in (*KINDS, "x25519")]
    (tmp_path / "sealed").write_bytes(build_enveloped(CONTENT, plans, "aes-256-cbc"))
    for kind in KINDS:
        files = people[kind][1]
        options = ["-recip", str(files.certificate), "-inkey", str(files.key)]
        data = openssl("cms", "-decrypt", "-binary", "-inform", "DER", "-in", str(tmp_path / "sealed"), *options)
        assert data == CONTENT
