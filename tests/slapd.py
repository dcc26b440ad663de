"""A real OpenLDAP server on a loopback port, filled before it starts."""

import base64
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from tests.daemon import Daemon, free_port
from tests.patience import PATIENCE_SECONDS
from tests.tls_files import TlsFiles

_PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
SCHEMAS = Path("/etc/ldap/schema")
MODULES = Path("/usr/lib/ldap")


def why_not() -> str:
    """Why slapd cannot run here; empty when it can."""
    if shutil.which("slapd", path=_PATH) is None or shutil.which("slapadd", path=_PATH) is None:
        return "slapd is not installed"
    return "" if SCHEMAS.is_dir() else "OpenLDAP's schema files are not here"


@dataclass(frozen=True)
class Entry:
    """One person (or organisation): `mail`, and certificates by attribute, like {"userCertificate;binary": [der]}."""

    mail: str
    attributes: Mapping[str, Sequence[bytes]] = field(default_factory=dict)

    def ldif(self, base: str, number: int) -> str:
        lines = [
            f"dn: cn={number},{base}",
            "objectClass: inetOrgPerson",
            f"cn: {number}",
            f"sn: {number}",
            f"mail: {self.mail}",
        ]
        for name, values in self.attributes.items():
            lines += [f"{name}:: {base64.b64encode(value).decode()}" for value in values]
        return "\n".join(lines) + "\n\n"


class Slapd(Daemon):
    """Holds `entries` below `base`. With `tls` also answers on `tls_port`. All other bases are at `referral`."""

    def __init__(
        self, folder: Path, base: str, entries: Sequence[Entry], tls: TlsFiles | None = None, referral: str = ""
    ) -> None:
        folder.mkdir(parents=True)
        self.base = base
        self.port = free_port()
        self.tls_port = free_port() if tls else 0
        config = folder / "slapd.conf"
        (folder / "data").mkdir()
        secrets = f"TLSCertificateFile {tls.certificate_file}\nTLSCertificateKeyFile {tls.key_file}\n" if tls else ""
        elsewhere = f"referral {referral}\n" if referral else ""
        config.write_text(
            "".join(f"include {SCHEMAS}/{name}.schema\n" for name in ("core", "cosine", "inetorgperson"))
            + f"modulepath {MODULES}\nmoduleload back_mdb\npidfile {folder}/pid\n{elsewhere}{secrets}"
            + f'database mdb\nsuffix "{base}"\ndirectory {folder}/data\nmaxsize 16777216\n'
        )
        data = folder / "data.ldif"
        top = f"dn: {base}\nobjectClass: dcObject\nobjectClass: organization\no: x\ndc: {base[3:].split(',')[0]}\n\n"
        data.write_text(top + "".join(entry.ldif(base, number) for number, entry in enumerate(entries)))
        slapadd = shutil.which("slapadd", path=_PATH) or "slapadd"
        done = subprocess.run(
            [slapadd, "-q", "-f", str(config), "-l", str(data)],
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
        )
        assert done.returncode == 0, done.stderr
        urls = f"ldap://127.0.0.1:{self.port}" + (f" ldaps://127.0.0.1:{self.tls_port}" if tls else "")
        command = [shutil.which("slapd", path=_PATH) or "slapd", "-d", "0", "-f", str(config), "-h", urls]
        super().__init__(command, [self.port, self.tls_port] if tls else [self.port], folder / "log")
