"""A real OCSP responder on loopback: `openssl ocsp` with an index file that the test writes."""

import shutil
import time
from collections.abc import Sequence
from pathlib import Path

from cryptography.hazmat.primitives import serialization

from tests.daemon import Daemon, ServerDidNotStart, free_port
from tests.patience import PATIENCE_SECONDS
from tests.pki import Authority, Identity, private_key


def why_not() -> str:
    """Why no responder can run here; empty when one can."""
    return "" if shutil.which("openssl") else "openssl is not installed"


class OcspResponder:
    """Answers for `ca`, signing as `signer` (the authority itself when None)."""

    def __init__(self, folder: Path, ca: Authority, signer: Identity | None = None) -> None:
        self._index = folder / "index.txt"
        self._index.write_text("")
        (folder / "index.txt.attr").write_text("unique_subject = no\n")
        ca_file, certificate, key = folder / "ca.pem", folder / "responder.pem", folder / "responder.key"
        ca_file.write_bytes(ca.pem)
        certificate.write_bytes(signer.certificate_pem if signer else ca.pem)
        key.write_bytes(
            (private_key(signer) if signer else ca.private).private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.port = free_port()
        files = ["-index", self._index, "-CA", ca_file, "-rsigner", certificate, "-rkey", key]
        command = ["openssl", "ocsp", "-port", str(self.port), *map(str, files), "-ndays", "1", "-ignore_err"]
        # No port to wait for: a connection that asks nothing makes this program wait for its question for ever.
        self._log = folder / "ocsp.log"
        self._daemon = Daemon(command, [], self._log)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://localhost:{self.port}/"

    def know(self, good: Sequence[Identity] = (), revoked: Sequence[Identity] = ()) -> None:
        """Start with these certificates in the index."""
        lines = [f"V\t350101000000Z\t\t{self._serial(one)}\tunknown\t/CN=x" for one in good]
        lines += [
            f"R\t350101000000Z\t260101000000Z,keyCompromise\t{self._serial(one)}\tunknown\t/CN=x" for one in revoked
        ]
        self._index.write_text("".join(line + "\n" for line in lines))
        self._daemon.stop()
        self._log.unlink(missing_ok=True)
        self._daemon.start()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while "waiting for" not in self._log.read_text():
            if time.monotonic() > deadline or not self._daemon.running:
                raise ServerDidNotStart(self._log.read_text())
            time.sleep(0.01)

    def stop(self) -> None:
        """End it."""
        self._daemon.stop()

    @staticmethod
    def _serial(identity: Identity) -> str:
        text = f"{identity.x509.serial_number:X}"
        return text if len(text) % 2 == 0 else f"0{text}"
