"""Bundles in a profile: roots change only when the very changes that were shown are confirmed."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from tests.engine.people import Person
from tests.engine.test_trust import ANNA, BOB, signed
from tests.pki import Pki
from tests.servers import MailServers
from tests.web import Web, running_web
from tui_mail.engine.jobs import bundles as job
from tui_mail.engine.messages import (
    Anchors,
    BundleChanges,
    Bundles,
    Done,
    ImportBundle,
    ListAnchors,
    ListBundles,
    SaveSettings,
)
from tui_mail.model.errors import CertificateProblem, UsageError
from tui_mail.smime.bundle import make_bundle

KEEPER = Pki("Keeper").issue("keeper@direct.example")
OTHER = Pki("Other").issue("keeper@direct.example")


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with running_web() as server:
        yield server


def bundle(*roots: Pki, sign=None) -> bytes:
    return make_bundle([root.ca.certificate for root in roots], now=datetime.now(UTC), sign=sign)


async def sources(anna: Person) -> list[tuple[str, str]]:
    found = (await anna.client.ask(ListAnchors(), Anchors)).entries
    return sorted((entry.certificate.subject, entry.source) for entry in found)


async def apply(anna: Person, command: ImportBundle) -> BundleChanges:
    shown = await anna.client.ask(command, BundleChanges)
    assert not shown.applied
    return await anna.client.ask(replace(command, confirmed=shown.digest), BundleChanges)


async def test_roots_of_a_bundle_count_after_they_were_confirmed_and_letter_mail_anew(
    anna: Person, imap_servers: MailServers
) -> None:
    first, second = Pki("First"), Pki("Second")
    imap_servers.deliver(ANNA, signed(first.issue(BOB), "Hello"))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    command = ImportBundle("ours", bundle(first), "ours.p7b")
    shown = await anna.client.ask(command, BundleChanges)
    assert [root.subject for root in shown.added] == ["CN=First"]
    assert await sources(anna) == []
    await apply(anna, command)
    assert await sources(anna) == [("CN=First", "bundle ours")]
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
    update = replace(command, data=bundle(second))
    with pytest.raises(CertificateProblem, match="changed since"):
        await anna.client.ask(replace(update, confirmed=shown.digest), BundleChanges)
    changes = await apply(anna, update)
    assert [root.subject for root in changes.added] == ["CN=Second"]
    assert [root.subject for root in changes.removed] == ["CN=First"]
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])


async def test_an_update_must_have_the_same_signer_and_waits_for_a_yes(
    anna: Person, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "CHECK_SECONDS", 0)
    monkeypatch.setattr(job, "LONGEST_PAUSE_SECONDS", 0.1)
    settings = replace(anna.client.welcome.settings, fetch_private_addresses=True)
    await anna.client.ask(SaveSettings(settings), Done)
    first, second = Pki("First"), Pki("Second")
    url = web.serve("/direct.p7m", bundle(first, sign=KEEPER.key))
    with pytest.raises(UsageError, match="must be signed"):
        await anna.client.ask(ImportBundle("direct", url=url), BundleChanges)
    with pytest.raises(CertificateProblem, match="Somebody else"):
        await anna.client.ask(ImportBundle("direct", url=url, signer=OTHER.certificate), BundleChanges)
    await apply(anna, ImportBundle("direct", url=url, signer=KEEPER.certificate))

    async def entry():
        (found,) = (await anna.client.ask(ListBundles(), Bundles)).entries
        return found

    async def looked() -> None:
        before = web.count("/direct.p7m")
        await anna.until(lambda: web.count("/direct.p7m") > before + 1)

    web.serve("/direct.p7m", bundle(second, sign=OTHER.key))
    await looked()
    assert "Somebody else" in (await entry()).problem
    web.serve("/direct.p7m", bundle(second))
    await looked()
    assert "not signed" in (await entry()).problem
    web.serve("/direct.p7m", bundle(first, second, sign=KEEPER.key))
    await looked()
    assert (await entry()).pending.startswith("Roots to add: 1, to remove: 0.")
    assert await sources(anna) == [("CN=First", "bundle direct")]
    await apply(anna, ImportBundle("direct", url=url))
    assert await sources(anna) == [("CN=First", "bundle direct"), ("CN=Second", "bundle direct")]
    assert (await entry()).pending == ""
