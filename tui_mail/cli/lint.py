"""``tui-mail cert lint``: what certificates do against the rules that their issuers should have kept."""

import argparse
import json

from tui_mail.cli.material import read_file
from tui_mail.model.certificate import fingerprint_groups
from tui_mail.model.clean import clean
from tui_mail.model.errors import MalformedInput, UsageError
from tui_mail.trust.certificate import load_certificates, read_certificate


def lint(names: list[str], args: argparse.Namespace) -> int:
    """Every certificate of these files; 1 when one breaks a rule."""
    code = 0
    for name in names:
        try:
            found = load_certificates(read_file(name))
        except MalformedInput as error:
            raise UsageError(f"{name}: {error}") from None
        for der in found:
            code = max(code, _lint_one(name, der, args))
    return code


def _lint_one(name: str, der: bytes, args: argparse.Namespace) -> int:
    from tui_mail.trust.lint import GENERAL, VERSION, lint_certificate  # costs most of a second, and few need it

    info = read_certificate(der)
    rules, findings = lint_certificate(der, args.rules)
    broken = sum(finding.breaks_a_rule for finding in findings)
    if args.json:
        fields = ("severity", "code", "where", "sentence")
        remarks = [{field: clean(getattr(finding, field)) for field in fields} for finding in findings]
        about = {"file": name, "sha256": info.sha256, "subject": clean(info.subject), "rules": rules}
        print(json.dumps({**about, "broken": broken, "findings": remarks}))
        return min(broken, 1)
    print(f"{clean(name)}: {clean(info.subject)}")
    print(f"  SHA-256 {fingerprint_groups(info.sha256)}")
    if rules == GENERAL:
        print("  Rules: RFC 5280. It claims no profile of the S/MIME Baseline Requirements; --rules applies one.")
    else:
        print(f"  Rules: S/MIME Baseline Requirements {VERSION}, {rules}, and RFC 5280.")
    worth_reading = [finding for finding in findings if finding.severity != "info"]
    for finding in worth_reading:
        print(f"  {finding.severity:<8} {clean(finding.sentence)}")
        print(f"           {clean(finding.code)} at {clean(finding.where)}")
    if not worth_reading:
        print("  Nothing to remark.")
    return min(broken, 1)
