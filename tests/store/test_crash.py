"""A writer is killed in the middle of its work, again and again; everything it had reported as saved must be there."""

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path

from tests.patience import PATIENCE_SECONDS
from tests.store.conftest import KEY
from tui_mail.model.message import OutboxState
from tui_mail.store import changes, folders, messages, outbox
from tui_mail.store.store import Store

ROUNDS = 10

WRITER = """
import hashlib, sys
from tui_mail.store import changes, folders, messages
from tui_mail.store.messages import NewMessage
from tui_mail.store.store import Store

store = Store(sys.argv[1], bytes.fromhex(sys.argv[2]))
inbox = folders.folder_by_name(store.database, "work", "INBOX").id
archive = folders.folder_by_name(store.database, "work", "Archive").id
uid = max(messages.uids(store.database, inbox), default=0)
while True:
    with store.write() as db:
        first = uid + 1
        for _ in range(4):
            uid += 1
            seed = hashlib.sha256(b"%d" % uid).digest()
            number = messages.save_message(db, inbox, NewMessage(uid, seed * (1 + uid % 900), date=uid))
        changes.change_flags(db, [number], add=1)
        changes.move(db, [number], archive)
        folders.set_server_state(db, inbox, folders.ServerState(1, uid + 1))
    print(uid, flush=True)
"""


def test_what_was_saved_survives_a_kill_in_the_middle_of_writing(
    store: Store, path: Path, inbox: int, archive: int
) -> None:
    store.close()
    reported = 0
    for round_ in range(ROUNDS):
        writer = subprocess.Popen([sys.executable, "-c", WRITER, path, KEY.hex()], stdout=subprocess.PIPE, text=True)
        assert writer.stdout is not None
        reported = int(writer.stdout.readline())
        time.sleep(0.003 * round_)
        writer.send_signal(signal.SIGKILL)
        reported = int((writer.stdout.read().split("\n")[-2:-1] or [str(reported)])[0])
        writer.wait(PATIENCE_SECONDS)
        after = Store(path, KEY)
        check(after, inbox, archive, reported)
        after.close()
    assert reported >= 4 * ROUNDS


def check(store: Store, inbox: int, archive: int, reported: int) -> None:
    db = store.database
    assert db.value("PRAGMA integrity_check") == "ok" and db.all("PRAGMA foreign_key_check") == []
    uids = messages.uids(db, inbox)
    assert sorted(uids) == list(range(1, len(uids) + 1)) and len(uids) >= reported and len(uids) % 4 == 0
    assert folders.server_state(db, inbox).uidnext == len(uids) + 1, "the state never runs ahead of the mail"
    for uid in uids:
        number = messages.by_uid(db, inbox, uid)
        assert number is not None
        assert messages.raw(db, number) == hashlib.sha256(b"%d" % uid).digest() * (1 + uid % 900)
    moved = len(uids) // 4
    shown = {folder.id: (folder.total, folder.unread) for folder in folders.folders(db)}
    assert shown == {inbox: (3 * moved, 3 * moved), archive: (moved, 0)}
    assert changes.waiting_count(db, "work") == 2 * moved


SENDER = """
import sys
from tui_mail.model.message import Draft, OutboxState
from tui_mail.store import outbox
from tui_mail.store.store import Store

db = Store(sys.argv[1], bytes.fromhex(sys.argv[2])).database
number = outbox.queue_draft(db, Draft("work", ()), (), message_id="<1@x>", created=1)
outbox.save_copies(db, number, [outbox.Copy(("a@x",), b"one"), outbox.Copy(("b@x",), b"two"), outbox.Copy((), b"one")])
outbox.set_state(db, number, OutboxState.SUBMITTING)
outbox.set_copy_state(db, number, 0, OutboxState.SENT)
outbox.set_copy_state(db, number, 1, OutboxState.SUBMITTING)
print(number, flush=True)
sys.stdin.read()
"""


def test_what_left_and_what_was_leaving_is_known_after_a_kill(store: Store, path: Path) -> None:
    store.close()
    sender = subprocess.Popen(
        [sys.executable, "-c", SENDER, path, KEY.hex()], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert sender.stdout is not None
    number = int(sender.stdout.readline())
    sender.kill()
    sender.wait(PATIENCE_SECONDS)
    after = Store(path, KEY)
    states = [copy.state for copy in outbox.copies(after.database, number)]
    assert states == [OutboxState.SENT, OutboxState.SUBMITTING, OutboxState.READY]
    entry = outbox.entry(after.database, number)
    assert entry is not None and entry.state is OutboxState.SUBMITTING
    after.close()
    sender.communicate()
