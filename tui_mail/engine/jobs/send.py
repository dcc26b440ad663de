"""Sending: every outbox entry goes from state to state as ``sync.outbox`` allows, each step on disk before the next.

The law: a copy is marked as leaving before its first byte goes out, so that after a crash nothing is sent twice; one of
which nobody knows whether it left is shown and asked about.
"""

import time
from datetime import UTC, datetime

import msgspec

from tui_mail.engine.jobs.mark_answered import mark_answered
from tui_mail.engine.jobs.protect import protected_copies
from tui_mail.engine.logbook import describe, log
from tui_mail.engine.messages import Notice, OutboxChanged
from tui_mail.engine.scheduler import Backoff
from tui_mail.engine.session import Session
from tui_mail.model.account import Account
from tui_mail.model.errors import (
    CannotConnect,
    ConnectionLost,
    ServerRefused,
    StoreError,
    TuiMailError,
    VaultLocked,
)
from tui_mail.model.message import OutboxEntry, OutboxState
from tui_mail.net.smtp import SubmitOutcomeUnknown, SubmitResult, submit
from tui_mail.store import outbox
from tui_mail.sync.outbox import OutboxEvent, can_happen, next_state, recover, summarise

FIRST_RETRY_SECONDS = 5.0
RETRY_SECONDS = 60.0
MAX_ATTEMPTS = 20

_UNKNOWN = (
    "tui-mail stopped while this message was handed over, so nobody knows whether it left. "
    "Look into the Sent folder or ask a recipient; then send it again, mark it as sent, or discard it."
)


class Sender:
    """The job that empties the outbox."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._resumed = False
        self._backoff = Backoff(first=FIRST_RETRY_SECONDS)

    def turn(self) -> float | None:
        """Do what is due; seconds until the next entry is due, None when nothing waits."""
        try:
            return self._turn()
        except StoreError as error:
            # The store may not know how far we came: look at everything again as after a crash.
            self._resumed = False
            self._say_stuck(str(error))
            raise

    def network_changed(self) -> None:
        """The server may be there again: what waits for it is due."""
        self._backoff.reset()
        outbox.retry_now(self._session.store.database)

    def _say_stuck(self, sentence: str) -> None:
        """Tell what the store could not keep. Reading works on a full disk; where it does not, the notice is left."""
        try:
            waiting = outbox.entries(self._session.store.database)
        except StoreError:
            waiting = ()
        for entry in waiting:
            if entry.state in (OutboxState.QUEUED, OutboxState.PROTECTING, OutboxState.READY, OutboxState.SUBMITTING):
                self._session.publish(OutboxChanged(msgspec.structs.replace(entry, problem=sentence)))
        self._session.publish(Notice("error", sentence))

    def _turn(self) -> float | None:
        db = self._session.store.database
        if not self._resumed:
            self._resume()
            self._resumed = True
        pause: float | None = None
        filing = set()
        for entry in outbox.entries(db):
            if entry.state in (OutboxState.DELAYED, OutboxState.QUEUED, OutboxState.READY):
                left = outbox.retry_at(db, entry.id) - time.time()
                if left > 0:
                    pause = left if pause is None else min(pause, left)
                    continue
                self._advance(entry)
                after = outbox.entry(db, entry.id)
                if after is not None and after.state is OutboxState.SENT:
                    filing.add(entry.account)
                elif after is not None and after.state in (OutboxState.QUEUED, OutboxState.READY):
                    left = max(1.0, outbox.retry_at(db, entry.id) - time.time())
                    pause = left if pause is None else min(pause, left)
        for account in filing:
            self._session.wake_receiver(account)
        return pause

    def _resume(self) -> None:
        """What an earlier engine left half done: protecting begins anew, a copy that was leaving is unknown."""
        db = self._session.store.database
        for entry in outbox.entries(db):
            copies = [copy for copy in outbox.copies(db, entry.id) if copy.recipients]
            state, states = recover(entry.state, [copy.state for copy in copies])
            with db.transaction():
                for copy, after in zip(copies, states, strict=True):
                    if copy.state is not after:
                        outbox.set_copy_state(db, entry.id, copy.position, after)
                if state is not entry.state:
                    self._move(entry.id, state, _UNKNOWN if state is OutboxState.UNKNOWN else "")

    def _advance(self, entry: OutboxEntry) -> None:
        try:
            if entry.state is OutboxState.DELAYED:
                self._step(entry.id, OutboxEvent.DUE)
            if self._step(entry.id, OutboxEvent.START):
                self._protect(entry)
            self._submit(entry.id)
        except VaultLocked:
            # Unlocking wakes this job; until then the entry waits as it was.
            retry_at = int(time.time() + RETRY_SECONDS)
            self._move(entry.id, OutboxState.QUEUED, "This message waits until the keys are unlocked.", retry_at)
        except StoreError:
            raise
        except TuiMailError as error:
            log.warning("outbox entry %d: %s", entry.id, describe(error))
            self._move(entry.id, OutboxState.FAILED, str(error))
        except Exception as error:
            log.error("outbox entry %d: %s", entry.id, describe(error))
            sentence = f"Sending failed inside tui-mail ({type(error).__name__}); the engine's log says where."
            self._move(entry.id, self._after_defect(entry.id), sentence)

    def _after_defect(self, number: int) -> OutboxState:
        """A copy that was leaving while something unforeseen happened is in doubt, like after a crash."""
        db = self._session.store.database
        copies = [copy for copy in outbox.copies(db, number) if copy.recipients]
        in_doubt = any(copy.state is OutboxState.SUBMITTING for copy in copies)
        return OutboxState.UNKNOWN if in_doubt else OutboxState.FAILED

    def _protect(self, entry: OutboxEntry) -> None:
        db = self._session.store.database
        found = outbox.draft(db, entry.id)
        if found is None:
            return
        draft, files, message_id = found
        moment = datetime.now(UTC).replace(microsecond=0)
        outbox.save_copies(db, entry.id, protected_copies(self._session, draft, files, message_id, moment))

    def _submit(self, number: int) -> None:
        """Hand over every copy that has not left yet."""
        session = self._session
        db = session.store.database
        entry = outbox.entry(db, number)
        if entry is None:
            return
        account = session.account(entry.account)
        if not self._step(number, OutboxEvent.SUBMIT):
            return
        attempt = outbox.count_attempt(db, number)
        problems: list[str] = []
        retry_at = 0
        for copy in outbox.copies(db, number):
            if not copy.recipients or copy.state is OutboxState.SENT:
                continue
            event, problem = self._hand_over(account, number, copy)
            if event is OutboxEvent.NOT_TAKEN and attempt >= MAX_ATTEMPTS:
                event = OutboxEvent.REFUSED
            outbox.set_copy_state(db, number, copy.position, next_state(OutboxState.SUBMITTING, event))
            if event is not OutboxEvent.ACCEPTED:
                problems.append(problem)
            if event in (OutboxEvent.NOT_TAKEN, OutboxEvent.LOST):
                retry_at = int(time.time() + self._backoff.next_seconds()) + 1
                break
        if not problems:
            self._backoff.reset()
        left = [copy.state for copy in outbox.copies(db, number) if copy.recipients]
        state = summarise(left)
        if state is OutboxState.SENT:
            mark_answered(session, number)  # before the move: what is filed is forgotten
        self._move(number, state, " ".join(dict.fromkeys(problems)), retry_at)

    def _hand_over(self, account: Account, number: int, copy: outbox.Copy) -> tuple[OutboxEvent, str]:
        """Submit one copy; what happened, and a sentence."""
        db = self._session.store.database
        outbox.set_copy_state(db, number, copy.position, OutboxState.SUBMITTING)
        found = outbox.draft(db, number)
        report = found is not None and found[0].report
        try:
            result = self._give(account, copy, report=report)
        except SubmitOutcomeUnknown as error:
            return OutboxEvent.LOST, str(error)
        except ServerRefused as error:
            return (OutboxEvent.REFUSED if error.code >= 500 else OutboxEvent.NOT_TAKEN), str(error)
        except (CannotConnect, ConnectionLost) as error:
            return OutboxEvent.NOT_TAKEN, str(error)
        except TuiMailError as error:
            return OutboxEvent.REFUSED, str(error)
        if not result.refused:
            return OutboxEvent.ACCEPTED, ""
        outbox.set_copy_recipients(db, number, copy.position, tuple(result.refused))
        words = "; ".join(f"{address}: {answer}" for address, answer in result.refused.items())
        return OutboxEvent.REFUSED, f"{account.smtp.host} refused some of the recipients. {words}"

    def _give(self, account: Account, copy: outbox.Copy, *, report: bool) -> SubmitResult:
        """Submit with the account's address as envelope sender; a report with an empty one (RFC 8098 section 3)."""
        return self._session.logins.with_secret(
            account, "smtp", lambda secret: self._give_with(account, secret, copy, report=report)
        )

    def _give_with(self, account: Account, password: str, copy: outbox.Copy, *, report: bool) -> SubmitResult:
        wanted = self._session.settings.delivery_reports and not report
        if report:
            try:
                return submit(account.smtp, password, "", copy.recipients, copy.raw)
            except ServerRefused as error:
                if error.code < 500:
                    raise
                # QUIRK: some servers take no empty sender from people who log in.
        return submit(account.smtp, password, account.address, copy.recipients, copy.raw, delivery_reports=wanted)

    def _step(self, number: int, event: OutboxEvent) -> bool:
        """Go on, unless a person took the message back or gave it another time since this job looked."""
        db = self._session.store.database
        with db.transaction():
            entry = outbox.entry(db, number)
            if entry is None or not can_happen(entry.state, event) or outbox.retry_at(db, number) > time.time():
                return False
            outbox.set_state(db, number, next_state(entry.state, event))
        after = outbox.entry(db, number)
        if after is not None:
            self._session.publish(OutboxChanged(after))
        return True

    def _move(self, number: int, state: OutboxState, problem: str = "", retry_at: int = 0) -> None:
        db = self._session.store.database
        outbox.set_state(db, number, state, problem=problem, retry_at=retry_at)
        entry = outbox.entry(db, number)
        if entry is not None:
            self._session.publish(OutboxChanged(entry))
        if state in (OutboxState.FAILED, OutboxState.UNKNOWN):
            self._session.publish(Notice("error", problem))
