"""The live test of an account: each thing that a person can get wrong has its step and its sentence."""

import msgspec
import pytest

from tests.daemon import free_port
from tests.servers import MailServers
from tui_mail.model.account import Account, Security
from tui_mail.net.trial import TrialStep, try_account

ANNA, GUEST = "anna@clinic.test", "guest@clinic.test"
STEPS = ["Receiving server", "Receiving login", "Folders", "Sending server and login", "Right to send"]


def _try(account: Account, imap_password: str, smtp_password: str = "") -> list[TrialStep]:
    return list(try_account(account, imap_password, smtp_password or imap_password, timeout=2.0))


def test_a_right_account_passes_every_step_and_sends_nothing(mail_servers: MailServers) -> None:
    mail_servers.empty(ANNA)
    steps = _try(mail_servers.account(ANNA), mail_servers.users[ANNA])
    assert [step.name for step in steps] == STEPS
    assert all(step.ok for step in steps), steps
    assert mail_servers.mailbox(ANNA) == []


@pytest.mark.parametrize(
    ("wrong", "step", "sentence"),
    [
        ("imap host", 0, "is unknown"),
        ("imap port", 0, "accepts no connection"),
        ("imap security", 0, "Choose STARTTLS"),
        ("imap ca", 0, "name the PEM file"),
        ("imap password", 1, "Check the user name and the password"),
        ("smtp port", 3, "accepts no connection"),
        ("smtp security", 3, "Choose STARTTLS"),
        ("smtp ca", 3, "name the PEM file"),
        ("smtp password", 3, "Check the user name and the password"),
        ("sender", 4, "not owned by user"),
    ],
)
def test_the_step_that_fails_is_the_last_and_says_what_to_do(
    mail_servers: MailServers, wrong: str, step: int, sentence: str
) -> None:
    user = GUEST if wrong == "sender" else ANNA
    account = mail_servers.account(user)
    passwords = {"imap": mail_servers.users[user], "smtp": mail_servers.users[user]}
    side, _, what = wrong.partition(" ")
    if side in passwords:
        server = account.imap if side == "imap" else account.smtp
        starttls = mail_servers.imap_server(user, Security.STARTTLS) if side == "imap" else server
        match what:
            case "host":
                server = msgspec.structs.replace(server, host="no-such-host.invalid")
            case "port":
                server = msgspec.structs.replace(server, port=free_port())
            case "security":
                server = msgspec.structs.replace(starttls, security=Security.TLS)
            case "ca":
                server = msgspec.structs.replace(server, ca_file="")
            case "password":
                passwords[side] = "wrong"
        account = msgspec.structs.replace(account, **{side: server})
    steps = _try(account, passwords["imap"], passwords["smtp"])
    assert [entry.name for entry in steps] == STEPS[: step + 1]
    assert [entry.ok for entry in steps] == [True] * step + [False]
    assert sentence in steps[-1].sentence
