"""Source files: TOML, validated, with every fault named by file, field and what is allowed (R7)."""

import hashlib
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field, ValidationError

from schedules.disbelief import Limits
from schedules.sayings import FIELDS, MEANINGS_OF_GONE, NEEDED, Says, WhenGone, key_fields
from worker.intake.fields import Part, RefusedError, Slug, Zone
from worker.intake.reasons import from_validation, meant
from worker.sources.faults import DefinitionError

SPAN: Final = re.compile(r"([0-9]{1,5})\s*(s|m|h|d)")
UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
VARIABLE: Final = re.compile(r"\$\{([A-Z][A-Z0-9_]*)\}")
SELECTS: Final = re.compile(r"(\s|--[^\n]*\n|/\*.*?\*/)*(select|with)\b", re.IGNORECASE | re.DOTALL)


def _span(value: Any) -> timedelta:
    found = SPAN.fullmatch(value) if isinstance(value, str) else None
    if not found or not int(found[1]):
        raise RefusedError("a span such as 30s, 5m, 2h or 1d")
    return timedelta(**{UNITS[found[2]]: int(found[1])})


def _query(value: str) -> str:
    if not SELECTS.match(value):
        raise RefusedError("one query that begins with select or with")
    return value


def _strptime(value: str) -> str:
    if "%" not in value:
        raise RefusedError("a form such as %d.%m.%Y")
    return value


Span = Annotated[timedelta, BeforeValidator(_span)]
Share = Annotated[float, Field(ge=0, le=1, strict=False)]


class SqlPart(Part):
    """A database and a query."""

    url: Annotated[str, Field(min_length=1)]
    query: Annotated[str, AfterValidator(_query)]


class CsvPart(Part):
    """A file, or the newest file of a folder."""

    path: Annotated[str, Field(min_length=1)]
    pattern: str = "*.csv"
    delimiter: Literal[",", ";", "\t", "|"] | None = None
    encoding: Literal["utf-8", "utf-16", "latin-1", "cp1252"] | None = None
    settles: Span = timedelta(seconds=5)


class HttpPart(Part):
    """A web address that answers with JSON."""

    url: Annotated[str, Field(min_length=1)]
    headers: dict[str, str] = Field(default_factory=dict)
    rows: str = ""
    next: str | None = None
    page: str | None = None
    first_page: int = 1


class LimitsPart(Part):
    """How much a read may differ and cost."""

    lost: Share = 0.2
    moved: Share = 0.5
    failed: Share = 0.2
    few: Annotated[int, Field(ge=0, le=1_000_000)] = 2
    may_be_empty: bool = False
    seconds: Annotated[int, Field(ge=1, le=600)] = 60
    rows: Annotated[int, Field(ge=1, le=5_000_000)] = 1_000_000
    megabytes: Annotated[int, Field(ge=1, le=2_000)] = 256


class FilePart(Part):
    """A whole source file."""

    seller: Slug | None = None
    says: Annotated[Says, Field(strict=False)]
    every: Span = timedelta(minutes=5)
    stale_after: Span | None = None
    when_gone: Annotated[WhenGone, Field(strict=False)] = WhenGone.NOTHING
    as_of: str | None = None
    zone: Zone = "UTC"
    decimal: Literal[".", ","] = "."
    day: Annotated[str, AfterValidator(_strptime)] | None = None
    columns: dict[str, str] = Field(default_factory=dict)
    values: dict[str, str | int | float | bool] = Field(default_factory=dict)
    translate: dict[str, dict[str, str]] = Field(default_factory=dict)
    sql: SqlPart | None = None
    csv: CsvPart | None = None
    http: HttpPart | None = None
    limits: LimitsPart = LimitsPart()


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """One source as it is used: names resolved, secrets filled in (never shown)."""

    name: str
    file: FilePart = field(repr=False)
    seller: str | None
    says: Says
    fields: tuple[str, ...]
    """The fields that are read, `as_of` among them, in the order of `columns`."""
    columns: tuple[str, ...]
    """The column or path that each field is read from."""
    key: tuple[str, ...]
    zone: ZoneInfo
    limits: Limits
    every: timedelta
    stale_after: timedelta
    fingerprint: bytes
    """What rows mean: a changed mapping compares every row anew."""

    @property
    def event_source(self) -> str:
        """The CloudEvents source of what is read here."""
        return f"source:{self.name}"


def load_folder(folder: Path, environ: Mapping[str, str] | None = None) -> tuple[list[Source], list[DefinitionError]]:
    """Read all source files of a folder; a faulty one hinders no other."""
    found, faulty = [], []
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else []:
        try:
            found.append(load_file(path, environ))
        except DefinitionError as fault:
            faulty.append(fault)
    return found, faulty


def load_file(path: Path, environ: Mapping[str, str] | None = None) -> Source:
    """Read one source file; DefinitionError names every fault."""
    try:
        return build(path.stem, tomllib.loads(path.read_text("utf-8")), environ, file=path.name)
    except UnicodeDecodeError:
        raise DefinitionError(path.name, ["(file): found bytes that are no UTF-8; allowed: TOML in UTF-8"]) from None
    except tomllib.TOMLDecodeError as fault:
        raise DefinitionError(path.name, [f"(file): found no TOML: {fault}; allowed: TOML"]) from None
    except OSError as fault:
        raise DefinitionError(path.name, [f"(file): found {type(fault).__name__}; allowed: a readable file"]) from None


def build(name: str, raw: dict[str, Any], environ: Mapping[str, str] | None = None, *, file: str = "") -> Source:
    """Build a source from its values; DefinitionError names every fault."""
    where = file or name
    faults: list[str] = []
    filled = _filled(raw, os.environ if environ is None else environ, faults)
    try:
        part = FilePart.model_validate(filled)
    except ValidationError as found:
        raise DefinitionError(where, faults + [str(one) for one in from_validation(found, FilePart)]) from None
    if not NAME.fullmatch(name):
        faults.append(f"(file name): found {name}; allowed: lower-case letters, digits and hyphens")
    faults += _kind_faults(part) + _field_faults(part)
    if faults:
        raise DefinitionError(where, faults)
    return _source(name, part, raw)


def _source(name: str, part: FilePart, raw: dict[str, Any]) -> Source:
    columns = dict(part.columns)
    if not columns:
        constant = part.values.keys()
        columns = {one: one for one in NEEDED[part.says] if one not in constant}
    if part.as_of:
        columns["as_of"] = part.as_of
    given = {"says", "as_of", "zone", "decimal", "day", "columns", "values", "translate", "seller"}
    meaning = repr(sorted((key, value) for key, value in raw.items() if key in given))
    limits = part.limits
    return Source(
        name=name,
        file=part,
        seller=part.seller,
        says=part.says,
        fields=tuple(columns),
        columns=tuple(columns.values()),
        key=key_fields(part.says, columns.keys() | part.values.keys()),
        zone=ZoneInfo(part.zone),
        limits=Limits(
            lost=limits.lost,
            moved=limits.moved,
            failed=limits.failed,
            few=limits.few,
            may_be_empty=limits.may_be_empty,
        ),
        every=part.every,
        stale_after=part.stale_after or max(3 * part.every, timedelta(hours=1)),
        fingerprint=hashlib.blake2b(meaning.encode(), digest_size=16).digest(),
    )


def _filled(value: Any, environ: Mapping[str, str], faults: list[str], path: str = "") -> Any:
    """Put the environment's values where `${NAME}` stands; they are never shown."""
    if isinstance(value, dict):
        return {key: _filled(one, environ, faults, f"{path}.{key}".lstrip(".")) for key, one in value.items()}
    if not isinstance(value, str) or path.startswith(("columns", "values", "translate")):
        return value
    faults += [
        f"{path}: found ${{{name}}}, which is not set; allowed: a variable of the environment"
        for name in dict.fromkeys(VARIABLE.findall(value))
        if name not in environ
    ]
    return VARIABLE.sub(lambda found: environ.get(found[1], ""), value)


def _kind_faults(part: FilePart) -> list[str]:
    given = [name for name in ("sql", "csv", "http") if getattr(part, name) is not None]
    if len(given) == 1:
        return []
    return [f"(file): found {' and '.join(given) or 'no kind'}; allowed: one of [sql], [csv], [http]"]


def _field_faults(part: FilePart) -> list[str]:
    tables = ("columns", "values", "translate")
    allowed = FIELDS[part.says]
    faults = [
        _unknown(table, name, part.says) for table in tables for name in getattr(part, table) if name not in allowed
    ]
    given = part.columns.keys() | part.values.keys() if part.columns else {*NEEDED[part.says], *part.values}
    faults += [
        f"columns.{name}: found nothing; allowed: the column that holds it, or a constant under [values]"
        for name in NEEDED[part.says]
        if name not in given
    ]
    if part.says is Says.OPEN_BACKORDERS and not given & {"available", "delayed"}:
        faults.append("columns.available: found neither `available` nor `delayed`; allowed: one of them")
    if part.says is Says.PRODUCTION and ("sku" in given) == ({"order", "line"} <= given):
        faults.append("columns: found both or none of `sku` and `order` with `line`; allowed: one of the two")
    if part.seller is None and "seller" not in given:
        faults.append("seller: found nothing; allowed: the seller's short name, or a column for it")
    if part.when_gone not in MEANINGS_OF_GONE[part.says]:
        words = ", ".join(MEANINGS_OF_GONE[part.says])
        faults.append(f"when_gone: found {part.when_gone}; allowed for {part.says}: {words}")
    return faults


def _unknown(table: str, name: str, says: Says) -> str:
    hint = meant(name, FIELDS[says])
    found = f"{table}.{name}: found an unknown field of {says}; allowed: {', '.join(FIELDS[says])}"
    return f"{found}; {hint}" if hint else found
