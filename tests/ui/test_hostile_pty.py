"""The real program on a pty with hostile text in every field: nothing of it reaches the terminal as more than text."""

import re
import sys
import tempfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.ui.clinic import certificate, judge, view
from tests.ui.engine_process import serving
from tests.ui.engine_stand_in import EngineStandIn
from tests.ui.pty_program import PtyProgram
from tui_mail.engine.messages import Notice, TrustFacts
from tui_mail.model.address import Address
from tui_mail.model.folder import FolderRole
from tui_mail.model.message import AttachmentInfo, EncState, Run
from tui_mail.model.security import Headers
from tui_mail.store import folders
from tui_mail.store.store import Store

MARK = "HOSTILE"
EVIL = (
    f"{MARK}\x1b]52;c;ZXZpbA==\x07\x1b[2J\x1b]0;owned\x1b\\\x9b31m\x9d52;c;eA==\x9c"
    "\x1bP+q\x1b\\\u202egnp.exe\u202c\u2066x\u2069\u200f\x08\x00\x07\r\n[@click=app.bell]click[/] [red]red[/red]"
)
PAYLOADS = (b"\x1b]52", b"\x1b]0;owned", b"\x1bP+q")
BIDI = [chr(code) for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x61C)]

# Every escape sequence that our program sends on purpose.
OURS = re.compile(
    rb"\x1b(\[[0-9;:?<>=$ ]*[A-Za-z@p~]"  # CSI
    rb"|\]22;[a-z-]*\x07"  # the shape of the mouse pointer, which textual sets
    rb"|[78=>c]|\([B0]|\\)"
)


def poison(store: Store, engine: EngineStandIn) -> None:
    db = store.database
    db.run("UPDATE folder SET name = ? WHERE name = 'Wards/North'", (EVIL.replace("\x00", ""),))
    folders.save_folder(db, "work", "X" + EVIL.replace("\x00", "")[8:], FolderRole.NONE)
    bad = certificate(EVIL, "CN=" + EVIL)
    for number, old in list(engine.views.items()):
        security = old.security
        checks = tuple(
            replace(check, signer=bad, from_specs=(EVIL,), path_reason=EVIL) for check in security.signatures
        )
        security = replace(
            security,
            signatures=checks,
            verdict=replace(security.verdict, reasons=(EVIL,)),
            warnings=(EVIL,),
            headers=Headers(outer={"from": EVIL}),
        )
        engine.views[number] = replace(
            view(number, EVIL, EVIL, EVIL, EVIL, security),
            sender=Address(EVIL, EVIL),
            lines=((Run(EVIL),),),
            attachments=(AttachmentInfo(0, EVIL, EVIL, 5), AttachmentInfo(1, EVIL, EVIL, 6)),
        )
        judge(store, number, security, EncState.NONE, EVIL, EVIL, EVIL, EVIL, attachments=True)
    engine.facts = TrustFacts(
        EVIL, bad, EVIL, replace(engine.views[1].security.verdict), (EVIL,), offer=True, previous=bad
    )
    engine.listen(lambda event: None)


def check(output: bytes) -> None:
    for payload in PAYLOADS:
        assert payload not in output
    text = output.decode("utf-8")  # what is sent is always valid UTF-8
    rest = OURS.sub(b"", output)
    for found in re.finditer(rb"\x1b[^\[].{0,20}", rest):
        raise AssertionError(f"an escape sequence that is not ours: {found.group()!r}")
    assert not [c for c in text if 0x80 <= ord(c) < 0xA0], "a C1 control reached the terminal"
    assert not [c for c in text if c in BIDI], "a bidi control reached the terminal"
    assert not re.search(rb"[\x00\x07\x08]", rest)


@pytest.mark.parametrize(("columns", "rows"), [(130, 40), (60, 16)])
def test_no_hostile_byte_of_any_field_reaches_the_terminal(tmp_path: Path, columns: int, rows: int) -> None:
    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), poison) as env:
        program = PtyProgram([sys.executable, "-m", "tui_mail"], columns=columns, rows=rows, env=env)
        try:
            program.wait_for(lambda out: (MARK.encode() in out and b"Folder" in out) or b"Read" in out)
            program.settle(0.4)
            for keys in (
                b"\r",
                b"t",
                b"\x1b",
                b"i",
                b" ",
                b"\x1b",
                b"s",
                b"\x1b",
                b"g",
                b"\x1b",
                b"\x1b",
                b"m",
                b"\x1b",
            ):
                program.send(keys)
                program.settle(0.25)
            assert program.output.count(MARK.encode()) > 20
            assert b"[@click" in program.output, "the markup is shown as text, so it was not read as markup"
            check(program.output)
        finally:
            program.close()


def test_the_engines_sentences_are_foreign_text_too(tmp_path: Path) -> None:
    def speak(store: Store, engine: EngineStandIn) -> None:
        answer = engine.answer

        def loud(command):  # type: ignore[no-untyped-def]
            reply = answer(command)
            engine.publish(Notice("error", EVIL))
            return reply

        engine.answer = loud  # type: ignore[method-assign]

    with tempfile.TemporaryDirectory() as sockets, serving(tmp_path, Path(sockets), speak) as env:
        program = PtyProgram([sys.executable, "-m", "tui_mail"], env=env)
        try:
            program.wait_for(lambda out: b"Blood results" in out and b"Quit" in out)
            program.send(b"s")
            program.wait_for(lambda out: MARK.encode() in out)
            program.settle()
            check(program.output)
        finally:
            program.close()
