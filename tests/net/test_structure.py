"""BODYSTRUCTURE: what may wait on the server, and what is wanted at once."""

import pytest

from tui_mail.net.structure import MAX_STRUCTURE_BYTES, Structure, read_structure

TEXT = b'("TEXT" "PLAIN" ("CHARSET" "utf-8") NIL NIL "7BIT" 6 1 NIL NIL NIL NIL)'
HTML = b'("text" "html" NIL NIL NIL "quoted-printable" 60 1 NIL NIL NIL NIL)'
TABLE = b'("text" "csv" NIL NIL NIL "7bit" 9000000 1 NIL NIL NIL NIL)'
FILM = (
    b'("video" "mp4" ("name" "film.mp4") NIL NIL "base64" 9000000 NIL ("attachment" ("filename" "film.mp4")) NIL NIL)'
)


def answer(structure: bytes) -> list[bytes]:
    return [b"* 1 FETCH (UID 7 BODYSTRUCTURE " + structure + b")\r\n"]


def part(kind: bytes, subtype: bytes, name: bytes = b"x") -> bytes:
    return b'("%s" "%s" ("name" "%s") NIL NIL "base64" 9000000 NIL NIL NIL NIL)' % (kind, subtype, name)


@pytest.mark.parametrize(
    ("structure", "expected"),
    [
        (b"(" + TEXT + FILM + b' "mixed" ("boundary" "b") NIL NIL NIL)', Structure(b"1", False, ("film.mp4",))),
        (
            b"((" + TEXT + HTML + b' "alternative" NIL NIL NIL)' + FILM + b' "mixed")',
            Structure(b"1.1", False, ("film.mp4",)),
        ),
        (b"((" + HTML + b' "related")' + FILM + b' "mixed")', Structure(b"1.1", False, ("film.mp4",))),
        (b"(" + FILM + FILM + b' "mixed")', Structure(None, False, ("film.mp4", "film.mp4"))),
        (TEXT, Structure(b"1", True, ())),
        (b"(" + TEXT + TABLE + TEXT + b' "mixed")', Structure(b"1", False, ("text/csv", "text/plain"))),
    ],
)
def test_text_and_files_are_found(structure: bytes, expected: Structure) -> None:
    assert read_structure(answer(structure)) == expected


def test_a_name_that_comes_as_a_literal_is_read() -> None:
    head, _, tail = FILM.partition(b'"film.mp4"')
    pieces = [b"* 1 FETCH (UID 7 BODYSTRUCTURE (" + TEXT + head + b"{8}\r\n", b'my "film', tail + b' "mixed"))\r\n']
    assert read_structure(pieces) == Structure(b"1", False, ("film.mp4",))


@pytest.mark.parametrize(
    "structure",
    [
        b"(" + TEXT + part(b"application", b"pkcs7-signature") + b' "signed" ("micalg" "sha-256"))',
        b"(" + TEXT + part(b"application", b"pgp-signature") + b' "SIGNED" NIL)',
        b"(" + TEXT + part(b"application", b"octet-stream") + b' "encrypted" NIL)',
        part(b"application", b"pkcs7-mime"),
        part(b"application", b"x-pkcs7-mime"),
        part(b"application", b"octet-stream", b"smime.p7m"),
        part(b"image", b"jpeg"),
        b"(" + TEXT + part(b"APPLICATION", b"OCTET-STREAM", b"SMIME.P7M") + b' "mixed")',
        b"(" + TEXT + part(b"application", b"octet-stream", b"=?utf-8?B?c21pbWUucDdt?=") + b' "mixed")',
        b"((" + TEXT + part(b"application", b"pkcs7-signature") + b' "signed")' + TEXT + b' "mixed")',
        b"(" + TEXT + FILM + b' "report" ("report-type" "delivery-status"))',
        b"((",
        b"()",
        b"(" * 5000 + b")" * 5000,
        b"(" + TEXT * (MAX_STRUCTURE_BYTES // len(TEXT) + 1) + b' "mixed")',
        b"((((1) 2) 3) NIL)",
        b'("text")',
    ],
    ids=range(17),
)
def test_what_may_be_protected_or_cannot_be_read_is_wanted_whole(structure: bytes) -> None:
    assert read_structure(answer(structure)) is None


def test_a_subtype_that_comes_as_a_literal_is_seen_as_well() -> None:
    pieces = [b"* 1 FETCH (UID 7 BODYSTRUCTURE (" + TEXT + FILM + b" {6}\r\n", b"signed", b"))\r\n"]
    assert read_structure(pieces) is None


def test_an_answer_without_a_structure_names_nothing() -> None:
    assert read_structure([b"* 1 FETCH (UID 7 FLAGS ())\r\n"]) is None
