"""Jinja's sandbox with a short way for values that are ours: frozen dataclasses and the formatter hold nothing unsafe.

The sandbox asks five questions about every attribute and every call. For an attribute without a leading underscore of
a type that is listed here the answers are always the same, so they are not asked a hundred times a mail; everything
else - strings, lists, what a seller wrote - goes the long way.
"""

from types import BuiltinMethodType, MethodType
from typing import Any, Final

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from jinja2.sandbox import SandboxedEnvironment

from worker.rendering.reading import reading

HIDDEN: Final = frozenset({"_loop_vars", "_block_vars"})
"""What compiled templates hand to Jinja itself with each call."""
METHODS: Final = frozenset({MethodType, BuiltinMethodType})
"""The method of an object, of a compiled class too."""


class PlainEnvironment(SandboxedEnvironment):
    """A sandbox that knows types whose public attributes may be read and called."""

    plain: frozenset[type] = frozenset()

    def trust(self, plain: frozenset[type]) -> None:
        """Let templates read and call the public attributes of these types."""
        self.plain = plain
        self.getattr = reading(plain, self.undefined, super().getattr)  # type: ignore[method-assign, assignment]

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: N805, PYI063 - as in Jinja
        if type(__obj) in METHODS and type(__obj.__self__) in __self.plain:
            for name in HIDDEN:
                kwargs.pop(name, None)
            return __obj(*args, **kwargs)
        if type(__obj) is Macro and _takes_just(__obj, len(args)) and kwargs.keys() <= HIDDEN:
            return __obj._invoke(list(args), __context.eval_ctx.autoescape)  # noqa: SLF001 - what its own call ends in
        return super().call(__context, __obj, *args, **kwargs)


def _takes_just(macro: Macro, arguments: int) -> bool:
    """Tell whether a macro is called with all it takes, and nothing is to be filled in."""
    return macro._argument_count == arguments and not (macro.caller or macro.catch_kwargs or macro.catch_varargs)  # noqa: SLF001 - as above


class KeptTemplate(Template):
    """A template that is rendered often: what its renderings share is made once.

    Its globals are one dictionary, and its macros, which use nothing but their arguments, are made for all imports.
    """

    _known: dict[str, Any] | None = None

    def new_context(self, vars: Any = None, shared: Any = False, locals: Any = None) -> Context:  # noqa: A002, FBT002 - Jinja's
        if shared or locals:
            return super().new_context(vars, shared, locals)
        if self._known is None:
            self._known = dict(self.globals)
        values = {**self._known, **(vars or {})}
        return self.environment.context_class(self.environment, values, self.name, self.blocks, self._known)

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:  # noqa: ARG002 - Jinja's signature
        if self._module is None:
            self._module = self.make_module()
        return self._module


PlainEnvironment.template_class = KeptTemplate
