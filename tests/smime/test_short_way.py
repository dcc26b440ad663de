"""The short way to a signature of somebody known and the long way say the same of every mail."""

from pathlib import Path

import cryptography_vectors
import pytest

from tests.fuzz.every_byte import READER, TRUST, messages, mutations
from tests.pki import NOW
from tests.vectors import vectors
from tui_mail.cms import recurring
from tui_mail.model.security import Integrity, MessageSecurity
from tui_mail.smime import peel
from tui_mail.smime.open import open_message

STEP = 23
"""Every so many octets of a mail are changed; `tests.fuzz.every_byte` changes all."""


@pytest.fixture(autouse=True)
def nothing_remembered():
    recurring._known.clear()
    yield
    recurring._known.clear()


def judged(raw: bytes) -> MessageSecurity:
    return open_message(raw, keys=(READER.key,), trust=TRUST, now=NOW).security


def judged_the_long_way(raw: bytes, monkeypatch: pytest.MonkeyPatch) -> MessageSecurity:
    with monkeypatch.context() as patch:
        patch.setattr(peel, "check_recurring", lambda *_arguments, **_options: None)
        patch.setattr(peel, "check_enclosing", lambda *_arguments, **_options: None)
        return judged(raw)


def test_of_every_mail_of_others(monkeypatch: pytest.MonkeyPatch) -> None:
    pkits = Path(cryptography_vectors.__file__).parent / "x509" / "PKITS_data"
    paths = [*sorted(vectors().rglob("*.eml")), *sorted(pkits.rglob("*.eml"))]
    mails = [path.read_bytes() for path in paths if path.stat().st_size < 200_000]
    for raw in mails:
        judged(raw)
    intact = 0
    for raw in mails:
        before = judged(raw)
        assert before == judged_the_long_way(raw, monkeypatch)
        intact += any(one.integrity is Integrity.INTACT for one in before.signatures)
    assert intact > 200


def test_of_every_changed_mail_of_somebody_who_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    for raw in messages():
        judged(raw)
    assert recurring._known
    for raw in messages():
        for at, value, changed in mutations(raw, STEP, (0x01,)):
            assert judged(changed) == judged_the_long_way(changed, monkeypatch), (at, value)
