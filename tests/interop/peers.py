"""Other people's programs as correspondents: `openssl cms`, `gpgsm` and NSS `cmsutil`, each with a home of its own.

All of them take and give CMS objects; the mail around them is put on and taken off here, with the standard library.
"""

import base64
import email
import email.policy
import hashlib
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
    pkcs12,
)

from tests.patience import PATIENCE_SECONDS
from tests.pki import Identity, Pki
from tui_mail.vault.software_key import SoftwareKey

PASSWORD = "secret"


class PeerFailed(AssertionError):
    """The other program said no; its words are the message."""


def run(*arguments: object, data: bytes = b"", env: dict[str, str] | None = None, folder: Path | None = None) -> bytes:
    """Standard output of a program that must succeed."""
    words = [str(one) for one in arguments]
    done = subprocess.run(words, input=data, capture_output=True, timeout=PATIENCE_SECONDS, env=env, cwd=folder)
    if done.returncode != 0:
        raise PeerFailed(f"{' '.join(words)}\n{done.stdout.decode('latin-1')}\n{done.stderr.decode('latin-1')}")
    return done.stdout


# ---- the mail around a CMS object


def headers(message: bytes) -> bytes:
    """The fields of an unprotected message that stay outside, From and Subject among them."""
    return b"".join(field + b"\r\n" for field in _fields(message) if not field.lower().startswith(b"content-"))


def entity(message: bytes) -> bytes:
    """What is signed or encrypted of it: the Content fields and the body."""
    fields = [field + b"\r\n" for field in _fields(message) if field.lower().startswith(b"content-")]
    return b"".join(fields) + b"\r\n" + message.partition(b"\r\n\r\n")[2]


def _fields(message: bytes) -> list[bytes]:
    return re.split(rb"\r\n(?![ \t])", message.partition(b"\r\n\r\n")[0])


def object_mail(outside: bytes, cms: bytes, smime_type: str) -> bytes:
    """A mail with an opaque object (RFC 8551 section 3.2)."""
    content = f'Content-Type: application/pkcs7-mime; smime-type={smime_type}; name="smime.p7m"\r\n'
    body = base64.encodebytes(cms).replace(b"\n", b"\r\n")
    return outside + content.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + body


def detached_mail(outside: bytes, content: bytes, signature: bytes) -> bytes:
    """A multipart/signed (RFC 8551 section 3.5.3)."""
    head = b'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=peer\r\n'
    p7s = b"Content-Type: application/pkcs7-signature\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    body = base64.encodebytes(signature).replace(b"\n", b"\r\n")
    return outside + head + b"\r\n--peer\r\n" + content + b"\r\n--peer\r\n" + p7s + body + b"\r\n--peer--\r\n"


def take_object(mail: bytes) -> bytes:
    """The CMS object of a mail or an entity."""
    found: bytes = email.message_from_bytes(mail).get_payload(decode=True)
    return found


def take_detached(mail: bytes) -> tuple[bytes, bytes]:
    """The signed bytes, cut out by offset, and the signature of a multipart/signed."""
    message = email.message_from_bytes(mail)
    delimiter = b"\r\n--" + message.get_boundary().encode()
    first = mail.index(delimiter, mail.index(b"\r\n\r\n") - 2)
    start = mail.index(b"\r\n", first + 2) + 2
    return mail[start : mail.index(delimiter, start)], message.get_payload(1).get_payload(decode=True)


def is_detached(mail: bytes) -> bool:
    """A multipart/signed and not an object."""
    return email.message_from_bytes(mail).get_content_type() == "multipart/signed"


def text(content: bytes) -> str:
    """The plain text in an entity."""
    message = email.message_from_bytes(content, policy=email.policy.default)
    return message.get_body(("plain",)).get_content().replace("\r\n", "\n")


def pss_identity(pki: Pki, address: str, folder: Path) -> Identity:
    """An identity below the root whose certificate says RSASSA-PSS, which only openssl can make here."""
    ca, ca_key = folder / "ca.pem", folder / "ca-key.pem"
    ca.write_bytes(pki.ca.pem)
    ca_key.write_bytes(pki.ca.private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    key, request, certificate, extensions = (folder / name for name in ("pss.key", "pss.csr", "pss.crt", "pss.ext"))
    extensions.write_text(
        f"basicConstraints=critical,CA:false\nsubjectAltName=email:{address}\nextendedKeyUsage=emailProtection\n"
        "keyUsage=critical,digitalSignature\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n"
    )
    run("openssl", "genpkey", "-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048", "-out", key)
    run("openssl", "req", "-new", "-key", key, "-subj", "/CN=Paula", "-out", request)
    signing = ("-CA", ca, "-CAkey", ca_key, "-CAcreateserial", "-extfile", extensions, "-days", "700")
    run("openssl", "x509", "-req", "-in", request, *signing, "-out", certificate)
    found = x509.load_pem_x509_certificate(certificate.read_bytes())
    private = load_pem_private_key(key.read_bytes(), None)
    return Identity(address, "Paula", found, SoftwareKey(private, found.public_bytes(Encoding.DER)))


def old_pkcs12(identity: Identity) -> bytes:
    """A PKCS #12 file with triple DES and SHA-1, the only one that gpgsm 2.2 reads."""
    private = load_pem_private_key(identity.key_pem, None)
    encryption = (
        PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(1000)
        .key_cert_algorithm(pkcs12.PBES.PBESv1SHA1And3KeyTripleDESCBC)
        .hmac_hash(hashes.SHA1())
        .build(PASSWORD.encode())
    )
    return pkcs12.serialize_key_and_certificates(identity.name.encode(), private, identity.x509, None, encryption)


class Openssl:
    """`openssl cms`."""

    program = "openssl"

    def __init__(self, folder: Path, root: bytes, identities: Sequence[Identity]) -> None:
        self.folder = folder
        (folder / "ca.pem").write_bytes(root)
        self.files = {one.address: one.write(folder, PASSWORD) for one in identities}

    def _cms(self, *arguments: object, data: bytes = b"") -> bytes:
        return run("openssl", "cms", *arguments, data=data, folder=self.folder)

    def verify(self, mail: bytes) -> bytes:
        """The content of a signed mail that is good and chains to the root."""
        return self._cms("-verify", "-CAfile", "ca.pem", "-purpose", "any", data=mail)

    def decrypt(self, mail: bytes, address: str) -> bytes:
        """The content of an encrypted mail."""
        files = self.files[address]
        return self._cms("-decrypt", "-recip", files.certificate, "-inkey", files.key, data=mail)

    def sign(self, message: bytes, address: str, *options: str, opaque: bool = False) -> bytes:
        """A signed mail, written whole by openssl."""
        files = self.files[address]
        form = ("-nodetach",) if opaque else ()
        signer = ("-signer", files.certificate, "-inkey", files.key)
        content = entity(message)
        # `-crlfeol` is for the lines that openssl adds; the content is canonical already and taken as it is.
        return headers(message) + self._cms("-sign", "-binary", "-crlfeol", *form, *signer, *options, data=content)

    def encrypt(self, message: bytes, address: str, *options: str) -> bytes:
        """An encrypted mail."""
        recipient = ("-recip", self.files[address].certificate, *options)
        return headers(message) + self._cms("-encrypt", "-binary", *recipient, data=entity(message))


class Gpgsm:
    """GnuPG's S/MIME half. `close()` ends the agent that it starts."""

    program = "gpgsm"

    def __init__(self, folder: Path, root: bytes) -> None:
        self.folder = folder
        folder.chmod(0o700)
        self._env = {**os.environ, "GNUPGHOME": str(folder)}
        der = x509.load_pem_x509_certificate(root).public_bytes(Encoding.DER)
        (folder / "trustlist.txt").write_text(f"{hashlib.sha1(der).hexdigest().upper()} S relax\n")
        (folder / "gpgsm.conf").write_text("disable-crl-checks\nno-secmem-warning\nno-greeting\nlog-file /dev/null\n")
        (folder / "gpg-agent.conf").write_text("allow-loopback-pinentry\n")
        (folder / "root.pem").write_bytes(root)

    def add(self, identities: Sequence[Identity]) -> None:
        """Give these people's certificates and keys to the program. The first call starts the agent."""
        self._gpgsm("--import", self.folder / "root.pem")
        for one in identities:
            path = self.folder / f"{one.address}.p12"
            path.write_bytes(old_pkcs12(one))
            self._gpgsm("--import", path)

    def close(self) -> None:
        """End the agent of this home."""
        subprocess.run(["gpgconf", "--kill", "all"], env=self._env, capture_output=True, timeout=PATIENCE_SECONDS)

    def _gpgsm(self, *arguments: object, data: bytes = b"") -> bytes:
        secret = self.folder / "passphrase"
        secret.write_text(PASSWORD)
        with secret.open("rb") as file:
            words = ("gpgsm", "--batch", "--yes", "--pinentry-mode", "loopback", "--passphrase-fd", str(file.fileno()))
            done = subprocess.run(
                [*words, *map(str, arguments)],
                input=data,
                capture_output=True,
                timeout=PATIENCE_SECONDS,
                env=self._env,
                pass_fds=(file.fileno(),),
            )
        if done.returncode != 0:
            raise PeerFailed(f"{arguments}\n{done.stdout[:200]!r}\n{done.stderr.decode('latin-1')}")
        return done.stdout

    def verify(self, mail: bytes) -> bytes:
        """The content of a signed mail that is good and chains to the root."""
        if is_detached(mail):
            content, signature = take_detached(mail)
            (self.folder / "signature").write_bytes(signature)
            (self.folder / "content").write_bytes(content)
            self._gpgsm("--verify", self.folder / "signature", self.folder / "content")
            return content
        (self.folder / "signed").write_bytes(take_object(mail))
        (self.folder / "content").unlink(missing_ok=True)
        self._gpgsm("--output", self.folder / "content", "--verify", self.folder / "signed")
        return (self.folder / "content").read_bytes()

    def decrypt(self, mail: bytes, address: str) -> bytes:
        """The content of an encrypted mail."""
        return self._gpgsm("--decrypt", data=take_object(mail))

    def sign(self, message: bytes, address: str, *options: str, opaque: bool = False) -> bytes:
        """A signed mail."""
        content = entity(message)
        form = () if opaque else ("--detach-sign",)
        cms = self._gpgsm("--local-user", f"<{address}>", *options, "--sign", *form, data=content)
        if opaque:
            return object_mail(headers(message), cms, "signed-data")
        return detached_mail(headers(message), content, cms)

    def encrypt(self, message: bytes, address: str, *options: str) -> bytes:
        """An encrypted mail."""
        cms = self._gpgsm("--recipient", f"<{address}>", *options, "--encrypt", data=entity(message))
        return object_mail(headers(message), cms, "enveloped-data")


class Nss:
    """Mozilla's library by its command `cmsutil`: what Thunderbird does."""

    program = "cmsutil"

    def __init__(self, folder: Path, root: bytes, identities: Sequence[Identity]) -> None:
        self.folder = folder
        self.database = f"sql:{folder}"
        (folder / "none").write_text("\n")
        run("certutil", "-N", "-d", self.database, "--empty-password")
        run("certutil", "-A", "-d", self.database, "-n", "root", "-t", ",C,", data=root)
        for one in identities:
            path = folder / f"{one.address}.p12"
            path.write_bytes(one.p12(PASSWORD))
            run("pk12util", "-d", self.database, "-i", path, "-W", PASSWORD, "-K", "")
        listed = run("certutil", "-L", "-d", self.database).decode()
        # The nickname is the friendly name of the file.
        self.nicknames = {one.address: one.name for one in identities}
        assert all(name in listed for name in self.nicknames.values()), listed

    def _cmsutil(self, *arguments: object, data: bytes = b"") -> bytes:
        source, target = self.folder / "in", self.folder / "out"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        run("cmsutil", *arguments, "-d", self.database, "-f", self.folder / "none", "-i", source, "-o", target)
        return target.read_bytes()

    def verify(self, mail: bytes) -> bytes:
        """The content of a signed mail that is good and chains to the root."""
        if not is_detached(mail):
            found = self._cmsutil("-D", "-h", "9", data=take_object(mail))
            assert re.search(rb"signer0\.status=GoodSignature", found), found[:500]
            return self._cmsutil("-D", data=take_object(mail))
        content, signature = take_detached(mail)
        (self.folder / "content").write_bytes(content)
        found = self._cmsutil("-D", "-h", "9", "-c", self.folder / "content", data=signature)
        assert re.search(rb"signer0\.status=GoodSignature", found), found[:500]
        return content

    def decrypt(self, mail: bytes, address: str) -> bytes:
        """The content of an encrypted mail."""
        return self._cmsutil("-D", data=take_object(mail))

    def sign(self, message: bytes, address: str, *options: str, opaque: bool = False) -> bytes:
        """A signed mail."""
        content = entity(message)
        form = () if opaque else ("-T",)
        cms = self._cmsutil("-S", "-N", self.nicknames[address], "-G", "-P", *form, *options, data=content)
        if opaque:
            return object_mail(headers(message), cms, "signed-data")
        return detached_mail(headers(message), content, cms)

    def encrypt(self, message: bytes, address: str, *options: str) -> bytes:
        """An encrypted mail."""
        cms = self._cmsutil("-E", "-r", self.nicknames[address], *options, data=entity(message))
        return object_mail(headers(message), cms, "enveloped-data")


def missing(*programs: str) -> str:
    """Why a test cannot run here; empty when all programs are installed."""
    absent = [program for program in programs if shutil.which(program) is None]
    return f"{', '.join(absent)} not installed" if absent else ""
