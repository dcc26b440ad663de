"""RFC 8551 sections 2.5.2 and 2.7: capabilities there and back, and the choice that follows."""

from tests.pki import Pki
from tui_mail.cms import ber
from tui_mail.cms.capabilities import (
    OUR_CAPABILITIES,
    Capability,
    announces,
    choose_cipher,
    encode_capabilities,
    read_capabilities,
)
from tui_mail.cms.ciphers import CIPHER_OIDS
from tui_mail.cms.enveloped import default_plan

OLD = (Capability(CIPHER_OIDS["aes-256-cbc"]), Capability(CIPHER_OIDS["3des-cbc"]))


def test_capabilities_go_there_and_back():
    assert read_capabilities(ber.read_tlv(encode_capabilities(OUR_CAPABILITIES))) == OUR_CAPABILITIES


def test_gcm_is_chosen_only_when_everybody_announced_it():
    assert choose_cipher([OUR_CAPABILITIES]) == "aes-256-gcm"
    assert choose_cipher([OUR_CAPABILITIES, OUR_CAPABILITIES]) == "aes-256-gcm"
    assert choose_cipher([OUR_CAPABILITIES, OLD]) == "aes-256-cbc"
    assert choose_cipher([OUR_CAPABILITIES, ()]) == "aes-256-cbc"
    assert choose_cipher([]) == "aes-256-cbc"
    assert announces(OLD, "3des-cbc")


def announced(*names):
    return tuple(Capability(CIPHER_OIDS[name]) for name in names)


def test_the_strongest_cipher_that_all_announced_is_chosen():
    """RFC 8551 section 2.7.1.1."""
    chacha = announced("aes-256-cbc", "chacha20-poly1305", "aes-128-gcm")
    assert choose_cipher([chacha, OUR_CAPABILITIES]) == "chacha20-poly1305"
    assert choose_cipher([chacha, announced("aes-128-gcm", "aes-128-cbc")]) == "aes-128-gcm"
    short = announced("aes-128-cbc", "3des-cbc")
    assert choose_cipher([short]) == "aes-128-cbc"
    assert choose_cipher([short, ()]) == "aes-128-cbc"
    assert choose_cipher([short, OUR_CAPABILITIES]) == "aes-128-cbc"
    assert choose_cipher([announced("3des-cbc")]) == "aes-256-cbc"  # written for nobody any more
    assert choose_cipher([(Capability("1.2.3.4"),)]) == "aes-256-cbc"


def test_oaep_is_chosen_only_when_it_was_announced():
    certificate = Pki().issue("bob@example.org", key="rsa").certificate
    assert default_plan(certificate).key_encryption == "rsa-v15"
    assert default_plan(certificate, OLD).key_encryption == "rsa-v15"
    assert default_plan(certificate, OUR_CAPABILITIES).key_encryption == "rsa-oaep"
