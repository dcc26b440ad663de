import hashlib

from tui_mail.model.discovery import Place, Provenance
from tui_mail.store import certificates, discovery
from tui_mail.store.database import Database


def place(name: str, der: bytes, where: Place = Place.DNS) -> tuple[bytes, Provenance]:
    return der, Provenance("ben@x", hashlib.sha256(der).hexdigest(), where, name, 100, where is Place.SMIMEA)


def test_what_was_found_keeps_its_place_and_time(db: Database) -> None:
    one, other = place("ben.x", b"one"), place("ldap.x", b"other", Place.SMIMEA)
    discovery.save_found(db, "ben@x", [one, other])
    assert set(discovery.found(db, "ben@x")) == {one[1], other[1]}
    assert len(discovery.found(db)) == 2
    assert discovery.found(db, "carl@x") == ()


def test_a_new_search_takes_the_place_of_the_old_one(db: Database) -> None:
    discovery.save_found(db, "ben@x", [place("a", b"one")])
    discovery.save_found(db, "ben@x", [place("b", b"two"), place("c", b"two")])
    assert [kept.where for kept in discovery.found(db, "ben@x")] == ["b"]
    discovery.save_found(db, "ben@x", [])
    assert discovery.found(db) == ()


def test_what_was_found_is_not_in_the_book(db: Database) -> None:
    discovery.save_found(db, "ben@x", [place("a", b"one")])
    assert certificates.book(db, "ben@x") == ()
