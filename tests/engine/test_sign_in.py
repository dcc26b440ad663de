"""Mailboxes without a password: people sign in at a provider, and a real Dovecot and a real Postfix ask it whether a
token holds."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests import dovecot, postfix
from tests.engine.people import PASSPHRASE, Person, creation, profile
from tests.engine.test_send import until_state
from tests.servers import MailServers, running_servers
from tests.token_server import TokenServer, running_token_server
from tui_mail.engine.inprocess import InProcessEngine
from tui_mail.engine.messages import (
    AccountTested,
    AwaitSignIn,
    BeginSignIn,
    Connection,
    CreateProfile,
    Done,
    Lock,
    Queued,
    SendMessage,
    SetPassword,
    SignInPage,
    TestAccount,
    Unlock,
    Welcome,
)
from tui_mail.model.account import Account, Security, Server
from tui_mail.model.address import Address
from tui_mail.model.errors import LoginRefused, UsageError
from tui_mail.model.message import Draft, OutboxState, Protection
from tui_mail.model.sign_in import AccessToken
from tui_mail.net.imap import ImapSession
from tui_mail.net.smtp import probe
from tui_mail.vault.vault import Vault

ANNA, CLARA = "anna@clinic.test", "clara@office.test"


@pytest.fixture(scope="module")
def provider() -> Iterator[TokenServer]:
    with running_token_server(ANNA) as server:
        yield server


@pytest.fixture(scope="module")
def _strict_servers(provider: TokenServer) -> Iterator[MailServers]:
    if reason := dovecot.why_not() or postfix.why_not():
        pytest.skip(reason)
    with running_servers(f"{provider.url}/introspect") as servers:
        yield servers


@pytest.fixture
def servers(_strict_servers: MailServers, provider: TokenServer) -> MailServers:
    provider.access.clear()
    provider.refresh.clear()
    provider.answers.clear()
    provider.expires_in = 3600
    _strict_servers.empty(ANNA, CLARA)
    return _strict_servers


@pytest.fixture
async def person(servers: MailServers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Person]:
    monkeypatch.setattr("tui_mail.net.oauth.SHORTEST_INTERVAL_SECONDS", 0.05)
    client = await InProcessEngine.start(profile(tmp_path, "anna", monkeypatch))
    try:
        yield Person(client)
    finally:
        await client.close()


def wanted(servers: MailServers, provider: TokenServer) -> CreateProfile:
    command = creation(servers, ANNA)
    return replace(
        command, account=replace(command.account, sign_in=provider.sign_in()), imap_password="", smtp_password=""
    )


async def sign_in(person: Person, account: Account, provider: TokenServer) -> None:
    page = await person.client.ask(BeginSignIn(account), SignInPage)
    waiting = asyncio.create_task(person.client.ask(AwaitSignIn(account.id), Done))
    provider.type_code(page.code)
    await waiting


async def made(person: Person, servers: MailServers, provider: TokenServer) -> Account:
    command = wanted(servers, provider)
    await sign_in(person, command.account, provider)
    await person.client.ask(command, Welcome)
    await person.sync()
    return command.account


@pytest.mark.parametrize("missing", [(), (b"AUTH=OAUTHBEARER",), (b"SASL-IR",), (b"SASL-IR", b"AUTH=OAUTHBEARER")])
@pytest.mark.parametrize("right", [True, False])
def test_a_token_opens_imap_however_it_is_said(
    servers: MailServers, provider: TokenServer, missing: tuple[bytes, ...], right: bool
) -> None:
    provider.access.add("a.right.token")
    session = ImapSession.greet(servers.imap_server(ANNA))
    session._client._cached_capabilities = tuple(name for name in session._client.capabilities() if name not in missing)
    token = AccessToken("a.right.token" if right else "a.wrong.token")
    if right:
        session.login(token)
        assert session.folders()
    else:
        with pytest.raises(LoginRefused, match="Sign in again"):
            session.login(token)
    session.close()


@pytest.mark.parametrize("security", [Security.TLS, Security.STARTTLS])
def test_a_token_opens_smtp(servers: MailServers, provider: TokenServer, security: Security) -> None:
    long = "a.token.as.long.as.those.of.microsoft" * 60
    provider.access |= {"a.right.token", long}
    server: Server = servers.smtp_server(ANNA, security)
    for token in ("a.right.token", long):
        probe(server, AccessToken(token), ANNA)
    with pytest.raises(LoginRefused, match="Sign in again"):
        probe(server, AccessToken("a.wrong.token"))


async def test_a_profile_is_made_receives_and_sends_without_any_password(
    person: Person, servers: MailServers, provider: TokenServer
) -> None:
    command = wanted(servers, provider)
    with pytest.raises(LoginRefused, match="not signed in"):
        await person.client.ask(TestAccount(command.account, "", ""), AccountTested)
    await sign_in(person, command.account, provider)
    tested = await person.client.ask(TestAccount(command.account, "", ""), AccountTested)
    assert all(step.ok for step in tested.steps), tested
    await person.client.ask(command, Welcome)
    servers.deliver(ANNA, b"From: x@x.test\r\nSubject: for Anna\r\n\r\nx\r\n")
    await person.sync()
    assert [row.subject for row in person.rows()] == ["for Anna"]
    draft = Draft("anna", (Address(CLARA),), subject="Hello", body="x", protection=Protection(sign=True))
    await person.client.ask(SendMessage(draft), Queued)
    await until_state(person, OutboxState.FILED)
    assert len(servers.wait_for_mail(CLARA)) == 1
    home = person.client.welcome.store_path.rpartition("/")[0]
    secrets = {token.encode() for token in (*provider.access, *provider.refresh)}
    for file in Path(home).rglob("*"):
        if file.is_file():
            assert not any(secret in file.read_bytes() for secret in secrets), file


async def test_a_token_that_ends_is_renewed_and_what_renews_it_changes_while_locked(
    person: Person, servers: MailServers, provider: TokenServer, tmp_path: Path
) -> None:
    await made(person, servers, provider)
    folder = Path(person.client.welcome.store_path).parent / "vault"
    await person.client.ask(Lock(), Done)
    provider.access.clear()
    servers.dovecot.stop()  # whoever was logged in has to come again
    servers.dovecot.start()
    await person.until(lambda: provider.access)
    (newest,) = provider.refresh  # each works once
    assert Vault.open(folder, PASSPHRASE).password("anna", "refresh") != newest
    await person.client.ask(Unlock(PASSPHRASE), Welcome)
    assert Vault.open(folder, PASSPHRASE).password("anna", "refresh") == newest


async def test_when_the_provider_wants_a_new_sign_in_it_is_said_and_one_is_enough(
    person: Person, servers: MailServers, provider: TokenServer
) -> None:
    account = await made(person, servers, provider)
    provider.access.clear()
    provider.refresh.clear()
    servers.dovecot.stop()
    servers.dovecot.start()

    def last() -> Connection | None:
        return next((event for event in reversed(person.events) if isinstance(event, Connection)), None)

    await person.until(lambda: (now := last()) is not None and now.password_refused)
    found = last()
    assert found is not None and "tui-mail setup --sign-in anna" in found.sentence
    with pytest.raises(UsageError, match="has no password"):
        await person.client.ask(SetPassword("anna", "x"), Done)
    await sign_in(person, account, provider)
    await person.until(lambda: (now := last()) is not None and now.state == "online")


async def test_who_begins_again_makes_the_first_page_worthless(
    person: Person, servers: MailServers, provider: TokenServer
) -> None:
    account = wanted(servers, provider).account
    await person.client.ask(BeginSignIn(account), SignInPage)
    first = asyncio.create_task(person.client.ask(AwaitSignIn(account.id), Done))
    await asyncio.sleep(0)
    await sign_in(person, account, provider)
    with pytest.raises(LoginRefused):
        await first
