"""NIST PKITS through ``tui-mail check``: every signed mail whose test needs no other policy than ours."""

import hashlib
import json
import warnings
from functools import cache
from pathlib import Path

import cryptography_vectors
import pytest

from tests.vectors import vectors, vectors_folder
from tui_mail.__main__ import main
from tui_mail.cms.certificates import read_facts
from tui_mail.cms.signed import parse_signed_data
from tui_mail.mime.tree import parse

PKITS = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
CERTIFICATES, LISTS = PKITS / "certs", PKITS / "crls"
EXPLICIT = "initial_explicit_policy"
PATIENT = ("--revocation", "require", "--anchor", str(CERTIFICATES / "TrustAnchorRootCertificate.crt"))


def cases() -> dict[str, dict]:
    """The expectation for each certificate's SHA-256: the one without initial policies where there are several."""
    chosen: dict[str, dict] = {}
    for case in json.loads((vectors("pkits") / "expected.json").read_text()):
        sha256 = hashlib.sha256((CERTIFICATES / case["cert"]).read_bytes()).hexdigest()
        if "params" not in case and (sha256 not in chosen or "norestr" in case["name"]):
            chosen[sha256] = case
    return chosen


def test_every_mail_is_trusted_where_pkits_says_so_and_nowhere_else(capsys: pytest.CaptureFixture[str]) -> None:
    expected = cases()
    tried, unsupported, wrong = 0, [], []

    def signature(file: Path, *words: str) -> dict:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # cryptography remarks the negative serial numbers of two tests
            main(["check", str(file), "--json", "--time", "2011-04-15T00:00:00Z", *words])
        [found] = json.loads(capsys.readouterr().out)["signatures"]
        return dict(found)

    for file in sorted((PKITS / "smime").glob("*.eml")):
        # By the signer and not by the file's name: NIST signed the mail of onlySomeReasons test 18 as that of test 19.
        alone = signature(file, "--revocation", "off")
        if alone["algorithm"].startswith("dsa"):
            assert (alone["sig"], alone["trusted"]) == ("?", False), file.name
            unsupported.append(file.stem)
            continue
        case = expected.get(alone["signer"]["sha256"])
        if case is None:
            continue
        tried += 1
        words = [*PATIENT, "--crl", str(LISTS / "TrustAnchorRootCRL.crl")]
        for other in case.get("other_certs", ()):
            words += ["--intermediate", str(CERTIFICATES / other)]
        for crl in case.get("crls", ()):
            words += ["--crl", str(LISTS / crl)]
        found = signature(file, *words)
        if found["trusted"] != ("error" not in case) or not found["intact"]:
            wrong.append((file.name, found["reasons"], case.get("error")))
    assert wrong == []
    assert len(unsupported) == 3
    assert tried == 210


POLICY_CASES = {
    (case["cert"], policies): case
    for case in json.loads((vectors_folder() / "pkits" / "expected.json").read_text() if vectors_folder() else "[]")
    if {"user_initial_policy_set"} <= case.get("params", {}).keys() <= {"user_initial_policy_set", EXPLICIT}
    and not case["name"].endswith("_ignored")
    for policies in (tuple(case["params"]["user_initial_policy_set"]),)
}
"""Where policies are named. In the one left out they are named and not demanded; here whoever names one demands it."""


@pytest.mark.parametrize(("certificate", "policies"), POLICY_CASES)
def test_under_named_policies_a_mail_is_trusted_where_pkits_says_so(
    certificate: str, policies: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    case = POLICY_CASES[certificate, policies]
    sha256 = hashlib.sha256((CERTIFICATES / certificate).read_bytes()).hexdigest()
    words = [*PATIENT, "--crl", str(LISTS / "TrustAnchorRootCRL.crl"), "--json", "--time", "2011-04-15T00:00:00Z"]
    for policy in policies:
        words += ["--policy", policy]
    for other in case.get("other_certs", ()):
        words += ["--intermediate", str(CERTIFICATES / other)]
    for crl in case.get("crls", ()):
        words += ["--crl", str(LISTS / crl)]
    mail = next(file for file in sorted((PKITS / "smime").glob("*.eml")) if signer(file) == sha256)
    main(["check", str(mail), *words])
    [found] = json.loads(capsys.readouterr().out)["signatures"]
    assert found["intact"]
    assert found["trusted"] == ("error" not in case), (case["name"], found["reasons"])


@cache
def signer(file: Path) -> str:
    """SHA-256 of the certificate that signed a mail; empty where it cannot be read."""
    signed = parse_signed_data(parse(file.read_bytes()).children[1].body_bytes())
    for der in signed.certificates:
        if signed.signers[0].certificate_id.matches(read_facts(der)):
            return hashlib.sha256(der).hexdigest()
    return ""


def test_a_policy_that_is_no_identifier_is_a_usage_error() -> None:
    with pytest.raises(SystemExit) as caught:
        main(["check", "x.eml", "--policy", "strict"])
    assert caught.value.code == 2
