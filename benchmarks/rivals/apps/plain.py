"""The Celery app that most teams write: beat selects what is due, one task per mail, a connection per mail."""

import os
import smtplib
from email.message import EmailMessage
from functools import lru_cache
from pathlib import Path

import jinja2
import psycopg
from celery import Celery

app = Celery("plain", broker=os.environ["PLAIN_BROKER"])
app.conf.update(
    task_ignore_result=True,
    worker_prefetch_multiplier=4,
    beat_schedule={"due": {"task": "plain.send_due", "schedule": 1.0, "options": {"expires": 1}}},
    beat_schedule_filename=os.environ["PLAIN_SCHEDULE"],
)


@lru_cache(maxsize=1)
def database() -> psycopg.Connection:
    return psycopg.connect(os.environ["PLAIN_DATABASE"])


@lru_cache(maxsize=1)
def templates() -> jinja2.Environment:
    folder = Path(os.environ["PLAIN_TEMPLATES"])
    return jinja2.Environment(loader=jinja2.FileSystemLoader(folder), autoescape=True)


@app.task
def send_due() -> None:
    """Find due updates, and ask for a task for each."""
    connection = database()
    found = connection.execute(
        "update update_due set state = 'queued' where state = 'due' and due_at <= now() returning id"
    ).fetchall()
    connection.commit()
    for (number,) in found:
        send_one.delay(number)


@app.task
def send_one(number: int) -> None:
    """Read, render, send, note."""
    connection = database()
    row = connection.execute(
        "select order_no, po, recipient, ordered, ready from update_due where id = %s and state = 'queued'", (number,)
    ).fetchone()
    if row is None:
        return
    order, po, recipient, ordered, ready = row
    words = {"order": order, "po": po, "ordered": ordered, "ready": ready, "delayed": ordered - ready}
    mail = EmailMessage()
    mail["Subject"] = f"Order {order} (your PO {po}): nothing has changed since our last update"
    mail["From"], mail["To"] = "updates@bergmann.example.com", recipient
    mail.set_content(templates().get_template("body.txt").render(words))
    mail.add_alternative(templates().get_template("body.html").render(words), subtype="html")
    with smtplib.SMTP("127.0.0.1", int(os.environ["PLAIN_MAIL_PORT"])) as server:
        server.send_message(mail)
    connection.execute("update update_due set state = 'sent', sent_at = now() where id = %s", (number,))
    connection.commit()
