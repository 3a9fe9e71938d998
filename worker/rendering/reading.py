"""How a template reads an attribute of our own values and calls what is ours: three hundred times a mail.

In a module of its own, which is compiled.
"""

from collections.abc import Callable
from types import BuiltinMethodType, MethodType
from typing import Any

from jinja2.runtime import Macro
from markupsafe import Markup

Read = Callable[[Any, str], Any]
Call = Callable[..., Any]


def reading(plain: frozenset[type], undefined: Callable[..., Any], otherwise: Read) -> Read:
    """Read public attributes of the types in `plain` at once, everything else in the sandbox's own way."""

    def read(value: Any, attribute: str) -> Any:
        if type(value) in plain and not attribute.startswith("_"):
            try:
                return getattr(value, attribute)
            except AttributeError:
                return undefined(obj=value, name=attribute)
        return otherwise(value, attribute)

    return read


def calling(plain: frozenset[type], otherwise: Call) -> Call:
    """Call methods of the types in `plain`, and macros that are given just what they take, at once; else as a sandbox.

    A macro takes over the escaping of the template that calls it, as Jinja has it.
    """

    def call(context: Any, called: Any, *args: Any, **kwargs: Any) -> Any:
        if kwargs:
            return otherwise(context, called, *args, **kwargs)
        kind = type(called)
        if kind is Macro:
            if _takes_just(called, len(args)):
                said = called._func(*args)  # noqa: SLF001 - what its own call ends in
                return Markup(said) if context.eval_ctx.autoescape else said  # noqa: S704 - it was escaped as it was written
        elif (kind is MethodType or kind is BuiltinMethodType) and type(called.__self__) in plain:
            return called(*args)
        return otherwise(context, called, *args)

    return call


def _takes_just(macro: Any, arguments: int) -> bool:
    """Tell whether a macro is called with all it takes, and nothing is to be filled in."""
    return macro._argument_count == arguments and not (macro.caller or macro.catch_kwargs or macro.catch_varargs)  # noqa: SLF001 - as above
