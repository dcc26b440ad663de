"""What is said: rows, messages, trust, as plain sentences. Pure; everything foreign is cleaned once more."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from tui_mail.engine.messages import TrustFacts
from tui_mail.model.certificate import fingerprint_groups, spoken_words
from tui_mail.model.clean import clean
from tui_mail.model.day import day
from tui_mail.model.folder import Folder
from tui_mail.model.message import EncState, Flag, MessageView, Row
from tui_mail.ui.words import security_sentences

SIG = {
    "Y": "signed and trusted",
    "N": "signed, not trusted yet",
    "C": "signed with another certificate than before",
    "E": "signed, certificate expired since",
    "?": "signature cannot be judged now",
    "M": "signed by somebody else",
    "X": "signature broken",
    "": "not signed",
}
ENC = {
    "": "",
    "open": "encrypted",
    "open-cbc": "encrypted",
    "locked": "encrypted and locked",
    "closed": "closed to you",
}


def row_line(number: int, row: Row) -> str:
    """ "3. Unread. Bea Lindqvist: Roster for next week. Signed and trusted, encrypted. 23 November 17:19." """
    outside = not row.sig and row.enc in (EncState.LOCKED, EncState.CLOSED)  # a signature may lie inside
    marks = ["" if outside else "not judged yet" if row.sig is None else SIG[row.sig], ENC.get(row.enc, "")]
    marks += ["has attachments"] * bool(row.attachments) + ["starred"] * bool(row.flags & Flag.FLAGGED)
    said = ", ".join(filter(None, marks))
    when = datetime.fromtimestamp(row.date).astimezone()
    parts = [
        f"{number}.",
        "" if row.flags & Flag.SEEN else "Unread.",
        f"{clean(row.sender).strip() or 'No sender'}: {clean(row.subject) or 'no subject'}.",
        f"{said[0].upper()}{said[1:]}.",
        f"{when.day} {when:%B %H:%M}.",
    ]
    return " ".join(filter(None, parts))


def folder_line(number: int, folder: Folder) -> str:
    """ "2. Sent, 14 messages, 0 unread." """
    return f"{number}. {clean(folder.name)}, {folder.total} messages, {folder.unread} unread."


def message_lines(view: MessageView) -> Iterator[str]:
    """Head, protection, text, attachments."""
    yield f"From: {clean(str(view.sender)) or 'nobody is named'}"
    for name, people in (("To", view.to), ("Cc", view.cc)):
        if people:
            yield f"{name}: {clean(', '.join(map(str, people)))}"
    yield f"Subject: {clean(view.subject) or 'none'}"
    if view.date is not None:
        here = view.date.astimezone()
        yield f"Date: {here.day} {here:%B %Y, %H:%M}"
    for sentence in security_sentences(view):
        yield clean(sentence.text)
    for notice in view.notices:
        yield f"Sent: {clean(notice.sentence)}."
    yield ""
    for line in view.lines:
        yield clean("".join(run.text for run in line))
    for info in view.attachments:
        yield f"Attachment {info.index + 1}: {clean(info.name)}, {clean(info.type)}, {info.size_bytes} bytes."


def trust_lines(facts: TrustFacts) -> Iterator[str]:
    """Who the signer is, before the one decision."""
    certificate = facts.certificate
    yield f"The certificate names {clean(', '.join(certificate.addresses)) or 'no address'}."
    yield f"It was issued by {clean(facts.issuer_sentence) or clean(certificate.issuer)}."
    yield f"It is valid from {day(certificate.not_before)} to {day(certificate.not_after)}."
    yield f"Its six words: {spoken_words(certificate.sha256)}."
    if facts.own_sha256:
        yield f"Your own six words: {spoken_words(facts.own_sha256)}."
    yield f"Its fingerprint, SHA-256: {fingerprint_groups(certificate.sha256)}."
    for sentence in facts.sentences:
        yield clean(sentence)
