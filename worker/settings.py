"""Settings from the environment, read once; all faults are reported together (BACKORDER_*)."""

import os
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from email_validator import EmailNotValidError, validate_email

from worker import affinity

SHORTEST_KEY: Final = 16
SMTP_PORT: Final = 25
SMTPS_PORT: Final = 465
IMAP_PORT: Final = 143
IMAPS_PORT: Final = 993
MOST_CONNECTIONS: Final = 20
KNOWN: Final = (
    "BACKORDER_DATABASE_URL",
    "BACKORDER_BROKER_URL",
    "BACKORDER_MAIL_URL",
    "BACKORDER_PUBLIC_URL",
    "BACKORDER_SECRET_KEY",
    "BACKORDER_OPERATOR",
    "BACKORDER_BOUNCE_ADDRESS",
    "BACKORDER_BOUNCE_MAILBOX",
    "BACKORDER_DKIM_KEYS",
    "BACKORDER_LOG",
    "BACKORDER_SOURCES",
    "BACKORDER_CPU_AFFINITY",
)


class SettingsError(ValueError):
    """Settings that cannot be used; the text lists every fault with what is allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailTarget:
    """Where mails go: a server, or a folder."""

    folder: Path | None = None
    host: str = ""
    port: int = SMTP_PORT
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    starttls: bool = False
    tls: bool = False
    connections: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """Where mails that came back wait to be read."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    folder: str = "INBOX"
    tls: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything the processes need to know; None means: embedded, or the local mail catcher."""

    database_url: str | None = field(default=None, repr=False)
    broker_url: str | None = field(default=None, repr=False)
    mail: MailTarget | None = None
    public_url: str = "http://127.0.0.1:8000"
    secret_key: str = field(repr=False)
    operator: str | None = None
    bounce_address: str | None = None
    bounce_mailbox: Mailbox | None = None
    dkim_keys: Path | None = None
    log: str = "console"
    state: Path = Path(".local")
    sources: Path = Path("sources")
    cpu_affinity: str = affinity.OFF

    @property
    def host(self) -> str:
        """The right side of Message-IDs: the host of the public address."""
        return urlsplit(self.public_url).hostname or "localhost"


def load_settings(environ: Mapping[str, str] | None = None, state: Path | None = None) -> Settings:
    """Read the environment; SettingsError names every fault at once, and no secret."""
    given = {name: value for name, value in (environ or os.environ).items() if value}
    folder = state or state_folder()
    faults: list[str] = []
    database = _database(given, faults)
    settings = Settings(
        database_url=database,
        broker_url=_broker(given, faults),
        mail=_mail(given, faults),
        public_url=_public(given, faults),
        secret_key=_key(given, folder, faults, embedded=database is None),
        operator=_address(given, "BACKORDER_OPERATOR", "ops@example.com", faults),
        bounce_address=_address(given, "BACKORDER_BOUNCE_ADDRESS", "bounces@example.com", faults),
        bounce_mailbox=_mailbox(given, faults),
        dkim_keys=_folder(given, "BACKORDER_DKIM_KEYS", faults),
        log=_log(given, faults),
        state=folder,
        sources=Path(given.get("BACKORDER_SOURCES") or folder.parent / "sources"),
        cpu_affinity=_cpu_affinity(given, faults),
    )
    faults += [
        f"{name}: found an unknown name; allowed: {', '.join(KNOWN)}"
        for name in given
        if name.startswith("BACKORDER_") and name not in KNOWN
    ]
    if faults:
        raise SettingsError("these settings cannot be used:\n" + "\n".join(f"  {fault}" for fault in faults))
    return settings


def state_folder() -> Path:
    """Give `.local` beside the project that this code runs from, or in the current folder."""
    project = Path(__file__).resolve().parents[1]
    return (project if (project / "pyproject.toml").exists() else Path.cwd()) / ".local"


def _database(given: Mapping[str, str], faults: list[str]) -> str | None:
    url = given.get("BACKORDER_DATABASE_URL")
    if url is None:
        return None
    scheme = urlsplit(url).scheme
    if scheme not in {"postgresql", "postgres", "postgresql+psycopg"}:
        faults.append(
            f"BACKORDER_DATABASE_URL: found scheme `{scheme}`; allowed: postgresql://user:password@host/database"
        )
        return url
    return "postgresql+psycopg" + url[len(scheme) :]


def _broker(given: Mapping[str, str], faults: list[str]) -> str | None:
    url = given.get("BACKORDER_BROKER_URL")
    if url is not None and urlsplit(url).scheme not in {"redis", "rediss", "amqp", "amqps", "redis+socket"}:
        faults.append(
            f"BACKORDER_BROKER_URL: found scheme `{urlsplit(url).scheme}`; allowed: redis://, rediss://, amqp://"
        )
    return url


def _port(parts: SplitResult) -> int | None:
    """Give the port that an address names; None without one, -1 for one that is no port."""
    try:
        return parts.port
    except ValueError:
        return -1


def _mail(given: Mapping[str, str], faults: list[str]) -> MailTarget | None:
    url = given.get("BACKORDER_MAIL_URL")
    if url is None:
        return None
    parts = urlsplit(url)
    port = _port(parts)
    if parts.scheme == "file" and parts.path.startswith("/"):
        return MailTarget(folder=Path(unquote(parts.path)))
    if parts.scheme not in {"smtp", "smtps"} or not parts.hostname or port == -1:
        allowed = "smtp://[user:password@]host:port[?starttls=1], smtps://…, file:///folder"
        faults.append(f"BACKORDER_MAIL_URL: found `{parts.scheme}:` without a usable host or path; allowed: {allowed}")
        return None
    return MailTarget(
        host=parts.hostname,
        port=port or (SMTPS_PORT if parts.scheme == "smtps" else SMTP_PORT),
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password) if parts.password else None,
        starttls=parse_qs(parts.query).get("starttls") == ["1"],
        tls=parts.scheme == "smtps",
        connections=_connections(parts.query, faults),
    )


def _connections(query: str, faults: list[str]) -> int:
    wanted = parse_qs(query).get("connections", ["4"])[-1]
    if wanted.isdecimal() and 1 <= int(wanted) <= MOST_CONNECTIONS:
        return int(wanted)
    faults.append(f"BACKORDER_MAIL_URL: found connections={wanted[:20]}; allowed: 1 to {MOST_CONNECTIONS} per process")
    return 1


def _public(given: Mapping[str, str], faults: list[str]) -> str:
    url = given.get("BACKORDER_PUBLIC_URL", "http://127.0.0.1:8000")
    if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
        faults.append(f"BACKORDER_PUBLIC_URL: found `{url[:80]}`; allowed: https://host[:port]")
    return url.rstrip("/")


def _key(given: Mapping[str, str], folder: Path, faults: list[str], *, embedded: bool) -> str:
    key = given.get("BACKORDER_SECRET_KEY")
    if key is None and embedded:
        return local_key(folder)
    if key is None:
        faults.append(
            "BACKORDER_SECRET_KEY: found nothing while BACKORDER_DATABASE_URL is set; allowed: a secret of at least"
            f" {SHORTEST_KEY} characters, the same for every process (`openssl rand -hex 32` makes one)"
        )
        return ""
    if len(key) < SHORTEST_KEY:
        faults.append(f"BACKORDER_SECRET_KEY: found {len(key)} characters; allowed: at least {SHORTEST_KEY}")
    return key


def local_key(folder: Path) -> str:
    """Read the key of this machine; made once, also if two processes come at the same time."""
    path = folder / "secret-key"
    folder.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        draft = folder / f"secret-key.{os.getpid()}"
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as target:
            target.write(secrets.token_hex(32))
        try:
            path.hardlink_to(draft)
        except FileExistsError:
            pass  # another process made it a moment ago
        finally:
            draft.unlink()
    return path.read_text().strip()


def _address(given: Mapping[str, str], name: str, example: str, faults: list[str]) -> str | None:
    address = given.get(name)
    if address is None:
        return None
    try:
        return validate_email(address, check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        faults.append(f"{name}: found no email address; allowed: one address such as {example}")
        return None


def _folder(given: Mapping[str, str], name: str, faults: list[str]) -> Path | None:
    path = given.get(name)
    if path is not None and not Path(path).is_dir():
        faults.append(f"{name}: found no folder `{path[:80]}`; allowed: an existing folder")
        return None
    return Path(path) if path else None


def _mailbox(given: Mapping[str, str], faults: list[str]) -> Mailbox | None:
    url = given.get("BACKORDER_BOUNCE_MAILBOX")
    if url is None:
        return None
    parts = urlsplit(url)
    port = _port(parts)
    if parts.scheme not in {"imap", "imaps"} or not parts.hostname or not parts.username or port == -1:
        allowed = "imaps://user:pass@host[:port][/folder], imap:// on a private network"
        faults.append(f"BACKORDER_BOUNCE_MAILBOX: found `{parts.scheme}:` without host and user; allowed: {allowed}")
        return None
    return Mailbox(
        host=parts.hostname,
        port=port or (IMAPS_PORT if parts.scheme == "imaps" else IMAP_PORT),
        user=unquote(parts.username),
        password=unquote(parts.password or ""),
        folder=unquote(parts.path.strip("/")) or "INBOX",
        tls=parts.scheme == "imaps",
    )


def _log(given: Mapping[str, str], faults: list[str]) -> str:
    form = given.get("BACKORDER_LOG") or ("console" if sys.stderr.isatty() else "json")
    if form not in {"console", "json"}:
        faults.append(f"BACKORDER_LOG: found `{form[:40]}`; allowed: console, json")
    return form


def _cpu_affinity(given: Mapping[str, str], faults: list[str]) -> str:
    choice = given.get("BACKORDER_CPU_AFFINITY", affinity.OFF)
    if choice not in affinity.CHOICES:
        faults.append(f"BACKORDER_CPU_AFFINITY: found `{choice[:40]}`; allowed: {', '.join(affinity.CHOICES)}")
    elif choice == affinity.AUTO and not affinity.POSSIBLE:
        faults.append(
            "BACKORDER_CPU_AFFINITY: found `auto`; allowed on this system: off, it cannot keep a process to a core"
        )
    return choice
