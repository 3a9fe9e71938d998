"""What becomes of a mail is told by the phase in which something happened; nothing a server does takes for ever."""

import datetime as dt
import ssl
import time
from queue import SimpleQueue

import pytest

from tests.smtp_server import ScriptedServer
from worker.delivery.opening import Patience, Server
from worker.delivery.smtp import SmtpTransport
from worker.delivery.transport import Outgoing, always
from worker.updates.outcomes import Accepted, Deferred, NotStarted, Phase, Rejected, Unknown

SHORT = Patience(connect=1.0, hello=0.4, reply=0.4, content=0.4, last_reply=0.6, idle=30.0)
CONTENT = b"Message-ID: <1@tests.example>\r\nSubject: hello\r\n\r\n.a line with a dot\r\nbye\r\n"


def mail(number=1, recipient="buyer@muster.example", seller=1, **changed):
    values = {"sender": "updates@seller.example", "recipient": recipient, "content": CONTENT, "seller": seller}
    return Outgoing(mail_id=number, **(values | changed))


def sent(server, *mails, patience=SHORT, may_go=always, connections=1, **reached):
    """Send mails; give their outcomes in the order of their numbers."""
    place = {"host": "127.0.0.1", "port": getattr(server, "port", 1), "connections": connections} | reached
    transport = SmtpTransport(Server(**place), patience)
    outcomes = SimpleQueue()
    transport.submit(mails, may_go, lambda number, outcome: outcomes.put((number, outcome)))
    found = dict(outcomes.get(timeout=20) for _ in mails)
    transport.close()
    return [found[one.mail_id] for one in mails]


def script(wanted, act):
    return lambda phase, _: act if phase == wanted else None


PHASES = [
    ("connect", "cut", Deferred, Phase.CONNECT),
    ("connect", "421 too busy", Deferred, Phase.CONNECT),
    ("connect", "554 go away", Deferred, Phase.CONNECT),
    ("connect", "garbage", Deferred, Phase.CONNECT),
    ("connect", "hang", Deferred, Phase.CONNECT),
    ("connect", "drip", Deferred, Phase.CONNECT),
    ("hello", "cut", Deferred, Phase.CONNECT),
    ("hello", "450 not now", Deferred, Phase.HELLO),
    ("mail", "cut", Deferred, Phase.MAIL),
    ("mail", "450 not now", Deferred, Phase.MAIL),
    ("mail", "550 not from you", Deferred, Phase.MAIL),
    ("mail", "hang", Deferred, Phase.MAIL),
    ("rcpt", "cut", Deferred, Phase.MAIL),
    ("rcpt", "421 closing", Deferred, Phase.RCPT),
    ("rcpt", "450 greylisted", Deferred, Phase.RCPT),
    ("rcpt", "550 no such user", Rejected, Phase.RCPT),
    ("rcpt", "999 what", Deferred, Phase.MAIL),
    ("data", "cut", Deferred, Phase.RCPT),
    ("data", "451 not now", Deferred, Phase.DATA),
    ("data", "554 no mail today", Rejected, Phase.DATA),
    ("content", "cut", Deferred, Phase.DATA),
    ("dot", "cut", Unknown, Phase.REPLY),
    ("dot", "hang", Unknown, Phase.REPLY),
    ("dot", "drip", Unknown, Phase.REPLY),
    ("dot", "flood", Unknown, Phase.REPLY),
    ("dot", "garbage", Unknown, Phase.REPLY),
    ("dot", "354 go on", Unknown, Phase.REPLY),
    ("dot", "421 closing", Deferred, Phase.REPLY),
    ("dot", "450 disk full", Deferred, Phase.REPLY),
    ("dot", "554 spam", Rejected, Phase.REPLY),
]


@pytest.mark.parametrize("offers", [(), ("PIPELINING",)], ids=["step by step", "pipelined"])
@pytest.mark.parametrize(("phase", "act", "kind", "reached"), PHASES, ids=[f"{row[0]} {row[1]}" for row in PHASES])
def test_r44_the_phase_and_the_reply_decide_what_became_of_a_mail(phase, act, kind, reached, offers):
    content = CONTENT + b"x" * 20_000_000 + b"\r\n" if phase == "content" else CONTENT
    with ScriptedServer(script(phase, act), offers) as server:
        began = time.monotonic()
        (outcome,) = sent(server, mail(content=content))

    assert (type(outcome), outcome.phase) == (kind, reached)
    assert time.monotonic() - began < 2
    assert "@" not in outcome.reply


def test_after_each_trouble_the_next_mail_still_goes():
    def first_only(phase, talk):
        return "550 no such user" if phase == "rcpt" and talk.recipient.startswith("gone") else None

    with ScriptedServer(first_only) as server:
        outcomes = sent(server, mail(1, "gone@x.example"), mail(2), mail(3))

    assert [type(one) for one in outcomes] == [Rejected, Accepted, Accepted]
    assert server.connections == 1
    assert server.mails[0].content == CONTENT


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_a_kept_connection_that_ended_unseen_costs_no_try(pause):
    with ScriptedServer() as server:
        transport = SmtpTransport(Server(host="127.0.0.1", port=server.port, connections=1), SHORT)
        outcomes, ended = SimpleQueue(), set()
        for number in (1, 2):
            transport.submit([mail(number)], always, lambda _, outcome: outcomes.put(outcome))
            assert isinstance(outcomes.get(timeout=5), Accepted)
            for connection in set(server.open) - ended:
                connection.shutdown(2)
                ended.add(connection)
            time.sleep(pause)
        transport.close()

    assert server.connections == 2


@pytest.mark.parametrize("pause", [0.0, 0.1])
def test_a_server_that_takes_leave_after_a_mail_costs_the_next_one_no_try(pause):
    def leaves(phase, _):
        return "250 kept\r\n421 closing" if phase == "dot" else None

    with ScriptedServer(leaves) as server:
        transport = SmtpTransport(Server(host="127.0.0.1", port=server.port, connections=1), SHORT)
        outcomes = SimpleQueue()
        for number in (1, 2):
            transport.submit([mail(number)], always, lambda _, outcome: outcomes.put(outcome))
            assert isinstance(outcomes.get(timeout=5), Accepted)
            time.sleep(pause)
        transport.close()

    assert server.connections == 2


def test_a_dead_server_costs_one_try_and_the_rest_is_given_back_untried():
    outcomes = sent(None, *(mail(number) for number in range(1, 6)))

    assert isinstance(outcomes[0], Deferred)
    assert outcomes[0].server_away
    assert all(isinstance(one, NotStarted) for one in outcomes[1:])


def test_a_server_at_rest_is_asked_by_one_mail_first():
    from worker.delivery.rest import LONGEST_REST, Rest

    rest = Rest()
    rest.failed(100.0)
    rest.failed(100.5)  # another connection, the same trouble
    assert [rest.room(at, 20, 0) for at in (100.9, 101.1)] == [0, 1]
    assert rest.room(101.1, 20, 1) == 0
    for failure in range(20):
        rest.failed(1000.0 * failure + 1000)
    assert rest.until == 20_000.0 + LONGEST_REST
    rest.succeeded()
    assert rest.room(0.0, 20, 0) == 20


def test_r48_recipients_at_a_slow_place_hold_up_nobody_else():
    def slow(phase, talk):
        return "hang" if phase == "rcpt" and talk.recipient.endswith("@slow.example") else None

    patience = Patience(connect=1, hello=1, reply=8, content=1, last_reply=8)
    with ScriptedServer(slow, ()) as server:
        transport = SmtpTransport(Server(host="127.0.0.1", port=server.port, connections=4), patience)
        ended = SimpleQueue()
        slow_ones = [mail(number, f"p{number}@slow.example", seller=7) for number in range(1, 17)]
        transport.submit(slow_ones, always, lambda number, outcome: ended.put((number, outcome)))
        time.sleep(1.2)
        began = time.monotonic()
        transport.submit([mail(100 + n, seller=8) for n in range(4)], always, lambda n, o: ended.put((n, o)))
        first = [ended.get(timeout=5) for _ in range(4)]
        quick = time.monotonic() - began
        transport.close()

    assert sorted(number for number, _ in first) == [100, 101, 102, 103]
    assert quick < 2


def test_a_server_that_limits_connections_is_used_within_its_limit():
    with ScriptedServer(most_connections=2, seconds_per_mail=0.01) as server:
        outcomes = sent(server, *(mail(number) for number in range(1, 41)), connections=4)

    assert {type(one) for one in outcomes} == {Accepted}
    assert len(server.mails) == 40


def test_r44_a_claim_that_is_no_longer_sure_stops_before_the_first_word_and_before_the_dot():
    answers = iter([True, False])
    with ScriptedServer() as server:
        before = sent(server, mail(), may_go=lambda: False)
        at_the_dot = sent(server, mail(), may_go=lambda: next(answers))

    assert isinstance(before[0], NotStarted)
    assert isinstance(at_the_dot[0], NotStarted)
    assert server.mails == []


ADDRESSES = [
    ("a b@muster.example", Rejected),
    ("a@muster.example>\r\nRCPT TO:<b@other.example", Rejected),
    ("nobody", Rejected),
    ("x" * 300 + "@muster.example", Rejected),
    ("kaufhof@" + "ü" * 80 + ".example", Rejected),
    ("bücher@muster.example", Rejected),
    ("einkauf@bücher.example", Accepted),
]


@pytest.mark.parametrize(("address", "kind"), ADDRESSES)
def test_an_address_that_breaks_a_command_is_refused_before_it_is_said(address, kind):
    with ScriptedServer() as server:
        (outcome,) = sent(server, mail(recipient=address))

    assert isinstance(outcome, kind)
    assert not any("other.example" in command for command in server.commands)
    if kind is Accepted:
        assert server.mails[0].recipient == "einkauf@xn--bcher-kva.example"


def test_smtputf8_and_8bitmime_are_asked_for_where_they_are_needed_and_offered():
    plain, eight = mail(1), mail(2, content=CONTENT + "Grüße\r\n".encode())
    with ScriptedServer(offers=("8BITMIME", "SMTPUTF8", "SIZE 1000000")) as server:
        outcomes = sent(server, plain, eight, mail(3, "bücher@muster.example"))

    assert {type(one) for one in outcomes} == {Accepted}
    options = [one.options.partition(" SIZE=")[0] if " SIZE=" in one.options else "" for one in server.mails]
    assert options == ["", "BODY=8BITMIME", "SMTPUTF8"]
    assert server.mails[0].options == f"SIZE={len(CONTENT)}"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), 1, now - dt.timedelta(1), now + dt.timedelta(9))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "localhost.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


def test_starttls_and_a_login_come_before_the_first_mail(certificate, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with ScriptedServer(offers=("STARTTLS", "AUTH PLAIN LOGIN"), context=context) as server:
        (outcome,) = sent(server, mail(), host="localhost", starttls=True, user="me", password="secret")

    assert isinstance(outcome, Accepted)
    verbs = [command.partition(" ")[0] for command in server.commands]
    assert verbs[:5] == ["EHLO", "STARTTLS", "EHLO", "AUTH", "MAIL"]


@pytest.mark.parametrize("act", [None, "554 spam", "cut"])
def test_over_tls_the_next_mail_is_announced_too_and_stays_certain(certificate, monkeypatch, act):
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    at_the_first_dot = [act]
    with ScriptedServer(
        lambda phase, _: at_the_first_dot.pop() if phase == "dot" and at_the_first_dot else None,
        ("PIPELINING", "STARTTLS"),
        context=context,
    ) as server:
        outcomes = sent(server, *(mail(number) for number in (1, 2, 3)), host="localhost", starttls=True)

    first = {None: Accepted, "554 spam": Rejected, "cut": Unknown}[act]
    assert [type(one) for one in outcomes] == [first, Accepted, Accepted]
    assert server.connections == (2 if act == "cut" else 1)


def test_mails_do_not_go_in_the_clear_where_tls_was_asked_for():
    with ScriptedServer() as server:
        (outcome,) = sent(server, mail(), starttls=True)

    assert (type(outcome), outcome.phase) == (Deferred, Phase.HELLO)
    assert "STARTTLS" in outcome.reply
    assert server.mails == []


def test_a_refused_password_is_told_without_the_password():
    with ScriptedServer(script("auth", "535 no"), offers=("AUTH PLAIN",)) as server:
        (outcome,) = sent(server, mail(), user="me", password="very-secret")

    assert (type(outcome), outcome.phase) == (Deferred, Phase.HELLO)
    assert "535" in outcome.reply
    assert "secret" not in outcome.reply
