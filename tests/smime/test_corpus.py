"""Real mail of all kinds, spam above all: nothing crashes, nothing is lost."""

import tarfile
from datetime import UTC, datetime

import pytest

from tests.vectors import vectors
from tui_mail.mime.envelope import read_envelope
from tui_mail.mime.text import plan_body
from tui_mail.smime.open import open_message
from tui_mail.smime.view import view, words
from tui_mail.trust.context import TrustContext

EVERY = 15


def sample() -> list[bytes]:
    archive = vectors().parent / "corpus" / "spamassassin.tar.xz"
    if not archive.exists():
        pytest.skip("the corpus of real mail is not on this machine")
    with tarfile.open(archive) as packed:
        files = [member for member in packed if member.isfile()]
        return [found.read() for member in files[::EVERY] if (found := packed.extractfile(member)) is not None]


def test_real_mail_opens_without_a_crash_and_every_leaf_is_body_or_attachment() -> None:
    messages = sample()
    assert len(messages) > 300
    trust = TrustContext(revocation="off")
    empty = 0
    for raw in messages:
        opened = open_message(raw, trust=trust, now=datetime(2026, 1, 1, tzinfo=UTC))
        shown = view(opened, 1)
        empty += not words(opened)[0]
        envelope = read_envelope(raw)
        assert bool(shown.subject.strip()) == bool(envelope.subject.strip())
        plan = plan_body(opened.payload)
        assert plan.texts or plan.attachments
    assert empty < len(messages) / 50
