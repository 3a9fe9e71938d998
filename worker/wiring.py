"""The only place where parts meet. Nothing connects at import."""

import smtplib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from sqlalchemy import Engine

from worker.delivery.catcher import Catcher, catcher_address
from worker.delivery.dkim import Signer
from worker.delivery.files import FileTransport
from worker.delivery.mailbox import MailboxServer
from worker.delivery.smtp import Server, SmtpTransport
from worker.delivery.transport import Transport
from worker.links import REPLAYED, Links
from worker.local.servers import Servers, local_servers
from worker.rendering.phrasebook import load_phrasebook
from worker.rendering.rendering import Renderer
from worker.settings import MailTarget, Settings
from worker.storage.engine import Clock, database_clock, make_engine
from worker.updates.returnpath import ReturnPath
from worker.usecases.parts import Parts, unsigned


@dataclass(slots=True)
class House:
    """Addresses of what runs, and the parts that use it."""

    settings: Settings
    database_url: str
    broker_url: str
    parts: Parts

    @property
    def engine(self) -> Engine:
        return self.parts.engine


@lru_cache(maxsize=1)
def renderer() -> Renderer:
    """Give this process's renderer: templates are compiled once."""
    return Renderer()


def parts_elsewhere(settings: Settings, database_url: str) -> Parts:
    """Wire the parts of a process that another one starts to help it."""
    return parts_for(make_engine(database_url, pool_size=1), database_clock, settings.host, settings)


def links_of(settings: Settings) -> Links:
    """Give what signs and reads the links of a house."""
    return Links(settings.secret_key, settings.public_url)


def parts_for(engine: Engine, clock: Clock, host: str, settings: Settings | None = None) -> Parts:
    """Wire the parts around an engine and a clock; settings are what a house has and a replay has not."""
    path = return_path_of(settings) if settings else ReturnPath(None, "")
    return Parts(
        engine=engine,
        clock=clock,
        renderer=renderer(),
        phrasebook=load_phrasebook(),
        host=host,
        links=links_of(settings) if settings else REPLAYED,
        operator=settings.operator if settings else None,
        sign=Signer(settings.dkim_keys).sign if settings and settings.dkim_keys else unsigned,
        return_path=path.address_of,
        mail_of_return_path=path.mail_of,
    )


@contextmanager
def house(settings: Settings, pool_size: int = 5) -> Iterator[House]:
    """Give a wired house; servers that are not named by the settings are started, and released at the end."""
    with servers_of(settings) as (database_url, broker_url):
        engine = make_engine(database_url, pool_size=pool_size)
        try:
            parts = parts_for(engine, database_clock, settings.host, settings)
            yield House(settings, database_url, broker_url, parts)
        finally:
            engine.dispose()


@contextmanager
def servers_of(settings: Settings) -> Iterator[tuple[str, str]]:
    """Give database and broker, embedded where the settings name none."""
    embedded: Servers | None = None
    if settings.database_url is None or settings.broker_url is None:
        embedded = local_servers(settings.state)
    try:
        yield (
            settings.database_url or (embedded.database_url if embedded else ""),
            settings.broker_url or (embedded.broker_url if embedded else ""),
        )
    finally:
        if embedded:
            embedded.release()


def transport_of(settings: Settings) -> Transport:
    """Give the way out; the local mail catcher where none is named."""
    target = settings.mail
    if target is None:
        host, port = catcher_address(settings.state)
        return SmtpTransport(Server(host=host, port=port))
    if target.folder is not None:
        return FileTransport(target.folder)
    return SmtpTransport(server_of(target))


def server_of(target: MailTarget) -> Server:
    """Give the mail server that a target names."""
    return Server(
        host=target.host,
        port=target.port,
        user=target.user,
        password=target.password,
        starttls=target.starttls,
        tls=target.tls,
        connections=target.connections,
    )


def return_path_of(settings: Settings) -> ReturnPath:
    """Give the addresses to which mails come back; none where no address is set."""
    return ReturnPath(settings.bounce_address, settings.secret_key)


def bounce_mailbox_of(settings: Settings) -> MailboxServer | None:
    """Give the mailbox to which mails come back, if one is set."""
    box = settings.bounce_mailbox
    if box is None:
        return None
    return MailboxServer(
        host=box.host, port=box.port, user=box.user, password=box.password, folder=box.folder, tls=box.tls
    )


def mail_reachable(settings: Settings) -> str:
    """Tell in words whether the way out answers; OSError or SMTPException if not."""
    target = settings.mail
    if target is not None and target.folder is not None:
        return f"mails go to the folder {target.folder}"
    host, port = catcher_address(settings.state) if target is None else (target.host, target.port)
    factory: Callable[..., smtplib.SMTP] = smtplib.SMTP_SSL if target and target.tls else smtplib.SMTP
    with factory(host, port, timeout=5) as connection:
        connection.noop()
    return f"mail server {host}:{port} answers" + ("" if target else " (the local mail catcher)")


def open_catcher(state: Path) -> Catcher:
    """Start the local mail catcher of a state folder."""
    return Catcher(state)
