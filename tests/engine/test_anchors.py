"""Roots that the administrator puts in place count for everybody, and stop counting when they are taken away."""

from pathlib import Path

import pytest

from tests.engine.people import Person
from tests.engine.test_trust import ANNA, BOB, signed
from tests.pki import Pki
from tests.servers import MailServers
from tui_mail.engine.anchors import administrators
from tui_mail.engine.messages import Anchors, Done, ImportCertificate, ListAnchors


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    place = tmp_path / "anchors.d"
    place.mkdir()
    monkeypatch.setenv("TUI_MAIL_ANCHORS", str(place))
    return place


async def test_a_root_of_the_administrator_counts_while_it_is_there(
    anna: Person, imap_servers: MailServers, folder: Path
) -> None:
    pki = Pki("Hospital Root")
    (folder / "hospital.pem").write_bytes(pki.ca.pem)
    imap_servers.deliver(ANNA, signed(pki.issue(BOB), "First"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
    own = Pki("My Root")
    await anna.client.ask(ImportCertificate(own.ca.pem, anchor=True), Done)
    entries = (await anna.client.ask(ListAnchors(), Anchors)).entries
    assert [(entry.certificate.subject, entry.source) for entry in entries] == [
        ("CN=My Root", "this profile"),
        ("CN=Hospital Root", str(folder / "hospital.pem")),
    ]
    (folder / "hospital.pem").unlink()
    imap_servers.deliver(ANNA, signed(pki.issue("new@elsewhere.test", addresses=[BOB]), "Second"))
    await anna.until(lambda: [row.sig for row in anna.rows()][:1] in (["N"], ["C"]))


def test_files_that_hold_no_root_are_named_and_harm_nobody(folder: Path) -> None:
    pki = Pki()
    (folder / "a.pem").write_bytes(b"rubbish")
    (folder / "b.pem").write_bytes(pki.issue("anna@clinic.example").certificate_pem)
    (folder / "c.pem").write_bytes(pki.ca.pem)
    (folder / "d.pem").mkdir()
    (folder / "e.txt").write_bytes(Pki().ca.pem)
    found, problems = administrators()
    assert found == ((pki.ca.certificate, str(folder / "c.pem")),)
    assert [problem.split()[0].rstrip(":") for problem in problems] == [str(folder / f"{n}.pem") for n in "abd"]


def test_no_folder_is_no_problem(folder: Path) -> None:
    folder.rmdir()
    assert administrators() == ((), ())
