"""django-post_office on PostgreSQL: `post.py migrate`, `post.py default N`, `post.py best N`; prints seconds."""

import logging
import os
import sys
import time
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command

BEST = {"BATCH_SIZE": 1000, "LOG_LEVEL": 0, "THREADS_PER_PROCESS": 5, "SENDING_ORDER": ["-priority"]}
SENDER = "updates@bergmann.example.com"


def main(what: str, mails: int) -> None:
    settings.configure(
        DATABASES={
            "default": {
                "ENGINE": "django.db.backends.postgresql",
                "NAME": os.environ["POST_DATABASE"],
                "HOST": os.environ["POST_SOCKETS"],
                "USER": "postgres",
            }
        },
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=int(os.environ["POST_MAIL_PORT"]),
        POST_OFFICE=BEST if what == "best" else {},
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
        USE_TZ=True,
    )
    django.setup()
    logging.disable(logging.WARNING)
    if what == "migrate":
        call_command("migrate", verbosity=0)
        return
    from post_office import mail  # noqa: PLC0415 - models need a set-up Django
    from post_office.models import Email, EmailTemplate  # noqa: PLC0415 - models need a set-up Django

    folder = Path(os.environ["POST_TEMPLATES"])
    text, html = (folder / "body.txt").read_text("utf-8"), (folder / "body.html").read_text("utf-8")
    Email.objects.all().delete()
    EmailTemplate.objects.all().delete()
    subject = "Order {{ order }} (your PO {{ po }}): nothing has changed since our last update"
    EmailTemplate.objects.create(name="update", subject=subject, content=text, html_content=html)
    began = time.perf_counter()
    if what == "default":
        for number in range(mails):
            words = {"order": f"S-{number}", "po": "4500017733", "ordered": 120, "ready": 80, "delayed": 40}
            mail.send(f"p{number}@muster.example.com", SENDER, template="update", context=words)
        call_command("send_queued_mail", verbosity=0)
    else:
        for first in range(0, mails, 500):
            mail.send_many(
                [
                    {
                        "recipients": [f"p{number}@muster.example.com"],
                        "sender": SENDER,
                        "subject": f"Order S-{number}: nothing has changed since our last update",
                        "message": text.replace("{{ order }}", f"S-{number}"),
                        "html_message": html.replace("{{ order }}", f"S-{number}"),
                    }
                    for number in range(first, min(first + 500, mails))
                ]
            )
        call_command("send_queued_mail", processes=2, verbosity=0)
    seconds = time.perf_counter() - began
    assert Email.objects.filter(status=0).count() == mails, Email.objects.values_list("status")[:5]
    print(seconds)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 0)
