"""The x509-limbo suite through our path validation: every case, and every difference with its reason.

The suite tests clients of web servers, so "server authentication" stands for "e-mail protection" here (the leaf's own
purposes are not asked for), the longest chain is the case's own, and the names that it expects count where they are
addresses.
"""

import base64
import json
import re
import time
from datetime import UTC, datetime
from functools import cache
from typing import Any

import pytest

from tests.trust.limbo_differences import DIFFERENCES
from tests.vectors import vectors, vectors_folder
from tui_mail.model.security import AddressMatch, PathState, Revocation
from tui_mail.trust import chains, path
from tui_mail.trust.address_match import match_address
from tui_mail.trust.certificate import read_certificate
from tui_mail.trust.chains import Material
from tui_mail.trust.path import DEADLINE_SECONDS, check_path
from tui_mail.trust.profile import profile_fault

USUAL_TIME = datetime(2025, 6, 1, tzinfo=UTC)
DIFFERENT = {name: reason for reason, names in DIFFERENCES.items() for name in names}


@cache
def cases() -> dict[str, dict[str, Any]]:
    if vectors_folder() is None:
        return {"no vectors here": {}}
    found = json.loads(vectors("x509-limbo", "limbo.json").read_text())["testcases"]
    return {case["id"]: case for case in found}


def ders(texts: list[str]) -> tuple[bytes, ...]:
    blocks = (block for text in texts for block in re.findall(r"-----BEGIN [^-]+-----(.*?)-----END", text, re.DOTALL))
    return tuple(base64.b64decode(block) for block in blocks)


def leaf_holds(leaf: bytes, names: list[dict[str, str]]) -> bool:
    """Whether the certificate's key and extensions are good, and it speaks for the addresses that are expected."""
    fault = profile_fault(leaf)
    if fault and "does not allow signing mail" not in fault:
        return False
    addresses = read_certificate(leaf).addresses
    wanted = {name["value"] for name in names if name["kind"] == "RFC822"}
    return all(match_address(addresses, (address,)) is AddressMatch.MATCH for address in wanted)


@pytest.fixture(autouse=True)
def _web(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(path, "_EMAIL_PURPOSES", {"server_auth", "any_extended_key_usage"})


def accepted(case: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> bool:
    if case["max_chain_depth"] is not None:
        monkeypatch.setattr(chains, "MAX_DEPTH", case["max_chain_depth"] + 1)
        path._cell.cache_clear()
    leaf = ders([case["peer_certificate"]])[0]
    lists = ders(case["crls"])
    material = Material(ders(case["untrusted_intermediates"]), ders(case["trusted_certs"]), lists)
    moment = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else USUAL_TIME
    found = check_path(leaf, material, moment, revocation=bool(lists))
    good = not lists or found.revocation is Revocation.GOOD
    if case["max_chain_depth"] is not None:
        path._cell.cache_clear()
    path_holds = found.anchored and found.state is PathState.VALID and good
    return path_holds and leaf_holds(leaf, case["expected_peer_names"])


@pytest.mark.parametrize("name", cases())
def test_a_path_is_accepted_or_refused_as_the_suite_says_or_differs_for_a_reason(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors("x509-limbo", "limbo.json")
    case = cases()[name]
    begin = time.thread_time()
    same = accepted(case, monkeypatch) == (case["expected_result"] == "SUCCESS")
    assert time.thread_time() - begin < 2 * DEADLINE_SECONDS
    assert same == (name not in DIFFERENT), DIFFERENT.get(name, case["description"])


def test_every_difference_is_about_a_case_of_the_suite() -> None:
    assert set(DIFFERENT) <= set(cases()) or vectors_folder() is None
