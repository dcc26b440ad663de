"""Finding certificates in the manner of the Direct Certificate Discovery Tool: one situation a test, each at an address
of its own, against a real OpenLDAP, a real signed zone, a validating resolver and an HTTPS directory on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, pkcs7
from cryptography.x509.oid import AuthorityInformationAccessOID

from tests import dns_servers, slapd
from tests.daemon import free_port
from tests.dns_servers import DnsServers, cert, smimea
from tests.pki import NOW, Authority, Identity, Pki
from tests.slapd import Entry, Slapd
from tests.tls_files import make_tls_files
from tests.web import Web, running_web
from tui_mail.engine.search import Finding, Search
from tui_mail.model.discovery import Discovery, Ended, Place
from tui_mail.net.dns import smimea_name
from tui_mail.trust.context import TrustContext

EXPIRED = {"not_after": NOW.replace(year=2026, month=5)}
DER = "userCertificate;binary"
BAG = "userSMIMECertificate"


@dataclass
class Lab:
    """Everything that runs, and the certificates that should be found, by situation."""

    pki: Pki
    settings: Discovery
    people: dict[str, Identity] = field(default_factory=dict)
    crl: bytes = b""

    def find(self, address: str, *, direct: bool = True, crl: bool = False, **changes: object) -> Finding:
        how = {name: bool(changes.pop(name, True)) for name in ("allow_private", "fetch_issuers")}
        trust = TrustContext(anchors=(self.pki.ca.certificate,), direct=direct, crls=(self.crl,) if crl else ())
        settings = msgspec.structs.replace(self.settings, **changes)
        return Search(address, settings, trust, NOW, **how).run()

    def expect(self, name: str, found: Finding, place: Place) -> None:
        assert found.chosen is not None, found.steps
        assert found.chosen.der == self.people[name].certificate
        assert found.place is place
        assert found.steps[-1].ended is Ended.FOUND


def domain_bound(pki: Pki, domain: str, **how: object) -> Identity:
    names = (x509.SubjectAlternativeName([x509.DNSName(domain)]), False)
    return pki.issue(domain, addresses=(), extensions=(names,), **how)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    if reason := dns_servers.why_not() or slapd.why_not():
        pytest.skip(reason)
    folder = tmp_path_factory.mktemp("lab")
    pki, stranger = Pki(), Pki("Stranger's Root")
    people: dict[str, Identity] = {}

    def one(name: str, address: str = "", **how: object) -> bytes:
        people[name] = pki.issue(address or f"anna@{name}.example", **how)  # type: ignore[arg-type]
        return people[name].certificate

    def domain(name: str, **how: object) -> bytes:
        people[name] = domain_bound(pki, f"{name.removesuffix('-domain')}.example", **how)
        return people[name].certificate

    tls = make_tls_files(folder / "tls")
    with running_web((tls.certificate_file, tls.key_file)) as directory, running_web() as plain_web:
        between, aia = _below(pki, plain_web)
        far_between, far_aia = _below(pki, plain_web, "/far.cer")
        bag_ca = pki.authority("Bag CA", above=pki.ca)
        bag = [x509.load_der_x509_certificate(one("bag", ca=bag_ca)), bag_ca.x509]
        first = Slapd(
            folder / "first",
            "dc=first,dc=example",
            [
                Entry("anna@srv.example", {DER: [one("srv")]}),
                Entry("srv-domain.example", {DER: [domain("srv-domain-domain")]}),
                Entry("anna@nextserver.example"),
                Entry("anna@ldapwrong.example", {DER: [one("ldapwrong-old", "anna@ldapwrong.example", **EXPIRED)]}),
                Entry("anna@bag.example", {BAG: [pkcs7.serialize_certificates(bag, Encoding.DER)]}),
                Entry("anna@damagedbag.example", {BAG: [b"\x30\x82garbage"]}),
            ],
        )
        second = Slapd(
            folder / "second",
            "dc=second,dc=example",
            [
                Entry("anna@nextserver.example", {DER: [one("nextserver")]}),
                Entry("anna@priority.example", {DER: [one("priority")]}),
                Entry("anna@down.example", {DER: [one("down")]}),
                Entry("anna@configured.example", {DER: [one("configured")]}),
            ],
        )
        dead = free_port()
        revoked = one("revoked-one", "anna@revoked.example")
        newest = {"not_before": NOW.replace(year=2026, month=2)}
        hashed = smimea_name("anna", "smimea.example")
        plain = smimea_name("anna", "plain.test-zone")
        big = [pki.issue("anna@big.example", key="rsa", not_after=EXPIRED["not_after"]).certificate for _ in range(2)]
        records = [
            "ldap 60 IN A 127.0.0.1",
            cert("anna.dns", one("dns")),
            cert("dnsdomain", domain("dnsdomain")),
            _srv("srv", first.port),
            _srv("srv-domain", first.port),
            cert("anna.fallback", one("fallback-old", "anna@fallback.example", **EXPIRED)),
            cert("fallback", domain("fallback")),
            _srv("ldapwrong", first.port),
            cert("anna.ldapwrong", one("ldapwrong")),
            cert("anna.expired", one("expired", **EXPIRED)),
            cert("anna.wrong", one("wrong", "carl@wrong.example")),
            cert("anna.revoked", revoked),
            cert("anna.malformed", b"\x30\x03\x02\x01"),
            cert("anna.signonly", one("signonly", encrypt=False)),
            *(cert("anna.big", der) for der in big),
            cert("anna.big", one("big", key="rsa")),
            _srv("priority", dead, 5),
            _srv("priority", second.port, 10),
            _srv("nextserver", first.port, 1),
            _srv("nextserver", second.port, 2),
            _srv("down", dead),
            _srv("bag", first.port),
            _srv("damagedbag", first.port),
            cert("anna.damagedbag", one("damagedbag")),
            cert("anna.aia", one("aia", ca=between, extensions=aia)),
            cert("anna.farcer", one("farcer", ca=far_between, extensions=far_aia)),
            cert("anna.several", one("several-old", "anna@several.example")),
            cert("anna.several", one("several", **newest)),
            cert("anna.several", one("several-expired", "anna@several.example", **EXPIRED)),
            cert("anna.both", domain_bound(pki, "both.example", **newest).certificate),
            cert("anna.both", one("both")),
            cert("anna.stranger", stranger.issue("anna@stranger.example").certificate),
            cert("wildcard", domain_bound(pki, "*.example").certificate),
            smimea(str(hashed), one("smimea", self_signed=True)),
        ]
        people["stranger"] = stranger.issue("anna@stranger.example")
        unsigned = [smimea(str(plain), one("plain", "anna@plain.test-zone", self_signed=True))]
        directory.serve("/anna%40directory.example", one("directory"))
        dns = DnsServers(folder / "dns", {"example": records, "test-zone": unsigned}, unsigned=frozenset({"test-zone"}))
        settings = Discovery(
            resolver=dns.resolver,
            directory=directory.url("/{address}"),
            ca_file=str(tls.ca_file),
        )
        lab = Lab(pki, settings, people, pki.ca.crl(people["revoked-one"]))
        lab.second = second  # type: ignore[attr-defined]
        try:
            for server in (first, second, dns):
                server.start()
            yield lab
        finally:
            for server in (first, second, dns):
                server.stop()


def _srv(name: str, port: int, priority: int = 1) -> str:
    return f"_ldap._tcp.{name} 60 IN SRV {priority} 1 {port} ldap"


def _below(pki: Pki, web: Web, path: str = "/between.cer"):
    """An authority below the root whose certificate lies behind an address, and the extension that says so."""
    authority: Authority = pki.authority(f"Between {path}", above=pki.ca)
    url = web.serve(path, authority.certificate if path == "/between.cer" else b"", status=200)
    access = x509.AccessDescription(AuthorityInformationAccessOID.CA_ISSUERS, x509.UniformResourceIdentifier(url))
    return replace(authority, above=()), ((x509.AuthorityInformationAccess([access]), False),)


def test_01_an_address_bound_certificate_in_dns(lab: Lab) -> None:
    lab.expect("dns", lab.find("anna@dns.example"), Place.DNS)


def test_02_a_domain_bound_certificate_in_dns(lab: Lab) -> None:
    found = lab.find("anna@dnsdomain.example")
    lab.expect("dnsdomain", found, Place.DNS)
    assert found.where == "dnsdomain.example" and found.chosen is not None and not found.chosen.by_address


def test_03_an_address_bound_certificate_in_ldap_by_srv(lab: Lab) -> None:
    found = lab.find("anna@srv.example")
    lab.expect("srv", found, Place.LDAP)
    assert found.where.startswith("ldap.example:")


def test_04_a_domain_bound_certificate_in_ldap_by_srv(lab: Lab) -> None:
    lab.expect("srv-domain-domain", lab.find("anna@srv-domain.example"), Place.LDAP)


def test_05_an_expired_one_at_the_address_and_a_good_one_at_the_domain(lab: Lab) -> None:
    found = lab.find("anna@fallback.example")
    lab.expect("fallback", found, Place.DNS)
    assert [step.ended for step in found.steps if step.place is Place.DNS] == [Ended.UNUSABLE, Ended.FOUND]


def test_06_a_wrong_one_in_ldap_and_a_good_one_in_dns(lab: Lab) -> None:
    found = lab.find("anna@ldapwrong.example")
    lab.expect("ldapwrong", found, Place.DNS)
    assert found.steps[0].ended is Ended.UNUSABLE and "expired on 1 May 2026" in found.steps[0].sentence


def test_07_nothing_anywhere_and_every_step_says_so(lab: Lab) -> None:
    found = lab.find("nobody@nowhere.example")
    assert found.chosen is None
    assert [(step.place, step.ended) for step in found.steps] == [
        (Place.LDAP, Ended.NOTHING),
        (Place.DNS, Ended.NOTHING),
        (Place.DNS, Ended.NOTHING),
        (Place.SMIMEA, Ended.NOTHING),
        (Place.DIRECTORY, Ended.NOTHING),
    ]
    assert all(step.sentence for step in found.steps)


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("expired", "expired on"),  # 08
        ("wrong", "belongs to carl@wrong.example"),  # 09
        ("malformed", "cannot be read"),  # 10
        ("signonly", "encrypt"),  # 11
        ("stranger", "Nobody whom you trust"),  # 12
    ],
)
def test_08_to_12_a_certificate_that_cannot_be_used_is_left_with_its_reason(lab: Lab, name: str, reason: str) -> None:
    found = lab.find(f"anna@{name}.example")
    assert found.chosen is None
    step = next(step for step in found.steps if step.ended is Ended.UNUSABLE)
    assert reason in step.sentence
    assert found.steps[-1].place is Place.DIRECTORY, "the places behind it were asked too"


def test_13_a_revoked_certificate_is_left(lab: Lab) -> None:
    assert lab.find("anna@revoked.example").chosen is not None, "good, were it not revoked"
    found = lab.find("anna@revoked.example", crl=True)
    assert found.chosen is None
    assert any("revoked" in step.sentence for step in found.steps)


def test_14_certificates_of_more_than_512_bytes_come_by_tcp(lab: Lab) -> None:
    assert sum(len(lab.people["big"].certificate) for _ in range(3)) > 1232
    lab.expect("big", lab.find("anna@big.example"), Place.DNS)


def test_15_the_first_server_by_priority_is_down_and_the_next_is_asked(lab: Lab) -> None:
    found = lab.find("anna@priority.example")
    lab.expect("priority", found, Place.LDAP)
    assert [step.ended for step in found.steps] == [Ended.FAILED, Ended.FOUND]


def test_16_the_first_server_has_nothing_and_the_next_is_asked(lab: Lab) -> None:
    found = lab.find("anna@nextserver.example")
    lab.expect("nextserver", found, Place.LDAP)
    assert [step.ended for step in found.steps] == [Ended.NOTHING, Ended.FOUND]


def test_17_several_configured_servers_are_asked_in_their_order(lab: Lab) -> None:
    second = lab.second  # type: ignore[attr-defined]
    servers = (f"ldap://127.0.0.1:{free_port()}", f"ldap://127.0.0.1:{second.port}/{second.base}")
    found = lab.find("anna@configured.example", ldap=servers)
    lab.expect("configured", found, Place.LDAP)
    assert [step.ended for step in found.steps] == [Ended.FAILED, Ended.FOUND]


def test_18_a_missing_intermediate_is_fetched_from_where_the_certificate_says(lab: Lab) -> None:
    found = lab.find("anna@aia.example")
    lab.expect("aia", found, Place.DNS)
    assert len(found.issuers) == 1 and found.chosen is not None and found.chosen.anchored


def test_19_an_intermediate_that_cannot_be_had_leaves_the_certificate_unproven(lab: Lab) -> None:
    assert lab.find("anna@farcer.example").chosen is None


def test_19b_issuers_are_not_fetched_when_the_settings_say_nothing_is(lab: Lab) -> None:
    assert lab.find("anna@aia.example", fetch_issuers=False).chosen is None


def test_20_an_intermediate_that_came_in_the_bag_is_used(lab: Lab) -> None:
    found = lab.find("anna@bag.example")
    lab.expect("bag", found, Place.LDAP)
    assert len(found.issuers) == 1


def test_21_a_damaged_bag_leads_to_the_next_place(lab: Lab) -> None:
    lab.expect("damagedbag", lab.find("anna@damagedbag.example"), Place.DNS)


def test_22_of_several_the_newest_valid_one_is_taken(lab: Lab) -> None:
    lab.expect("several", lab.find("anna@several.example"), Place.DNS)


def test_23_the_address_goes_before_the_domain_even_when_that_is_newer(lab: Lab) -> None:
    lab.expect("both", lab.find("anna@both.example"), Place.DNS)


def test_24_smimea_with_dnssec_needs_no_authority(lab: Lab) -> None:
    found = lab.find("anna@smimea.example")
    lab.expect("smimea", found, Place.SMIMEA)
    assert found.vouched and found.chosen is not None and not found.chosen.anchored


def test_25_smimea_without_dnssec_counts_for_nothing(lab: Lab) -> None:
    found = lab.find("anna@plain.test-zone")
    assert found.chosen is None
    step = next(step for step in found.steps if step.place is Place.SMIMEA)
    assert step.ended is Ended.FAILED and "DNSSEC does not vouch" in step.sentence


def test_26_the_directory_is_the_last_place(lab: Lab) -> None:
    found = lab.find("anna@directory.example")
    lab.expect("directory", found, Place.DIRECTORY)
    assert found.steps[-1].place is Place.DIRECTORY and len(found.steps) == 5


def test_27_outside_direct_a_domains_certificate_is_nobodys(lab: Lab) -> None:
    found = lab.find("anna@dnsdomain.example", direct=False)
    assert found.chosen is None
    assert any("It belongs to dnsdomain.example" in step.sentence for step in found.steps)


def test_28_a_wildcard_is_no_domain_of_mail(lab: Lab) -> None:
    assert lab.find("anna@wildcard.example").chosen is None


def test_29_a_domains_ldap_server_in_the_own_network_is_not_asked(lab: Lab) -> None:
    found = lab.find("anna@srv.example", allow_private=False)
    assert found.chosen is None
    assert found.steps[0].ended is Ended.FAILED and "closed network" in found.steps[0].sentence


def test_30_the_settings_may_accept_what_nobody_has_proven(lab: Lab) -> None:
    found = lab.find("anna@stranger.example", accept_unproven=True)
    assert found.chosen is not None and not found.chosen.anchored


def test_31_every_place_that_fails_is_named_and_none_stops_the_search(
    lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tui_mail.engine.search.STEP_SECONDS", 0.5)
    silent = f"127.0.0.1:{free_port()}"
    found = lab.find("anna@directory.example", resolver=silent)
    lab.expect("directory", found, Place.DIRECTORY)
    assert {step.ended for step in found.steps[:-1]} == {Ended.FAILED}


def test_32_places_that_are_switched_off_are_not_asked(lab: Lab) -> None:
    found = lab.find("anna@dns.example", dns=False, smimea=False, ldap_by_dns=False, directory="")
    assert found.steps == () and found.chosen is None


@pytest.mark.parametrize("address", ["@", "anna", "", "a@b@", "a" * 400 + "@x.example", "a..b@x..a", "ü@ü.example"])
def test_33_strange_addresses_end_in_sentences(lab: Lab, address: str) -> None:
    assert lab.find(address).chosen is None


def test_34_where_it_was_found_is_said(lab: Lab) -> None:
    steps = lab.find("anna@dns.example").steps
    assert steps[-1].where == "anna.dns.example"
    assert steps[-1].sentence.startswith("A certificate for this address, valid until 1 January 2035; an authority")
