"""A message per group where one old recipient would weaken it for the rest (RFC 8551 section 2.7.1.3, rule 13)."""

from tests.pki import Pki
from tui_mail.cms.capabilities import OUR_CAPABILITIES
from tui_mail.cms.enveloped import default_plan
from tui_mail.smime.groups import Group, Reader, separate

PKI = Pki()


def reader(kind, *, modern=True):
    capabilities = OUR_CAPABILITIES if modern else ()
    return Reader(default_plan(PKI.issue("a@b.test", key=kind).certificate, capabilities), capabilities)


def test_an_old_program_gets_a_message_of_its_own():
    found = separate([reader("rsa"), reader("rsa", modern=False), reader("x25519"), reader("ecdsa", modern=False)])
    assert found == (Group((0, 2), "aes-256-gcm"), Group((1, 3), "aes-256-cbc"))


def test_a_key_that_a_quantum_computer_opens_is_not_put_beside_one_that_it_does_not():
    found = separate([reader("ml-kem-768"), reader("ecdsa"), reader("ml-kem-1024")])
    assert found == (Group((0, 2), "aes-256-gcm"), Group((1,), "aes-256-gcm"))


def test_equal_recipients_share_one_message_and_nobody_makes_none():
    assert separate([reader("rsa"), reader("ecdsa")]) == (Group((0, 1), "aes-256-gcm"),)
    assert separate([]) == ()
