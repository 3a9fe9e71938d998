"""A call that may take long, in a thread of its own; a file tells whoever waits for many things that it is over."""

import os
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Aside(Generic[Value]):
    """A call under way. `file` can be read from once it is over; `result` must be asked for then, once."""

    def __init__(self, call: Callable[[], Value]) -> None:
        self.file, self._end = os.pipe()
        self.over = False
        self._call = call
        self._value: Value
        self._fault: Exception | None = None
        threading.Thread(target=self._run, name="mail-opening", daemon=True).start()

    def result(self) -> Value:
        """Give what the call gave, or raise what it raised."""
        os.close(self.file)
        if self._fault is not None:
            raise self._fault
        return self._value

    def _run(self) -> None:
        try:
            self._value = self._call()
        except Exception as fault:  # noqa: BLE001 - it is raised where the result is asked for
            self._fault = fault
        self.over = True
        os.close(self._end)
