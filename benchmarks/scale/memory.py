"""What one worker process holds after planning and sending some batches, in a process of its own."""

import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from worker.delivery.smtp import Server, SmtpTransport
from worker.process import Process  # noqa: F401 - a real process has imported it
from worker.storage import instances
from worker.storage.engine import make_engine
from worker.tasks import plan  # noqa: F401 - and all tasks
from worker.usecases.flight import Sender
from worker.usecases.plan_due import plan_due
from worker.usecases.send_due import send_due
from worker.wiring import parts_for

BATCHES: Final = 20


def used(url: str, mail_port: int, now: datetime) -> dict[str, Any]:
    """Run a process through some batches; give mails and its largest size in MB."""
    command = [sys.executable, "-m", __spec__.name, url, str(mail_port), now.isoformat()]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    planned, sent, megabytes = done.stdout.split()[-3:]
    return {"planned": int(planned), "sent": int(sent), "megabytes": int(megabytes)}


def _work(url: str, port: int, now: datetime) -> None:
    engine = make_engine(url)
    parts = parts_for(engine, lambda _: now, "bench.example")
    planned = sum(plan_due(parts) for _ in range(BATCHES))
    with engine.begin() as connection:
        instance = instances.register(connection, "memory", now)
    sender = Sender(instance=instance, transport=SmtpTransport(Server(host="127.0.0.1", port=port)))
    sent = 0
    while done := send_due(parts, sender):
        sent += done
    sender.transport.close()
    engine.dispose()
    print(planned, sent // 2, _largest_kilobytes() // 1024)


def _largest_kilobytes() -> int:
    """Read this program's peak; that of `getrusage` may be one of the process that started it."""
    line = next(line for line in Path("/proc/self/status").read_text("ascii").splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1])


if __name__ == "__main__":
    _work(sys.argv[1], int(sys.argv[2]), datetime.fromisoformat(sys.argv[3]))
