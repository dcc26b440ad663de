"""Rules 39 and 46: post-quantum private keys in all three forms, by PEM, by PKCS #12 and through the vault."""

import base64
from dataclasses import replace

import pytest
from cryptography import x509

from tests.cms.third_party import certificate_der, cryptonext_keys, unarmour
from tests.pki import Pki
from tests.vectors import vectors
from tui_mail.cms import der
from tui_mail.cms.certificates import read_facts
from tui_mail.model.errors import DecryptionFailed, MalformedInput, UnsupportedAlgorithm, WrongPassphrase
from tui_mail.model.keys import Decapsulation, SignatureScheme
from tui_mail.vault.lattice_key import read_lattice_key
from tui_mail.vault.pkcs12 import load_key, load_pkcs12, save_pkcs12
from tui_mail.vault.pkcs12_file import PRESENT_FORM, decrypt_key_info, encrypt_key_info, write_file
from tui_mail.vault.sealed_file import Cost
from tui_mail.vault.software_key import SoftwareKey
from tui_mail.vault.vault import Vault

FORMS = ("seed", "expanded", "both")
DSA, KEM = ("ML-DSA-44", "ML-DSA-65", "ML-DSA-87"), ("ML-KEM-768", "ML-KEM-1024")
FAST = replace(PRESENT_FORM, rounds=1000)


def folder(name):
    return (
        vectors("pq", "dilithium-certificates", "examples")
        if "DSA" in name
        else vectors("pq", "kyber-certificates", "example")
    )


def pem(name, form):
    """The key file of RFC 9881 or RFC 9935 and its certificate, as one PEM file."""
    certificate = folder(name).joinpath(f"{name}.crt").read_bytes()
    return folder(name).joinpath(f"{name}-{form}.priv").read_bytes() + b"\n" + certificate


def works(key, name):
    """Answer one request and let the other library judge it."""
    public = x509.load_der_x509_certificate(key.certificate).public_key()
    if "DSA" in name:
        public.verify(key.sign(b"text", SignatureScheme(name.lower())), b"text")
        return True
    secret, ciphertext = public.encapsulate()
    return key.unwrap(Decapsulation(ciphertext)) == secret


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", [*DSA, *KEM])
def test_rfc9881_and_rfc9935_key_files_open_in_every_form(name, form):
    key = load_key(pem(name, form), "")
    assert key.certificate == certificate_der(folder(name) / f"{name}.crt")
    assert works(key, name)
    # Seed and both are kept as the seed, from which everything follows.
    assert (len(key.pkcs8()) < 100) == (form != "expanded")


@pytest.mark.parametrize("form", ["seed", "expandedkey", "both"])
def test_another_vendors_keys_open_in_every_form_and_answer_exactly(form):
    files = cryptonext_keys()
    for stem in ("ML-KEM-768-2.16.840.1.101.3.4.4.2", "ML-KEM-1024-2.16.840.1.101.3.4.4.3"):
        key = SoftwareKey(read_lattice_key(files[f"{stem}_{form}_priv.der"]), files[f"{stem}_ee.der"])
        assert key.unwrap(Decapsulation(files[f"{stem}_ciphertext.bin"])) == files[f"{stem}_ss.bin"]
    for size, last in (("44", 17), ("65", 18), ("87", 19)):
        stem = f"ML-DSA-{size}-2.16.840.1.101.3.4.3.{last}"
        key = SoftwareKey(read_lattice_key(files[f"{stem}_{form}_priv.der"]), files[f"{stem}_ta.der"])
        assert works(key, f"ML-DSA-{size}")


@pytest.mark.parametrize("number", [1, 2, 3])
def test_rfc9881_appendix_c_inconsistent_keys_are_refused_with_a_sentence(number):
    bad = folder("ML-DSA-44").joinpath(f"bad-ML-DSA-44-{number}.priv").read_bytes()
    certificate = folder("ML-DSA-44").joinpath("ML-DSA-44.crt").read_bytes()
    with pytest.raises(MalformedInput, match=r"Ask for the key file anew|no certificate for the private key"):
        load_key(bad + b"\n" + certificate, "")


def test_rfc9935_appendix_c_inconsistent_keys_of_the_unsupported_size_are_not_taken():
    for number in (1, 2, 3, 4):
        bad = folder("ML-KEM").joinpath(f"bad-ML-KEM-512-{number}.priv").read_bytes()
        with pytest.raises(UnsupportedAlgorithm):
            load_key(bad + b"\n" + folder("ML-KEM").joinpath("ML-KEM-512.crt").read_bytes(), "")


def both(name, seed, expanded):
    oid = read_facts(certificate_der(folder(name) / f"{name}.crt")).key_algorithm.oid
    octets = der.octet_string(der.sequence(der.octet_string(seed), der.octet_string(expanded)))
    return der.sequence(der.integer(0), der.algorithm(oid), octets)


@pytest.mark.parametrize("name", ["ML-DSA-65", "ML-KEM-768"])
def test_every_part_of_an_expanded_key_that_contradicts_the_seed_is_noticed(name):
    seed_bytes, expanded_bytes = {"ML-DSA-65": (32, 4032), "ML-KEM-768": (64, 2400)}[name]
    data = unarmour(folder(name).joinpath(f"{name}-both.priv").read_bytes())
    expanded = data[-expanded_bytes:]
    seed = data[-expanded_bytes - 4 - seed_bytes : -expanded_bytes - 4]
    assert read_lattice_key(both(name, seed, expanded)).private_bytes_raw() == seed
    with pytest.raises(MalformedInput, match="contradicts itself"):
        read_lattice_key(both(name, bytes(seed_bytes), expanded))
    # rho, K, tr, s1, s2, t0 of ML-DSA; the vector, public key, digest and z of ML-KEM
    places = (0, 40, 80, 200, 1500, 3000, 4031) if "DSA" in name else (600, 1152, 2300, 2340, 2399)
    for at in places:
        changed = expanded[:at] + bytes([expanded[at] ^ 1]) + expanded[at + 1 :]
        with pytest.raises(MalformedInput, match="contradicts itself"):
            read_lattice_key(both(name, seed, changed))


def test_an_expanded_key_that_does_not_fit_its_certificate_is_refused():
    for name, at in (("ML-DSA-65", 200), ("ML-DSA-65", 80), ("ML-KEM-768", 600)):
        data = bytearray(unarmour(folder(name).joinpath(f"{name}-expanded.priv").read_bytes()))
        data[at + 28] ^= 4
        text = armour_of(bytes(data)) + folder(name).joinpath(f"{name}.crt").read_bytes()
        with pytest.raises(MalformedInput, match="does not fit its certificate"):
            load_key(text, "")


def armour_of(info):
    return b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(info) + b"-----END PRIVATE KEY-----\n"


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["ML-DSA-87", "ML-KEM-1024"])
def test_pkcs12_files_open_in_every_form_with_their_password_and_no_other(name, form):
    info = unarmour(folder(name).joinpath(f"{name}-{form}.priv").read_bytes())
    certificate = certificate_der(folder(name) / f"{name}.crt")
    data = write_file(info, [certificate], "secret", "Anna", FAST)
    (key,) = load_pkcs12(data, "secret")
    assert works(key, name)
    for wrong in ("Secret", ""):
        with pytest.raises(WrongPassphrase):
            load_pkcs12(data, wrong)


def test_an_encrypted_pem_key_in_the_expanded_form_opens():
    info = unarmour(folder("ML-KEM-768").joinpath("ML-KEM-768-expanded.priv").read_bytes())
    encrypted = encrypt_key_info(info, b"secret", FAST)
    assert decrypt_key_info(encrypted, b"secret") == info
    armour = armour_of(encrypted).replace(b"PRIVATE", b"ENCRYPTED PRIVATE")
    text = armour + folder("ML-KEM-768").joinpath("ML-KEM-768.crt").read_bytes()
    assert works(load_key(text, "secret"), "ML-KEM-768")
    with pytest.raises(WrongPassphrase):
        load_key(text, "wrong")


def test_a_wrong_passphrase_is_said_to_be_wrong_also_when_the_padding_happens_to_be_right():
    encrypted = encrypt_key_info(b"\x30\x03\x02\x01\x00", b"secret", FAST)
    for number in range(1500):  # one of 256 is such
        with pytest.raises(WrongPassphrase):
            decrypt_key_info(encrypted, b"%d" % number)


@pytest.mark.parametrize("kind", ["x25519", "x448", "ml-dsa-44", "ml-kem-768", "ed448"])
def test_keys_of_every_kind_are_exported_and_come_back(kind):
    key = Pki().issue("anna@example.org", key=kind).key
    (again,) = load_pkcs12(save_pkcs12(key, "secret", "Anna", form=FAST), "secret")
    assert (again.pkcs8(), again.certificate) == (key.pkcs8(), key.certificate)


@pytest.mark.parametrize("form", FORMS)
def test_the_vault_keeps_every_form(tmp_path, form):
    vault = Vault.create(tmp_path, "passphrase", cost=Cost(64, 1, 1))
    vault.add(load_key(pem("ML-DSA-65", form), ""))
    vault.add(load_key(pem("ML-KEM-768", form), ""))
    sign, opens = Vault.open(tmp_path, "passphrase").keys()
    assert works(sign, "ML-DSA-65")
    assert works(opens, "ML-KEM-768")
    with pytest.raises(UnsupportedAlgorithm):
        opens.sign(b"text", SignatureScheme("ml-kem-768"))
    with pytest.raises(DecryptionFailed):
        sign.unwrap(Decapsulation(bytes(1088)))
