"""What is said of a sender, and leaving a list: against real servers."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from tests.engine.people import Person
from tests.pki import NOW, Pki
from tests.servers import MailServers
from tests.tls_files import make_tls_files
from tests.web import Web, running_web
from tui_mail.engine.messages import Done, LeaveList, ListLeft, MessageOpened, OpenMessage, SaveSettings, TrustSender
from tui_mail.model.errors import CannotConnect, ServerRefused, UsageError
from tui_mail.model.message import MessageView
from tui_mail.smime.protect import protect

ANNA = "anna@clinic.test"


async def receive(anna: Person, servers: MailServers, *mails: str) -> list[MessageView]:
    """Deliver one after the other; their views in that order."""
    for number, mail in enumerate(mails, 1):
        raw = f"To: {ANNA}\nDate: Tue, 24 Nov 2026 09:0{number}:00 +0000\n{mail}\n\nText.\n"
        servers.deliver(ANNA, raw.replace("\n", "\r\n").encode())
        await anna.until(lambda count=number: len(anna.rows()) == count)
    views = [(await anna.client.ask(OpenMessage(row.id), MessageOpened)).view for row in anna.rows()]
    return views[::-1]


async def test_the_first_mail_of_a_sender_says_so_and_the_second_does_not(
    anna: Person, imap_servers: MailServers
) -> None:
    mail = "From: Ben <ben@lab.test>\nSubject: x"
    first, second = await receive(anna, imap_servers, mail, mail)
    assert [hint.text for hint in first.hints] == ["This is the first mail from ben@lab.test."]
    assert second.hints == () and not first.hints[0].warning


async def test_a_twin_of_a_sender_and_of_ourselves_is_pointed_out(anna: Person, imap_servers: MailServers) -> None:
    views = await receive(
        anna,
        imap_servers,
        "From: Ben <ben@lab.test>\nSubject: x",
        "From: Ben <ben@1ab.test>\nSubject: y",
        "From: Anna <anna@cIinic.test>\nSubject: z",
        "From: ben@lab.test <mallory@else.test>\nSubject: w",
    )
    assert [hint.text for hint in views[1].hints] == [
        "Look closely: ben@1ab.test is another address than ben@lab.test."
    ]
    assert views[1].hints[0].warning
    assert [hint.text for hint in views[2].hints] == [
        "Look closely: anna@cIinic.test (anna@ciinic.test) is another address than anna@clinic.test."
    ]
    assert views[3].hints[0].text == (
        "The name of the sender is an address, ben@lab.test, but mallory@else.test wrote this."
    )


async def test_the_name_of_somebody_whom_you_trust_at_another_address_is_pointed_out(
    anna: Person, imap_servers: MailServers
) -> None:
    """A valid signature says that the address is right, and nothing of the name beside it."""
    ben = Pki().issue("ben@lab.test", self_signed=True)
    plain = b"From: Ben Lab <ben@lab.test>\r\nTo: anna@clinic.test\r\nSubject: x\r\n\r\nText.\r\n"
    imap_servers.deliver(ANNA, protect(plain, sign=ben.key, now=NOW, headers="none"))
    await anna.until(lambda: len(anna.rows()) == 1 and anna.rows()[0].sig is not None)
    await anna.client.ask(TrustSender("ben@lab.test", ben.sha256), Done)
    names = ("Ben Lab", "LAB,  Ben", "Ben\u200b Lab", "Ben Labor", "")
    for number, name in enumerate(names, 2):
        raw = f"From: {name} <mallory{number}@else.test>\r\nTo: {ANNA}\r\nSubject: y\r\n\r\nText.\r\n"
        imap_servers.deliver(ANNA, raw.replace("LAB,  Ben", '"LAB,  Ben"').encode())
        await anna.until(lambda count=number: len(anna.rows()) == count)
    views = [(await anna.client.ask(OpenMessage(row.id), MessageOpened)).view for row in anna.rows()]
    said = {view.sender.spec: [hint.text for hint in view.hints if hint.warning] for view in views}
    assert said["mallory2@else.test"] == ["You know Ben Lab as ben@lab.test. This comes from mallory2@else.test."]
    assert len(said["mallory3@else.test"]) == len(said["mallory4@else.test"]) == 1
    assert said["ben@lab.test"] == said["mallory5@else.test"] == said["mallory6@else.test"] == []


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Web, Path]]:
    files = make_tls_files(tmp_path_factory.mktemp("tls"))
    with running_web(tls=(files.certificate_file, files.key_file)) as server:
        yield server, files.ca_file


async def test_a_list_is_left_by_one_post_that_says_nothing_else(
    anna: Person, imap_servers: MailServers, web: tuple[Web, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, ca = web
    monkeypatch.setenv("SSL_CERT_FILE", str(ca))
    url = server.serve("/leave?u=77", b"<html>bye</html>")
    moved = server.serve("/moved", status=302, headers={"Location": url})
    post = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    views = await receive(
        anna,
        imap_servers,
        f"From: n@news.test\nSubject: x\nList-Unsubscribe: <{url}>\n{post}",
        f"From: n@news.test\nSubject: y\nList-Unsubscribe: <{moved}>\n{post}",
        "From: n@news.test\nSubject: z\nList-Unsubscribe: <mailto:leave@news.test>",
    )
    way = views[0].unsubscribe
    assert way is not None and way.one_click == url
    with pytest.raises(CannotConnect, match="own network"):  # the settings do not allow this computer
        await anna.client.ask(LeaveList(views[0].id, url), ListLeft)
    assert server.asked == []
    settings = msgspec.structs.replace(anna.client.welcome.settings, fetch_private_addresses=True)
    await anna.client.ask(SaveSettings(settings), Done)
    assert (await anna.client.ask(LeaveList(views[0].id, url), ListLeft)).host == "localhost"
    (method, path, body, headers) = server.asked[-1]
    assert (method, path, body) == ("POST", "/leave?u=77", b"List-Unsubscribe=One-Click")
    assert headers["Content-Type"] == "application/x-www-form-urlencoded"
    assert not {"Cookie", "Authorization", "Referer", "From"} & set(headers)
    with pytest.raises(ServerRefused):
        await anna.client.ask(LeaveList(views[1].id, moved), ListLeft)
    assert server.asked[-1][1] == "/moved"
    for number, asked in ((views[0].id, moved), (views[2].id, "")):
        with pytest.raises(UsageError):
            await anna.client.ask(LeaveList(number, asked), ListLeft)
