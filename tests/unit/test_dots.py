"""A line that begins with a dot arrives as it was written, and no line ends a mail before its end (RFC 5321, 4.5.2)."""

from hypothesis import example, given
from hypothesis import strategies as st

from worker.delivery.conversation import _stuffed

LINES = st.lists(st.text(st.sampled_from(".ab "), max_size=4).map(str.encode), max_size=8)


def received(data):
    """Take the dots away again, as a server does."""
    assert data.endswith(b"\r\n")
    lines = data.removesuffix(b"\r\n").split(b"\r\n")
    assert b"." not in lines
    return b"\r\n".join(line.removeprefix(b".") for line in lines)


@given(LINES)
@example([b".", b"..", b""])
@example([])
def test_what_is_received_is_what_was_written(lines):
    content = b"\r\n".join(lines)

    assert received(_stuffed(content)) in {content, content.removesuffix(b"\r\n")}
