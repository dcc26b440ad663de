"""All jobs of an open session that run by themselves: one receiver an account, the judge, the sender."""

from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from functools import partial
from threading import Timer
from typing import Protocol, TypeVar

from tui_mail.engine.jobs.bundles import BundleWatcher
from tui_mail.engine.jobs.errands import Errands
from tui_mail.engine.jobs.file_drafts import DraftKeeper
from tui_mail.engine.jobs.judge import Judge
from tui_mail.engine.jobs.network import NetworkWatcher
from tui_mail.engine.jobs.receipts import ReceiptSender
from tui_mail.engine.jobs.receive import Receiver
from tui_mail.engine.jobs.revocation import AnswerKeeper
from tui_mail.engine.jobs.send import Sender
from tui_mail.engine.jobs.snooze import SnoozeWaker
from tui_mail.engine.jobs.thread import Threader
from tui_mail.engine.messages import Connection, Synced
from tui_mail.engine.opener import READER
from tui_mail.engine.scheduler import Worker
from tui_mail.engine.session import Session
from tui_mail.model.account import Account

WARM_UP_SECONDS = 2.0
"""After this time the interface has painted, and the process that opens mail for the reader may start."""
SYNC_SECONDS = 6 * 3600.0
JUDGE_SECONDS = 600.0


class Crew:
    """Starts, wakes and ends the jobs."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._judge = Judge(session)
        self._judge_worker = Worker("judge", self._judge.turn)
        self._sender = Sender(session)
        self._sender_worker = Worker("sender", self._sender.turn)
        self._drafts_worker = Worker("drafts", DraftKeeper(session).turn)
        self._bundles_worker = Worker("bundles", BundleWatcher(session).turn)
        self._answers_worker = Worker("answers", AnswerKeeper(session).turn)
        self._threads_worker = Worker("threads", Threader(session).turn)
        self._receipts_worker = Worker("receipts", ReceiptSender(session).turn)
        self._snoozes_worker = Worker("snoozes", SnoozeWaker(session).turn)
        self._network = NetworkWatcher(self._network_changed)
        self._warm_up = self._warm_up_later()
        self._receivers: dict[str, Receiver] = {}
        self._errands: dict[str, Errands] = {}
        """Accounts that do not receive here: what they have to tell, their servers learn all the same."""
        session.wake_judge = self._wake_judge
        session.wake_outbox = self._sender_worker.wake
        session.retry_outbox = self._retry_outbox
        session.wake_drafts = self._drafts_worker.wake
        session.wake_bundles = self._bundles_worker.wake
        session.wake_answers = self._answers_worker.wake
        session.wake_receipts = self._receipts_worker.wake
        session.wake_snoozes = self._snoozes_worker.wake
        session.wake_threads = self._threads_worker.wake
        session.wake_receiver = self._wake_receiver

    def start(self) -> None:
        """Begin all work."""
        self._judge_worker.start()
        self._sender_worker.start()
        self._drafts_worker.start()
        self._answers_worker.start()
        self._bundles_worker.start()
        self._threads_worker.start()
        self._receipts_worker.start()
        self._snoozes_worker.start()
        self._network.start()
        self._warm_up.start()
        self.settings_changed()

    @property
    def connections(self) -> tuple[Connection, ...]:
        """How it stands with every account's server."""
        return tuple(receiver.connection for receiver in tuple(self._receivers.values()))

    def stop(self) -> None:
        """End all work; what is half done is on disk and goes on at the next start."""
        jobs: list[Receiver | Errands | Worker | NetworkWatcher] = [
            self._network,
            *self._receivers.values(),
            *self._errands.values(),
            self._judge_worker,
            self._sender_worker,
            self._drafts_worker,
            self._answers_worker,
            self._bundles_worker,
            self._threads_worker,
            self._receipts_worker,
            self._snoozes_worker,
        ]
        self._warm_up.cancel()
        for job in jobs:
            job.stop()
        for job in jobs:
            job.join()

    def _warm_up_later(self) -> Timer:
        timer = Timer(WARM_UP_SECONDS, self._warm_up_now)
        timer.daemon = True
        return timer

    def _warm_up_now(self) -> None:
        """Mail that streams in shall be listed first; whoever opens one meanwhile has the process started."""
        if self._session.hurried:
            self._warm_up = self._warm_up_later()
            self._warm_up.start()
        else:
            READER.warm_up()

    def settings_changed(self) -> None:
        """Start receivers of new accounts, end those of removed ones, restart those whose server changed."""
        self._answers_worker.wake()
        accounts = self._session.settings.accounts
        _keep_in_step(self._receivers, [one for one in accounts if one.receive], partial(Receiver, self._session))
        _keep_in_step(self._errands, [one for one in accounts if not one.receive], partial(Errands, self._session))

    def sync(self, account: str) -> list[Future[Synced]]:
        """Ask the receivers of one account, or of all, to look at every folder now. Where nothing is received, what
        waits is told; what waits in the outbox is tried."""
        self._wake_errands(account)
        self._retry_outbox()
        asked = [self._receivers[account]] if account in self._receivers else []
        if not account:
            asked = list(self._receivers.values())
        return [receiver.look_now() for receiver in asked]

    def wait_for(self, asked: list[Future[Synced]]) -> Synced:
        """Wait until all of them have looked and everything new is judged; the sum of what they did."""
        done, late = wait(asked, timeout=SYNC_SECONDS)
        self._judge.wait_until_idle(JUDGE_SECONDS)
        results = [future.result() for future in done]
        problems = tuple(problem for result in results for problem in result.problems)
        if late:
            problems += ("An account did not finish in time.",)
        return Synced(
            folders=sum(result.folders for result in results),
            new_messages=sum(result.new_messages for result in results),
            expunged=sum(result.expunged for result in results),
            flag_changes=sum(result.flag_changes for result in results),
            bytes_received=sum(result.bytes_received for result in results),
            seconds=max((result.seconds for result in results), default=0.0),
            problems=problems,
        )

    def _wake_judge(self) -> None:
        self._judge.busy()
        self._judge_worker.wake()

    def _network_changed(self) -> None:
        """Try again now what waits for a server."""
        for receiver in tuple(self._receivers.values()):
            receiver.network_changed()
        self._wake_errands("")
        self._retry_outbox()

    def _retry_outbox(self) -> None:
        self._sender.network_changed()
        self._sender_worker.wake()

    def _wake_errands(self, account: str) -> None:
        for name, errands in tuple(self._errands.items()):
            if account in ("", name):
                errands.wake()

    def _wake_receiver(self, account: str) -> None:
        self._wake_errands(account)
        for name, receiver in tuple(self._receivers.items()):
            if account in ("", name):
                receiver.wake()


class _AccountJob(Protocol):
    """A job that runs for one account as long as that stays as it is."""

    account: Account

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def join(self) -> None: ...


J = TypeVar("J", bound=_AccountJob)


def _keep_in_step(jobs: dict[str, J], accounts: Sequence[Account], begin: Callable[[Account], J]) -> None:
    """End the jobs of accounts that are other ones now, or gone, and start those of new ones."""
    wanted = {account.id: account for account in accounts}
    for name, job in tuple(jobs.items()):
        if wanted.get(name) != job.account:
            job.stop()
            job.join()
            del jobs[name]
    for name, account in wanted.items():
        if name not in jobs:
            jobs[name] = begin(account)
            jobs[name].start()
