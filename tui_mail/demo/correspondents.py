"""People of the demo who answer by themselves: a signed mail gets a signed answer, an encrypted one the same in return.

The law: they know only what came to them by mail. Whoever has not yet seen your certificate cannot write encrypted.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime

from tui_mail.cms.capabilities import Capability, choose_cipher
from tui_mail.cms.sealing import default_plan
from tui_mail.demo.clinic import BEA, CARL, DORA, EMIL, FRIDA, GUS, HANA, JULE, YOU, Clinic
from tui_mail.demo.servers import MailServers
from tui_mail.demo.writing import Letter, plain
from tui_mail.mime.build import new_message_id
from tui_mail.model.address import Address
from tui_mail.model.errors import TuiMailError
from tui_mail.model.security import Integrity
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.protect import protect
from tui_mail.smime.view import view
from tui_mail.trust.context import TrustContext

ANSWER_SECONDS = 2.0
"""How long a correspondent thinks: long enough to see the mail leave, short enough to wait for."""

WHO_ANSWERS = (BEA, CARL, DORA, FRIDA, GUS, HANA, JULE, EMIL)
OnAnswer = Callable[[Address, bool], None]
"""Called with the person who answered, and whether the answer was encrypted."""


@dataclass(slots=True)
class _Memory:
    """What one correspondent has learnt of you."""

    certificate: bytes | None = None
    capabilities: tuple[Capability, ...] = field(default=())


class Correspondents:
    """All of them; `receive` is what the SMTP server calls."""

    def __init__(
        self, clinic: Clinic, servers: MailServers, on_answer: OnAnswer, *, wait: float = ANSWER_SECONDS
    ) -> None:
        self._clinic = clinic
        self._servers = servers
        self._on_answer = on_answer
        self._wait = wait
        self._people = {person.key: person for person in WHO_ANSWERS}
        self._memory = {person.key: _Memory() for person in WHO_ANSWERS}
        self._trust = TrustContext(anchors=(clinic.authority.der,), pins=frozenset())

    def knows(self, address: str) -> bool:
        """Whether somebody here has this address."""
        key = Address(address).key
        return key in self._people or key == YOU.key or key.endswith(".example")

    async def receive(self, _sender: str, recipients: tuple[str, ...], raw: bytes) -> None:
        """One submitted mail: yours comes back to you, others think and answer."""
        for address in recipients:
            key = Address(address).key
            if key == YOU.key:
                await self._servers.deliver(raw, datetime.now(UTC))
            elif key in self._people:
                await asyncio.sleep(self._wait)
                person = self._people[key]
                answer, secret = await asyncio.to_thread(self._answer, person, raw)
                await self._servers.deliver(answer, datetime.now(UTC))
                self._on_answer(person, secret)

    def _answer(self, person: Address, raw: bytes) -> tuple[bytes, bool]:
        """The answer's bytes and whether they are encrypted."""
        now = datetime.now(UTC)
        key = self._clinic.key(person)
        opened = open_message(raw, keys=[key], trust=self._trust, now=now)
        memory = self._memory[person.key]
        _learn(memory, opened)
        asked_in_secret = opened.security.encryption is not None and opened.security.encryption.opened
        secret = asked_in_secret and memory.certificate is not None
        letter = _letter(person, opened, _words(person, opened, memory), now)
        if not secret or memory.certificate is None:
            return protect(plain(letter), sign=key, now=now), False
        plans = [default_plan(memory.certificate, memory.capabilities), default_plan(key.certificate)]
        return protect(
            plain(letter), sign=key, recipients=plans, cipher=choose_cipher([memory.capabilities]), now=now
        ), True


def _learn(memory: _Memory, opened: Opened) -> None:
    """Keep your certificate when an intact signature brought it."""
    for check, certificate in zip(opened.security.signatures, opened.signer_certificates, strict=False):
        if check.integrity is Integrity.INTACT and certificate is not None:
            memory.certificate = certificate
    for announced in opened.capabilities:
        if announced.certificate == memory.certificate:
            memory.capabilities = announced.capabilities


def _letter(person: Address, opened: Opened, words: str, now: datetime) -> Letter:
    """The answer as a letter of the same thread."""
    try:
        shown = view(opened, 0)
        subject, message_id, references, quote = shown.subject, shown.message_id, shown.references, shown.quote_text
    except TuiMailError:
        subject, message_id, references, quote = "Your mail", "", (), ""
    quoted = "".join(f"> {line}\n" for line in quote.strip().splitlines()[:12])
    return Letter(
        person,
        YOU,
        subject if subject.lower().startswith("re:") else f"Re: {subject}",
        f"Dear Anna,\n\n{words}\n\n{person.name.split()[0]}\n\n{quoted}",
        now,
        new_message_id(person.spec),
        answers=tuple(dict.fromkeys((*references, message_id))) if message_id else (),
    )


def _words(person: Address, opened: Opened, memory: _Memory) -> str:
    """What the person says about the mail that came."""
    encryption = opened.security.encryption
    if encryption is not None and not encryption.opened:
        return "your mail is encrypted for a key that I do not have. Please take the certificate of this mail."
    if encryption is not None and memory.certificate is not None:
        return "your encrypted mail opened without trouble, and this answer is encrypted for you alone."
    if encryption is not None:
        return "I could read your mail, but without your signature I have no certificate to answer encrypted."
    if memory.certificate is not None:
        return (
            "your signature is fine, and your certificate came with it: from now on I can write to you encrypted.\n"
            "This mail carries mine. Trust it, switch Encrypt on, and write again."
        )
    return "thank you. Please sign your mail, then I can answer encrypted."
