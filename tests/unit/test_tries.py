"""How a reply is read by its phase, and when the next try is (R44, R46)."""

from datetime import timedelta

import pytest

from tests.builders import at
from worker.updates.outcomes import Accepted, Deferred, Phase, Rejected, Unknown, from_reply, without_reply
from worker.updates.states import TRANSITIONS, State, next_try


@pytest.mark.parametrize(
    ("phase", "code", "outcome"),
    [
        pytest.param(Phase.REPLY, 250, Accepted, id="taken"),
        pytest.param(Phase.REPLY, 550, Rejected, id="refused after the content"),
        pytest.param(Phase.RCPT, 550, Rejected, id="refused for the address"),
        pytest.param(Phase.RCPT, 450, Deferred, id="not now"),
        pytest.param(Phase.MAIL, 550, Deferred, id="a sender refused says nothing of the address"),
        pytest.param(Phase.RCPT, 999, Deferred, id="no reply code, before the dot"),
        pytest.param(Phase.REPLY, 999, Unknown, id="no reply code, after the dot"),
    ],
)
def test_r46_a_reply_means_what_its_phase_lets_it_mean(phase, code, outcome):
    found = from_reply(phase, code, "text")

    assert type(found) is outcome
    assert found.reply == f"{code} text"


def test_r44_a_lost_connection_is_unsent_before_the_dot_and_unknown_after_it():
    assert without_reply(Phase.DATA, "cut") == Deferred("cut", Phase.DATA)
    assert without_reply(Phase.REPLY, "x" * 500) == Unknown("x" * 200)
    assert Deferred("", Phase.CONNECT).server_away
    assert not Deferred("", Phase.RCPT).server_away


def test_r46_pauses_grow_to_an_hour_and_end_after_48_hours():
    first = at(20)
    pauses = [next_try(first, first, tries) - first for tries in range(1, 8)]

    assert pauses == [timedelta(minutes=minutes) for minutes in (1, 5, 15, 30, 60, 60, 60)]
    assert next_try(at(22, 8), first, 40) == at(22, 9)
    assert next_try(at(22, 8, 1), first, 40) is None


def test_a_state_that_ends_a_mail_leads_nowhere():
    ends = {state for state, ways in TRANSITIONS.items() if not ways}

    assert ends == {State.FAILED, State.REPLACED, State.UNCONFIRMED, State.BOUNCED}
