"""One connection of the driver, asked without a cursor: several statements may go in one breath.

PostgreSQL executes them one after the other and answers all of them together (libpq's pipeline mode), so that a process
waits once and not once for each.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any, Final

from psycopg import generators
from psycopg.adapt import Transformer
from psycopg.errors import error_from_result
from psycopg.pq import ExecStatus, TransactionStatus

from worker.storage.rowtypes import Rows
from worker.storage.values import BINARY, given

KEPT_FROM: Final = 3
"""So often a connection runs a statement before PostgreSQL is asked to keep it."""
MOST_KEPT: Final = 400
NUMBER_OF_TYPE: Final = "select cast(cast(%s as regtype) as oid)"
GOOD: Final = frozenset({ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK, ExecStatus.EMPTY_QUERY})


@dataclass(frozen=True, slots=True)
class Written:
    """A statement as PostgreSQL reads it, and the names of its values in their order."""

    command: bytes
    names: tuple[str, ...]


@dataclass(slots=True)
class Answer:
    """What a statement gives: None until it was executed."""

    rows: list[Any] | None = None


@dataclass(slots=True)
class _Known:
    """What a connection knows of a statement: how often it ran, under which name it is kept, what makes its rows."""

    times: int = 0
    name: bytes = b""
    row: Any = None


@dataclass(slots=True)
class _Asked:
    """A statement that waits to be sent, or for its answer."""

    written: Written
    params: list[Any]
    formats: list[int]
    known: _Known
    answer: Answer = field(default_factory=Answer)


class Straight:
    """One connection of the driver."""

    def __init__(self, driver: Any) -> None:
        self._driver = driver
        self._server = driver.pgconn
        self._loaded = Transformer(driver)
        self._known: dict[bytes, _Known] = {}
        self._types: dict[str, int] = {}
        self._kept = 0
        self._asked: list[_Asked] = []
        self.sent = b""
        """The statement that was executed last, or failed."""

    @property
    def waits(self) -> bool:
        """Tell whether a statement waits to be sent."""
        return bool(self._asked)

    @property
    def commits_each(self) -> bool:
        """Tell whether each statement commits by itself."""
        return bool(self._driver.autocommit)

    @property
    def closed(self) -> bool:
        """Tell whether the connection is of no more use."""
        return bool(self._driver.closed)

    def ask(self, written: Written, values: Mapping[str, Any]) -> Answer:
        """Have a statement sent with the next ones; where each commits by itself, `send` must follow."""
        params = [self._given(values[name]) for name in written.names]
        formats = [BINARY if type(one) is bytes else 0 for one in params]
        encoded = [one.encode() if type(one) is str else one for one in params]
        known = self._known.setdefault(written.command, _Known())
        asked = _Asked(written, encoded, formats, known)
        self._asked.append(asked)
        return asked.answer

    def _given(self, value: Any) -> Any:
        return value.written(self._number_of(value.kind.name)) if type(value) is Rows else given(value)

    def _number_of(self, name: str) -> int:
        """Give the number under which this database knows a type."""
        number = self._types.get(name)
        if number is None:
            number = self._types[name] = int(self._driver.execute(NUMBER_OF_TYPE, (name,)).fetchone()[0])
        return number

    def forget(self) -> None:
        """Send nothing of what waits."""
        self._asked = []

    def roll_back(self) -> None:
        """End the transaction, if the connection is still there; nothing of it is written."""
        if not self.closed:
            self._driver.rollback()

    def send(self, *, commit: bool = False) -> None:
        """Execute what waits, and end the transaction if asked; psycopg.Error if PostgreSQL refuses it or is gone."""
        asked, self._asked = self._asked, []
        if not asked and not commit:
            return
        if self.commits_each:
            for one in asked:
                self._alone(one)
            return
        begins = self._server.transaction_status == TransactionStatus.IDLE
        if len(asked) == 1 and not begins and not commit:
            self._alone(asked[0])
        else:
            self._together(asked, begins=begins, commit=commit)

    def _alone(self, asked: _Asked) -> None:
        name = asked.known.name
        if self._is_to_be_kept(asked.known):
            name = self._new_name()
            self._server.send_prepare(name, asked.written.command)
            self._keep(asked, name, self._driver.wait(generators.execute(self._server)))
        self._send_one(asked, name)
        self._take(asked, self._driver.wait(generators.execute(self._server)))

    def _together(self, asked: list[_Asked], *, begins: bool, commit: bool) -> None:
        server = self._server
        steps: list[tuple[Callable[[], None], Callable[[Any], Any]]] = []
        if begins:
            steps.append((partial(server.send_query_params, self._beginning(), None), self._good))
        for one in asked:
            name = one.known.name
            if self._is_to_be_kept(one.known):
                name = self._new_name()
                steps.append((partial(server.send_prepare, name, one.written.command), partial(self._keep, one, name)))
            steps.append((partial(self._send_one, one, name), partial(self._take, one)))
        if commit:
            steps.append((partial(server.send_query_params, b"COMMIT", None), self._good))
        answers = self._answers([step for step, _ in steps])
        for (_, take), answer in zip(steps, answers, strict=True):
            take(answer)

    def _answers(self, steps: list[Callable[[], None]]) -> list[Any]:
        """Send several commands in one breath; give the answers. What follows one that fails is not executed."""
        server, wait = self._server, self._driver.wait
        try:
            server.enter_pipeline_mode()
            for step in steps:
                step()
            server.pipeline_sync()
            wait(generators.send(server))
            answers = [wait(generators.fetch_many(server)) for _ in steps]
            wait(generators.fetch_many(server))
            server.exit_pipeline_mode()
        except BaseException:
            self._driver.close()  # nobody knows how far it came
            raise
        return answers

    def _beginning(self) -> bytes:
        """Begin a transaction as the driver would."""
        level = self._driver.isolation_level
        of_level = f" ISOLATION LEVEL {level.name.replace('_', ' ')}" if level is not None else ""
        return f"BEGIN{of_level}".encode()

    def _is_to_be_kept(self, known: _Known) -> bool:
        known.times += 1
        return not known.name and known.times >= KEPT_FROM and self._kept < MOST_KEPT

    def _new_name(self) -> bytes:
        self._kept += 1
        return f"straight_{self._kept}".encode()

    def _send_one(self, asked: _Asked, name: bytes) -> None:
        if name:
            self._server.send_query_prepared(name, asked.params, asked.formats)
        else:
            self._server.send_query_params(asked.written.command, asked.params, None, asked.formats)

    def _keep(self, asked: _Asked, name: bytes, results: list[Any]) -> None:
        self.sent = asked.written.command
        self._good(results)
        asked.known.name = name

    def _take(self, asked: _Asked, results: list[Any]) -> None:
        self.sent = asked.written.command
        result = self._good(results)
        asked.answer.rows = self._rows(result, asked.known) if result.nfields else []

    def _good(self, results: list[Any]) -> Any:
        result = results[-1]
        if result.status not in GOOD:
            raise error_from_result(result, encoding="utf-8")
        return result

    def _rows(self, result: Any, known: _Known) -> list[Any]:
        if known.row is None:
            known.row = _row_of(tuple(result.fname(place).decode() for place in range(result.nfields)))
        self._loaded.set_pgresult(result)
        rows: list[Any] = self._loaded.load_rows(0, result.ntuples, known.row)
        self._loaded.set_pgresult(None)
        return rows


@lru_cache(maxsize=512)
def _row_of(names: tuple[str, ...]) -> Any:
    """Give what makes a named row of a tuple."""
    return partial(tuple.__new__, namedtuple("Row", names))  # noqa: PYI024 - its names are known to nobody before
