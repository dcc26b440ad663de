"""Bouncy Castle writes, we read: the algorithms that neither openssl 3.0 nor gpgsm nor NSS puts into CMS.

`Castle.java` is compiled and started once; `wishes` says what it shall write, a line each.
"""

import shutil
import subprocess
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.patience import PATIENCE_SECONDS
from tests.pki import NOW, Identity, Pki
from tui_mail.cms.compressed import decompress
from tui_mail.cms.enveloped import decrypt, decrypt_with_password, decrypt_with_shared_key, parse_enveloped
from tui_mail.cms.signed import check_signer, parse_signed_data
from tui_mail.model.security import Integrity

JARS = [f"/usr/share/java/{name}.jar" for name in ("bcpkix", "bcprov", "bcutil", "bcmail")]
missing = shutil.which("javac") is None or not all(Path(jar).exists() for jar in JARS)
pytestmark = pytest.mark.skipif(missing, reason="Bouncy Castle (libbcmail-java) or a JDK is not installed")

CONTENT = b"Content-Type: text/plain\r\n\r\nGreetings from the castle\r\n"
SHARED = {"aes": bytes(range(32)).hex(), "3des": "0102040708" + "0b0d0e101315161a191c1f202325262a292c2f"}
CURVES = {"p521": ec.SECP521R1, "bp256": ec.BrainpoolP256R1, "bp384": ec.BrainpoolP384R1, "bp512": ec.BrainpoolP512R1}

SIGNED = {
    **{
        f"{digest}-{padding}".lower(): f"rsa:{digest}with{padding}"
        for digest in ("SHA224", "SHA384", "SHA512", "SHA3-256", "SHA3-512")
        for padding in ("RSA", "RSAandMGF1")
    },
    "sha512-256": "rsa:SHA512(256)withRSA",
    **{f"ecdsa-{digest}".lower(): f"ecdsa:{digest}withECDSA" for digest in ("SHA224", "SHA3-256", "SHA3-384")},
    **{f"ecdsa-shake{size}": f"ecdsa:SHAKE{size}WITHECDSA" for size in (128, 256)},
    **{f"pss-shake{size}": f"rsa:SHAKE{size}WITHRSAPSS" for size in (128, 256)},
    "pss-shake128-direct": "rsa:SHAKE128WITHRSAPSS:direct",
    **{f"ecdsa-plain-{size}": f"ecdsa:SHA{size}withPLAIN-ECDSA" for size in (256, 512)},
    "p521-plain": "p521:SHA512withPLAIN-ECDSA",
    **{f"curve-{name}": f"{name}:SHA512withECDSA" for name in CURVES},
    "ed25519": "ed25519:Ed25519",
    "ed448": "ed448:Ed448",
    "ed448-direct": "ed448:Ed448:direct",
    "pss-direct": "rsa:SHA256withRSAandMGF1:direct",
    "by-key": "ecdsa:SHA256withECDSA:by-key",
    "stream": "rsa:SHA256withRSA stream",
    "countersigned": "rsa:SHA256withRSA counter",
    "three": "rsa:SHA256withRSA ecdsa:SHA512withECDSA ed25519:Ed25519",
}

_AES = "2.16.840.1.101.3.4.1."
_KDFS = {
    "sha1": "1.3.133.16.840.63.0.2",
    **{f"sha{n}": f"1.3.132.1.11.{i}" for i, n in enumerate((224, 256, 384, 512))},
}
_COFACTOR = {"sha256": "1.3.132.1.14.1", "sha512": "1.3.132.1.14.3"}
SEALED = {
    **{f"ccm-{bits}": f"{_AES}{arc} v15:rsa" for bits, arc in ((128, 7), (192, 27), (256, 47))},
    **{f"ccm-{bits}-attributes": f"{_AES}{arc} v15:rsa attributes" for bits, arc in ((128, 7), (256, 47))},
    **{f"gcm-{bits}-attributes": f"{_AES}{arc} v15:rsa attributes" for bits, arc in ((128, 6), (192, 26), (256, 46))},
    "camellia-128": "1.2.392.200011.61.1.1.1.2 v15:rsa",
    "camellia-256": "1.2.392.200011.61.1.1.1.4 v15:rsa stream",
    "seed": "1.2.410.200004.1.4 v15:rsa",
    **{
        f"oaep-{a}-{b}".lower(): f"{_AES}42 oaep:rsa:{a}:{b}" for a, b in (("SHA-224", "SHA-1"), ("SHA-512", "SHA-256"))
    },
    **{
        f"oaep-{a}-{b}".lower(): f"{_AES}42 oaep:rsa:{a}:{b}"
        for a, b in (("SHA3-256", "SHA-1"), ("SHA3-512", "SHA3-512"))
    },
    "oaep-label": f"{_AES}42 oaep:rsa:SHA3-256:SHA3-256:label",
    **{f"agree-{kdf}": f"{_AES}2 agree:ecdsa:{oid}:{_AES}25" for kdf, oid in _KDFS.items()},
    **{f"agree-cofactor-{kdf}": f"{_AES}42 agree:p521:{oid}:{_AES}45" for kdf, oid in _COFACTOR.items()},
    **{f"agree-{name}": f"{_AES}42 agree:{name}:{_KDFS['sha256']}:{_AES}45" for name in CURVES},
    "agree-3des": f"1.2.840.113549.3.7 agree:ecdsa:{_KDFS['sha1']}:1.2.840.113549.1.9.16.3.6",
    "agree-material": f"{_AES}42 agree:ecdsa:{_KDFS['sha256']}:{_AES}45:material-of-the-sender",
    "stream": f"{_AES}42 v15:rsa stream",
}
OTHERS = {
    "shared-aes": f"{_AES}42 shared:{SHARED['aes']}:AES",
    "shared-3des": f"1.2.840.113549.3.7 shared:{SHARED['3des']}:DESEDE",
    **{f"password-{arc}": f"{_AES}42 password:secret:{_AES}{arc}" for arc in (2, 22, 42)},
    "password-3des": f"{_AES}42 password:secret:1.2.840.113549.3.7",
    "compressed": "compress",
}


class Castle:
    """What it wrote, and the people it wrote for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        pki = Pki()
        keys = {"rsa": "rsa", "ecdsa": "ecdsa", "ed25519": "ed25519", "ed448": "ed448"}
        keys |= {name: ec.generate_private_key(curve()) for name, curve in CURVES.items()}
        self.people: dict[str, Identity] = {
            name: pki.issue(f"{name}@castle.test", key=key) for name, key in keys.items()
        }
        for name, person in self.people.items():
            (folder / f"{name}.crt").write_bytes(person.certificate)
            (folder / f"{name}.key").write_bytes(person.key.pkcs8())
        wishes = [f"signed-{name} sign {wish}" for name, wish in SIGNED.items()]
        wishes += [f"sealed-{name} {wish}" for name, wish in (SEALED | OTHERS).items()]
        (folder / "wishes").write_text("\n".join(wishes))
        (folder / "content").write_bytes(CONTENT)
        program = Path(__file__).with_name("Castle.java")
        # Both stages of the compiler would cost more than they save in a run of two seconds.
        command = ["java", "-XX:TieredStopAtLevel=1", "-cp", ":".join(JARS), str(program), str(folder)]
        done = subprocess.run(command, capture_output=True, timeout=PATIENCE_SECONDS)
        assert done.returncode == 0, done.stderr.decode()

    def __getitem__(self, name: str) -> bytes:
        return (self.folder / f"{name}.der").read_bytes()


@pytest.fixture(scope="module")
def castle(tmp_path_factory: pytest.TempPathFactory) -> Castle:
    return Castle(tmp_path_factory.mktemp("castle"))


@pytest.mark.parametrize("name", SIGNED)
def test_every_signature_is_intact_and_one_over_changed_content_is_not(castle: Castle, name: str) -> None:
    data = castle[f"signed-{name}"]
    signed = parse_signed_data(data)
    assert signed.content == CONTENT
    found = [check_signer(signed, signer, None, now=NOW).integrity for signer in signed.signers]
    assert found == [Integrity.INTACT] * (3 if name == "three" else 1)
    if name != "stream":  # there the content stands in pieces of seven octets
        other = parse_signed_data(data.replace(b"Greetings", b"greetings"))
        for signer in other.signers:
            assert check_signer(other, signer, None, now=NOW).integrity in (Integrity.ALTERED, Integrity.BAD_SIGNATURE)


@pytest.mark.parametrize("name", SEALED)
def test_every_sealed_object_opens_for_its_recipient(castle: Castle, name: str) -> None:
    enveloped = parse_enveloped(castle[f"sealed-{name}"])
    who = SEALED[name].split()[1].split(":")[1]
    assert decrypt(enveloped, castle.people[who].key) == CONTENT
    assert enveloped.authenticated is name.startswith(("gcm", "ccm"))


@pytest.mark.parametrize("name", [name for name in OTHERS if name != "compressed"])
def test_recipients_without_a_certificate_open_with_their_secret(castle: Castle, name: str) -> None:
    enveloped = parse_enveloped(castle[f"sealed-{name}"])
    kind, _, which = name.partition("-")
    if kind == "shared":
        assert decrypt_with_shared_key(enveloped, bytes.fromhex(SHARED[which])) == CONTENT
        assert enveloped.recipients[0].info.algorithm == {"aes": "aes-256-wrap", "3des": "3des-wrap"}[which]
    else:
        assert decrypt_with_password(enveloped, "secret") == CONTENT


def test_compressed_content_unfolds(castle: Castle) -> None:
    assert decompress(castle["sealed-compressed"]) == CONTENT
