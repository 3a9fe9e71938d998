import pytest

from worker.app import check_order
from worker.settings import SettingsError, load_settings

SAFE = {"BACKORDER_DATABASE_URL": "postgresql://u:p@db/backorder", "BACKORDER_SECRET_KEY": "k" * 32}


def test_nothing_set_means_embedded_servers_and_a_key_made_once(tmp_path):
    first, second = load_settings({}, tmp_path), load_settings({}, tmp_path)

    assert (first.database_url, first.broker_url, first.mail) == (None, None, None)
    assert first.secret_key == second.secret_key
    assert (tmp_path / "secret-key").stat().st_mode & 0o777 == 0o600


def test_all_faults_are_told_together_and_no_secret(tmp_path):
    wrong = SAFE | {
        "BACKORDER_SECRET_KEY": "short-secret",
        "BACKORDER_BROKER_URL": "kafka://x",
        "BACKORDER_MAIL_URL": "imap://x",
        "BACKORDER_OPERATOR": "nobody",
        "BACKORDER_LOG": "loud",
        "BACKORDER_PUBLIC_URL": "here",
        "BACKORDER_CPU_AFFINITY": "0-3",
        "BACKORDER_COLOUR": "red",
    }
    with pytest.raises(SettingsError) as fault:
        load_settings(wrong, tmp_path)

    text = str(fault.value)
    assert all(name in text for name in wrong if name != "BACKORDER_DATABASE_URL")
    assert "short-secret" not in text


def test_a_foreign_database_wants_a_key(tmp_path):
    with pytest.raises(SettingsError, match="BACKORDER_SECRET_KEY: found nothing"):
        load_settings({"BACKORDER_DATABASE_URL": SAFE["BACKORDER_DATABASE_URL"]}, tmp_path)


@pytest.mark.parametrize(
    ("url", "host", "port", "starttls", "tls"),
    [
        pytest.param("smtp://u:s%40@mail.example:587?starttls=1", "mail.example", 587, True, False, id="starttls"),
        pytest.param("smtps://mail.example", "mail.example", 465, False, True, id="smtps"),
        pytest.param("smtp://mail.example", "mail.example", 25, False, False, id="plain"),
    ],
)
def test_a_mail_server_is_read_from_its_address(tmp_path, url, host, port, starttls, tls):
    mail = load_settings(SAFE | {"BACKORDER_MAIL_URL": url}, tmp_path).mail

    assert (mail.host, mail.port, mail.starttls, mail.tls) == (host, port, starttls, tls)
    assert "s@" not in repr(mail)


def test_a_folder_can_take_the_mails(tmp_path):
    assert load_settings(SAFE | {"BACKORDER_MAIL_URL": f"file://{tmp_path}"}, tmp_path).mail.folder == tmp_path


def test_limits_that_outlive_each_other_are_refused():
    with pytest.raises(ValueError, match="soft limit"):
        check_order(300, 200, 480, 600)
