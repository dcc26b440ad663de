"""Asking whether certificates were revoked, and for issuers that are missing: in the background, and only by this rule.

The law: no address is ever visited because a stranger's mail names it.

- Lists and responders: only for certificates that the judge has followed, signature by signature, up to a root of this
  profile. Their addresses were written by an authority that is trusted here, not by the sender.
- Issuers' certificates: only for certificates of one's own and those that the person has pinned; everybody else's must
  come with their mail, as they do. What is fetched helps to build paths and never becomes a root.
- `Settings.fetch` "lists" fetches only what is the same for everybody; "all" asks responders too, where no list is
  named or none of those named can be had; "nothing" fetches nothing. `fetch_for_pinned` False asks nothing about
  pinned certificates.

One thing at a time is fetched, with nothing locked; then the mail of the affected signers is lettered anew.
"""

import hashlib
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from tui_mail.engine.context import trust_context
from tui_mail.engine.jobs.relabel import decided
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import StoreChanged
from tui_mail.engine.opened import Brought
from tui_mail.engine.session import Session, now
from tui_mail.model.errors import MalformedInput, TuiMailError
from tui_mail.model.security import Letter, PathState, TrustSource
from tui_mail.net.revocation import ask_responder, fetch_issuer, fetch_list
from tui_mail.store import answers, certificates, proofs
from tui_mail.store.database import Database
from tui_mail.store.judgements import Judgement
from tui_mail.trust.certificate import load_certificates, read_certificate
from tui_mail.trust.context import TrustContext
from tui_mail.trust.issuer import issued_by
from tui_mail.trust.recheck import answers_for, recheck
from tui_mail.trust.revocation import (
    NONCE_OCTETS,
    answer_validity,
    change_places,
    list_validity,
    ocsp_fits,
    ocsp_question,
    places,
)

FIRST_RETRY_SECONDS = 300
LONGEST_RETRY_SECONDS = 86_400
SHORTEST_KEEP_SECONDS = 600
LONGEST_KEEP_SECONDS = 86_400
"""Also an answer that is valid for months is asked for again after a day, because that is how revocation is learnt."""

LONGEST_PAUSE_SECONDS = 3_600.0
MAX_ISSUERS = 4
"""Issuers above one certificate that are looked for, and certificates that one such file may bring."""


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing to fetch: `kind` and `name` as in ``store.answers``, for these (certificate, issuer) in DER."""

    kind: str
    name: str
    url: str
    about: tuple[tuple[bytes, bytes], ...]


class AnswerKeeper:
    """The job that keeps revocation answers fresh."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def turn(self) -> float | None:
        """Run the errand that has waited longest; 0 when another may wait, else the seconds until the next is due."""
        settings = self._session.settings
        if settings.revocation == "off" or settings.fetch == "nothing":
            return None
        db = self._session.store.database
        moment = int(now().timestamp())
        next_due = None
        for errand in self._errands(db):
            known = answers.kept(db, errand.kind, errand.name)
            due = 0 if known is None else known.retry
            if due <= moment:
                self._run(db, errand)
                return 0.0
            next_due = due if next_due is None else min(next_due, due)
        return LONGEST_PAUSE_SECONDS if next_due is None else min(LONGEST_PAUSE_SECONDS, float(next_due - moment))

    def _errands(self, db: Database) -> tuple[Errand, ...]:
        """Everything that the rule allows to be fetched."""
        settings = self._session.settings
        pinned = {sha256 for _address, sha256 in certificates.pins(db)}
        moment = now()
        found: dict[tuple[str, str], Errand] = {}
        for name, above in answers.watched(db):
            leaf, issuer = certificates.certificate(db, name), certificates.certificate(db, above)
            if leaf is None or issuer is None or (name in pinned and not settings.fetch_for_pinned):
                continue
            if read_certificate(leaf).not_after < moment:
                continue
            named = places(leaf)
            kept = [answers.kept(db, answers.LIST, url) for url in named.lists]
            changes = [url for one in kept if one is not None and one.body for url in change_places(one.body)]
            for url in dict.fromkeys((*named.lists, *changes)):
                before = found.get((answers.LIST, url))
                about = (*(before.about if before else ()), (leaf, issuer))
                found[answers.LIST, url] = Errand(answers.LIST, url, url, about)
            if settings.fetch == "all" and named.responders and not _list_at_hand(db, named.lists, moment):
                found[answers.OCSP, name] = Errand(answers.OCSP, name, named.responders[0], ((leaf, issuer),))
        if settings.fetch_for_pinned:
            for errand in self._missing_issuers(db, pinned):
                found.setdefault((errand.kind, errand.name), errand)
        return tuple(found.values())

    def _missing_issuers(self, db: Database, pinned: set[str]) -> list[Errand]:
        trust = trust_context(self._session, db)
        pool = (*trust.anchors, *trust.intermediates)
        wanted = {*pinned, *certificates.own_certificates(db)}
        found = []
        for sha256 in sorted(wanted):
            below = certificates.certificate(db, sha256)
            for _step in range(MAX_ISSUERS):
                if below is None or read_certificate(below).self_signed:
                    break
                above = next((der for der in pool if issued_by(below, der)), None)
                if above is None:
                    for url in places(below).issuers[:1]:
                        found.append(Errand(answers.ISSUER, url, url, ((below, b""),)))
                below = above
        return found

    def _run(self, db: Database, errand: Errand) -> None:
        work: Callable[[Database, Errand], None] = {
            answers.LIST: self._list,
            answers.OCSP: self._ocsp,
            answers.ISSUER: self._issuer,
        }[errand.kind]
        try:
            work(db, errand)
        except TuiMailError as error:
            known = answers.kept(db, errand.kind, errand.name)
            pause = min(LONGEST_RETRY_SECONDS, FIRST_RETRY_SECONDS << min(known.failures if known else 0, 10))
            answers.save_failure(db, errand.kind, errand.name, str(error), int(now().timestamp()) + pause)
            log.info("nothing about certificates from %s: %s", errand.kind, describe(error))

    def _list(self, db: Database, errand: Errand) -> None:
        body = fetch_list(errand.url, allow_private=self._session.settings.fetch_private_addresses)
        moment = now()
        dates = list_validity(body)
        if dates is None:
            raise MalformedInput("What came is not a revocation list.")
        if not any(answers_for(leaf, issuer, moment, crl=body) for leaf, issuer in errand.about):
            raise MalformedInput("The revocation list that came is out of date, or another authority signed it.")
        known = answers.kept(db, errand.kind, errand.name)
        if known is not None and known.made > int(dates.this_update.timestamp()):
            raise MalformedInput("The revocation list that came is older than the one that is here.")
        self._keep(db, errand, body, dates.this_update, dates.next_update, moment)

    def _ocsp(self, db: Database, errand: Errand) -> None:
        (leaf, issuer), nonce = errand.about[0], os.urandom(NONCE_OCTETS)
        question = ocsp_question(leaf, issuer, nonce)
        body = ask_responder(errand.url, question, allow_private=self._session.settings.fetch_private_addresses)
        moment = now()
        dates = answer_validity(body)
        if dates is None or not ocsp_fits(body, nonce):
            raise MalformedInput("What came is not an answer to the question.")
        if not answers_for(leaf, issuer, moment, ocsp=body):
            raise MalformedInput("The OCSP answer that came is out of date, unsure, or somebody else signed it.")
        self._keep(db, errand, body, dates.this_update, dates.next_update, moment)

    def _keep(
        self, db: Database, errand: Errand, body: bytes, made: datetime, ends: datetime | None, moment: datetime
    ) -> None:
        seconds = LONGEST_KEEP_SECONDS if ends is None else (ends - moment).total_seconds()
        again = moment.timestamp() + max(SHORTEST_KEEP_SECONDS, min(LONGEST_KEEP_SECONDS, seconds))
        until = int(ends.timestamp()) if ends else 0
        made_at = int(made.timestamp())
        known = answers.kept(db, errand.kind, errand.name)
        answers.save_answer(db, errand.kind, errand.name, body, made_at, until, int(moment.timestamp()), int(again))
        if known is None or known.body != body:
            self._session.answers = None
            concerned = {read_certificate(leaf).sha256 for leaf, _issuer in errand.about}
            recheck_signers(self._session, _with_everyone_below(db, concerned))

    def _issuer(self, db: Database, errand: Errand) -> None:
        below = errand.about[0][0]
        body = fetch_issuer(errand.url, allow_private=self._session.settings.fetch_private_addresses)
        moment = now()
        found = [der for der in load_certificates(body)[:MAX_ISSUERS] if issued_by(below, der)]
        if not found:
            raise MalformedInput("The certificate that came is not the one of the issuer.")
        certificates.save_certificates(db, found)
        retry = int(moment.timestamp()) + LONGEST_KEEP_SECONDS
        answers.save_answer(db, errand.kind, errand.name, b"", int(moment.timestamp()), 0, retry, retry)
        with self._session.trust_mutex, db.transaction():
            sha256 = read_certificate(below).sha256
            for sender in answers.senders_of_signer(db, sha256):
                proofs.judge_proofs_again(db, [number for number, _proof in proofs.proofs_of_sender(db, sender)])
        self._session.wake_judge()


def _list_at_hand(db: Database, urls: tuple[str, ...], moment: datetime) -> bool:
    """Whether one of these lists is here and in time, or has not been asked for yet."""
    known = [answers.kept(db, answers.LIST, url) for url in urls]
    seconds = int(moment.timestamp())
    return any(one is None or (one.body is not None and (not one.ends or seconds < one.ends)) for one in known)


def watch_signers(
    session: Session, db: Database, judged: Sequence[tuple[Judgement, Brought | None]], trust: TrustContext
) -> None:
    """Ask from now on about the signers of these messages that were followed up to a root, and everyone between."""
    found: dict[str, list[bytes]] = {}
    for judgement, brought in judged:
        for check in judgement.security.signatures:
            if check.trust_source is not TrustSource.ANCHOR or check.path is not PathState.VALID:
                continue
            if check.chain[0] in session.watched or len(check.chain) < 2:
                continue
            ders = (*trust.anchors, *trust.intermediates, *(brought.certificates if brought is not None else ()))
            known = {hashlib.sha256(der).hexdigest(): der for der in ders}
            chain = [known[name] for name in check.chain if name in known]
            if len(chain) == len(check.chain):
                found[check.chain[0]] = chain
    if not found:
        return
    new = 0
    with db.transaction():
        for chain in found.values():
            new += answers.watch(db, tuple(pairwise(certificates.save_certificates(db, chain))))
    session.watched.update(found)
    if new:
        session.wake_answers()


def _with_everyone_below(db: Database, concerned: set[str]) -> set[str]:
    below: dict[str, list[str]] = {}
    for certificate, issuer in answers.watched(db):
        below.setdefault(issuer, []).append(certificate)
    found, queue = set(concerned), list(concerned)
    while queue:
        for certificate in below.get(queue.pop(), ()):
            if certificate not in found:
                found.add(certificate)
                queue.append(certificate)
    return found


def recheck_signers(session: Session, signers: set[str]) -> None:
    """Letter all mail of these signers anew, from what is stored."""
    db = session.store.database
    for signer in sorted(signers):
        leaf = certificates.certificate(db, signer)
        if leaf is None:
            continue
        for sender in answers.senders_of_signer(db, signer):
            _recheck_sender(session, db, sender, signer, leaf)


def _recheck_sender(session: Session, db: Database, sender: str, signer: str, leaf: bytes) -> None:
    changed, again = [], []
    with session.trust_mutex, db.transaction():
        trust = trust_context(session, db)
        for number, proof in proofs.proofs_of_sender(db, sender):
            if all(check.signer is None or check.signer.sha256 != signer for check in proof.signatures):
                continue
            anew = _rechecked(proof, signer, leaf, trust)
            # A signature that could not be judged is harvested only when the message itself is judged again.
            if anew is None or (proof.verdict.letter is Letter.UNKNOWN and anew.verdict.letter is not Letter.UNKNOWN):
                again.append(number)
            elif anew != proof:
                proofs.change_proof(db, number, anew)
                changed.append(number)
        proofs.judge_proofs_again(db, again)
        folders = proofs.folders_of_proofs(db, [*changed, *again])
    if again:
        session.wake_judge()
    if changed or again:
        session.publish(StoreChanged(folders))


def _rechecked(proof: proofs.Proof, signer: str, leaf: bytes, trust: TrustContext) -> proofs.Proof | None:
    moment = now()
    checks = []
    for check, timed in zip(proof.signatures, proof.timed, strict=True):
        if check.signer is None or check.signer.sha256 != signer:
            checks.append(check)
            continue
        anew = recheck(check, leaf, trust, moment, timed=timed)
        if anew is None:
            return None
        checks.append(anew)
    return decided(proof, tuple(checks))
