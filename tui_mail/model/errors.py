"""Every error that tui-mail raises on purpose. Each message is a sentence for people that says what to do next.

The tree::

    TuiMailError
    ├── UsageError               the command line or a settings file asks for something impossible
    │   └── NewerEngine          the engine that runs is of a newer version than this program
    ├── MalformedInput           bytes that do not parse (CMS, certificate, PKCS#12, MIME limit)
    │   └── LimitExceeded        a named limit on foreign data was reached
    ├── UnsupportedAlgorithm     known or unknown algorithm that we name but cannot compute
    ├── DecryptionFailed         uniform: never says which step failed
    ├── NoDecryptionKey          none of our keys is among the recipients
    ├── CertificateProblem       a certificate cannot be used for what was asked
    ├── VaultError
    │   ├── WrongPassphrase
    │   └── VaultLocked
    ├── StoreError
    │   ├── StoreBusy            another, older engine holds the database
    │   ├── StoreFull            the disk is full
    │   └── StoreDamaged         wrong key or a damaged file
    ├── NetworkProblem
    │   ├── CannotConnect        name, address, refused, timeout
    │   ├── CertificateRefused   the server's TLS certificate is not acceptable
    │   ├── LoginRefused         the server refused user name or password
    │   ├── ConnectionLost       the server went away in the middle
    │   ├── ServerBusy           the server asks to be left alone for a while; ``retry_seconds`` is how long
    │   └── ServerRefused        the server answered NO or 5xx; ``answer`` holds its words
    └── EngineGone               the engine's socket closed or never answered
"""


class TuiMailError(Exception):
    """Base of all errors raised on purpose; ``str(error)`` can be shown to a person as it is."""


class UsageError(TuiMailError):
    """The command line or a settings file asks for something that cannot be."""


class NewerEngine(UsageError):
    """The engine that runs is of a newer version than this program."""


class MalformedInput(TuiMailError):
    """Foreign bytes do not have the form that their standard demands."""


class LimitExceeded(MalformedInput):
    """A named limit on foreign data was reached."""


class UnsupportedAlgorithm(TuiMailError):
    """An algorithm that is named but not computed here."""


class DecryptionFailed(TuiMailError):
    """The content could not be decrypted. The text is always the same, so that it is no oracle (RFC 8551 section 6)."""

    def __init__(self) -> None:
        super().__init__("This message could not be decrypted.")


class NoDecryptionKey(TuiMailError):
    """The message was encrypted for certificates of which no private key is here."""


class CertificateProblem(TuiMailError):
    """A certificate cannot be used for the purpose that was asked."""


class VaultError(TuiMailError):
    """The vault cannot be read or written."""


class WrongPassphrase(VaultError):
    """The passphrase does not open the vault, the key file or the PKCS#12 file."""


class VaultLocked(VaultError):
    """A private key is needed and the vault is locked."""


class StoreError(TuiMailError):
    """The store cannot do what was asked."""


class StoreBusy(StoreError):
    """Another process holds the store."""


class StoreFull(StoreError):
    """The disk has no room."""


class StoreDamaged(StoreError):
    """The key does not fit or the file is damaged."""


class NetworkProblem(TuiMailError):
    """Something between us and a server went wrong."""


class CannotConnect(NetworkProblem):
    """No connection: unknown name, refused, unreachable or timed out."""


class CertificateRefused(NetworkProblem):
    """The server's TLS certificate cannot be accepted."""


class LoginRefused(NetworkProblem):
    """The server refused the user name or the password."""


class ConnectionLost(NetworkProblem):
    """The connection ended in the middle of a conversation."""


class ServerBusy(NetworkProblem):
    """The server asks to be left alone for a while.

    Attributes:
        retry_seconds: how long.
    """

    def __init__(self, sentence: str, retry_seconds: float = 0.0) -> None:
        super().__init__(sentence)
        self.retry_seconds = retry_seconds


class ServerRefused(NetworkProblem):
    """The server answered NO, BAD or a 4xx/5xx code.

    Attributes:
        answer: the server's own words, raw foreign text.
        code: the SMTP reply code, 0 for IMAP.
    """

    def __init__(self, sentence: str, answer: str = "", code: int = 0) -> None:
        super().__init__(sentence)
        self.answer = answer
        self.code = code


class EngineGone(TuiMailError):
    """The engine is not there or stopped in the middle of a command."""
