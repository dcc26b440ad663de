"""Signed objects that others made: every one must be judged as its source says."""

from datetime import UTC, datetime

import pytest

from tests.cms.third_party import certificate_der, crlf, detached, opaque, unarmour
from tests.vectors import vectors
from tui_mail.cms.signed import check_signer, parse_signed_data
from tui_mail.model.security import Integrity

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def judge(data, content=None, *, now=NOW, extra=()):
    signed = parse_signed_data(data)
    return [check_signer(signed, signer, content, now=now, extra_certificates=extra) for signer in signed.signers]


def rfc9216(name):
    return unarmour(vectors("rfc9216", "pem-encoded", f"{name}.pem").read_bytes())


def rfc9216_certificate(name):
    return certificate_der(vectors("rfc9216", "certs-and-keys", f"{name}.crt"))


@pytest.mark.parametrize(
    ("name", "algorithm"),
    [
        ("signedByAliceRSA", "rsa-v15+sha256"),
        ("signedByAliceRSAPSS", "rsa-pss+sha256"),
        ("signedByCarlosEd25519", "ed25519"),
    ],
)
def test_rfc9216_opaque_signatures_are_intact(name, algorithm):
    extra = (rfc9216_certificate("lamps-alice"), rfc9216_certificate("lamps-carlos"))
    (result,) = judge(rfc9216(name), extra=extra)
    assert (result.integrity, result.algorithm) == (Integrity.INTACT, algorithm), result.reason


def test_rfc9216_two_signers_without_certificates_are_judged_each_by_the_known_ones():
    data = rfc9216("signedByAliceAndCarlosNoCerts")
    assert {one.integrity for one in judge(data)} == {Integrity.NO_CERTIFICATE}
    alice = rfc9216_certificate("lamps-alice")
    assert sorted(one.integrity for one in judge(data, extra=(alice,))) == [Integrity.INTACT, Integrity.NO_CERTIFICATE]
    both = (alice, rfc9216_certificate("lamps-carlos"))
    assert {one.integrity for one in judge(data, extra=both)} == {Integrity.INTACT}


def test_rfc9216_detached_signature_needs_its_content():
    signed = rfc9216("signedByCarlosDetached")
    extra = (rfc9216_certificate("lamps-carlos"),)
    (result,) = judge(signed, extra=extra)
    assert result.integrity == Integrity.MALFORMED
    (result,) = judge(signed, b"something else", extra=extra)
    content = parse_signed_data(rfc9216("signedByCarlosEd25519")).content
    (right,) = judge(signed, content, extra=extra)
    assert (right.integrity, right.algorithm) == (Integrity.INTACT, "ed25519")
    assert result.integrity == Integrity.BAD_SIGNATURE  # without signed attributes there is no digest to compare


@pytest.mark.parametrize("name", ["ct_multiple_attr", "no_ct_attr", "no_md_attr", "bad_signtime_attr"])
def test_rfc5652_section_11_missing_and_doubled_attributes_are_never_intact(name):
    data = unarmour(vectors("openssl", "test", "recipes", "80-test_cms_data", f"{name}.cms").read_bytes())
    signed = parse_signed_data(data)
    for content in (None, b"", b"Hello world\r\n"):
        for signer in signed.signers:
            assert check_signer(signed, signer, content, now=NOW).integrity == Integrity.MALFORMED


def test_a_signature_with_md4_is_refused_by_name():
    data = unarmour(vectors("openssl", "test", "recipes", "80-test_cms_data", "pkcs7-md4.pem").read_bytes())
    for result in judge(data):
        assert result.integrity in (Integrity.UNSUPPORTED, Integrity.REFUSED), result


# --- RFC 4134: the classic examples, judged at their own time

CLASSIC = datetime(2001, 6, 1, tzinfo=UTC)
CLASSIC_CERTIFICATES = ("AliceRSASignByCarl", "DianeRSASignByCarl", "AliceDSSSignByCarlNoInherit")


def rfc4134(name):
    return vectors("rfc4134", name).read_bytes()


def classic(name, content=None, now=CLASSIC):
    extra = tuple(rfc4134(f"{one}.cer") for one in CLASSIC_CERTIFICATES)
    return [(one.integrity, one.algorithm) for one in judge(rfc4134(name), content, now=now, extra=extra)]


def test_rfc4134_4_2_a_1024_bit_rsa_signature_with_sha1_was_good_in_its_time():
    assert classic("4.2.bin") == [(Integrity.INTACT, "rsa-v15+sha1")]


def test_rfc4134_4_2_the_same_signature_judged_today_is_refused():
    assert classic("4.2.bin", now=NOW) == [(Integrity.REFUSED, "rsa-v15+sha1")]


@pytest.mark.parametrize("name", ["4.1", "4.3", "4.4", "4.6", "4.7"])
def test_rfc4134_dsa_signatures_are_named_and_not_computed(name):
    content = rfc4134("ExContent.bin") if name == "4.3" else None
    found = classic(f"{name}.bin", content)
    assert found
    for integrity, algorithm in found:
        expected = Integrity.UNSUPPORTED if algorithm.startswith("dsa") else Integrity.INTACT
        assert integrity == expected


def test_rfc4134_4_10_and_4_11_certificates_only_carry_no_signature():
    signed = parse_signed_data(rfc4134("4.11.bin"))
    assert signed.certs_only
    assert signed.certificates or signed.crls


def test_rfc4134_clear_signed_mail_with_an_old_digest_is_not_called_intact_today():
    content, data = detached(vectors("rfc4134", "4.8.eml"))
    assert all(one.integrity in (Integrity.UNSUPPORTED, Integrity.REFUSED) for one in judge(data, content))


# --- Thunderbird


def thunderbird(*patterns):
    folder = vectors("thunderbird")
    return sorted(path for pattern in patterns for path in folder.glob(pattern))


def expected_of(name):
    return Integrity.REFUSED if "SHA1" in name else Integrity.INTACT


def test_thunderbird_opaque_mails_are_intact_and_those_with_sha1_refused():
    paths = thunderbird("alice.sig.*.opaque.eml", "alice.html.sig.*.opaque.eml")
    assert len(paths) == 8
    for path in paths:
        (result,) = judge(opaque(path))
        assert result.integrity == expected_of(path.name), (path.name, result.reason)


def test_thunderbird_detached_mails_are_intact_and_those_with_sha1_refused():
    paths = thunderbird("alice.dsig.*.multipart.eml", "alice.future.dsig.SHA256.multipart.eml")
    assert len(paths) == 5
    for path in paths:
        content, data = detached(path)
        (result,) = judge(data, content)
        assert result.integrity == expected_of(path.name), (path.name, result.reason)
        assert result.signing_time is not None


def test_thunderbird_altered_mails_are_altered():
    paths = thunderbird("alice.dsig.*.multipart.bad.eml")
    assert len(paths) == 4
    for path in paths:
        content, data = detached(path)
        assert [one.integrity for one in judge(data, content)] == [Integrity.ALTERED], path.name


def test_rfc8551_section_3_5_3_a_detached_signature_with_a_content_of_its_own_is_malformed():
    paths = thunderbird("alice.dsig.*.multipart.mismatch-econtent.eml")
    assert len(paths) == 4
    for path in paths:
        content, data = detached(path)
        assert [one.integrity for one in judge(data, content)] == [Integrity.MALFORMED], path.name


@pytest.mark.parametrize("digest", ["SHA1", "SHA256", "SHA384", "SHA512"])
def test_nss_signatures_over_a_file_are_judged_alike(digest):
    content = vectors("thunderbird", "alice.mime").read_bytes()
    (result,) = judge(vectors("thunderbird", f"alice.mime.dsig.{digest}").read_bytes(), content)
    assert result.integrity == expected_of(digest), result.reason
    assert result.algorithm == f"rsa-v15+{digest.lower()}"
    (result,) = judge(vectors("thunderbird", f"alice.textplain.sig.{digest}").read_bytes())
    assert result.integrity == expected_of(digest), result.reason


# --- Johnny, you are fired


def johnny():
    return sorted(vectors("johnny").rglob("*.eml"))


def test_johnny_no_spoofed_text_is_covered_by_the_managers_signature():
    """Fired mails whose text was never signed: eContent confusion, no signers, somebody else's signature."""
    assert len(johnny()) > 8
    for path in johnny():
        if b"multipart/signed" not in crlf(path.read_bytes()).split(b"\r\n\r\n")[0]:
            continue
        content, data = detached(path)
        if b"you are fired" not in content:
            continue
        signed = parse_signed_data(data)
        manager = [facts for facts in signed.certificates if b"manager@bigcorporation.de" in facts]
        for signer in signed.signers:
            result = check_signer(signed, signer, content, now=datetime(2019, 6, 1, tzinfo=UTC))
            assert result.integrity != Integrity.INTACT or result.certificate not in manager, path.name


def test_the_valid_johnny_mails_are_intact():
    for path in sorted(vectors("johnny", "assets", "valid-signed").glob("*.eml")):
        content, data = detached(path)
        assert [one.integrity for one in judge(data, content)] == [Integrity.INTACT], path.name


def test_rfc5652_section_5_1_without_signer_infos_nothing_is_signed():
    for path in vectors("johnny", "cms", "c3_no-signerInfos").rglob("*.eml"):
        _, data = detached(path)
        assert parse_signed_data(data).signers == ()
