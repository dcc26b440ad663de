"""Every SMTP command fails before, during and after its answer: taken, not taken, or honestly unknown."""

from itertools import product

import pytest

from tests.net.smtp_script import Script, scripted
from tests.patience import PATIENCE_SECONDS
from tui_mail.model.account import Security, Server
from tui_mail.model.errors import CannotConnect, ConnectionLost, NetworkProblem, ServerRefused, TuiMailError
from tui_mail.net.smtp import SubmitOutcomeUnknown, SubmitResult, submit

RAW = b"From: a@x.test\r\nSubject: x\r\n\r\n.dots\r\n..more\r\nend"
WHOLE = RAW + b"\r\n"
STUFFED = WHOLE.replace(b"\r\n.", b"\r\n..")
TO = ("b@x.test", "c@x.test")
PLAIN: tuple[str, ...] = ()
MODERN = ("PIPELINING", "CHUNKING", "8BITMIME", "SMTPUTF8", "DSN", "SIZE 100000")


def send(script: Script, raw: bytes = RAW, to: tuple[str, ...] = TO, **more: object) -> SubmitResult:
    patience = 0.3 if script.do == "silent" else PATIENCE_SECONDS
    server = Server("127.0.0.1", script.port, Security.NONE)
    return submit(server, "", "a@x.test", to, raw, timeout=patience, final_timeout=patience, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(("extensions", "taken"), [(PLAIN, STUFFED), (MODERN, WHOLE)])
def test_the_message_arrives_with_and_without_chunking(extensions: tuple[str, ...], taken: bytes) -> None:
    with scripted(Script(extensions)) as script:
        assert send(script).accepted == TO
    assert script.taken == [taken]
    verbs = [line.split()[0].upper() for line in script.heard]
    assert verbs == ["EHLO", "MAIL", "RCPT", "RCPT", "BDAT" if extensions else "DATA", "QUIT"]


def test_a_report_leaves_with_an_empty_sender() -> None:
    """RFC 8098 section 3, RFC 5321 section 4.5.5."""
    with scripted(Script(MODERN)) as script:
        server = Server("127.0.0.1", script.port, Security.NONE)
        assert submit(server, "", "", TO, RAW, timeout=PATIENCE_SECONDS).accepted == TO
    assert next(line for line in script.heard if line.startswith("MAIL")).startswith("MAIL FROM:<>")


LAST = {PLAIN: "end", MODERN: "BDAT"}
WORDS = {
    PLAIN: ("greeting", "EHLO", "MAIL", "RCPT", "DATA", "end"),
    MODERN: ("greeting", "EHLO", "MAIL", "RCPT", "BDAT"),
}
FAILURES = [(extensions, word, do) for extensions in (PLAIN, MODERN) for word, do in product(
    WORDS[extensions], ("before", "during", "silent", "after", "451 later", "554 never", "421 closing"))]  # fmt: skip


@pytest.mark.parametrize(("extensions", "word", "do"), FAILURES)
def test_every_failure_is_taken_not_taken_or_unknown_and_never_the_wrong_one(
    extensions: tuple[str, ...], word: str, do: str
) -> None:
    """RFC 5321 section 4.2.5: who has not seen the answer to the last byte must not guess."""
    is_last = word == LAST[extensions]
    with scripted(Script(extensions, at=word, do=do)) as script:
        try:
            outcome: object = send(script)
        except TuiMailError as error:
            outcome = error
    if is_last and do == "after":
        assert isinstance(outcome, SubmitResult) and len(script.taken) == 1
    elif is_last and do in ("before", "during", "silent"):
        assert isinstance(outcome, SubmitOutcomeUnknown)
    elif do[0].isdigit():
        assert isinstance(outcome, ServerRefused | CannotConnect) and not isinstance(outcome, SubmitOutcomeUnknown)
        if isinstance(outcome, ServerRefused):
            assert outcome.code == int(do[:3])
            assert do[4:] in str(outcome)
    else:
        assert isinstance(outcome, ConnectionLost | CannotConnect) and not isinstance(outcome, SubmitOutcomeUnknown)
    assert len(script.taken) <= 1
    if not is_last:
        assert script.taken == []


@pytest.mark.parametrize("word", ["AUTH", "STARTTLS"])
@pytest.mark.parametrize("do", ["before", "during", "silent", "after", "454 later", "535 never", "421 closing"])
def test_what_fails_before_the_message_is_no_doubt_about_it(word: str, do: str) -> None:
    """RFC 4954, RFC 3207: nothing has left, and no password without the protection that was asked for."""
    with scripted(Script(("AUTH PLAIN", "STARTTLS"), at=word, do=do)) as script:
        security = Security.STARTTLS if word == "STARTTLS" else Security.NONE
        server = Server("127.0.0.1", script.port, security, "anna")
        patience = 0.3 if do == "silent" else PATIENCE_SECONDS
        with pytest.raises(NetworkProblem) as caught:
            submit(server, "secret", "a@x.test", TO, RAW, timeout=patience, final_timeout=patience)
    assert not isinstance(caught.value, SubmitOutcomeUnknown)
    assert script.taken == [] and not any(line.startswith("MAIL") for line in script.heard)
    assert word == "AUTH" or not any(line.startswith("AUTH") for line in script.heard)


@pytest.mark.parametrize("do", ["before", "during", "silent", "after", "451 later", "554 never", "421 closing"])
def test_a_goodbye_that_fails_takes_nothing_back(do: str) -> None:
    with scripted(Script(MODERN, at="QUIT", do=do)) as script:
        assert send(script).accepted == TO
    assert len(script.taken) == 1 or do in ("451 later", "554 never")


@pytest.mark.parametrize("extensions", [PLAIN, MODERN])
def test_partial_acceptance_is_said_for_each_recipient(extensions: tuple[str, ...]) -> None:
    answers = {"RCPT TO:<no@x.test>": "550 no such user", "RCPT TO:<full@x.test>": "452 mailbox full"}
    with scripted(Script(extensions, answers=answers)) as script:
        result = send(script, to=("b@x.test", "no@x.test", "full@x.test", "c@x.test"))
    assert result.accepted == TO
    assert result.refused == {"no@x.test": "no such user", "full@x.test": "mailbox full"}
    assert len(script.taken) == 1


@pytest.mark.parametrize("extensions", [PLAIN, MODERN])
def test_when_everybody_is_refused_no_content_leaves(extensions: tuple[str, ...]) -> None:
    nobody = Script(extensions, at="RCPT", do="550 nobody")
    with scripted(nobody) as script, pytest.raises(ServerRefused, match="all recipients"):
        send(script)
    assert script.taken == [] and not any(line.startswith(("DATA", "BDAT")) for line in script.heard)


def test_many_recipients_are_asked_for_in_batches() -> None:
    many = tuple(f"r{number}@x.test" for number in range(450))
    with scripted(Script(MODERN)) as script:
        assert send(script, to=many).accepted == many


def test_a_message_above_the_servers_size_is_refused_before_it_leaves() -> None:
    with scripted(Script(("SIZE 10",))) as script, pytest.raises(ServerRefused, match="takes at most"):
        send(script)
    assert not any(line.startswith("MAIL") for line in script.heard)


def test_a_server_without_smtputf8_is_named_rfc_6531() -> None:
    with scripted(Script(PLAIN)) as script, pytest.raises(ServerRefused, match="letters outside of ASCII"):
        send(script, to=("dörte@x.test",))
    with scripted(Script(MODERN)) as script:
        send(script, to=("dörte@x.test",))
    assert "RCPT TO:<dörte@x.test>" in script.heard
    assert any(line.endswith("SMTPUTF8 BODY=8BITMIME") for line in script.heard)


@pytest.mark.parametrize(("extensions", "asked"), [(MODERN, True), (PLAIN, False)])
def test_delivery_reports_are_asked_for_only_where_they_are_known_rfc_3461(
    extensions: tuple[str, ...], asked: bool
) -> None:
    with scripted(Script(extensions)) as script:
        send(script, delivery_reports=True)
    said = " ".join(script.heard)
    assert ("NOTIFY=SUCCESS,DELAY,FAILURE" in said) is asked and ("RET=HDRS" in said) is asked
    with scripted(Script(extensions)) as script:
        send(script)
    assert "NOTIFY" not in " ".join(script.heard)
