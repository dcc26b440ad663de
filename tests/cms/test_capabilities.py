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


def test_oaep_is_chosen_only_when_it_was_announced():
    certificate = Pki().issue("bob@example.org", key="rsa").certificate
    assert default_plan(certificate).key_encryption == "rsa-v15"
    assert default_plan(certificate, OLD).key_encryption == "rsa-v15"
    assert default_plan(certificate, OUR_CAPABILITIES).key_encryption == "rsa-oaep"
