"""A web service that answers with JSON: bounded, paged, with ETag, on one host only."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode, urljoin, urlsplit, urlunsplit

import urllib3
from urllib3.exceptions import HTTPError

from worker.intake.reasons import shown
from worker.sources.definition import HttpPart, Source
from worker.sources.faults import ReadError, RowFault, UnchangedError
from worker.sources.reading import Bounds, Given, Raw

CHUNK: Final = 65_536
MOST_PAGES: Final = 10_000
MOST_REDIRECTS: Final = 3
CONNECTS_WITHIN: Final = 5.0
ANSWERS_WITHIN: Final = 30.0
OK, NOT_MODIFIED, TOO_MANY, UNAVAILABLE = 200, 304, 429, 503
REDIRECTS: Final = frozenset({301, 302, 303, 307, 308})
AGAIN: Final = "the last accepted read stands; it is tried again"


def read_web(source: Source, part: HttpPart, bounds: Bounds, given: Given) -> Iterator[Raw | RowFault]:
    """Read all pages; ReadError names the answer that could not be used."""
    paths = [column.split(".") for column in source.columns]
    with urllib3.PoolManager(retries=False) as pool:
        number, page, url = 0, part.first_page, _paged(part, part.url, part.first_page)
        etag = given.etag
        for count in range(MOST_PAGES):
            body = _fetch(pool, part, url, bounds, given, etag if count == 0 and _is_one_page(part) else None)
            rows = _rows(body, part.rows)
            bounds.add_rows(len(rows))
            for row in rows:
                number += 1
                yield _row(number, row, paths)
            following = _following(part, body, url, page, len(rows))
            if following is None:
                return
            url, page = following, page + 1
    raise ReadError(f"more than {MOST_PAGES} pages", "look at http.next or http.page")


def _is_one_page(part: HttpPart) -> bool:
    return part.next is None and part.page is None


def _fetch(pool: urllib3.PoolManager, part: HttpPart, url: str, bounds: Bounds, given: Given, etag: str | None) -> Any:
    """Get one page as JSON, following redirects on the same host only."""
    headers = {"Accept": "application/json", **part.headers} | ({"If-None-Match": etag} if etag else {})
    for _ in range(MOST_REDIRECTS + 1):
        try:
            timeout = urllib3.Timeout(connect=CONNECTS_WITHIN, read=max(min(ANSWERS_WITHIN, bounds.left), 0.01))
            answer = pool.request("GET", url, headers=headers, redirect=False, preload_content=False, timeout=timeout)
            try:
                if answer.status not in REDIRECTS:
                    return _body(answer, bounds, given)
                url = _same_host(part.url, urljoin(url, answer.headers.get("Location", "")))
            finally:
                answer.release_conn() if answer.status in REDIRECTS else answer.close()
        except HTTPError as fault:
            bounds.check_time()
            raise ReadError(f"no answer ({type(fault).__name__})", AGAIN) from None
    raise ReadError(f"more than {MOST_REDIRECTS} redirects", "name the final address in http.url")


def _same_host(home: str, url: str) -> str:
    here, there = urlsplit(home), urlsplit(url)
    if (here.scheme, here.netloc) != (there.scheme, there.netloc):
        raise ReadError(
            f"a way on to {shown(there.hostname or 'nowhere')}",
            f"only {shown(here.hostname or '')} is read, because the headers are meant for it; mend http.url",
        )
    return url


def _body(answer: urllib3.BaseHTTPResponse, bounds: Bounds, given: Given) -> Any:
    if answer.status == NOT_MODIFIED:
        raise UnchangedError
    if answer.status != OK:
        raise ReadError(f"status {answer.status}", AGAIN, retry_after=_retry_after(answer))
    parts = []
    for chunk in answer.stream(CHUNK):
        bounds.add_bytes(len(chunk))
        parts.append(chunk)
    text = b"".join(parts)
    try:
        value = json.loads(text, parse_float=Decimal)
    except (ValueError, RecursionError):
        kind = "a page of HTML" if text.lstrip()[:1] == b"<" else "no JSON"
        raise ReadError(f"{kind} with status 200", "is a login in between? see http.url and http.headers") from None
    given.etag = answer.headers.get("ETag")
    return value


def _retry_after(answer: urllib3.BaseHTTPResponse) -> timedelta | None:
    """Read when to come again: seconds or a date, believed up to a day."""
    said = answer.headers.get("Retry-After")
    if answer.status not in {TOO_MANY, UNAVAILABLE} or not said:
        return None
    try:
        left = timedelta(seconds=int(said)) if said.isdigit() else parsedate_to_datetime(said) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(left, timedelta()), timedelta(days=1))


def _at(value: Any, path: list[str]) -> Any:
    for step in path:
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _rows(body: Any, path: str) -> list[Any]:
    rows = _at(body, path.split(".")) if path else body
    if not isinstance(rows, list):
        raise ReadError(f"no list of rows at `{path or '(top)'}`", "say in http.rows where they are")
    return rows


def _row(number: int, row: Any, paths: list[list[str]]) -> Raw | RowFault:
    if not isinstance(row, dict):
        return RowFault(number, "", "", shown(row), "an object")
    missing = [path for path in paths if path[0] not in row]
    if missing:
        return RowFault(number, "", ".".join(missing[0]), "nothing", "a field, null if it is not known")
    return number, tuple([_at(row, path) for path in paths])


def _following(part: HttpPart, body: Any, url: str, page: int, rows: int) -> str | None:
    if part.next is not None:
        there = _at(body, part.next.split("."))
        return _same_host(part.url, urljoin(url, str(there))) if there else None
    if part.page is not None and rows:
        return _paged(part, part.url, page + 1)
    return None


def _paged(part: HttpPart, url: str, page: int) -> str:
    if part.page is None:
        return url
    parts = urlsplit(url)
    return urlunsplit(parts._replace(query="&".join(filter(None, (parts.query, urlencode({part.page: page}))))))
