"""What a certificate does against the rules that its issuer should have kept: RFC 5280, and the S/MIME Baseline
Requirements of the CA/Browser Forum where it says which of their profiles it follows.

The rules themselves are pkilint's. A finding is never a verdict: mail is judged by `profile` and `path`, which follow
RFC 8550; this is for administrators who choose or run an authority.
"""

from dataclasses import dataclass
from functools import cache

from pkilint import loader
from pkilint.cabf import smime
from pkilint.cabf.smime import smime_constants
from pkilint.pkix import certificate as pkix
from pkilint.pkix import extension, name
from pkilint.validation import ValidationResult, ValidatorContainer

from tui_mail.model.errors import MalformedInput, UsageError
from tui_mail.trust.certificate import read_certificate

GENERAL = "pkix"
"""RFC 5280 alone: for authorities, and for certificates that claim none of the Forum's profiles."""
_PROFILES = {
    f"{level}-{generation}".lower(): (level, generation)
    for level in smime_constants.ValidationLevel
    for generation in smime_constants.Generation
}
PROFILES = (GENERAL, *_PROFILES)
VERSION = smime_constants.BR_VERSION


@dataclass(frozen=True, slots=True)
class Finding:
    """One remark.

    Attributes:
        severity: "fatal", "error" (a MUST is broken), "warning" (a SHOULD), "notice" or "info".
        code: a stable name, like ``cabf.smime.san_extension_missing``.
        where: the place in the certificate, as a path of field names.
        sentence: what is wrong, in words.
    """

    severity: str
    code: str
    where: str
    sentence: str

    @property
    def breaks_a_rule(self) -> bool:
        """Whether a MUST is broken."""
        return self.severity in ("fatal", "error")


def lint_certificate(der: bytes, profile: str = "") -> tuple[str, tuple[Finding, ...]]:
    """The profile whose rules were applied, and every finding, the gravest first.

    Args:
        profile: one of `PROFILES`; empty takes the one that the certificate's policies name.

    Raises MalformedInput for what is no certificate, UsageError for a profile that does not exist.
    """
    info = read_certificate(der)
    try:
        document = loader.RFC5280CertificateDocumentLoader().load_der_document(der)
        chosen = profile or (GENERAL if info.is_ca else _claimed(document))
        results = _rules(chosen).validate(document.root)
    except (ValueError, RecursionError, TypeError, AttributeError, LookupError):
        # QUIRK: pkilint and pyasn1 raise whatever they stumble over when a certificate is damaged.
        raise MalformedInput("The certificate is damaged, so its rules cannot be checked.") from None
    findings = [finding for result in results for finding in _findings(result)]
    order = ("fatal", "error", "warning", "notice", "info")
    return chosen, tuple(sorted(findings, key=lambda finding: order.index(finding.severity)))


def _claimed(document: pkix.RFC5280Certificate) -> str:
    claimed = smime.determine_validation_level_and_generation(document)
    return GENERAL if claimed is None else "-".join(map(str, claimed)).lower()


@cache
def _rules(profile: str) -> ValidatorContainer:
    if profile == GENERAL:
        return pkix.create_pkix_certificate_validator_container(
            pkix.create_decoding_validators(name.ATTRIBUTE_TYPE_MAPPINGS, extension.EXTENSION_MAPPINGS),
            [
                pkix.create_issuer_validator_container([]),
                pkix.create_validity_validator_container(),
                pkix.create_subject_validator_container([]),
                pkix.create_extensions_validator_container([]),
                pkix.create_spki_validator_container([]),
            ],
        )
    if profile not in _PROFILES:
        raise UsageError(f"There are rules for {', '.join(PROFILES)}, not for {profile!r}.")
    return pkix.create_pkix_certificate_validator_container(
        smime.create_decoding_validators(), smime.create_subscriber_validators(*_PROFILES[profile])
    )


def _findings(result: ValidationResult) -> list[Finding]:
    found = []
    for description in result.finding_descriptions:
        severity = str(description.finding.severity).lower()
        if severity == "debug":
            continue
        words = description.finding.code.rpartition(".")[2].replace("_", " ").capitalize()
        sentence = f"{words}: {description.message}" if description.message else f"{words}."
        found.append(Finding(severity, description.finding.code, result.node.path, sentence))
    return found
