"""Peeling the cryptographic envelope, layer by layer, until what is left is plain MIME (RFC 9787 section 4.1).

The law: nothing here raises for bad mail. A layer that cannot be opened ends the peeling and says why; what was
found so far stays readable.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from io import SEEK_END, BytesIO

from msgspec import Struct
from msgspec.structs import replace

from tui_mail.cms import der
from tui_mail.cms.compressed import MAX_DECOMPRESSED_BYTES, decompress
from tui_mail.cms.content import (
    DATA,
    LAYER_TYPES,
    PEEK_BYTES,
    ContentKind,
    content_kind,
    content_kind_or_none,
    content_name,
)
from tui_mail.cms.enveloped import Enveloped, decrypt, decrypt_with_password, parse_enveloped
from tui_mail.cms.recurring import MAX_ENCLOSING_BYTES, check_enclosing, check_recurring, remember
from tui_mail.cms.signed import SignedData, SignerResult, check_signer, parse_signed_data
from tui_mail.mime.tree import Part, parse
from tui_mail.model.errors import (
    DecryptionFailed,
    LimitExceeded,
    MalformedInput,
    NoDecryptionKey,
    UnsupportedAlgorithm,
    VaultLocked,
)
from tui_mail.model.keys import DecryptionKey
from tui_mail.model.security import EncryptionCheck, Integrity
from tui_mail.smime.layers import LayerForm, canonical, detached_parts, layer_form

MAX_LAYERS = 12
MAX_CHECKED_SIGNATURES = 64
"""Over all layers of one message: each costs a public key operation and a digest of the content."""

_TOO_MANY_SIGNATURES = f"The message has more than {MAX_CHECKED_SIGNATURES} signatures; the others are not checked."

SIGNED, ENCRYPTED, COMPRESSED = "signed", "encrypted", "compressed"


def _inside(content: bytes, content_type: str) -> Part:
    """What a layer holds: MIME.

    QUIRK: RFC 8551 section 2.4 wants data of MIME everywhere; programs that know CMS alone put one object right into
    another, named by its type as RFC 5652 section 2 lets them, or whole.
    """
    if content_type in LAYER_TYPES and content_kind_or_none(content) is None:
        content = der.sequence(der.oid(content_type), der.context(0, content))
    if content_kind_or_none(content) is None:
        return parse(content)
    return parse(b"Content-Type: application/pkcs7-mime\r\nContent-Transfer-Encoding: binary\r\n\r\n" + content)


def _for_whom(check: EncryptionCheck) -> str:
    """Why nothing here opens a message, by the kinds of its recipients."""
    kinds = {recipient.type for recipient in check.recipients}
    if kinds and kinds <= {"pwri", "kekri"}:
        return (
            "This message was encrypted with a password, which is not known here."
            if "pwri" in kinds
            else "This message was encrypted with a key that both sides must have, which is not here."
        )
    if kinds == {"unknown"}:
        return "This message was encrypted for recipients of a kind that this program cannot open."
    return "This message was encrypted for other certificates, none of whose keys is here."


class LayerSignature(Struct, frozen=True):
    """One signature of the envelope. `certificates` came in the same object; `layer` counts from the outside."""

    result: SignerResult
    certificates: tuple[bytes, ...]
    layer: int


@dataclass(slots=True)
class Peeled:
    """What the peeling found.

    Attributes:
        payload: the part to show.
        layers: "signed", "encrypted", "compressed", outermost first.
        encryption: of all encrypted layers taken together, None without any.
        problem: a sentence when the content stays closed or damaged, empty otherwise.
    """

    payload: Part
    layers: list[str] = field(default_factory=list)
    signatures: list[LayerSignature] = field(default_factory=list)
    encryption: EncryptionCheck | None = None
    warnings: list[str] = field(default_factory=list)
    problem: str = ""


def peel(
    root: Part,
    *,
    keys: Sequence[DecryptionKey],
    passwords: Sequence[str] = (),
    known_certificates: Sequence[bytes] = (),
    now: datetime,
) -> Peeled:
    """Open every layer of the envelope that can be opened."""
    if layer_form(root, at_root=True) is None:
        return Peeled(root)
    return _Peeler(root, keys, passwords, known_certificates, now).run()


class _Peeler:
    def __init__(
        self,
        root: Part,
        keys: Sequence[DecryptionKey],
        passwords: Sequence[str],
        known_certificates: Sequence[bytes],
        now: datetime,
    ) -> None:
        self.found = Peeled(root)
        self.keys = keys
        self.passwords = passwords
        self.known = tuple(known_certificates)
        self.now = now
        self.decompressible_bytes = MAX_DECOMPRESSED_BYTES  # for all layers of the message together

    def run(self) -> Peeled:
        found = self.found
        for _ in range(MAX_LAYERS):
            form = layer_form(found.payload, at_root=True)
            if form is None:
                return found
            inner = self._detached() if form is LayerForm.DETACHED else self._object()
            if inner is None:
                return found
            found.payload = inner
        found.warnings.append(f"The message has more than {MAX_LAYERS} layers of protection; the rest stays closed.")
        return found

    # ---- multipart/signed

    def _detached(self) -> Part | None:
        part = self.found.payload
        try:
            content, signature = detached_parts(part)
        except MalformedInput as error:
            self._broken_signature(str(error))
            return None
        data, covered = signature.body_bytes(), canonical(content)
        found = self.found.signatures
        known = check_recurring(data, covered, now=self.now) if len(found) < MAX_CHECKED_SIGNATURES else None
        if known is not None:
            self.found.layers.append(SIGNED)
            found.append(LayerSignature(known.result, known.certificates, len(self.found.layers) - 1))
            return content
        try:
            signed = parse_signed_data(data)
        except MalformedInput as error:
            self._broken_signature(f"The signature cannot be read. {error}")
            return content
        self._check(signed, covered)
        if signed.signers:
            remember(data, signed, found[-1].result)
        return content

    def _broken_signature(self, reason: str) -> None:
        self.found.layers.append(SIGNED)
        result = SignerResult(Integrity.MALFORMED, reason)
        self.found.signatures.append(LayerSignature(result, (), len(self.found.layers) - 1))

    def _check(self, signed: SignedData, content: Sequence[bytes | memoryview] | None) -> None:
        """Judge every signer by itself (RFC 5652 section 5.1); without any signer nothing is signed."""
        if not signed.signers:
            self.found.warnings.append("This message has the form of a signed one, but nobody signed it.")
            return
        self.found.layers.append(SIGNED)
        for signer in signed.signers:
            if len(self.found.signatures) >= MAX_CHECKED_SIGNATURES:
                result = SignerResult(Integrity.MALFORMED, _TOO_MANY_SIGNATURES)
                self.found.signatures.append(LayerSignature(result, (), len(self.found.layers) - 1))
                return
            result = check_signer(signed, signer, content, now=self.now, extra_certificates=self.known)
            self.found.signatures.append(LayerSignature(result, signed.certificates, len(self.found.layers) - 1))

    # ---- application/pkcs7-mime

    def _object(self) -> Part | None:
        part = self.found.payload
        data = BytesIO(part.body_bytes())  # what is inside a large object can take its place
        try:
            kind = content_kind(data.read(PEEK_BYTES))
        except MalformedInput as error:
            return self._unreadable(part, str(error))
        if kind is ContentKind.SIGNED:
            return self._opaque(data)
        if kind in (ContentKind.ENVELOPED, ContentKind.AUTH_ENVELOPED):
            return self._encrypted(data)
        if kind is ContentKind.COMPRESSED:
            return self._compressed(data.getvalue())
        # Whole, but not a signature, not for a recipient: nothing that this program can make more of.
        self.found.problem = f"This message holds an object that mail does not use: {content_name(data.getvalue())}."
        return None

    def _unreadable(self, part: Part, reason: str) -> Part | None:
        """The bytes do not say what they are; the label decides only how the failure is called."""
        label = part.params.get("smime-type", "").lower()
        if label == "signed-data" or (not label and part.filename.lower().endswith(".p7s")):
            self._broken_signature(f"The signed content cannot be read. {reason}")
        elif label in ("enveloped-data", "authenveloped-data", ""):
            self.found.layers.append(ENCRYPTED)
            self._remember(EncryptionCheck("", False, False, reason=f"The encrypted content is damaged. {reason}"))
        self.found.problem = f"The content cannot be read. {reason}"
        return None

    def _opaque(self, data: BytesIO) -> Part | None:
        found = self.found.signatures
        small = data.getvalue() if data.seek(0, SEEK_END) <= MAX_ENCLOSING_BYTES else b""
        known = check_enclosing(small, now=self.now) if small and len(found) < MAX_CHECKED_SIGNATURES else None
        if known is not None:
            self.found.layers.append(SIGNED)
            found.append(LayerSignature(known.result, known.certificates, len(self.found.layers) - 1))
            return self._signed_content(known.content, known.content_type)
        try:
            signed = parse_signed_data(data)
        except MalformedInput as error:
            self._broken_signature(f"The signed content cannot be read. {error}")
            self.found.problem = f"The content cannot be read. {error}"
            return None
        if signed.certs_only:
            self.found.warnings.append("This is a bundle of certificates, not a signed message.")
            return None
        self._check(signed, None)
        if signed.content is None:
            self.found.problem = "The signed object holds no content."
            return None
        if small and signed.signers:
            remember(small, signed, found[-1].result)
        return self._signed_content(signed.content, signed.content_type)

    def _signed_content(self, content: bytes, content_type: str) -> Part | None:
        if content_type not in (DATA, *LAYER_TYPES):
            # RFC 8551 section 2.4.1. A time stamp or a receipt must not pass for words that its signer wrote.
            self.found.problem = f"What was signed is no message but an object of the type {content_type}."
            return None
        return _inside(content, content_type)

    def _compressed(self, data: bytes) -> Part | None:
        self.found.layers.append(COMPRESSED)
        try:
            content = decompress(data, self.decompressible_bytes)
            self.decompressible_bytes -= len(content)
            return parse(content)
        except (MalformedInput, UnsupportedAlgorithm) as error:
            self.found.problem = f"The compressed content cannot be read. {error}"
            return None

    # ---- encryption

    def _encrypted(self, data: BytesIO) -> Part | None:
        self.found.layers.append(ENCRYPTED)
        try:
            enveloped = parse_enveloped(data)
        except MalformedInput as error:
            return self._closed(EncryptionCheck("", False, False, reason=f"The encrypted content is damaged. {error}"))
        check = EncryptionCheck(
            cipher=enveloped.cipher,
            authenticated=enveloped.protects_content,
            opened=False,
            recipients=tuple(recipient.info for recipient in enveloped.recipients),
        )
        return self._decrypt(enveloped, check)

    def _closed(self, check: EncryptionCheck) -> Part | None:
        self._remember(check)
        self.found.problem = check.reason or ""
        return None

    def _decrypt(self, enveloped: Enveloped, check: EncryptionCheck) -> Part | None:
        reason = _for_whom(check)
        locked = False
        fitting = [key for key in self.keys if any(one.matches(key.certificate) for one in enveloped.recipients)]
        for key in fitting:
            try:
                content = decrypt(enveloped, key, last=key is fitting[-1] and not self.passwords)
            except VaultLocked:
                locked = True
                reason = "Your key for this message is locked. Unlock it to read the message."
            except NoDecryptionKey:
                continue
            except (DecryptionFailed, UnsupportedAlgorithm, MalformedInput, LimitExceeded) as error:
                reason = str(error)
            else:
                return self._opened(content, enveloped.content_type, check, key.certificate)
        for password in self.passwords:
            try:
                content = decrypt_with_password(enveloped, password)
            except (DecryptionFailed, NoDecryptionKey, UnsupportedAlgorithm, MalformedInput):
                continue
            return self._opened(content, enveloped.content_type, check, None)
        return self._closed(replace(check, reason=reason, locked=locked))

    def _opened(self, content: bytes, content_type: str, check: EncryptionCheck, certificate: bytes | None) -> Part:
        sha256 = None if certificate is None else hashlib.sha256(certificate).hexdigest()
        self._remember(replace(check, opened=True, key_sha256=sha256))
        return _inside(content, content_type)

    def _remember(self, check: EncryptionCheck) -> None:
        """Of several encrypted layers the inner one is described, but all must be authenticated to count as such."""
        outer = self.found.encryption
        if outer is not None:
            check = replace(check, authenticated=outer.authenticated and check.authenticated)
        self.found.encryption = check
