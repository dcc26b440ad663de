"""The servers that the wizard proposes."""

from tui_mail.model.account import Security, Server
from tui_mail.model.server_guess import guess_servers


def test_an_unknown_domain_gets_imap_and_smtp_with_implicit_tls() -> None:
    """RFC 8314 section 3: implicit TLS on 993 and 465."""
    assert guess_servers("anna@clinic.example") == (
        Server("imap.clinic.example", 993, Security.TLS, "anna@clinic.example"),
        Server("smtp.clinic.example", 465, Security.TLS, "anna@clinic.example"),
    )


def test_a_known_provider_gets_its_own_names() -> None:
    imap, smtp = guess_servers("anna@Outlook.com")
    assert imap.host == "outlook.office365.com"
    assert (smtp.host, smtp.port, smtp.security) == ("smtp.office365.com", 587, Security.STARTTLS)


def test_no_address_gives_empty_hosts() -> None:
    imap, smtp = guess_servers("")
    assert imap.host == smtp.host == ""
