"""``tui-mail check``: letters, sentences, forms of output and exit codes."""

import base64
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.pki import NOW, Identity, Pki
from tests.vectors import vectors
from tui_mail.__main__ import main
from tui_mail.cms.enveloped import default_plan
from tui_mail.smime.protect import protect

PKI = Pki()
ANNA = PKI.issue("anna@clinic.test")
BERT = PKI.issue("bert@clinic.test", key="rsa")
OLD = PKI.issue("anna@clinic.test", not_after=datetime(2026, 6, 2, tzinfo=UTC))
STRANGER = Pki("Unknown Root").issue("anna@clinic.test")
PLAIN = b"From: Anna <anna@clinic.test>\r\nTo: bert@clinic.test\r\nSubject: Hello\r\n\r\nDear Bert\r\n"
Judge = Callable[..., dict]


def signed(signer: Identity = ANNA, **options: object) -> bytes:
    return protect(PLAIN, sign=signer.key, now=NOW, **options)  # type: ignore[arg-type]


def altered_signature() -> bytes:
    raw = signed()
    body = re.search(rb"smime\.p7s\"\r\n\r\n(.+?)\r\n--", raw, re.DOTALL)
    assert body is not None
    der = bytearray(base64.b64decode(body[1]))
    der[-5] ^= 1
    return raw.replace(body[1], base64.encodebytes(bytes(der)).replace(b"\n", b"\r\n").strip())


def truncated() -> bytes:
    raw = signed()
    return raw[: raw.index(b'smime.p7s"\r\n\r\n') + 300] + b"\r\n" + raw[raw.rindex(b"--=_") :]


@pytest.fixture
def judge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Judge:
    (tmp_path / "ca.pem").write_bytes(PKI.ca.pem)

    def check(raw: bytes, *options: str, exit_code: int = 0) -> dict:
        file = tmp_path / "message.eml"
        file.write_bytes(raw)
        options = options or ("--anchor", str(tmp_path / "ca.pem"))
        when = () if "--time" in options else ("--time", "2026-06-01T12:00:00Z")
        assert main(["check", str(file), "--json", *when, *options]) == exit_code
        found: dict = json.loads(capsys.readouterr().out)
        return found

    return check


@pytest.mark.parametrize(
    ("raw", "letter", "exit_code", "sentence"),
    [
        (signed(), "Y", 0, "trusted authority"),
        (signed(opaque=True), "Y", 0, "trusted authority"),
        (signed().replace(b"Dear Bert", b"Dear Eve!"), "X", 1, "changed"),
        (altered_signature(), "X", 1, "signature"),
        (signed(headers="none").replace(b"<anna@", b"<boss@", 1), "M", 1, "anna@clinic.test"),
        (truncated(), "X", 1, "damaged"),
        (signed(STRANGER), "N", 0, "trust"),
        (signed(PKI.issue("anna@clinic.test", self_signed=True)), "N", 0, "trust"),
        (PLAIN, "", 0, ""),
    ],
    ids=["intact", "opaque", "body", "signature", "from", "truncated", "unknown-ca", "self-signed", "plain"],
)
def test_each_fault_gets_its_letter_and_a_sentence(
    judge: Judge, raw: bytes, letter: str, exit_code: int, sentence: str
) -> None:
    found = judge(raw, exit_code=exit_code)
    assert found["sig"] == letter
    assert sentence in " ".join(found["reasons"])
    assert bool(found["reasons"]) == bool(letter)


def test_an_expired_certificate_is_e_after_its_end(judge: Judge, tmp_path: Path) -> None:
    anchor = ("--anchor", str(tmp_path / "ca.pem"))
    assert judge(signed(OLD), *anchor)["sig"] == "Y"
    assert judge(signed(OLD), *anchor, "--time", "2027-01-01T00:00:00Z")["sig"] == "E"


def test_without_anchors_nothing_chains_and_a_pin_trusts_one_address(judge: Judge, tmp_path: Path) -> None:
    file = tmp_path / "anna.pem"
    file.write_bytes(ANNA.certificate_pem)
    assert judge(signed(), "--offline")["sig"] == "N"
    found = judge(signed(), "--pin", f"Anna@CLINIC.test={file}")
    assert (found["sig"], found["signatures"][0]["trust_source"]) == ("Y", "pin")
    assert judge(signed(), "--pin", f"bert@clinic.test={file}")["sig"] == "N"


def test_the_json_object_has_every_field_of_the_description(judge: Judge, tmp_path: Path) -> None:
    found = judge(signed(), "--body", "--anchor", str(tmp_path / "ca.pem"))
    assert list(found) == [
        "file", "summary", "sig", "reasons", "signatures", "encryption", "layers", "errant_layers", "headers", "text",
        "attachments", "warnings",
    ]  # fmt: skip
    signature = found["signatures"][0]
    assert signature["sig"] == "Y" and signature["intact"] and signature["from_matches"] and signature["trusted"]
    assert signature["algorithm"] == "ecdsa+sha256"
    assert signature["signing_time"] == "2026-06-01T12:00:00Z"
    assert signature["signer"]["addresses"] == ["anna@clinic.test"]
    assert signature["signer"]["sha256"] == ANNA.sha256
    assert signature["revocation"] in ("unknown", "not checked")
    assert found["layers"] == ["signed"] and found["encryption"] is None
    assert found["text"] == "Dear Bert"
    assert found["headers"]["protected"] == ["from", "to", "subject", "date"]


def test_encrypted_mail_opens_with_a_key_file_and_names_its_recipients(judge: Judge, tmp_path: Path) -> None:
    files = BERT.write(tmp_path, "secret")
    passwords = tmp_path / "pw"
    passwords.write_text("secret\n")
    raw = protect(PLAIN, sign=ANNA.key, recipients=[default_plan(BERT.certificate)], cipher="aes-256-gcm", now=NOW)
    closed = judge(raw)
    assert (closed["summary"], closed["encryption"]["opened"]) == ("encrypted", False)
    assert closed["headers"]["subject"] == "[...]"
    opened = judge(raw, "--key", str(files.p12), "--password-file", str(passwords), "--body")
    assert opened["summary"] == "signed+encrypted" and opened["encryption"]["authenticated"]
    assert opened["encryption"]["key"] == BERT.sha256
    assert opened["encryption"]["recipients"][0]["type"] == "ktri"
    assert opened["headers"]["confidential"] == ["subject"] and opened["text"] == "Dear Bert"


def test_several_files_and_one_unreadable(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(PLAIN)
    assert main(["check", str(file), str(tmp_path / "absent.eml"), str(file), "--json"]) == 2
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "absent.eml cannot be read" in err and "Traceback" not in err


@pytest.mark.parametrize(
    "options", [["--pin", "nonsense"], ["--anchor", "absent.pem"], ["--key", "absent.p12"], ["--crl", "absent.crl"]]
)
def test_wrong_options_end_with_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(PLAIN)
    assert main(["check", str(file), *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_wrong_password_ends_with_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = BERT.write(tmp_path, "secret")
    (tmp_path / "pw").write_text("wrong\n")
    (tmp_path / "a.eml").write_bytes(PLAIN)
    code = main(["check", str(tmp_path / "a.eml"), "--key", str(files.p12), "--password-file", str(tmp_path / "pw")])
    assert code == 1
    assert "password" in capsys.readouterr().err


def test_attachments_are_written_without_folders_and_never_over_a_file(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    part = (
        b'\r\n--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename="../../x\x1b.png"\r\n\r\ndata'
    )
    raw = b"From: a@b.test\r\nContent-Type: multipart/mixed; boundary=b\r\n" + part * 2 + b"\r\n--b--\r\n"
    (tmp_path / "a.eml").write_bytes(raw)
    target = tmp_path / "out"
    assert main(["check", str(tmp_path / "a.eml"), "--attachments", str(target)]) == 0
    assert sorted(one.name for one in target.iterdir()) == ["x_-2.png", "x_.png"]
    assert "\x1b" not in capsys.readouterr().out
    assert not list(tmp_path.glob("*.png"))


def test_the_text_for_people_is_clean_and_says_the_letter(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = PLAIN.replace(b"Hello", b"\x1b]52;c;x\x07\xe2\x80\xaeHello").replace(b"Dear", b"\x1b[2JDear")
    (tmp_path / "a.eml").write_bytes(protect(hostile, sign=ANNA.key, now=NOW))
    (tmp_path / "ca.pem").write_bytes(PKI.ca.pem)
    options = ["--anchor", str(tmp_path / "ca.pem"), "--time", "2026-06-01T12:00:00Z", "--body"]
    assert main(["check", str(tmp_path / "a.eml"), *options]) == 0
    out = capsys.readouterr().out
    assert "Sig      Y" in out and "Dear Bert" in out
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", out)


def test_a_mail_of_another_program_is_judged_from_files_alone(judge: Judge, tmp_path: Path) -> None:
    folder = vectors("thunderbird")
    raw = (folder / "alice.dsig.SHA256.multipart.eml").read_bytes()
    found = judge(raw, "--anchor", str(folder / "TestCA.pem"), "--time", "2026-03-01")
    assert (found["sig"], found["signatures"][0]["algorithm"]) == ("Y", "rsa-v15+sha256")


def test_a_message_that_takes_too_long_is_told_and_the_next_one_is_judged(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    heavy, light = tmp_path / "heavy.eml", tmp_path / "light.eml"
    heavy.write_bytes(b"Content-Type: text/html\r\n\r\n" + b"<p>word <b>word</b>" * 50_000)
    light.write_bytes(PLAIN)
    assert main(["check", str(light), "--json"]) == 0
    capsys.readouterr()
    monkeypatch.setattr("tui_mail.cli.check.MAX_CPU_SECONDS", 0.1)
    assert main(["check", str(heavy), str(light), "--json", "--body"]) == 2
    out, err = capsys.readouterr()
    assert json.loads(out)["file"] == str(light)
    assert f"{heavy} takes too long" in err
