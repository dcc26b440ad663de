"""The findings of the S/MIME Baseline Requirements on certificates made to break them."""

import csv
from pathlib import Path

import pytest

from tests.pki import Pki
from tests.vectors import vectors
from tui_mail.model.errors import MalformedInput, UsageError
from tui_mail.trust.certificate import load_certificates
from tui_mail.trust.lint import GENERAL, PROFILES, lint_certificate


def expected(text: str) -> list[tuple[str, str, str]]:
    """(where, severity, code) of the table behind a certificate."""
    table = text[text.index("node_path,") :].splitlines()
    return sorted((row["node_path"], row["severity"].lower(), row["code"]) for row in csv.DictReader(table))


def profile_of(file: Path) -> str:
    return GENERAL if file.parent.name == "pkix" else f"{file.parent.parent.name}-{file.parent.name}"


def test_every_certificate_has_exactly_the_findings_that_stand_in_its_file() -> None:
    files = sorted(vectors("br-lint").rglob("*.crttest"))
    assert len(files) == 98  # 97 for mail, and one of RFC 5280 alone
    for file in files:
        text = file.read_text()
        [der] = load_certificates(text[: text.index("node_path,")].encode())
        _profile, findings = lint_certificate(der, profile_of(file))
        found = sorted((finding.where, finding.severity, finding.code) for finding in findings)
        assert found == expected(text), file.name
        assert all(finding.sentence for finding in findings)


def test_the_profile_is_the_one_that_the_policies_name() -> None:
    folder = vectors("br-lint") / "tests" / "integration_certificate" / "smime_br"
    files = sorted(folder.rglob("smbr-cert-factory-*.crttest"))
    assert len(files) > 8
    for file in files:
        [der] = load_certificates(file.read_text().partition("node_path,")[0].encode())
        assert lint_certificate(der)[0] == profile_of(file)
    assert len(PROFILES) == 13


def test_what_claims_no_profile_is_held_to_rfc_5280_alone_and_nonsense_is_said_to_be_nonsense() -> None:
    pki = Pki()
    leaf = pki.issue("anna@clinic.example").certificate
    for der in (leaf, pki.ca.certificate):
        profile, findings = lint_certificate(der)
        assert profile == GENERAL
        assert not any(finding.breaks_a_rule for finding in findings), findings
    broken = {finding.code for finding in lint_certificate(leaf, "mailbox-strict")[1] if finding.breaks_a_rule}
    assert any(code.startswith("cabf.") for code in broken)
    with pytest.raises(UsageError):
        lint_certificate(leaf, "mailbox-lenient")
    with pytest.raises(MalformedInput):
        lint_certificate(leaf[:-10])
