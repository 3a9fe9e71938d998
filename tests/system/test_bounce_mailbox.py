"""The whole round with Debian's Postfix and Dovecot: a mail leaves, comes back, is read over IMAP, and takes back what
it told (R47)."""

import os
import shutil
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.road import Road
from tests.waiting import wait_until
from worker.chores.read_bounces import read_bounces
from worker.delivery.mailbox import MailboxServer
from worker.delivery.smtp import Server, SmtpTransport
from worker.usecases.send_due import send_due

NOBODY = 65534
pytestmark = [
    pytest.mark.system,
    pytest.mark.skipif(
        os.geteuid() != 0 or not shutil.which("postfix") or not shutil.which("dovecot"),
        reason="needs root, Debian's postfix and dovecot-imapd",
    ),
]
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/postfix.log
maillog_file_prefixes = {folder}
mail_owner = postfix
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = relay.example
mydestination =
mynetworks = 127.0.0.0/8
smtputf8_enable = yes
recipient_delimiter = +
smtpd_reject_unlisted_recipient = no
virtual_mailbox_domains = seller.example, muster.example.com
virtual_mailbox_base = {folder}/mail
virtual_mailbox_maps = inline:{{ {{bounces@seller.example = bounces/}} }}
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
MASTER = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""
DOVECOT = """
base_dir = {folder}/run
log_path = {folder}/dovecot.log
protocols = imap
listen = 127.0.0.1
ssl = no
disable_plaintext_auth = no
first_valid_uid = 1
mail_location = maildir:{folder}/mail/bounces
passdb {{
  driver = static
  args = password=secret
}}
userdb {{
  driver = static
  args = uid=65534 gid=65534 home={folder}/mail allow_all_users=yes
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {port}
  }}
  inet_listener imaps {{
    port = 0
  }}
}}
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def answers(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as connection:
            return bool(connection.recv(10))
    except OSError:
        return False


@pytest.fixture
def folder():
    path = Path(tempfile.mkdtemp(prefix="bounces-"))
    path.chmod(0o755)
    for name in ("queue", "data", "mail", "conf"):
        (path / name).mkdir()
    shutil.chown(path / "data", "postfix")
    os.chown(path / "mail", NOBODY, NOBODY)
    yield path
    shutil.rmtree(path)


@pytest.fixture
def postfix(folder):
    port = free_port()
    (folder / "conf" / "main.cf").write_text(MAIN.format(folder=folder))
    (folder / "conf" / "master.cf").write_text(MASTER.format(port=port))
    command = ["postfix", "-c", str(folder / "conf")]
    subprocess.run([*command, "start"], check=True, capture_output=True)
    wait_until(lambda: answers(port), 20)
    yield port
    subprocess.run([*command, "stop"], check=False, capture_output=True)


@pytest.fixture
def dovecot(folder):
    port = free_port()
    conf = folder / "dovecot.conf"
    conf.write_text(DOVECOT.format(folder=folder, port=port))
    process = subprocess.Popen(["dovecot", "-F", "-c", str(conf)])
    wait_until(lambda: answers(port), 20)
    yield MailboxServer(host="127.0.0.1", port=port, user="bounces", password="secret", folder="INBOX", tls=False)
    process.terminate()
    process.wait(timeout=20)


def test_r47_a_mail_to_nobody_comes_back_and_the_address_is_given_up(tmp_path, postfix, dovecot):
    road = Road(tmp_path / "mail", "bounce_round")
    parts = road.parts()
    road.planned(parts)
    sender = road.sender(parts, transport=SmtpTransport(Server(host="127.0.0.1", port=postfix)))

    def sent():
        send_due(parts, sender)
        return road.rows(parts, "select state from mail where audience = 'buyer'") == [("sent",)]

    wait_until(sent, 20)
    wait_until(lambda: read_bounces(parts, dovecot) > 0, 20)

    assert road.rows(parts, "select verdict, effect, way from bounce") == [("hard", "address given up", "mailbox")]
    assert road.rows(parts, "select state from mail where audience = 'buyer'") == [("bounced",)]
    assert road.rows(parts, "select count(*) from correspondence where unreachable is not null") == [(1,)]
    assert read_bounces(parts, dovecot) == 0


def test_a_mailbox_that_does_not_answer_is_a_line_and_no_fault(tmp_path):
    road = Road(tmp_path / "mail", "bounce_away")
    away = MailboxServer(host="127.0.0.1", port=free_port(), user="u", password="p", folder="INBOX", tls=False)

    assert read_bounces(road.parts(), away) == 0
