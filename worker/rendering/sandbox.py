"""Jinja's sandbox with a short way for values that are ours: frozen dataclasses and the formatter hold nothing unsafe.

The sandbox asks five questions about every attribute and every call. For an attribute without a leading underscore of
a type that is listed here the answers are always the same, so they are not asked a hundred times a mail; everything
else - strings, lists, what a seller wrote - goes the long way.
"""

from collections.abc import Mapping
from typing import Any, Final

from jinja2 import Template, nodes
from jinja2.compiler import CodeGenerator, Frame
from jinja2.environment import TemplateModule
from jinja2.runtime import Context
from jinja2.sandbox import SandboxedEnvironment

from worker.rendering.reading import calling, reading

OF_JINJA: Final = frozenset({"_loop_vars", "_block_vars"})
"""What compiled templates hand to Jinja with each call, for functions that ask for the context; none of ours does."""


class PlainCalls(CodeGenerator):
    """Writes calls with what the template gives, and nothing else."""

    def signature(
        self,
        node: nodes.Call | nodes.Filter | nodes.Test,
        frame: Frame,
        extra_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        kept = {name: value for name, value in (extra_kwargs or {}).items() if name not in OF_JINJA}
        super().signature(node, frame, kept or None)


class PlainEnvironment(SandboxedEnvironment):
    """A sandbox that knows types whose public attributes may be read and called."""

    code_generator_class = PlainCalls

    def trust(self, plain: frozenset[type]) -> None:
        """Let templates read and call the public attributes of these types."""
        self.getattr = reading(plain, self.undefined, super().getattr)  # type: ignore[method-assign, assignment]
        self.call = calling(plain, super().call)  # type: ignore[method-assign]


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
