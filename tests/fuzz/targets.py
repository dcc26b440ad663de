"""What is fuzzed: each target takes any bytes and must neither raise, nor last, nor swell.

The law: a target calls what a received message reaches, and hides no exception but those that the room documents.
"""

from collections.abc import Callable
from functools import lru_cache

from tests.pki import NOW, Identity, Pki
from tui_mail.cms import ber, der
from tui_mail.cms.compressed import decompress
from tui_mail.cms.content import content_kind
from tui_mail.cms.enveloped import decrypt, decrypt_with_password, parse_enveloped
from tui_mail.cms.signed import check_signer, parse_signed_data
from tui_mail.mime.calendar import build_reply, read_invitation
from tui_mail.mime.envelope import read_envelope
from tui_mail.mime.headers import addresses, decode, message_ids, parse_date
from tui_mail.mime.html import html_lines
from tui_mail.mime.html_words import html_words
from tui_mail.mime.parameters import parse_parameters
from tui_mail.mime.preview import preview
from tui_mail.mime.text import main_lines
from tui_mail.mime.tree import parse
from tui_mail.model.address import Address
from tui_mail.model.errors import MalformedInput, TuiMailError
from tui_mail.model.invitation import Answer
from tui_mail.smime.open import open_message
from tui_mail.smime.view import view, words
from tui_mail.trust.context import TrustContext

PKI = Pki()
PASSWORD = "fuzz"


@lru_cache(maxsize=1)
def reader() -> Identity:
    """The person for whom the corpus was encrypted."""
    return PKI.issue("anna@clinic.test", key="rsa")


def fuzz_ber(data: bytes) -> None:
    """Every element, as deep as it goes, and its DER form."""
    try:
        pending = [ber.read_tlv(data)]
        while pending:
            element = pending.pop()
            if element.constructed:
                pending.extend(ber.children(element))
        written = der.from_ber(ber.read_tlv(data))
        assert der.from_ber(ber.read_tlv(written)) == written
    except MalformedInput:
        pass


def fuzz_signed(data: bytes) -> None:
    """A SignedData with every signer checked."""
    try:
        signed = parse_signed_data(data)
    except MalformedInput:
        return
    content = b"content" if signed.content is None else None
    for signer in signed.signers:
        check_signer(signed, signer, content, now=NOW)


def fuzz_enveloped(data: bytes) -> None:
    """An encrypted or compressed object, opened with a key and with a password."""
    for work in (
        content_kind,
        decompress,
        lambda raw: decrypt(parse_enveloped(raw), reader().key),
        lambda raw: decrypt_with_password(parse_enveloped(raw), PASSWORD),
    ):
        try:
            work(data)
        except TuiMailError:
            continue


def fuzz_tree(data: bytes) -> None:
    """The MIME tree: spans lie inside each other and everything in it decodes."""
    root = parse(data)
    for part in root.walk():
        assert part.start <= part.header_end <= part.end <= len(part.raw)
        part.text(), part.filename, part.sha256()
    main_lines(root)


def fuzz_headers(data: bytes) -> None:
    """Every reader of a header value."""
    decode(data), addresses(data), parse_date(data), message_ids(data), parse_parameters(data)
    read_envelope(data)


def fuzz_html(data: bytes) -> None:
    """A page into lines."""
    html_lines(data.decode("utf-8", "replace"))
    html_words(data.decode("utf-8", "replace"), 200)


def fuzz_calendar(data: bytes) -> None:
    """A calendar part, read and answered."""
    part = parse(b"Content-Type: text/calendar; method=REQUEST\r\n\r\n" + data)
    invitation = read_invitation(part)
    if invitation is not None and invitation.can_answer:
        try:
            build_reply(part, Address("anna@clinic.test"), Answer.ACCEPTED, NOW)
        except MalformedInput:
            pass


def fuzz_preview(data: bytes) -> None:
    """An attachment as text, of every kind that is looked at."""
    for media_type in (b"text/plain", b"text/csv", b"text/vcard", b"text/html", b"message/rfc822"):
        preview(parse(b"Content-Type: %s\r\n\r\n%s" % (media_type, data)))


def fuzz_open(data: bytes) -> None:
    """A whole message to its verdict and to what the reader shows."""
    trust = TrustContext(anchors=(PKI.ca.certificate,), revocation="off")
    opened = open_message(data, keys=(reader().key,), passwords=(PASSWORD,), trust=trust, now=NOW)
    view(opened, 1)
    words(opened)


TARGETS: dict[str, Callable[[bytes], None]] = {
    "ber": fuzz_ber,
    "signed": fuzz_signed,
    "enveloped": fuzz_enveloped,
    "tree": fuzz_tree,
    "headers": fuzz_headers,
    "html": fuzz_html,
    "calendar": fuzz_calendar,
    "preview": fuzz_preview,
    "open": fuzz_open,
}
