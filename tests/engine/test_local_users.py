"""What other users of the machine, and what is left behind by a crash, may see of an engine: nothing."""

import os
import stat
import sys
from pathlib import Path

import pytest

from tests.engine.people import PASSPHRASE, profile
from tests.engine.test_socket import CREATE
from tui_mail.engine.client import connect, stop_engine
from tui_mail.engine.messages import Welcome


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
async def test_an_engine_leaves_no_core_file_no_open_file_and_no_secret_in_argv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = profile(tmp_path, "anna", monkeypatch)
    before = os.umask(0)
    try:
        client = await connect(paths)
        try:
            await client.ask(CREATE, Welcome)
            process = Path("/proc") / paths.lock.read_text().strip()
            limits = (process / "limits").read_text().splitlines()
            core = next(line.split() for line in limits if line.startswith("Max core file size"))
            assert core[4:6] == ["0", "0"]
            shown = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
            for secret in (PASSPHRASE, "secret-imap", "secret-smtp"):
                assert secret.encode() not in shown
            for path in (paths.folder, *paths.folder.rglob("*"), paths.socket, paths.socket.parent):
                assert stat.S_IMODE(path.lstat().st_mode) & 0o077 == 0, path
            assert b"secret-imap" not in b"".join(p.read_bytes() for p in paths.folder.rglob("*") if p.is_file())
        finally:
            await client.close()
            await stop_engine(paths)
    finally:
        os.umask(before)
