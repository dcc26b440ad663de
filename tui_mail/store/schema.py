"""The shape of the store: a list of migrations, each a script; the file's ``user_version`` counts those that ran.

The law: a script that has been released is never edited; the next shape is one more entry.

Where a message is: `folder` is where it is shown (NULL: deleted here, the server does not know yet), `home` and `uid`
where the server has it. They differ only while a move waits in `change`, or mail is put off (`snooze`). Folder counts
are kept by triggers; `revision` grows with every change that a list shows, `shape` with those that change which rows
there are or their order.
"""

from tui_mail.model.errors import StoreError
from tui_mail.store.database import Database

DOCUMENT_BITS = 30
"""The search index numbers its documents ``date << 30 | message``, so that its own order is newest first."""

MAX_DATE = (1 << 33) - 1
MAX_MESSAGE = (1 << DOCUMENT_BITS) - 1

_FIRST = """
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    address TEXT NOT NULL,
    last_sync INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;

CREATE TABLE folder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL REFERENCES account(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT '',
    delimiter TEXT NOT NULL DEFAULT '/',
    selectable INTEGER NOT NULL DEFAULT 1,
    uidvalidity INTEGER NOT NULL DEFAULT 0,
    uidnext INTEGER NOT NULL DEFAULT 0,
    highestmodseq INTEGER NOT NULL DEFAULT 0,
    total INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    revision INTEGER NOT NULL DEFAULT 0,
    shape INTEGER NOT NULL DEFAULT 0,
    UNIQUE (account, name)
);

CREATE TABLE message (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER REFERENCES folder(id) ON DELETE CASCADE,
    home INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    uid INTEGER,
    date INTEGER NOT NULL,
    flags INTEGER NOT NULL,
    sig TEXT,
    enc TEXT NOT NULL DEFAULT '',
    attachments INTEGER NOT NULL DEFAULT 0,
    sender TEXT NOT NULL,
    subject TEXT NOT NULL,
    preview TEXT NOT NULL DEFAULT ''
);
CREATE INDEX message_list ON message(folder, date, id);
CREATE UNIQUE INDEX message_place ON message(home, uid) WHERE uid IS NOT NULL;
CREATE INDEX message_homeless ON message(home) WHERE uid IS NULL;
CREATE INDEX message_unjudged ON message(date, id) WHERE sig IS NULL;
CREATE INDEX message_locked ON message(date, id) WHERE enc = 'locked';

CREATE TABLE detail (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    message_id TEXT NOT NULL,
    reference_ids TEXT NOT NULL,
    sender_key TEXT NOT NULL,
    recipients TEXT NOT NULL,
    internal_date INTEGER NOT NULL,
    size INTEGER NOT NULL,
    digest BLOB NOT NULL
);
CREATE INDEX detail_message_id ON detail(message_id);
CREATE INDEX detail_sender ON detail(sender_key);

CREATE TABLE raw (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    bytes BLOB NOT NULL
);

CREATE TABLE evidence (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    security BLOB NOT NULL
);

CREATE TABLE signature (
    message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    sender_key TEXT NOT NULL,
    signer TEXT NOT NULL,
    PRIMARY KEY (message, position)
) WITHOUT ROWID;
CREATE INDEX signature_sender ON signature(sender_key, signer);
CREATE INDEX signature_signer ON signature(signer);

CREATE VIRTUAL TABLE search USING fts5(
    sender, recipients, subject, body,
    content = '', contentless_delete = 1, tokenize = "unicode61 remove_diacritics 2"
);

CREATE TRIGGER message_added AFTER INSERT ON message WHEN NEW.folder IS NOT NULL BEGIN
    UPDATE folder SET total = total + 1, unread = unread + (NEW.flags & 1 = 0),
        revision = revision + 1, shape = shape + 1 WHERE id = NEW.folder;
END;
CREATE TRIGGER message_removed AFTER DELETE ON message BEGIN
    UPDATE folder SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
        revision = revision + 1, shape = shape + 1 WHERE id = OLD.folder;
    DELETE FROM search WHERE rowid = (OLD.date << 30) | OLD.id;
END;
CREATE TRIGGER message_moved AFTER UPDATE OF folder ON message WHEN OLD.folder IS NOT NEW.folder BEGIN
    UPDATE folder SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
        revision = revision + 1, shape = shape + 1 WHERE id = OLD.folder;
    UPDATE folder SET total = total + 1, unread = unread + (NEW.flags & 1 = 0),
        revision = revision + 1, shape = shape + 1 WHERE id = NEW.folder;
END;
CREATE TRIGGER message_flagged AFTER UPDATE OF flags ON message
WHEN OLD.flags <> NEW.flags AND OLD.folder IS NEW.folder BEGIN
    UPDATE folder SET unread = unread - (OLD.flags & 1 = 0) + (NEW.flags & 1 = 0), revision = revision + 1
        WHERE id = NEW.folder;
END;
CREATE TRIGGER message_redrawn AFTER UPDATE OF sig, enc, attachments, sender, subject, preview ON message BEGIN
    UPDATE folder SET revision = revision + 1 WHERE id = NEW.folder;
END;

CREATE TABLE change (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    message INTEGER NOT NULL REFERENCES message(id) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    add_flags INTEGER NOT NULL DEFAULT 0,
    remove_flags INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    UNIQUE (message, kind)
);

CREATE TABLE certificate (
    sha256 TEXT PRIMARY KEY,
    der BLOB NOT NULL
) WITHOUT ROWID;
CREATE TABLE seen (
    address TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES certificate(sha256),
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    PRIMARY KEY (address, sha256)
) WITHOUT ROWID;
CREATE TABLE book (
    address TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES certificate(sha256),
    PRIMARY KEY (address, sha256)
) WITHOUT ROWID;
CREATE TABLE pin (
    address TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES certificate(sha256),
    pinned_at INTEGER NOT NULL,
    PRIMARY KEY (address, sha256)
) WITHOUT ROWID;
CREATE TABLE anchor (sha256 TEXT PRIMARY KEY REFERENCES certificate(sha256)) WITHOUT ROWID;
CREATE TABLE own (sha256 TEXT PRIMARY KEY REFERENCES certificate(sha256)) WITHOUT ROWID;
CREATE TABLE capability (
    address TEXT PRIMARY KEY,
    signing_time INTEGER NOT NULL,
    capabilities BLOB NOT NULL,
    encryption_certificate TEXT
) WITHOUT ROWID;

CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    state TEXT NOT NULL,
    draft BLOB NOT NULL,
    message_id TEXT NOT NULL,
    created INTEGER NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    retry_at INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT ''
);
CREATE TABLE outbox_attachment (
    outbox INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (outbox, position)
);
CREATE TABLE outbox_copy (
    outbox INTEGER NOT NULL REFERENCES outbox(id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    state TEXT NOT NULL,
    recipients BLOB NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (outbox, position)
);

CREATE TABLE note (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
"""

_NOTICES = """
CREATE TABLE notice (
    message_id TEXT NOT NULL,
    recipient TEXT NOT NULL,
    kind TEXT NOT NULL,
    at INTEGER NOT NULL,
    text TEXT NOT NULL,
    confirmed INTEGER NOT NULL,
    PRIMARY KEY (message_id, recipient, kind)
) WITHOUT ROWID;
CREATE INDEX outbox_message_id ON outbox(message_id);
"""

# Signed mail is judged once more: its evidence is kept in another form, and who was vouched for was not written down.
_PROOFS = """
CREATE TABLE proof (
    id INTEGER PRIMARY KEY,
    sender_key TEXT NOT NULL,
    digest BLOB NOT NULL,
    content BLOB NOT NULL,
    holds_until INTEGER
);
CREATE INDEX proof_digest ON proof(digest, sender_key);
CREATE INDEX proof_sender ON proof(sender_key);
CREATE INDEX proof_end ON proof(holds_until) WHERE holds_until IS NOT NULL;
ALTER TABLE evidence ADD COLUMN proof INTEGER;
CREATE INDEX evidence_proof ON evidence(proof) WHERE proof IS NOT NULL;
ALTER TABLE seen ADD COLUMN vouched INTEGER NOT NULL DEFAULT 0;
UPDATE message SET sig = NULL WHERE id IN (SELECT message FROM signature);
"""

_DRAFTS = """
CREATE TABLE draft (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    content BLOB NOT NULL,
    message_id TEXT NOT NULL,
    changed INTEGER NOT NULL,
    due INTEGER NOT NULL,
    revision INTEGER NOT NULL DEFAULT 1,
    uploaded INTEGER NOT NULL DEFAULT 0,
    uid INTEGER,
    gone INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX draft_message_id ON draft(message_id);
CREATE TABLE draft_attachment (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    draft INTEGER NOT NULL REFERENCES draft(id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    bytes BLOB NOT NULL
);
"""

_FOUND = """
CREATE TABLE found (
    address TEXT NOT NULL,
    sha256 TEXT NOT NULL REFERENCES certificate(sha256),
    place TEXT NOT NULL,
    place_name TEXT NOT NULL,
    found_at INTEGER NOT NULL,
    vouched INTEGER NOT NULL,
    PRIMARY KEY (address, sha256)
) WITHOUT ROWID;
"""

_PEOPLE = """
CREATE TABLE block (
    address TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    blocked_at INTEGER NOT NULL,
    PRIMARY KEY (address, sha256)
) WITHOUT ROWID;
CREATE TABLE correspondent (
    address TEXT PRIMARY KEY,
    note TEXT NOT NULL DEFAULT '',
    sent_at INTEGER NOT NULL DEFAULT 0,
    sent_sha256 TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
"""

_SIGNERS = """
ALTER TABLE capability ADD COLUMN signer TEXT NOT NULL DEFAULT '';
"""

_ANSWERS = """
CREATE TABLE watched (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    certificate TEXT NOT NULL UNIQUE REFERENCES certificate(sha256),
    issuer TEXT NOT NULL REFERENCES certificate(sha256)
);
CREATE TABLE answer (
    kind TEXT NOT NULL,
    name TEXT NOT NULL,
    body BLOB,
    made INTEGER NOT NULL,
    ends INTEGER NOT NULL,
    fetched INTEGER NOT NULL,
    retry INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    problem TEXT NOT NULL,
    PRIMARY KEY (kind, name)
);
"""

# Threads are filled in by store/threads.py; what is here already is threaded when the engine starts.
# Numbers of ids, roots, families and subjects are 63-bit hashes that include the account.
_THREADS = """
ALTER TABLE message ADD COLUMN thread INTEGER;
CREATE INDEX message_thread ON message(folder, thread, date, id) WHERE thread IS NOT NULL;
CREATE INDEX message_unthreaded ON message(id) WHERE thread IS NULL;

CREATE TABLE threading (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    root INTEGER NOT NULL,
    own INTEGER NOT NULL,
    reference_ids BLOB NOT NULL,
    subject INTEGER NOT NULL,
    is_reply INTEGER NOT NULL
);
CREATE INDEX threading_root ON threading(root);
CREATE TABLE mention (id INTEGER PRIMARY KEY, family INTEGER NOT NULL);
CREATE INDEX mention_family ON mention(family);
CREATE TABLE tree (
    root INTEGER PRIMARY KEY,
    family INTEGER NOT NULL,
    subject INTEGER NOT NULL,
    orphan INTEGER NOT NULL,
    date INTEGER NOT NULL,
    thread INTEGER NOT NULL
);
CREATE INDEX tree_family ON tree(family);
CREATE INDEX tree_subject ON tree(subject, orphan, date, root) WHERE subject <> 0;
CREATE INDEX tree_joined ON tree(thread) WHERE thread = subject;
CREATE TABLE stale_tree (root INTEGER PRIMARY KEY);
CREATE TRIGGER threading_removed AFTER DELETE ON threading BEGIN
    INSERT OR IGNORE INTO stale_tree(root) VALUES (OLD.root);
END;

CREATE TABLE conversation (
    folder INTEGER NOT NULL,
    thread INTEGER NOT NULL,
    date INTEGER NOT NULL,
    newest INTEGER NOT NULL,
    total INTEGER NOT NULL,
    unread INTEGER NOT NULL,
    PRIMARY KEY (folder, thread)
) WITHOUT ROWID;
CREATE INDEX conversation_list ON conversation(folder, date, newest);
ALTER TABLE folder ADD COLUMN conversations INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER conversation_added AFTER INSERT ON conversation BEGIN
    UPDATE folder SET conversations = conversations + 1, revision = revision + 1, shape = shape + 1
        WHERE id = NEW.folder;
END;
CREATE TRIGGER conversation_removed AFTER DELETE ON conversation BEGIN
    UPDATE folder SET conversations = conversations - 1, revision = revision + 1, shape = shape + 1
        WHERE id = OLD.folder;
END;

CREATE TRIGGER thread_left AFTER UPDATE OF thread, folder ON message
WHEN OLD.thread IS NOT NULL AND OLD.folder IS NOT NULL
AND (OLD.thread IS NOT NEW.thread OR OLD.folder IS NOT NEW.folder) BEGIN
    UPDATE conversation SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
        (date, newest) = (SELECT coalesce(max(date), 0), coalesce(id, 0) FROM (SELECT date, id FROM message
            WHERE folder = OLD.folder AND thread = OLD.thread ORDER BY date DESC, id DESC LIMIT 1))
        WHERE folder = OLD.folder AND thread = OLD.thread;
    DELETE FROM conversation WHERE folder = OLD.folder AND thread = OLD.thread AND total <= 0;
END;
CREATE TRIGGER thread_joined AFTER UPDATE OF thread, folder ON message
WHEN NEW.thread IS NOT NULL AND NEW.folder IS NOT NULL
AND (OLD.thread IS NOT NEW.thread OR OLD.folder IS NOT NEW.folder) BEGIN
    INSERT INTO conversation(folder, thread, date, newest, total, unread)
        VALUES (NEW.folder, NEW.thread, NEW.date, NEW.id, 1, NEW.flags & 1 = 0)
        ON CONFLICT(folder, thread) DO UPDATE SET total = total + 1, unread = unread + excluded.unread,
            newest = CASE WHEN (excluded.date, excluded.newest) > (date, newest) THEN excluded.newest ELSE newest END,
            date = max(date, excluded.date);
END;
CREATE TRIGGER thread_message_removed AFTER DELETE ON message
WHEN OLD.thread IS NOT NULL AND OLD.folder IS NOT NULL BEGIN
    UPDATE conversation SET total = total - 1, unread = unread - (OLD.flags & 1 = 0),
        (date, newest) = (SELECT coalesce(max(date), 0), coalesce(id, 0) FROM (SELECT date, id FROM message
            WHERE folder = OLD.folder AND thread = OLD.thread ORDER BY date DESC, id DESC LIMIT 1))
        WHERE folder = OLD.folder AND thread = OLD.thread;
    DELETE FROM conversation WHERE folder = OLD.folder AND thread = OLD.thread AND total <= 0;
END;
CREATE TRIGGER thread_flagged AFTER UPDATE OF flags ON message
WHEN OLD.flags & 1 <> NEW.flags & 1 AND NEW.thread IS NOT NULL AND NEW.folder IS NOT NULL BEGIN
    UPDATE conversation SET unread = unread + (NEW.flags & 1 = 0) - (OLD.flags & 1 = 0)
        WHERE folder = NEW.folder AND thread = NEW.thread;
END;
"""

_BUNDLES = """
CREATE TABLE bundle (
    name TEXT PRIMARY KEY,
    source TEXT NOT NULL,
    signer TEXT NOT NULL,
    digest TEXT NOT NULL,
    checked INTEGER NOT NULL,
    pending TEXT NOT NULL DEFAULT '',
    problem TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE bundle_anchor (
    bundle TEXT NOT NULL REFERENCES bundle(name) ON DELETE CASCADE,
    sha256 TEXT NOT NULL REFERENCES certificate(sha256),
    PRIMARY KEY (bundle, sha256)
) WITHOUT ROWID;
"""

_RECEIPTS = """
CREATE TABLE receipt (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account TEXT NOT NULL,
    message_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    kind TEXT NOT NULL,
    queued_at INTEGER NOT NULL,
    done_at INTEGER NOT NULL DEFAULT 0,
    problem TEXT NOT NULL DEFAULT '',
    UNIQUE (account, message_id, sender, kind)
);
"""

# Mail that was put off; see store/snoozes.py.
_SNOOZES = """
CREATE TABLE snooze (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    until INTEGER NOT NULL
);
CREATE INDEX snooze_until ON snooze(until);
CREATE TRIGGER snooze_ended AFTER UPDATE OF folder ON message
WHEN OLD.folder IS NOT NEW.folder AND OLD.folder IN (SELECT id FROM folder WHERE role = 'snoozed') BEGIN
    DELETE FROM snooze WHERE message = NEW.id;
END;
"""

# Messages of which only a place holder is here; see store/place_holders.py.
_PLACE_HOLDERS = """
CREATE TABLE place_holder (
    message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
    files INTEGER NOT NULL,
    held BLOB NOT NULL
);
"""

# What came so far of large messages that are on their way; see store/arrivals.py.
_ARRIVALS = """
CREATE TABLE arrival (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    folder INTEGER NOT NULL REFERENCES folder(id) ON DELETE CASCADE,
    uid INTEGER,
    size INTEGER NOT NULL,
    received INTEGER NOT NULL DEFAULT 0,
    UNIQUE (folder, uid)
);
CREATE TABLE arrival_piece (
    arrival INTEGER NOT NULL REFERENCES arrival(id) ON DELETE CASCADE,
    start INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (arrival, start)
);
"""

# What the server calls a folder whatever its name is (RFC 8474).
_MAILBOX_IDS = """
ALTER TABLE folder ADD COLUMN mailbox_id TEXT NOT NULL DEFAULT '';
"""

# A family that another one took in did not take its ids along; `threads.look_through` finds what that left apart.
_THREADS_UNCHECKED = """
INSERT OR REPLACE INTO note(name, value)
    SELECT 'threads unchecked', CAST(CAST(max(id) AS TEXT) AS BLOB) FROM message HAVING max(id) IS NOT NULL;
"""

# The index is written in larger pieces, and they are put together later: half the work for many messages at once, no
# more for one, and a question has some more pieces to look into. `hashsize` is what FTS5 holds in memory, in bytes.
_SEARCH_IN_LARGE_PIECES = """
INSERT INTO search(search, rank) VALUES ('automerge', 16), ('crisismerge', 64), ('hashsize', 4194304);
"""

# By what a message that waits for its UID is known again is computed when one does; see store/homeless.py.
_NO_DIGESTS = """
ALTER TABLE detail DROP COLUMN digest;
"""

MIGRATIONS: tuple[str, ...] = (
    _FIRST,
    _NOTICES,
    _PROOFS,
    _DRAFTS,
    _FOUND,
    _PEOPLE,
    _SIGNERS,
    _ANSWERS,
    _THREADS,
    _BUNDLES,
    _RECEIPTS,
    _SNOOZES,
    _PLACE_HOLDERS,
    _ARRIVALS,
    _MAILBOX_IDS,
    _THREADS_UNCHECKED,
    _SEARCH_IN_LARGE_PIECES,
    _NO_DIGESTS,
)


def migrate(database: Database) -> None:
    """Bring the file to the newest shape, in one transaction. Raises StoreError when the file is newer than we are."""
    if version(database) == len(MIGRATIONS):
        return
    with database.transaction():
        done = version(database)
        if done > len(MIGRATIONS):
            raise StoreError("This mail store was written by a newer tui-mail. Use that version to open it.")
        for script in MIGRATIONS[done:]:
            database.run(script)
        database.run(f"PRAGMA user_version = {len(MIGRATIONS)}")


def version(database: Database) -> int:
    """How many migrations the file has seen."""
    return int(database.value("PRAGMA user_version"))
