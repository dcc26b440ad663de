"""Trust bundles: what is read, what is refused, and that openssl reads and makes the same."""

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.pki import NOW, Pki
from tui_mail.model.errors import CertificateProblem, MalformedInput
from tui_mail.smime.bundle import make_bundle, open_bundle

ROOTS = tuple(Pki(f"Root {number}").ca for number in range(3))
DERS = tuple(root.certificate for root in ROOTS)
KEEPER = Pki("Keeper").issue("keeper@direct.example")


def test_a_plain_bundle_comes_back_as_it_was_made() -> None:
    bundle = open_bundle(make_bundle(DERS, now=NOW), now=NOW)
    assert (set(bundle.anchors), bundle.signer) == (set(DERS), None)


def test_a_signed_bundle_names_its_signer() -> None:
    bundle = open_bundle(make_bundle(DERS, now=NOW, sign=KEEPER.key), now=NOW)
    assert (set(bundle.anchors), bundle.signer) == (set(DERS), KEEPER.certificate)


def test_no_changed_byte_of_a_signed_bundle_brings_other_roots() -> None:
    data = make_bundle(DERS, now=NOW, sign=KEEPER.key)
    for position in range(0, len(data), 5):
        changed = data[:position] + bytes((data[position] ^ 0x21,)) + data[position + 1 :]
        try:
            bundle = open_bundle(changed, now=NOW)
        except (MalformedInput, CertificateProblem):
            continue
        assert bundle.signer is None or set(bundle.anchors) == set(DERS), position


def test_what_is_no_authority_is_refused_on_both_ways() -> None:
    with pytest.raises(CertificateProblem, match="not an authority"):
        make_bundle((*DERS, KEEPER.certificate), now=NOW)
    with pytest.raises(CertificateProblem, match="not an authority"):
        open_bundle(KEEPER.certificate_pem, now=NOW)
    with pytest.raises(MalformedInput):
        open_bundle(b"rubbish", now=NOW)


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_openssl_reads_ours_and_makes_what_we_read(tmp_path: Path) -> None:
    def openssl(*words: str) -> bytes:
        return subprocess.run(["openssl", *words], cwd=tmp_path, capture_output=True, check=True).stdout

    (tmp_path / "ours.p7b").write_bytes(make_bundle(DERS, now=NOW))
    printed = openssl("pkcs7", "-inform", "DER", "-in", "ours.p7b", "-print_certs")
    assert printed.count(b"BEGIN CERTIFICATE") == 3
    (tmp_path / "roots.pem").write_bytes(b"".join(root.pem for root in ROOTS))
    openssl("crl2pkcs7", "-nocrl", "-certfile", "roots.pem", "-outform", "DER", "-out", "theirs.p7b")
    theirs = (tmp_path / "theirs.p7b").read_bytes()
    assert set(open_bundle(theirs, now=NOW).anchors) == set(DERS)
    pem = openssl("crl2pkcs7", "-nocrl", "-certfile", "roots.pem")
    assert set(open_bundle(pem, now=NOW).anchors) == set(DERS)
    files = KEEPER.write(tmp_path)
    words = ("cms", "-sign", "-binary", "-nodetach", "-outform", "DER", "-in", "theirs.p7b", "-out", "theirs.p7m")
    openssl(*words, "-signer", str(files.certificate), "-inkey", str(files.key))
    signed = open_bundle((tmp_path / "theirs.p7m").read_bytes(), now=KEEPER.x509.not_valid_after_utc)
    assert (set(signed.anchors), signed.signer) == (set(DERS), KEEPER.certificate)
