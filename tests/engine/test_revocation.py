"""The revocation lab: a real OCSP responder and a list server on loopback, good and bad, and no stall anywhere."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from msgspec.structs import replace

from tests import ocsp_responder
from tests.daemon import free_port
from tests.engine.people import Person
from tests.ocsp_responder import OcspResponder
from tests.pki import Authority, Identity, Pki
from tests.servers import MailServers
from tests.web import Web, running_web
from tui_mail.engine.jobs import revocation as job
from tui_mail.engine.messages import Done, ImportCertificate, MessageOpened, OpenMessage, SaveSettings, TrustSender
from tui_mail.model.security import Revocation, SignatureCheck, TrustSource
from tui_mail.net import revocation as net
from tui_mail.smime.protect import protect
from tui_mail.store import answers, certificates, judgements
from tui_mail.store.database import Database, open_database
from tui_mail.trust.reasons import ALL_REASONS

ANNA, BOB = "anna@clinic.test", "bob@elsewhere.test"


@pytest.fixture(scope="module")
def web() -> Iterator[Web]:
    with running_web() as server:
        yield server


def uri(url: str) -> x509.UniformResourceIdentifier:
    return x509.UniformResourceIdentifier(url)


def naming(lists: str = "", responder: str = "", issuer: str = "") -> list[tuple[x509.ExtensionType, bool]]:
    found: list[tuple[x509.ExtensionType, bool]] = []
    if lists:
        point = x509.DistributionPoint([uri(lists)], None, None, None)
        found.append((x509.CRLDistributionPoints([point]), False))
    access = [(AuthorityInformationAccessOID.OCSP, responder), (AuthorityInformationAccessOID.CA_ISSUERS, issuer)]
    described = [x509.AccessDescription(method, uri(url)) for method, url in access if url]
    if described:
        found.append((x509.AuthorityInformationAccess(described), False))
    return found


def deliver(servers: MailServers, identity: Identity, subject: str = "Hello") -> None:
    message = f"From: Bob <{BOB}>\r\nTo: {ANNA}\r\nSubject: {subject}\r\n\r\nSigned text.\r\n".encode()
    servers.deliver(ANNA, protect(message, sign=identity.key, now=datetime.now(UTC)))


async def settle(anna: Person, pki: Pki | None, **how: object) -> None:
    settings = replace(anna.client.welcome.settings, fetch_private_addresses=True, **how)  # type: ignore[arg-type]
    await anna.client.ask(SaveSettings(settings), Done)
    if pki is not None:
        await anna.client.ask(ImportCertificate(pki.ca.pem, anchor=True), Done)


async def facts(anna: Person) -> SignatureCheck:
    opened = await anna.client.ask(OpenMessage(anna.rows()[0].id, mark_seen=False), MessageOpened)
    return opened.view.security.signatures[0]


T = TypeVar("T")


def stored(anna: Person, look: Callable[[Database], T]) -> T:
    """What the store says now."""
    welcome = anna.client.welcome
    assert welcome.store_key is not None
    db = open_database(Path(welcome.store_path), bytes.fromhex(welcome.store_key), read_only=True)
    try:
        return look(db)
    finally:
        db.close()


def problem(anna: Person, kind: str, name: str) -> str:
    found = stored(anna, lambda db: answers.kept(db, kind, name))
    return found.problem if found else ""


def trust_source(anna: Person) -> TrustSource | None:
    security = stored(anna, lambda db: judgements.security(db, anna.rows()[0].id))
    return security.signatures[0].trust_source if security else None


def crl(authority: Authority, *revoked: Identity, **how: object) -> bytes:
    return authority.crl(*revoked, **{"this_update": datetime.now(UTC), **how})  # type: ignore[arg-type]


async def test_a_list_is_fetched_and_a_later_revocation_letters_stored_mail_anew(
    anna: Person, imap_servers: MailServers, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "SHORTEST_KEEP_SECONDS", 0)
    monkeypatch.setattr(job, "LONGEST_KEEP_SECONDS", 1)
    pki = Pki()
    bob = pki.issue(BOB, extensions=naming(web.url("/good.crl")))
    web.serve("/good.crl", crl(pki.ca))
    await settle(anna, pki, revocation="require")
    for number in range(3):
        deliver(imap_servers, bob, f"Mail {number}")
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"] * 3)
    check = await facts(anna)
    assert check.revocation is Revocation.GOOD
    assert check.revocation_note.startswith("Not revoked, says its issuer's list of ")
    web.serve("/good.crl", crl(pki.ca, bob, reason=x509.ReasonFlags.key_compromise))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["X"] * 3)
    check = await facts(anna)
    assert check.revocation is Revocation.REVOKED
    assert "key fell into wrong hands" in check.path_reason


@pytest.mark.parametrize("what", ["stale", "wrong signer", "too long", "rubbish", "slow", "unreachable", "missing"])
async def test_what_is_no_answer_is_never_good_and_nothing_waits_for_it(
    anna: Person, imap_servers: MailServers, web: Web, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(net, "LIST_SECONDS", 1.0)
    pki, path = Pki(), f"/{what.replace(' ', '-')}.crl"
    url = f"http://localhost:{free_port()}{path}" if what == "unreachable" else web.url(path)
    bob = pki.issue(BOB, extensions=naming(url))
    match what:
        case "stale":
            web.serve(path, crl(pki.ca, this_update=datetime.now(UTC) - timedelta(days=90)))
        case "wrong signer":
            web.serve(path, crl(Authority(Pki().ca.private, pki.ca.x509)))
        case "too long":
            web.serve(path, b"\x30" * (net.LIST_LIMIT_BYTES + 1))
        case "rubbish":
            web.serve(path, b"rubbish")
        case "slow":
            web.serve(path, crl(pki.ca), drip_seconds=0.05)
    await settle(anna, pki, revocation="prefer")
    begin = time.monotonic()
    deliver(imap_servers, bob)
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
    deliver(imap_servers, bob, "Second")
    assert (await anna.sync()).problems == ()
    assert len(anna.rows()) == 2
    check = await facts(anna)
    assert time.monotonic() - begin < 5.0
    assert check.revocation is Revocation.UNKNOWN
    assert check.revocation_note.startswith("Whether it was revoked is not checked")
    await anna.until(lambda: problem(anna, answers.LIST, url))
    assert (await facts(anna)).revocation is Revocation.UNKNOWN


@pytest.mark.skipif(ocsp_responder.why_not() != "", reason=ocsp_responder.why_not())
@pytest.mark.parametrize("state", ["good", "revoked", "unknown"])
async def test_a_real_responder_is_asked_where_no_list_is_named(
    anna: Person, imap_servers: MailServers, tmp_path: Path, state: str
) -> None:
    pki = Pki()
    purposes, no_check = (ExtendedKeyUsageOID.OCSP_SIGNING,), [(x509.OCSPNoCheck(), False)]
    helper = pki.issue("", addresses=(), name="Responder", purposes=purposes, extensions=no_check)
    responder = OcspResponder(tmp_path, pki.ca, helper if state == "good" else None)
    bob = pki.issue(BOB, extensions=naming(responder=responder.url))
    responder.know([bob] if state == "good" else [], [bob] if state == "revoked" else [])
    try:
        await settle(anna, pki, fetch="all", revocation="require")
        deliver(imap_servers, bob)
        letter = {"good": "Y", "revoked": "X", "unknown": "?"}[state]
        await anna.until(lambda: [row.sig for row in anna.rows()] == [letter])
        if state == "unknown":
            await anna.until(lambda: "unsure" in problem(anna, answers.OCSP, bob.sha256))
            assert [row.sig for row in anna.rows()] == ["?"]
        else:
            check = await facts(anna)
            assert check.revocation is Revocation(state)
            assert "answer (OCSP)" in check.revocation_note or "revoked on 1 January 2026" in check.path_reason
    finally:
        responder.stop()


@pytest.mark.parametrize("fetch", ["all", "lists"])
async def test_a_responder_is_asked_when_the_list_cannot_be_had_and_no_more_when_it_is_there(
    anna: Person, imap_servers: MailServers, web: Web, fetch: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job, "FIRST_RETRY_SECONDS", 1)
    monkeypatch.setattr(job, "SHORTEST_KEEP_SECONDS", 0)
    monkeypatch.setattr(job, "LONGEST_KEEP_SECONDS", 1)
    pki, name = Pki(), f"/instead-of-{fetch}"
    bob = pki.issue(BOB, extensions=naming(web.url(f"{name}.crl"), web.url(name)))
    web.serve(name, pki.ca.ocsp(bob, this_update=datetime.now(UTC)))
    await settle(anna, pki, fetch=fetch, revocation="require")
    deliver(imap_servers, bob)
    if fetch == "all":
        await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
        assert "answer (OCSP)" in (await facts(anna)).revocation_note
    else:
        await anna.until(lambda: problem(anna, answers.LIST, web.url(f"{name}.crl")))
        assert ([row.sig for row in anna.rows()], web.count(name)) == (["?"], 0)
    web.serve(f"{name}.crl", crl(pki.ca, bob))
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["X"])
    asked = web.count(name)
    before = web.count(f"{name}.crl")
    await anna.until(lambda: web.count(f"{name}.crl") > before)
    assert web.count(name) == asked


async def test_lists_for_some_reasons_are_fetched_from_both_their_places(
    anna: Person, imap_servers: MailServers, web: Web
) -> None:
    """RFC 5280 section 6.3.3: one of the two alone leaves it open."""
    pki = Pki()
    stolen = frozenset({x509.ReasonFlags.key_compromise, x509.ReasonFlags.ca_compromise})
    points, bodies = [], []
    for path, reasons in (("/stolen.crl", stolen), ("/other.crl", ALL_REASONS - stolen)):
        place = [uri(web.url(path))]
        points.append(x509.DistributionPoint(place, None, reasons, None))
        scope = x509.IssuingDistributionPoint(place, None, False, False, reasons, False, False)
        bodies.append((path, crl(pki.ca, extensions=[(scope, True)])))
    bob = pki.issue(BOB, extensions=[(x509.CRLDistributionPoints(points), False)])
    for path, body in bodies:
        web.serve(path, body)
    await settle(anna, pki, revocation="require")
    deliver(imap_servers, bob)
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])


@pytest.mark.parametrize(("changes", "letter"), [("none", "Y"), ("unreachable", "Y"), ("revoked", "X")])
async def test_changes_are_fetched_from_where_the_list_says_and_a_whole_list_counts_without(
    anna: Person, imap_servers: MailServers, web: Web, changes: str, letter: str
) -> None:
    """RFC 5280 sections 5.2.4 and 5.2.6: what the authorities of many companies publish by default."""
    pki = Pki()
    whole, newer = f"/whole-{changes}.crl", f"/changes-{changes}.crl"
    bob = pki.issue(BOB, extensions=naming(web.url(whole)))
    freshest = x509.FreshestCRL([x509.DistributionPoint([uri(web.url(newer))], None, None, None)])
    web.serve(whole, crl(pki.ca, extensions=[(freshest, False)]))
    if changes != "unreachable":
        named = (bob,) if changes == "revoked" else ()
        web.serve(newer, crl(pki.ca, *named, extensions=[(x509.DeltaCRLIndicator(1), True)]))
    await settle(anna, pki, revocation="require")
    deliver(imap_servers, bob)
    await anna.until(lambda: web.count(newer) and [row.sig for row in anna.rows()] == [letter])


async def test_nothing_is_fetched_because_a_strangers_mail_names_it(
    anna: Person, imap_servers: MailServers, web: Web
) -> None:
    stranger = Pki("Stranger")
    names = naming(web.url("/spy.crl"), web.url("/spy-ocsp"), web.url("/spy.cer"))
    bob = stranger.issue(BOB, extensions=names)
    await settle(anna, Pki(), fetch="all")
    deliver(imap_servers, bob)
    below = stranger.authority("Absent", above=stranger.ca)
    deliver(imap_servers, stranger.issue(BOB, ca=below, extensions=names))
    await anna.until(lambda: len([row for row in anna.rows() if row.sig]) == 2)
    await facts(anna)
    await anna.sync()
    assert not [path for _method, path, *_ in web.asked if "spy" in path]


@pytest.mark.parametrize("how", [{"fetch": "nothing"}, {"revocation": "off"}, {"fetch": "lists", "ocsp": True}])
async def test_settings_keep_the_network_out(
    anna: Person, imap_servers: MailServers, web: Web, how: dict[str, object]
) -> None:
    pki = Pki()
    only_ocsp = how.pop("ocsp", False) if "ocsp" in how else False
    bob = pki.issue(BOB, extensions=naming("" if only_ocsp else web.url("/quiet.crl"), web.url("/quiet-ocsp")))
    await settle(anna, pki, **how)
    deliver(imap_servers, bob)
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["Y"])
    await anna.sync()
    assert not [path for _method, path, *_ in web.asked if "quiet" in path]


async def test_a_missing_issuer_of_a_pinned_certificate_is_fetched_and_is_no_root(
    anna: Person, imap_servers: MailServers, web: Web
) -> None:
    pki = Pki()
    below = pki.authority("Below", above=pki.ca)
    bob = pki.issue(BOB, ca=below, extensions=naming(issuer=web.url("/below.cer")))
    bare = Identity(BOB, "Bob", bob.x509, type(bob.key)(bob.key._private, bob.certificate, ()))
    web.serve("/below.cer", below.certificate)
    await settle(anna, pki)
    deliver(imap_servers, bare)
    await anna.until(lambda: [row.sig for row in anna.rows()] == ["N"])
    assert web.count("/below.cer") == 0
    await anna.client.ask(TrustSender(BOB, bob.sha256), Done)
    await anna.until(lambda: web.count("/below.cer") == 1)

    await anna.until(lambda: trust_source(anna) is TrustSource.ANCHOR)
    assert len(stored(anna, certificates.anchors)) == 1
