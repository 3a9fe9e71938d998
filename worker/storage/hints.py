"""The types of a dataclass's fields as its source gives them, also where it was compiled (ADR 0080).

A compiled class knows just `type` where its source says `date | None`, so its source is read.
"""

import ast
import sys
from pathlib import Path
from typing import Any, TypeGuard, get_type_hints


def hints_of(cls: type) -> dict[str, Any]:
    """Give the type of each field of a dataclass, by name."""
    return get_type_hints(cls) if _source_of(cls) == Path(_file_of(cls)) else hints_written(cls)


def hints_written(cls: type) -> dict[str, Any]:
    """Read the types of the fields of a class at the top of its module from the module's source."""
    tree = ast.parse(_source_of(cls).read_text("utf-8"))
    (written,) = (node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == cls.__name__)
    names = vars(sys.modules[cls.__module__])
    return {ast.unparse(node.target): _value(node.annotation, names) for node in written.body if _is_field(node)}


def _is_field(node: ast.stmt) -> TypeGuard[ast.AnnAssign]:
    return isinstance(node, ast.AnnAssign)


def _value(annotation: ast.expr, names: dict[str, Any]) -> Any:
    return eval(compile(ast.Expression(annotation), "<hint>", "eval"), dict(names))  # noqa: S307 - our own source


def _source_of(cls: type) -> Path:
    file = Path(_file_of(cls))
    return file.with_name(f"{file.name.partition('.')[0]}.py")


def _file_of(cls: type) -> str:
    return str(sys.modules[cls.__module__].__file__)
