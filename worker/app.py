"""The Celery app: the queue is a nudge, the rows are the truth. Importing it connects to nothing."""

from datetime import timedelta
from typing import Any, Final

from celery import Celery
from celery.signals import setup_logging
from kombu.entity import Queue

from schedules.beat import QUEUES, SOURCES_QUEUE, TICKS
from worker.delivery.smtp import LAST_REPLY_SECONDS
from worker.local.servers import Servers, local_servers
from worker.logs import set_up_logging
from worker.settings import Settings, load_settings

SOFT_LIMIT_SECONDS: Final = 420
HARD_LIMIT_SECONDS: Final = 480
VISIBILITY_SECONDS: Final = 600
MAIL_STARTS_FOR_SECONDS: Final = 60

_held: list[Servers] = []


def check_order(*limits: float) -> None:
    """Refuse limits that would let one stage outlive the next; ValueError names them."""
    if list(limits) != sorted(set(limits)):
        raise ValueError(f"found limits {limits}; allowed: SMTP reply < soft limit < hard limit < visibility timeout")


def configuration() -> dict[str, Any]:
    """Give Celery's settings; read once, when the first process part asks."""
    check_order(LAST_REPLY_SECONDS, SOFT_LIMIT_SECONDS, HARD_LIMIT_SECONDS, VISIBILITY_SECONDS)
    settings = load_settings()
    return {
        "broker_url": _broker(settings),
        "timezone": "UTC",
        "enable_utc": True,
        "result_backend": None,
        "task_ignore_result": True,
        "task_serializer": "json",
        "accept_content": ["json"],
        "task_acks_late": True,
        "task_reject_on_worker_lost": True,
        "task_soft_time_limit": SOFT_LIMIT_SECONDS,
        "task_time_limit": HARD_LIMIT_SECONDS,
        "task_default_queue": "events",
        "task_routes": {tick.task: {"queue": tick.queue} for tick in TICKS.values()}
        | {"backorder.poll_source": {"queue": SOURCES_QUEUE}},
        "task_queues": [Queue(name) for name in QUEUES],
        "task_create_missing_queues": True,
        "task_publish_retry_policy": {"max_retries": 1, "interval_start": 0, "interval_step": 0.1},
        "worker_prefetch_multiplier": 1,
        "worker_max_tasks_per_child": 10_000,
        "worker_max_memory_per_child": 400_000,
        "worker_soft_shutdown_timeout": 60.0,
        "worker_enable_soft_shutdown_on_idle": True,
        "worker_cancel_long_running_tasks_on_connection_loss": False,
        "worker_send_task_events": False,
        "worker_hijack_root_logger": False,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,
        "broker_transport_options": {
            "visibility_timeout": VISIBILITY_SECONDS,
            "socket_timeout": 15,
            "socket_connect_timeout": 5,
            "socket_keepalive": True,
            "health_check_interval": 10,
            "global_keyprefix": "backorder.",
        },
        "beat_scheduler": "worker.beating:SleepingScheduler",
        "beat_max_loop_interval": 1,
        "beat_schedule": {
            name: {
                "task": tick.task,
                "schedule": tick.every,
                "kwargs": {"ahead": True} if tick.ahead else {},
                "options": {"queue": tick.queue, "expires": tick.every / timedelta(seconds=1)},
            }
            for name, tick in TICKS.items()
        },
    }


def _broker(settings: Settings) -> str:
    if settings.broker_url:
        return settings.broker_url
    if not _held:
        _held.append(local_servers(settings.state))
    return _held[0].broker_url


@setup_logging.connect
def _logging(**_: object) -> None:
    set_up_logging(load_settings().log)


app = Celery("backorder", include=["worker.tasks"])
app.add_defaults(configuration)
