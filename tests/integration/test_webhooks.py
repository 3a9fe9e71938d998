"""A buyer's decision reaches the seller's systems by a signed webhook, again and again until it is heard (R38)."""

import json
import threading
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tests.web import KEY, site, standing_case
from worker.chores.call_webhooks import call_webhooks
from worker.delivery.hooks import Caller
from worker.storage import orders, webhooks
from worker.usecases.source_keys import signature, webhook_secret


@pytest.fixture
def target():
    """A system of the seller that answers as it is told, and keeps what it heard."""
    heard, answers = [], [500]

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["content-length"]))
            heard.append((dict(self.headers), body))
            self.send_response(answers[0])
            self.send_header("location", "http://127.0.0.1:1/")
            self.end_headers()

        def log_message(self, *_):
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook", heard, answers
    server.shutdown()
    server.server_close()


def test_r38_a_decision_is_announced_signed_and_again_until_it_is_heard(tmp_path, target):
    url, heard, answers = target
    with site("webhooks", tmp_path) as web:
        standing_case(web, choices=["wait", "cancel"], decision_needed=True)
        with web.home.engine.begin() as connection:
            seller = orders.sellers(connection, ["bergmann"])["bergmann"]
            number = webhooks.add_target(connection, seller.id, url, web.now)
        page = web.link("d")
        web.send(page, line="1", choice="cancel", name="R. Muster")
        parts, caller = web.home.parts, Caller()

        def round_after(minutes):
            web.world.now += timedelta(minutes=minutes)
            return call_webhooks(parts, caller, KEY)

        assert round_after(0) == 1
        assert round_after(0.5) == 0
        answers[0] = 302
        assert round_after(1) == 1
        answers[0] = 204
        assert round_after(6) == 1
        assert round_after(600) == 0
        assert web.rows("select state, attempts from webhook_call") == [("sent", 3)]

    headers, body = heard[-1]
    headers = {name.lower(): value for name, value in headers.items()}
    secret = webhook_secret(KEY, number, "out")
    expected = signature(secret, headers["webhook-id"], headers["webhook-timestamp"], body)
    assert headers["webhook-signature"] == expected
    assert len({dict(one)["webhook-id"] if "webhook-id" in one else dict(one)["Webhook-Id"] for one, _ in heard}) == 1
    said = json.loads(body)
    assert said["type"] == "decision.recorded"
    assert said["data"].items() >= {"order": "B-1042", "choice": "cancel", "approved": False}.items()
    assert "muster.example.com" not in body.decode()
    assert len(heard) == 3


def test_a_target_that_is_away_is_a_reply_and_no_fault():
    assert Caller().call("http://127.0.0.1:1/", b"{}", {}).heard is False
