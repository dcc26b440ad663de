"""The people of the demo and their certificates: real keys, a real certificate authority, made anew for each demo."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tui_mail.model.address import Address
from tui_mail.vault.new_key import make_self_signed
from tui_mail.vault.software_key import SoftwareKey

YOU = Address("anna.berg@clinic.example", "Anna Berg")
BEA = Address("bea.lindqvist@clinic.example", "Bea Lindqvist")
CARL = Address("carl.ode@clinic.example", "Carl Ode")
DORA = Address("dora.nkemelu@praxis-nord.example", "Dora Nkemelu")
EMIL = Address("emil.hahn@labor-hahn.example", "Emil Hahn")
FRIDA = Address("frida.sol@physio-sol.example", "Frida Sol")
PHARMACY = Address("orders@city-pharmacy.example", "City Pharmacy")
GUS = Address("gus@private.example", "Gus Tal")
HANA = Address("hana.ito@insurance.example", "Hana Ito")
IVO = Address("ivo.brandt@radiology.example", "Ivo Brandt")
JULE = Address("jule.roth@midwives.example", "Jule Roth")
KAI = Address("kai.winter@patient.example", "Kai Winter")
NEWS = Address("news@medical-weekly.example", "Medical Weekly")
LIST = Address("rounds@lists.clinic.example", "Grand Rounds")

DAY = timedelta(days=1)


class Authority:
    """A certificate authority with one key."""

    def __init__(self, name: str, now: datetime) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)])
        public = self._key.public_key()
        self._certificate = (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 2_000 * DAY)
            .not_valid_after(now + 3_000 * DAY)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, hashes.SHA256())
        )

    @property
    def pem(self) -> str:
        """The root certificate."""
        return self._certificate.public_bytes(serialization.Encoding.PEM).decode("ascii")

    @property
    def der(self) -> bytes:
        """The root certificate."""
        return self._certificate.public_bytes(serialization.Encoding.DER)

    def issue(self, person: Address, begin: datetime, end: datetime) -> SoftwareKey:
        """A key and a certificate for mail (RFC 8550 section 4.4)."""
        key = ec.generate_private_key(ec.SECP256R1())
        public = key.public_key()
        names = [
            x509.NameAttribute(NameOID.COMMON_NAME, person.name),
            *self._name,
        ]
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name(names))
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False)
            .add_extension(x509.SubjectAlternativeName([x509.RFC822Name(person.spec)]), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return SoftwareKey(key, certificate.public_bytes(serialization.Encoding.DER))


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=not authority,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )


@dataclass(frozen=True, slots=True)
class Clinic:
    """Everyone's keys. Those issued by `authority` are trusted from the beginning; the others are strangers.

    Attributes:
        keys: by address.
        former: Frida's key before the one that she uses now.
    """

    authority: Authority
    keys: dict[str, SoftwareKey]
    former: SoftwareKey
    now: datetime

    def key(self, person: Address) -> SoftwareKey:
        """The key that a person uses now."""
        return self.keys[person.key]


def found_clinic(now: datetime) -> Clinic:
    """Make the authority and everyone's keys; takes some hundredths of a second."""
    authority = Authority("Clinic Example Trust Centre", now)
    keys = {
        person.key: authority.issue(person, now - 200 * DAY, now + 500 * DAY) for person in (YOU, BEA, CARL, IVO, HANA)
    }
    keys[EMIL.key] = authority.issue(EMIL, now - 400 * DAY, now - 12 * DAY)
    keys[JULE.key] = authority.issue(JULE, now - 355 * DAY, now + 9 * DAY)
    for stranger in (DORA, FRIDA, GUS):
        keys[stranger.key] = _self_signed(stranger, now - 90 * DAY)
    return Clinic(authority, keys, _self_signed(FRIDA, now - 300 * DAY), now)


def _self_signed(person: Address, begin: datetime) -> SoftwareKey:
    return make_self_signed(person.spec, person.name, "ecdsa-p256", 730, begin)[0]
