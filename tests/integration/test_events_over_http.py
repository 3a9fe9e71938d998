"""Events over HTTP: signed or with a token, a verdict for each, and whatever comes in, the server goes on."""

import gzip
import json
import socket
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from tests.builders import OPENED_AT, at, cloud, of_line, opening, seller
from tests.web import site
from worker.usecases import source_keys
from worker.usecases.source_keys import webhook_secret
from worker.web import body as body_module
from worker.web.answers import ALLOCATED, OPENED, SELLER

NUMBERS = iter(range(10**6))


@pytest.fixture(scope="module")
def web(tmp_path_factory):
    with site("http_events", tmp_path_factory.mktemp("http")) as running:
        running.tell(cloud("seller.configured", at(11), seller(), "seller"))
        running.tell(cloud("backorder.opened", OPENED_AT, opening(), "opened"), until=OPENED_AT + timedelta(hours=1))
        yield running


@pytest.fixture(scope="module")
def token(web):
    return {"authorization": f"Bearer {web.bearer()}"}


def allocated(web, **data):
    number = next(NUMBERS)
    return cloud("stock.allocated", web.now, of_line(**({"available": 80 + number % 30} | data)), f"a{number}")


def signed(web, secret, events, *, message="msg_1", moment=None):
    content = json.dumps(events).encode()
    moment = moment or web.now
    headers = {
        "webhook-id": message,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign(message, moment, content.decode()),
    }
    return content, headers


def verdicts(answer):
    return [one["verdict"] for one in json.loads(answer.data)["verdicts"]]


@pytest.mark.parametrize(
    ("kind", "wrap"),
    [
        ("application/json", False),
        ("application/json", True),
        ("application/cloudevents+json", False),
        ("application/cloudevents-batch+json; charset=utf-8", True),
    ],
)
def test_one_event_or_an_array_is_recorded_with_a_verdict_each(web, token, kind, wrap):
    event = allocated(web)

    answer = web.post("/events", [event] if wrap else event, content_type=kind, **token)

    assert answer.status == 202
    assert json.loads(answer.data)["verdicts"] == [
        {"source": "erp", "id": event["id"], "verdict": "accepted", "reasons": []}
    ]


def test_good_events_of_a_batch_land_whatever_the_bad_ones_are(web, token):
    good, waits = allocated(web), allocated(web, order="B-404")
    bad = allocated(web, available=-1)
    deep = '{"data":' + "[" * 100_000 + "]" * 100_000 + "}"
    twice = '{"specversion":"1.0","id":"x","id":"y"}'
    surrogate = json.dumps(allocated(web, line="\ud800"))
    parts = [json.dumps(good), deep, json.dumps(bad), twice, surrogate, json.dumps(waits), '"text"', "7"]

    answer = web.post("/events", f"[{', '.join(parts)}]".encode(), **token)

    said = json.loads(answer.data)["verdicts"]
    assert answer.status == 202
    assert [one["verdict"] for one in said] == [
        "accepted", "rejected", "rejected", "rejected", "rejected", "waiting", "rejected", "rejected"
    ]  # fmt: skip
    assert said[1]["reasons"] == ["(event): found endless nesting; allowed: a few levels"]
    assert said[2]["reasons"] == ["data.available: found -1; allowed: 0 or more"]
    assert "the same key twice" in said[3]["reasons"][0]
    assert "a lone surrogate" in said[4]["reasons"][0]


def test_what_is_kept_is_the_text_as_it_came(web, token):
    event = allocated(web)
    text = json.dumps(event, indent=1).replace("1.0", "1.0")
    web.post("/events", f"[ {text} ]".encode(), **token)

    assert web.value("select body from event where ext_id = :id", id=event["id"]) == text


def test_none_acceptable_is_400_with_reasons(web, token):
    answer = web.post("/events", [allocated(web, available=-1)], **token)

    assert answer.status == 400
    assert verdicts(answer) == ["rejected"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "no JSON"),
        (b"[", "no JSON"),
        (b"[{}", "after event 1"),
        (b"[{}] []", "text after the array"),
        (b"\xff\xfe", "no UTF-8"),
        (b"[" * 100_000, "endless nesting"),
        (b"[]", ""),
    ],
    ids=["empty", "cut", "not closed", "more", "no utf-8", "only brackets", "no events"],
)
def test_a_body_that_cannot_be_read_is_refused_as_a_whole(web, token, content, said):
    answer = web.post("/events", content, **token)

    assert answer.status == 400
    assert said in answer.data.decode()


def test_r2_the_same_event_in_parallel_fifty_times_has_one_effect(web, token):
    event = allocated(web)
    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(lambda _: web.post("/events", event, **token), range(50)))

    assert {answer.status for answer in answers} == {202}
    assert Counter(verdicts(answer)[0] for answer in answers) == {"accepted": 1, "repeated": 49}
    assert web.value("select count(*) from event where ext_id = :id", id=event["id"]) == 1


def test_a_webhook_signature_is_enough_and_a_repeated_one_has_one_effect(web):
    _, secret = web.webhook()
    content, headers = signed(web, secret, [allocated(web)])

    answers = [web.post("/events", content, **headers) for _ in range(2)]

    assert [answer.status for answer in answers] == [202, 202]
    assert [verdicts(answer) for answer in answers] == [["accepted"], ["repeated"]]


def test_keys_rotate_the_old_one_works_until_it_ends(web):
    number, old = web.webhook("rotating")
    _, new = web.webhook("rotating")
    event = allocated(web) | {"source": "rotating"}
    both = [signed(web, secret, [event]) for secret in (old, new)]
    with web.home.engine.begin() as connection:
        source_keys.end_key(connection, number, web.now, web.now)

    answers = [web.post("/events", content, **headers) for content, headers in both]

    assert [answer.status for answer in answers] == [401, 202]
    assert old == webhook_secret("only-for-tests-0123456789", number)


def test_a_forged_old_or_missing_signature_is_401_and_records_nothing(web):
    _, secret = web.webhook()
    event = allocated(web)
    content, good = signed(web, secret, [event])
    _, late = signed(web, secret, [event], moment=web.now - timedelta(minutes=6))
    _, early = signed(web, secret, [event], moment=web.now + timedelta(minutes=6))
    flipped = good["webhook-signature"][:-2] + ("A" if good["webhook-signature"][-2] != "A" else "B") + "="
    attempts = [
        {},
        {"authorization": "Bearer bo_wrong"},
        {"authorization": "Basic Ym86"},
        late,
        early,
        good | {"webhook-signature": flipped},
        good | {"webhook-id": "another"},
        good | {"webhook-signature": "v1,"},
        good | {"webhook-signature": "no comma at all"},
        good | {"webhook-timestamp": "soon"},
        good | {"webhook-timestamp": "9" * 40},
        {name: value for name, value in good.items() if name != "webhook-id"},
    ]
    answers = [web.post("/events", content, **headers) for headers in attempts]
    answers.append(web.post("/events", content + b" ", **good))

    assert {answer.status for answer in answers} == {401}
    assert "backorder key add" in json.loads(answers[0].data)["error"]
    assert web.value("select count(*) from event_key where ext_id = :id", id=event["id"]) == 0
    assert web.post("/events", content, **good).status == 202


def test_a_key_speaks_for_its_source_and_seller_only(web):
    key = {"authorization": f"Bearer {web.bearer('erp', 'other')}"}
    answer = web.post("/events", [allocated(web), allocated(web) | {"source": "shop"}], **key)

    said = json.loads(answer.data)["verdicts"]
    assert answer.status == 400
    assert said[0]["reasons"] == ["data.seller: found bergmann; allowed: other, which this key speaks for"]
    assert said[1]["reasons"][0] == "source: found shop; allowed: erp, which this key speaks for"


def test_a_bearer_token_is_kept_only_as_its_digest(web):
    made = web.bearer("stored")
    row = web.rows("select * from source_key where source = 'stored'")[0]

    assert made.encode() not in bytes(row.digest)
    assert made not in str(row)


def test_a_body_over_5_mib_is_413_and_so_is_a_small_one_that_unpacks_to_more(web, token):
    large = web.post("/events", b"[" + b" " * 50 * 1024 * 1024 + b"]", **token)
    bomb = web.post("/events", gzip.compress(b"[" + b" " * 60_000_000 + b"]"), content_encoding="gzip", **token)

    assert (large.status, bomb.status) == (413, 413)
    assert "5242880 bytes" in json.loads(bomb.data)["error"]


def test_a_packed_body_is_read_and_a_broken_or_unknown_packing_is_refused(web, token):
    content = gzip.compress(json.dumps([allocated(web)]).encode())

    assert web.post("/events", content, content_encoding="gzip", **token).status == 202
    assert web.post("/events", content[:-9], content_encoding="gzip", **token).status == 400
    assert web.post("/events", b"no gzip", content_encoding="gzip", **token).status == 400
    assert web.post("/events", content, content_encoding="br", **token).status == 415


@pytest.mark.parametrize("kind", ["text/plain", "", "application/x-www-form-urlencoded", "application/xml"])
def test_another_content_type_is_415(web, token, kind):
    assert web.post("/events", [allocated(web)], content_type=kind, **token).status == 415


def test_a_slow_sender_is_cut_off_and_others_are_served_meanwhile(web, token, monkeypatch):
    monkeypatch.setattr(body_module.read_body, "__defaults__", (body_module.LARGEST_BODY, 0.5))
    host, port = web.url.removeprefix("http://").split(":")
    head = f"POST /events HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in token.items()) + "\r\n["
    slow = []
    for _ in range(30):
        connection = socket.create_connection((host, int(port)), timeout=10)
        connection.sendall(head.encode())
        slow.append(connection)

    began = time.monotonic()
    assert web.post("/events", [allocated(web)], **token).status == 202
    assert time.monotonic() - began < 3
    answers = [connection.recv(12) for connection in slow]
    for connection in slow:
        connection.close()
    assert set(answers) == {b"HTTP/1.1 408"}


def test_the_examples_of_the_openapi_document_are_valid(web):
    running = json.loads(web.get("/openapi.json").data)
    key = {"authorization": f"Bearer {web.bearer('erp')}"}
    events = [SELLER, OPENED, ALLOCATED]
    answer = web.post("/events", [event | {"id": f"doc-{event['id']}"} for event in events], **key)

    # time of the last example lies ahead of this test's clock
    assert [one["verdict"] for one in json.loads(answer.data)["verdicts"]][:2] == ["accepted", "accepted"]
    assert set(running["paths"]) == {"/events", "/bounces", "/healthz", "/readyz", "/metrics"}
    assert running["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"


def test_r47_a_bounce_is_reported_with_a_key_of_its_own(web, token):
    message = web.value("select message_id from mail where state = 'sent' and audience = 'buyer' limit 1")
    key = {"authorization": f"Bearer {web.bearer('bounces')}"}
    report = {"message_id": message, "reason": "5.1.1 no such mailbox"}

    assert web.post("/bounces", report, **token).status == 401
    assert web.post("/bounces", {"message_id": 7}, **key).status == 400
    assert json.loads(web.post("/bounces", report, **key).data) == {"taken": True}
    assert json.loads(web.post("/bounces", report, **key).data) == {"taken": False}
    assert web.value("select state from mail where message_id = :id", id=message) == "bounced"


def test_health_ready_and_metrics_say_what_an_operator_asks_first(web):
    metrics = web.get("/metrics").data.decode()

    assert json.loads(web.get("/healthz").data) == {"status": "ok"}
    assert json.loads(web.get("/readyz").data)["status"] == "ok"
    assert "backorder_database_up 1.0" in metrics
    assert 'backorder_overdue_seconds{kind="wake_up"}' in metrics
    assert 'backorder_http_answers_total{method="POST",route="/events",status="202"}' in metrics
    assert "bergmann" not in metrics
