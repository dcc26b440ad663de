"""What the trust dialog says."""

from datetime import timedelta

import pytest

from tests.pki import NOW, Pki
from tui_mail.model.security import Integrity, SignatureCheck
from tui_mail.trust.context import SeenCertificate, TrustContext
from tui_mail.trust.decide import decide
from tui_mail.trust.explain import explain
from tui_mail.trust.judge import judge_signer

ANNA = "anna@clinic.example"


@pytest.fixture(scope="module")
def pki():
    return Pki()


def asked(identity, trust=None, integrity=Integrity.INTACT, author=ANNA, now=NOW):
    trust = trust or TrustContext()
    check = judge_signer(
        integrity=integrity,
        certificate=identity.certificate,
        from_specs=(author,),
        signing_time=NOW,
        trust=trust,
        now=now,
    )
    return explain(check, decide(check), pins=trust.pins, seen=trust.known)


def test_a_new_sender_is_explained_and_can_be_trusted(pki):
    identity = pki.issue(ANNA, name="Anna", self_signed=True)
    found = asked(identity)
    assert (found.address, found.offer, found.already, found.previous_sha256) == (ANNA, True, False, "")
    meaning, history = found.sentences
    assert "without any authority" in found.issuer_sentence
    assert "Y from now on" in meaning
    assert "first signed mail" in history


def test_what_the_table_of_the_certificate_shows_is_not_said_again(pki):
    identity = pki.issue(ANNA)
    said = " ".join(asked(identity).sentences)
    for shown in (identity.sha256[:4].upper(), "2035", "CN="):
        assert shown not in said


def test_a_changed_certificate_is_a_warning_and_names_the_one_before(pki):
    identity = pki.issue(ANNA, self_signed=True)
    before = SeenCertificate("00", "11", NOW - timedelta(days=9))
    found = asked(identity, TrustContext(known={ANNA: (before,)}))
    assert found.offer
    assert found.previous_sha256 == "00"
    assert "The certificate changed on 1 June 2026" in found.sentences[-2]
    assert "compare the six words" in found.sentences[-1]


def test_trusting_is_not_on_offer_where_it_would_be_wrong(pki):
    identity = pki.issue(ANNA, self_signed=True)
    assert not asked(identity, integrity=Integrity.ALTERED).offer
    assert not asked(identity, author="boss@clinic.example").offer
    assert not asked(identity, now=NOW + timedelta(days=9999)).offer
    anchored = TrustContext(anchors=(pki.ca.certificate,))
    assert not asked(pki.issue(ANNA), anchored).offer
    pinned = asked(identity, TrustContext(pins=frozenset({(ANNA, identity.sha256)})))
    assert (pinned.offer, pinned.already) == (False, True)


def test_without_a_certificate_there_is_nothing_to_explain():
    check = SignatureCheck(Integrity.NO_CERTIFICATE)
    assert explain(check, decide(check), pins=frozenset(), seen={}) is None
