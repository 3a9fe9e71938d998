"""Open lines as rows of the table that an import reads (R49)."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, text

OPEN_LINES: Final = text(
    "select s.slug, s.profile, t.order_no, t.company, t.order_facts, t.told ->> 'accepted_at' as told_at,"
    " c.contact, l.line_no, l.facts, p.due_at, p.promised_as, exists (select from json_array_elements("
    "  coalesce(t.told -> 'facts' -> 'lines', '[]')) e where e ->> 'line' = l.line_no) as line_told"
    " from line l join thread t on t.id = l.thread_id join seller s on s.id = t.seller_id"
    " join correspondence c on c.id = t.correspondence_id"
    " left join promise p on p.thread_id = t.id and p.outcome = 'open'"
    " where not t.leaving and l.delayed + l.available > 0"
    " and (cast(:sellers as text[]) is null or s.slug = any(:sellers)) order by s.slug, t.order_no, l.line_no"
)


def open_lines(connection: Connection, sellers: Sequence[str] | None) -> Iterator[Any]:
    """Read the lines that are not settled, of these sellers or of all."""
    values = {"sellers": list(sellers) if sellers is not None else None}
    yield from connection.execution_options(yield_per=1_000).execute(OPEN_LINES, values)
