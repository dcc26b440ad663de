"""Certificates and keys for tests, made in the process: `Pki()` has a root, `issue()` makes identities.

RSA keys are made once a process and dealt out again, because making one takes a tenth of a second.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, mldsa, mlkem, rsa, x448, x25519
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509 import ocsp
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tui_mail.vault.software_key import SoftwareKey

NOT_BEFORE = datetime(2025, 1, 1, tzinfo=UTC)
NOT_AFTER = datetime(2035, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
"""A moment inside the validity of everything that `issue()` makes by default."""

SMTP_UTF8_MAILBOX = x509.ObjectIdentifier("1.3.6.1.5.5.7.8.9")


@lru_cache(maxsize=16)
def rsa_key(number: int, bits: int = 2048) -> rsa.RSAPrivateKey:
    """The session's RSA key with this number."""
    return rsa.generate_private_key(65537, bits)


def make_key(kind: str, number: int = 0):
    """A private key: "ecdsa", "ecdsa-p384", "rsa", "ed25519", "ed448", "x25519", "x448", "ml-dsa-…" or "ml-kem-…"."""
    if kind == "rsa":
        return rsa_key(number % 6)
    makers = {
        "ecdsa": lambda: ec.generate_private_key(ec.SECP256R1()),
        "ecdsa-p192": lambda: ec.generate_private_key(ec.SECP192R1()),
        "ecdsa-p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
        "x25519": x25519.X25519PrivateKey.generate,
        "x448": x448.X448PrivateKey.generate,
        "ml-dsa-44": mldsa.MLDSA44PrivateKey.generate,
        "ml-dsa-65": mldsa.MLDSA65PrivateKey.generate,
        "ml-dsa-87": mldsa.MLDSA87PrivateKey.generate,
        "ml-kem-768": mlkem.MLKEM768PrivateKey.generate,
        "ml-kem-1024": mlkem.MLKEM1024PrivateKey.generate,
    }
    return makers[kind]()


ML_DSA = mldsa.MLDSA44PrivateKey | mldsa.MLDSA65PrivateKey | mldsa.MLDSA87PrivateKey
ML_KEM = mlkem.MLKEM768PrivateKey | mlkem.MLKEM1024PrivateKey


def digest_for(private):
    """The digest that a certificate signature by this key takes."""
    return None if isinstance(private, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey | ML_DSA) else hashes.SHA256()


def key_usage(private, *, ca: bool = False, sign: bool = True, encrypt: bool = True) -> x509.KeyUsage:
    """The key usage that fits the kind of key (RFC 8550 section 4.4.2)."""
    agrees = isinstance(private, ec.EllipticCurvePrivateKey | x25519.X25519PrivateKey | x448.X448PrivateKey)
    enciphers = isinstance(private, rsa.RSAPrivateKey | ML_KEM)
    return x509.KeyUsage(
        digital_signature=sign and not ca and not isinstance(private, ML_KEM),
        content_commitment=False,
        key_encipherment=encrypt and enciphers and not ca,
        data_encipherment=False,
        key_agreement=encrypt and agrees and not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        encipher_only=False,
        decipher_only=False,
    )


def general_names(addresses: Sequence[str]) -> list[x509.GeneralName]:
    """Subject alternative names: rfc822Name, or SmtpUTF8Mailbox for a local part that is not ASCII (RFC 9598)."""
    names: list[x509.GeneralName] = []
    for address in addresses:
        if address.isascii():
            names.append(x509.RFC822Name(address))
        else:
            text = address.encode()
            names.append(x509.OtherName(SMTP_UTF8_MAILBOX, bytes((0x0C, len(text))) + text))
    return names


@dataclass
class Authority:
    """A certification authority that can issue certificates and revocation lists."""

    private: object
    x509: x509.Certificate
    above: tuple[bytes, ...] = ()

    @property
    def certificate(self) -> bytes:
        """DER."""
        return self.x509.public_bytes(serialization.Encoding.DER)

    @property
    def pem(self) -> bytes:
        """PEM."""
        return self.x509.public_bytes(serialization.Encoding.PEM)

    def crl(
        self,
        *revoked: "Identity",
        this_update: datetime = NOW,
        days: int = 30,
        reason: x509.ReasonFlags | None = None,
        crowd: int = 0,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> bytes:
        """A DER revocation list that names these identities, and a `crowd` of certificates that nobody has."""
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.private.public_key())
        builder = (
            x509.CertificateRevocationListBuilder()
            .issuer_name(self.x509.subject)
            .last_update(this_update - timedelta(days=1))
            .next_update(this_update + timedelta(days=days))
            .add_extension(x509.CRLNumber(1), critical=False)
            .add_extension(identifier, critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        for identity in revoked:
            entry = x509.RevokedCertificateBuilder().serial_number(identity.x509.serial_number)
            entry = entry.revocation_date(this_update - timedelta(days=2))
            if reason is not None:
                entry = entry.add_extension(x509.CRLReason(reason), critical=False)
            builder = builder.add_revoked_certificate(entry.build())
        day = this_update - timedelta(days=3)
        nobodies = (x509.RevokedCertificateBuilder().revocation_date(day) for _ in range(crowd))
        # The builder copies its list for every entry that is added: a crowd joins at once.
        builder._revoked_certificates = [
            *builder._revoked_certificates,
            *(nobody.serial_number(number + (1 << 100)).build() for number, nobody in enumerate(nobodies)),
        ]
        return builder.sign(self.private, digest_for(self.private)).public_bytes(serialization.Encoding.DER)

    def ocsp(
        self,
        identity: "Identity",
        status: ocsp.OCSPCertStatus = ocsp.OCSPCertStatus.GOOD,
        *,
        this_update: datetime = NOW,
        days: int = 7,
        reason: x509.ReasonFlags | None = None,
        responder: "Identity | Authority | None" = None,
        nonce: bytes = b"",
        issuer: "Authority | None" = None,
    ) -> bytes:
        """A DER OCSP answer about `identity`, signed by this authority or by `responder`.

        Args:
            issuer: answer in the name of this authority instead (a lie).
        """
        revoked = status is ocsp.OCSPCertStatus.REVOKED
        signer = responder or self
        private = signer.private if isinstance(signer, Authority) else private_key(signer)
        builder = (
            ocsp.OCSPResponseBuilder()
            .add_response(
                cert=identity.x509,
                issuer=(issuer or self).x509,
                algorithm=hashes.SHA1(),
                cert_status=status,
                this_update=this_update - timedelta(days=1),
                next_update=this_update + timedelta(days=days),
                revocation_time=this_update - timedelta(days=2) if revoked else None,
                revocation_reason=reason if revoked else None,
            )
            .responder_id(ocsp.OCSPResponderEncoding.HASH, signer.x509)
            .certificates([signer.x509])
        )
        if nonce:
            builder = builder.add_extension(x509.OCSPNonce(nonce), critical=False)
        return builder.sign(private, digest_for(private)).public_bytes(serialization.Encoding.DER)


@dataclass
class Identity:
    """A person's certificate and key."""

    address: str
    name: str
    x509: x509.Certificate
    key: SoftwareKey

    @property
    def certificate(self) -> bytes:
        """DER of the certificate."""
        return self.key.certificate

    @property
    def certificate_der(self) -> bytes:
        """DER of the certificate."""
        return self.key.certificate

    @property
    def sha256(self) -> str:
        """Fingerprint, 64 lower-case hex digits."""
        return hashlib.sha256(self.certificate).hexdigest()

    @property
    def certificate_pem(self) -> bytes:
        """PEM of the certificate."""
        return self.x509.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """PEM of the private key, not encrypted."""
        private = serialization.load_der_private_key(self.key.pkcs8(), None)
        return private.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )

    def p12(self, password: str) -> bytes:
        """A PKCS #12 file with the key, the certificate and its chain, and few rounds, so that tests stay fast."""
        private = serialization.load_der_private_key(self.key.pkcs8(), None)
        chain = [x509.load_der_x509_certificate(der) for der in self.key.chain]
        encryption = (
            serialization.PrivateFormat.PKCS12.encryption_builder()
            .kdf_rounds(1000)
            .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
            .hmac_hash(hashes.SHA256())
            .build(password.encode())
        )
        return pkcs12.serialize_key_and_certificates(self.name.encode(), private, self.x509, chain or None, encryption)

    def write(self, folder: Path, password: str = "secret") -> "Files":
        """Write .p12, certificate PEM and key PEM into `folder` under the local part of the address."""
        stem = self.address.partition("@")[0]
        files = Files(folder / f"{stem}.p12", folder / f"{stem}.crt.pem", folder / f"{stem}.key.pem")
        files.p12.write_bytes(self.p12(password))
        files.certificate.write_bytes(self.certificate_pem)
        files.key.write_bytes(self.key_pem)
        return files


def private_key(identity: Identity):
    """The library's key object of a person."""
    return serialization.load_der_private_key(identity.key.pkcs8(), None)


@dataclass
class Files:
    """Where `Identity.write` put things."""

    p12: Path
    certificate: Path
    key: Path


class Pki:
    """A root authority and whom it certifies."""

    def __init__(self, name: str = "Test Root", key: str = "ecdsa") -> None:
        self._dealt = 0
        self.ca = self.authority(name, key=key)

    def authority(
        self,
        name: str,
        *,
        above: Authority | None = None,
        key: str = "ecdsa",
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> Authority:
        """A root, or an intermediate authority below `above`."""
        private = self._key(key)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(above.x509.subject if above else subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(True, None), critical=True)
            .add_extension(key_usage(private, ca=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        signer = above.private if above else private
        certificate = builder.sign(signer, digest_for(signer))
        return Authority(private, certificate, (above.certificate, *above.above) if above else ())

    def issue(
        self,
        address: str,
        *,
        name: str = "",
        key: str | object = "ecdsa",
        not_before: datetime = NOT_BEFORE,
        not_after: datetime = NOT_AFTER,
        ca: Authority | None = None,
        self_signed: bool = False,
        addresses: Sequence[str] | None = None,
        legacy_address: str = "",
        sign: bool = True,
        encrypt: bool = True,
        usage: bool = True,
        purposes: Sequence[x509.ObjectIdentifier] | None = (ExtendedKeyUsageOID.EMAIL_PROTECTION,),
        extensions: Sequence[tuple[x509.ExtensionType, bool]] = (),
    ) -> Identity:
        """A certificate for `address`, from the root, from `ca` or signed by itself.

        Args:
            key: kind of key (see `make_key`) or a private key to certify again.
            addresses: alternative names instead of just `address`; empty for none.
            legacy_address: an emailAddress attribute in the subject.
            usage: False leaves the keyUsage extension out; `purposes` None leaves extendedKeyUsage out.
        """
        private = self._key(key) if isinstance(key, str) else key
        name = name or address.partition("@")[0].title()
        attributes = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if legacy_address:
            attributes.append(x509.NameAttribute(NameOID.EMAIL_ADDRESS, legacy_address))
        subject = x509.Name(attributes)
        issuer = ca or self.ca
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(subject if self_signed else issuer.x509.subject)
            .public_key(private.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(not_before)
            .not_valid_after(not_after)
            .add_extension(x509.BasicConstraints(False, None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(private.public_key()), critical=False)
        )
        names = general_names([address] if addresses is None else addresses)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        if usage:
            builder = builder.add_extension(key_usage(private, sign=sign, encrypt=encrypt), critical=True)
        if purposes is not None:
            builder = builder.add_extension(x509.ExtendedKeyUsage(list(purposes)), critical=False)
        if not self_signed:
            builder = builder.add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.private.public_key()), critical=False
            )
        for extension, critical in extensions:
            builder = builder.add_extension(extension, critical)
        signer = private if self_signed else issuer.private
        certificate = builder.sign(signer, digest_for(signer))
        chain = () if self_signed or not issuer.above else (issuer.certificate, *issuer.above[:-1])
        der = certificate.public_bytes(serialization.Encoding.DER)
        return Identity(address, name, certificate, SoftwareKey(private, der, chain))

    def _key(self, kind: str):
        self._dealt += 1
        return make_key(kind, self._dealt)
