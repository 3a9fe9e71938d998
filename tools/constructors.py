"""Give dataclasses a constructor of their own, in the copies of sources that are compiled (ADR 0089).

What `dataclasses` writes for a class is Python, also where the class is compiled; a constructor that stands in the
source is compiled with it. Both methods take the places of the blank lines below their class: so all lines keep their
numbers.
"""

import ast


def with_constructors(source: str) -> str:
    """Give a module's source with a constructor in each of its dataclasses that derives from nothing.

    ValueError if a class has one of its own, or no two blank lines below it.
    """
    lines = [*source.splitlines(), "", ""]
    for made in ast.parse(source).body:
        if isinstance(made, ast.ClassDef) and not made.bases and _dataclass(made):
            place = made.end_lineno or 0
            if any(lines[place : place + 2]) or "__init__" in _methods(made):
                raise ValueError(f"class {made.name}: two blank lines below it, and no __init__ of its own, are needed")
            indent = " " * made.body[0].col_offset
            lines[place : place + 2] = [indent + _constructor(made), indent + _reduce(made)]
    return "\n".join(lines) + "\n"


def _dataclass(made: ast.ClassDef) -> ast.Call | None:
    calls = (one for one in made.decorator_list if isinstance(one, ast.Call))
    return next((one for one in calls if ast.unparse(one.func) == "dataclass"), None)


def _methods(made: ast.ClassDef) -> set[str]:
    return {one.name for one in made.body if isinstance(one, ast.FunctionDef)}


def _constructor(made: ast.ClassDef) -> str:
    """Take fields by position too, in the order of `schedules.shapes`: those without a default first."""
    call = _dataclass(made)
    frozen = call is not None and any(one.arg == "frozen" for one in call.keywords)
    takes = [takes for _, takes, _ in _fields(made)]
    sets = [f"self.{name} = {value}" for name, _, value in _fields(made)]
    if "__post_init__" in _methods(made):
        sets.append("self.__post_init__()")
    ignored = "  # type: ignore[misc]" if frozen and takes else ""
    return f"def __init__({', '.join(['self', *takes])}) -> None: {'; '.join(sets) or 'pass'}{ignored}"


def _reduce(made: ast.ClassDef) -> str:
    """Give the method by which `copy`, `pickle` and `schedules.shapes` take a value apart."""
    held = "".join(f"self.{name}, " for name, _, _ in _fields(made))
    return f"def __reduce__(self) -> tuple[object, tuple[object, ...]]: return {made.name}, ({held})"


def _fields(made: ast.ClassDef) -> list[tuple[str, str, str]]:
    """Give each field that is given: its name, its parameter, what it is set to."""
    stated = [one for one in made.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)]
    found = [(ast.unparse(one.target), *_field(ast.unparse(one.target), one)) for one in stated]
    return sorted([one for one in found if one[1]], key=lambda one: " = " in one[1])


def _field(name: str, stated: ast.AnnAssign) -> tuple[str, str]:
    """Give a field's parameter, and what its attribute is set to; nothing for one that is not given."""
    kind, default = ast.unparse(stated.annotation), stated.value
    options = {"default": default} if default else {}
    if isinstance(default, ast.Call) and ast.unparse(default.func) == "field":
        options = {one.arg: one.value for one in default.keywords}
    if "init" in options:
        return "", ""
    if "default_factory" in options:
        return f"{name}: {kind} | None = None", f"{name} if {name} is not None else {_made(options['default_factory'])}"
    given = f" = {ast.unparse(options['default'])}" if "default" in options else ""
    return f"{name}: {kind}{given}", name


def _made(factory: ast.expr) -> str:
    """Give the expression for what a factory makes."""
    return ast.unparse(factory.body if isinstance(factory, ast.Lambda) else ast.Call(factory, [], []))
