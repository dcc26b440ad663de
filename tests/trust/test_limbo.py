"""The x509-limbo suite through our path validation: every case, and every difference with its reason."""

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
from tui_mail.model.security import PathState, Revocation
from tui_mail.trust.chains import Material
from tui_mail.trust.path import DEADLINE_SECONDS, check_path

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


def accepted(case: dict[str, Any]) -> bool:
    lists = ders(case["crls"])
    material = Material(ders(case["untrusted_intermediates"]), ders(case["trusted_certs"]), lists)
    moment = datetime.fromisoformat(case["validation_time"]) if case["validation_time"] else USUAL_TIME
    found = check_path(ders([case["peer_certificate"]])[0], material, moment, revocation=bool(lists))
    good = not lists or found.revocation is Revocation.GOOD
    return found.anchored and found.state is PathState.VALID and good


@pytest.mark.parametrize("name", cases())
def test_a_path_is_accepted_or_refused_as_the_suite_says_or_differs_for_a_reason(name: str) -> None:
    vectors("x509-limbo", "limbo.json")
    case = cases()[name]
    begin = time.monotonic()
    same = accepted(case) == (case["expected_result"] == "SUCCESS")
    assert time.monotonic() - begin < 2 * DEADLINE_SECONDS
    assert same == (name not in DIFFERENT), DIFFERENT.get(name, case["description"])


def test_every_difference_is_about_a_case_of_the_suite() -> None:
    assert set(DIFFERENT) <= set(cases()) or vectors_folder() is None
