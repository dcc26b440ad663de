"""Every named limit of mime/, cms/ and smime/ is reached by a test: here, or in the file that is named here."""

import ast
import base64
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from selectolax.lexbor import LexborHTMLParser

import tui_mail
from tests.pki import NOW, Pki
from tui_mail.cms import ber, der, signed_data
from tui_mail.cms.signed import build_signed_data, parse_signed_data
from tui_mail.mime import (
    calendar,
    columns,
    dsn,
    envelope,
    fields,
    flowed,
    headers,
    html,
    html_table,
    links,
    parameters,
    preview,
    report,
    text,
    transfer,
    tree,
    unsubscribe,
)
from tui_mail.model.errors import LimitExceeded, MalformedInput
from tui_mail.smime import bundle
from tui_mail.smime import view as views
from tui_mail.smime.open import Opened, open_message
from tui_mail.smime.view import view, words
from tui_mail.trust.context import TrustContext

ROOMS = ("mime", "cms", "smime")
HELD_ELSEWHERE = {
    "mime/calendar.MAX_CALENDAR_BYTES": "mime/test_calendar.py",
    "mime/headers.MAX_ADDRESSES": "mime/test_hostile_fields.py",
    "mime/headers.MAX_ADDRESS_TOKENS": "mime/test_hostile_fields.py",
    "mime/headers.MAX_ENCODED_WORDS": "mime/test_hostile_fields.py",
    "mime/headers.MAX_SIMPLE_BYTES": "mime/test_hostile_fields.py",
    "mime/html.MAX_KEPT_STYLE_CHARACTERS": "mime/test_text.py",
    "mime/parameters.MAX_SIMPLE_BYTES": "mime/test_hostile_fields.py",
    "mime/preview.MAX_PREVIEW_BYTES": "mime/test_preview.py",
    "mime/preview.MAX_PREVIEW_LINES": "mime/test_preview.py",
    "mime/preview.MAX_ROWS": "mime/test_preview.py",
    "mime/tree.MAX_DEPTH": "mime/test_tree.py",
    "mime/tree.MAX_PARTS": "mime/test_tree.py",
    "cms/ber.MAX_DEPTH": "cms/test_ber.py",
    "cms/ber.MAX_ELEMENTS": "cms/test_ber.py",
    "cms/recurring.MAX_OBJECT_BYTES": "cms/test_recurring.py",
    "cms/recurring.MAX_SIZES": "cms/test_recurring.py",
    "cms/recurring.MAX_OF_ONE_SIZE": "cms/test_recurring.py",
    "cms/recurring.MAX_ENCLOSING_BYTES": "cms/test_recurring.py",
    "cms/pss_shake.MAX_EXPONENT_BITS": "cms/test_pss_shake.py",
    "cms/attributes.MAX_ATTRIBUTES": "smime/test_limits.py",
    "cms/capabilities.MAX_CAPABILITIES": "smime/test_limits.py",
    "cms/compressed.MAX_DECOMPRESSED_BYTES": "smime/test_limits.py",
    "cms/envelope.MAX_TRIES": "smime/test_limits.py",
    "cms/kem.MAX_SECRET_BYTES": "smime/test_limits.py",
    "cms/password.MAX_ITERATIONS": "smime/test_limits.py",
    "cms/recipients.MAX_RECIPIENTS": "smime/test_limits.py",
    "cms/schemes.MAX_RSA_BITS": "smime/test_limits.py",
    "cms/signed_data.MAX_SIGNERS": "smime/test_limits.py",
    "cms/signed_data.MAX_CERTIFICATES": "smime/test_limits.py",
    "smime/peel.MAX_LAYERS": "smime/test_limits.py",
    "smime/peel.MAX_CHECKED_SIGNATURES": "smime/test_limits.py",
}
NOT_ABOUT_MAIL_THAT_CAME = {
    "mime/build.MAX_LINE_BYTES": "what we write",
    "mime/seven_bit.MAX_LINE_BYTES": "what we write",
    "mime/encode.MAX_LINE": "what we write",
    "mime/encode.MAX_TEXT_LINE": "what we write",
    "smime/open.MAX_CLOCK_DIFFERENCE": "a policy: tests/smime/test_rules.py",
    "cms/algorithms._MAX_KEPT_BYTES": "a cache: what is longer is read anew",
    "cms/certificates._MAX_KEPT_BYTES": "a cache: what is longer is read anew",
    "cms/capabilities._MAX_KEPT_BYTES": "a cache: what is longer is read anew",
}

HEAD = b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Much\r\n"
TRUST = TrustContext(revocation="off")


def named_limits() -> set[str]:
    found = set()
    for room in ROOMS:
        for file in sorted((Path(tui_mail.__file__).parent / room).glob("*.py")):
            for node in ast.parse(file.read_text()).body:
                targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
                names = [target.id for target in targets if isinstance(target, ast.Name)]
                found |= {f"{room}/{file.stem}.{name}" for name in names if name.lstrip("_").startswith("MAX_")}
    return found


def opened(raw: bytes) -> Opened:
    found = open_message(raw, trust=TRUST, now=NOW)
    words(found)
    return found


def said(body: bytes, head: bytes = HEAD) -> str:
    return view(opened(head + body), 1).quote_text


def page(source: str) -> str:
    return said(b"Content-Type: text/html\r\n\r\n" + source.encode())


def many_parts(number: int, part: bytes, kind: bytes = b"mixed") -> bytes:
    head = b"Content-Type: multipart/" + kind + b"; boundary=b\r\n\r\n"
    return head + b"".join(b"--b\r\n" + part for _ in range(number)) + b"--b--\r\n"


def event(lines: str) -> bytes:
    head = "Content-Type: text/calendar; method=REQUEST\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\n"
    start = "BEGIN:VEVENT\r\nUID:1\r\nDTSTAMP:20260101T100000Z\r\nDTSTART:20260101T100000Z\r\n"
    return (head + start + lines + "END:VEVENT\r\nEND:VCALENDAR\r\n").encode()


def components() -> None:
    inner = "BEGIN:VALARM\r\nEND:VALARM\r\n"
    assert view(opened(HEAD + event(inner)), 1).invitation is not None
    assert view(opened(HEAD + event(inner * calendar.MAX_COMPONENTS)), 1).invitation is None


def guests() -> None:
    lines = "".join(f"ATTENDEE:mailto:g{n}@clinic.test\r\n" for n in range(calendar.MAX_GUESTS + 1))
    found = view(opened(HEAD + event(lines)), 1).invitation
    assert found is not None and len(found.guests) == calendar.MAX_GUESTS


def texts_of_an_event() -> None:
    found = view(opened(HEAD + event(f"SUMMARY:{'a' * (calendar.MAX_TEXT + 1)}\r\n")), 1).invitation
    assert found is not None and "a" * calendar.MAX_TEXT in repr(found)
    assert "a" * (calendar.MAX_TEXT + 1) not in repr(found)


def places_of_an_event() -> None:
    for number, is_found in ((calendar.MAX_PARTS_LOOKED_AT - 2, True), (calendar.MAX_PARTS_LOOKED_AT, False)):
        head = b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        raw = head + b"--b\r\n\r\nx\r\n" * number + b"--b\r\n" + event("") + b"--b--\r\n"
        assert (calendar.find_calendar(tree.parse(raw)) is not None) is is_found


def header_bytes() -> None:
    raw = b"X: " + b"a" * envelope.MAX_HEADER_BYTES + b"\r\nFrom: late@clinic.test\r\n\r\n"
    assert envelope.read_envelope(raw).sender == ""
    assert envelope.read_envelope(raw.replace(b"a" * 100, b"", 1)).sender == "late@clinic.test"


def header_fields() -> None:
    raw = b"X: a\r\n" * fields.MAX_FIELDS + b"Subject: late\r\n\r\nHello"
    found = opened(raw)
    assert found.security.headers.subject == "" and "Hello" in view(found, 1).quote_text
    assert opened(raw[6:]).security.headers.subject == "late"


def long_lines() -> None:
    lines = view(opened(HEAD + b"\r\n" + b"a" * (flowed.MAX_LINE + 1)), 1).lines
    assert [len(line[0].text) for line in lines] == [flowed.MAX_LINE, 1]


def lines() -> None:
    assert len(flowed.read_lines("a\n" * (flowed.MAX_LINES + 1))) == flowed.MAX_LINES


def quotes() -> None:
    assert flowed.read_lines(">" * 99 + "a")[0] == (flowed.MAX_QUOTE_DEPTH, "a", False)


def angles() -> None:
    found = opened(b"From: " + b"<a@b.test>" * (headers.MAX_ANGLES + 1) + b"\r\n\r\nHello")
    assert len(found.source.addresses("from")) == headers.MAX_ANGLES


def message_ids() -> None:
    head = HEAD + b"References: " + b" ".join(b"<%d@b>" % n for n in range(headers.MAX_MESSAGE_IDS + 1)) + b"\r\n"
    assert len(view(opened(head + b"\r\nHello"), 1).references) == headers.MAX_MESSAGE_IDS


def comments() -> None:
    for depth, is_read in ((headers.MAX_COMMENT_DEPTH, True), (headers.MAX_COMMENT_DEPTH + 1, False)):
        spec = headers.addresses(b"<anna" + b"(" * depth + b"c" + b")" * depth + b"@b.test>")[0].spec
        assert (spec == "anna@b.test") is is_read


def dates() -> None:
    for length, is_read in ((10, True), (headers.MAX_DATE_CHARACTERS, False)):
        found = headers.parse_date(b"(" + b"c" * length + b") 1 Jan 2026 10:00:00 +0000")
        assert (found is not None) is is_read


def page_characters() -> None:
    assert "late" in page("<p>" + "a" * 1_000 + "<p>late")
    assert "late" not in page("<p>" + "a " * (html.MAX_HTML_CHARACTERS // 2) + "<p>late")


def page_depth() -> None:
    assert "Hello" in page("<div>" * (html.MAX_HTML_DEPTH + 1) + "Hello")
    assert html.is_too_much("<div>" * (html.MAX_HTML_DEPTH + 1))
    assert not html.is_too_much("<div>" * html.MAX_HTML_DEPTH)


def page_nodes() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html, "MAX_NODES", 100)
        shown = page("<i>a</i>" * html.MAX_NODES + "late")
        assert "a" in shown and "late" not in shown
        assert "late" in page("<i>a</i>late")


def picture_names() -> None:
    assert html.picture_name({"alt": "a" * 500}).count("a") == html.MAX_PICTURE_NAME


def link_targets() -> None:
    assert len(links.safe_target("https://a.test/" + "a" * 9_000)) == links.MAX_TARGET


def many_parameters() -> None:
    many = b"text/plain" + b"".join(b"; a%d=b" % n for n in range(parameters.MAX_PARAMETERS + 1))
    assert len(parameters.parse_parameters(many).params) == parameters.MAX_PARAMETERS
    assert len(parameters.parse_parameters(many + b"; (c) z=b").params) == parameters.MAX_PARAMETERS


def table_file(content: bytes, kind: bytes = b"text/csv") -> list[str]:
    found = preview.preview(tree.parse(b"Content-Type: " + kind + b"\r\n\r\n" + content))
    assert found is not None
    return ["".join(run.text for run in line) for line in found.lines]


def columns_of_a_file() -> None:
    assert len(table_file(b",".join([b"x"] * (preview.MAX_COLUMNS + 1)))[0].split()) == preview.MAX_COLUMNS


def lines_of_a_card() -> None:
    card = b"BEGIN:VCARD\r\n" + b"TEL:1\r\n" * preview.MAX_CARD_LINES + b"NOTE:late\r\nEND:VCARD\r\n"
    assert "late" not in "".join(table_file(card, b"text/vcard"))
    assert "late" in "".join(table_file(card.replace(b"TEL:1\r\n", b"", 9), b"text/vcard"))


def bounce(machine: bytes) -> bytes:
    head = b"Content-Type: multipart/report; report-type=delivery-status; boundary=b\r\n\r\n--b\r\n\r\nSorry\r\n--b\r\n"
    return head + b"Content-Type: message/delivery-status\r\n\r\n" + machine + b"\r\n--b--\r\n"


def read(machine: bytes) -> report.Report:
    found = report.read_report(tree.parse(bounce(machine)), "message/delivery-status")
    assert found is not None
    dsn.read_dsn(tree.parse(bounce(machine)))
    return found


def report_bytes() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(report, "MAX_REPORT_BYTES", 10_000)
        assert len(read(b"X: a\r\n" + b"\r\n" * 5_000 + b"Y: late\r\n").groups) == 1
        assert len(read(b"X: a\r\n" + b"\r\n" * 4_000 + b"Y: late\r\n").groups) == 2


def report_groups() -> None:
    assert len(read(b"X: a\r\n\r\n" * (report.MAX_GROUPS + 1)).groups) == report.MAX_GROUPS


def report_values() -> None:
    assert len(read(b"X: " + b"a" * 9_000 + b"\r\n").groups[0]["x"]) == report.MAX_VALUE_CHARACTERS


def body_bytes() -> None:
    begin = b"Content-Type: text/plain\r\n\r\n" + b"a" * 60 + b"\r\n"
    lines_of_body = view(opened(HEAD + begin + b"b" * text.MAX_BODY_BYTES), 1).quote_text
    assert lines_of_body.startswith("a" * 60) and lines_of_body.rstrip().endswith("[…]")


def body_parts() -> None:
    shown = said(many_parts(text.MAX_BODY_PARTS + 1, b"Content-Type: text/plain\r\n\r\nHello\r\n"))
    assert shown.count("Hello") == text.MAX_BODY_PARTS


def packed(content: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, zlib.MAX_WBITS | 16)
    return packer.compress(content) + packer.flush()


def inflation() -> None:
    bomb = packed(bytes(1_000_000))
    assert len(transfer.decode_transfer(base64.b64encode(bomb), "x-gzip64")) == len(bomb) * transfer.MAX_INFLATION


def delimiter_lines() -> None:
    found = opened(
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--\r\n" * (tree.MAX_DELIMITER_LINES + 1)
    )
    assert "too many delimiter lines" in found.security.warnings[0]


def boundaries() -> None:
    for length, parts in ((tree.MAX_BOUNDARY_BYTES, 1), (tree.MAX_BOUNDARY_BYTES + 1, 0)):
        mark = b"b" * length
        raw = b'Content-Type: multipart/mixed; boundary="' + mark + b'"\r\n\r\n--' + mark + b"\r\n\r\nHello\r\n"
        found = opened(HEAD + raw + b"--" + mark + b"--\r\n")
        assert len(found.root.children) == parts and "Hello" in view(found, 1).quote_text


def ways_out() -> None:
    field = b"<ftp://a.test>, " * unsubscribe.MAX_URIS + b"<https://a.test>"
    assert unsubscribe.read_unsubscribe(field, b"") is None
    assert unsubscribe.read_unsubscribe(field[16:], b"") is not None


def shown_fields() -> None:
    shown = view(opened(HEAD + b"X: a\r\n" * 300 + b"\r\nHello"), 1)
    assert len(shown.headers) == views.MAX_HEADER_FIELDS and "Hello" in shown.quote_text


def searched_characters() -> None:
    _, found = words(opened(HEAD + b"\r\n" + b"words " * (views.MAX_SEARCH_CHARACTERS // 5)))
    assert len(found) == views.MAX_SEARCH_CHARACTERS


def previewed_characters() -> None:
    first, _ = words(opened(HEAD + b"\r\n" + b"words " * 900))
    assert 0 < len(first) <= views.MAX_PREVIEW_CHARACTERS


def bundle_bytes() -> None:
    with pytest.raises(LimitExceeded, match="longer than"):
        bundle.open_bundle(bytes(bundle.MAX_BUNDLE_BYTES + 1), now=NOW)


def tags() -> None:
    for data in (b"\x1f" + b"\x81" * ber._MAX_TAG_BYTES + b"\x01\x00", b"\x04\x89" + b"\x00" * 8 + b"\x01a"):
        with pytest.raises(MalformedInput):
            ber.read_tlv(data)


def revocation_lists() -> None:
    anna = Pki().issue("anna@clinic.test")
    data = build_signed_data(b"Hello", anna.key, detached=False, signing_time=NOW)
    outer = list(ber.children(ber.read_tlv(data)))
    inner = [field.raw for field in ber.children(next(ber.children(outer[1])))]
    many = der.tlv(0xA1, der.sequence(der.integer(1)) * (signed_data.MAX_CRLS + 1))
    crowd = der.sequence(outer[0].raw, der.context(0, der.sequence(*inner[:4], many, *inner[4:])))
    assert len(parse_signed_data(crowd).crls) == signed_data.MAX_CRLS


def rows_of(rows: int, columns: int, cell: str = "1") -> html_table.DataTable | None:
    line = "<tr>" + f"<td>{cell}</td>" * columns + "</tr>"
    source = "<table><tr>" + "<th>a</th>" * columns + "</tr>" + line * (rows - 1) + "</table>"
    assert page(source).count("1") >= min(rows - 1, 9)
    table = LexborHTMLParser(source).css_first("table")
    assert table is not None
    return html_table.data_table(table)


def rows_of_tables() -> None:
    assert rows_of(html_table.MAX_ROWS, 2) and not rows_of(html_table.MAX_ROWS + 1, 2)


def columns_of_tables() -> None:
    assert rows_of(3, html_table.MAX_COLUMNS) and not rows_of(3, html_table.MAX_COLUMNS + 1)


def widths_of_tables() -> None:
    narrow, wide = rows_of(3, 3, "1" * 20), rows_of(3, 3, "1" * 30)
    assert narrow and narrow.fits and wide and not wide.fits


def told_cells_of_tables() -> None:
    assert rows_of(3, 2, "1" * html_table.MAX_TOLD_CELL) and not rows_of(3, 2, "1" * (html_table.MAX_TOLD_CELL + 1))


def nodes_of_tables() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(html_table, "MAX_NODES", 40)
        assert rows_of(3, 3) and not rows_of(20, 3)


def cells() -> None:
    assert columns.aligned([["x" * (columns.MAX_CELL + 1)]]) == ["x" * (columns.MAX_CELL - 1) + "…"]


def file_names() -> None:
    for kind, kept in (("pdf", ".pdf"), ("k" * text.MAX_FILE_KIND, "." + "k" * text.MAX_FILE_KIND), ("k" * 11, "x")):
        name = "x" * text.MAX_FILE_NAME + "." + kind
        part = tree.parse(b'Content-Disposition: attachment; filename="' + name.encode() + b'"\n\n')
        shown = text.attachment_name(part)
        assert len(shown) == text.MAX_FILE_NAME and shown == "x" * (text.MAX_FILE_NAME - len(kept)) + kept


def inflated_bytes() -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(transfer, "MAX_INFLATED_BYTES", 1_000)
        assert len(transfer.decode_transfer(base64.b64encode(packed(bytes(1_000_000))), "x-gzip64")) == 1_000


def anchors() -> None:
    data = bundle.make_bundle([Pki().ca.certificate], now=NOW)
    assert bundle.open_bundle(data, now=NOW).anchors
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "MAX_ANCHORS", 0)
        with pytest.raises(LimitExceeded, match="more than 0 certificates"):
            bundle.open_bundle(data, now=NOW)


CASES: dict[str, Callable[[], None]] = {
    "mime/calendar.MAX_COMPONENTS": components,
    "mime/calendar.MAX_GUESTS": guests,
    "mime/calendar.MAX_TEXT": texts_of_an_event,
    "mime/calendar.MAX_PARTS_LOOKED_AT": places_of_an_event,
    "mime/columns.MAX_CELL": cells,
    "mime/envelope.MAX_HEADER_BYTES": header_bytes,
    "mime/fields.MAX_FIELDS": header_fields,
    "mime/flowed.MAX_LINE": long_lines,
    "mime/flowed.MAX_LINES": lines,
    "mime/flowed.MAX_QUOTE_DEPTH": quotes,
    "mime/headers.MAX_ANGLES": angles,
    "mime/headers.MAX_MESSAGE_IDS": message_ids,
    "mime/headers.MAX_COMMENT_DEPTH": comments,
    "mime/headers.MAX_DATE_CHARACTERS": dates,
    "mime/html.MAX_HTML_CHARACTERS": page_characters,
    "mime/html.MAX_HTML_DEPTH": page_depth,
    "mime/html.MAX_NODES": page_nodes,
    "mime/html.MAX_PICTURE_NAME": picture_names,
    "mime/html_table.MAX_ROWS": rows_of_tables,
    "mime/html_table.MAX_COLUMNS": columns_of_tables,
    "mime/html_table.MAX_TOLD_CELL": told_cells_of_tables,
    "mime/html_table.MAX_WIDTH": widths_of_tables,
    "mime/html_table.MAX_NODES": nodes_of_tables,
    "mime/links.MAX_TARGET": link_targets,
    "mime/parameters.MAX_PARAMETERS": many_parameters,
    "mime/preview.MAX_COLUMNS": columns_of_a_file,
    "mime/preview.MAX_CARD_LINES": lines_of_a_card,
    "mime/report.MAX_REPORT_BYTES": report_bytes,
    "mime/report.MAX_GROUPS": report_groups,
    "mime/report.MAX_VALUE_CHARACTERS": report_values,
    "mime/text.MAX_BODY_BYTES": body_bytes,
    "mime/text.MAX_BODY_PARTS": body_parts,
    "mime/text.MAX_FILE_NAME": file_names,
    "mime/text.MAX_FILE_KIND": file_names,
    "mime/transfer.MAX_INFLATED_BYTES": inflated_bytes,
    "mime/transfer.MAX_INFLATION": inflation,
    "mime/tree.MAX_DELIMITER_LINES": delimiter_lines,
    "mime/tree.MAX_BOUNDARY_BYTES": boundaries,
    "mime/unsubscribe.MAX_URIS": ways_out,
    "cms/ber._MAX_TAG_BYTES": tags,
    "cms/ber._MAX_LENGTH_BYTES": tags,
    "cms/signed_data.MAX_CRLS": revocation_lists,
    "smime/bundle.MAX_ANCHORS": anchors,
    "smime/bundle.MAX_BUNDLE_BYTES": bundle_bytes,
    "smime/view.MAX_SEARCH_CHARACTERS": searched_characters,
    "smime/view.MAX_PREVIEW_CHARACTERS": previewed_characters,
    "smime/view.MAX_HEADER_FIELDS": shown_fields,
}


def test_every_named_limit_has_a_case() -> None:
    held = {**CASES, **HELD_ELSEWHERE, **NOT_ABOUT_MAIL_THAT_CAME}
    assert named_limits() == held.keys()


@pytest.mark.parametrize("limit", HELD_ELSEWHERE)
def test_a_limit_that_is_held_elsewhere_is_named_there(limit: str) -> None:
    source = (Path(__file__).parents[1] / HELD_ELSEWHERE[limit]).read_text()
    assert limit.rpartition(".")[2] in source


@pytest.mark.parametrize("limit", CASES)
def test_beyond_a_limit_there_is_an_answer_and_a_readable_rest(limit: str) -> None:
    CASES[limit]()
