"""A first guess of a person's mail servers from the address; the setup wizard shows it and the person corrects it."""

from tui_mail.model.account import Security, Server

_KNOWN = {
    "gmail.com": ("imap.gmail.com", "smtp.gmail.com"),
    "googlemail.com": ("imap.gmail.com", "smtp.gmail.com"),
    "outlook.com": ("outlook.office365.com", "smtp.office365.com"),
    "hotmail.com": ("outlook.office365.com", "smtp.office365.com"),
    "icloud.com": ("imap.mail.me.com", "smtp.mail.me.com"),
    "me.com": ("imap.mail.me.com", "smtp.mail.me.com"),
    "gmx.net": ("imap.gmx.net", "mail.gmx.net"),
    "gmx.de": ("imap.gmx.net", "mail.gmx.net"),
    "web.de": ("imap.web.de", "smtp.web.de"),
    "posteo.de": ("posteo.de", "posteo.de"),
    "mailbox.org": ("imap.mailbox.org", "smtp.mailbox.org"),
    "fastmail.com": ("imap.fastmail.com", "smtp.fastmail.com"),
    "yahoo.com": ("imap.mail.yahoo.com", "smtp.mail.yahoo.com"),
}
_STARTTLS_ONLY = {"smtp.office365.com", "smtp.mail.me.com"}

IMAP_PORTS = {Security.TLS: 993, Security.STARTTLS: 143, Security.NONE: 143}
SMTP_PORTS = {Security.TLS: 465, Security.STARTTLS: 587, Security.NONE: 25}
"""The ports that belong to each kind of protection (RFC 8314 section 3)."""


def guess_servers(address: str) -> tuple[Server, Server]:
    """IMAP and SMTP server for an address, with implicit TLS where nothing else is known (RFC 8314 section 3)."""
    domain = address.rpartition("@")[2].strip().rstrip(".").lower()
    imap_host, smtp_host = _KNOWN.get(domain, (f"imap.{domain}", f"smtp.{domain}") if domain else ("", ""))
    submission = Security.STARTTLS if smtp_host in _STARTTLS_ONLY else Security.TLS
    return (
        Server(imap_host, IMAP_PORTS[Security.TLS], Security.TLS, address),
        Server(smtp_host, SMTP_PORTS[submission], submission, address),
    )
