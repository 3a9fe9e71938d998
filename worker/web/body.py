"""Read a request's body within bounds of size and time; a small one that unpacks to a large one is bounded too."""

import asyncio
import zlib
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

LARGEST_BODY: Final = 5 * 1024 * 1024
LARGEST_FORM: Final = 64 * 1024
LARGEST_UPLOAD: Final = 20 * 1024 * 1024
UPLOAD_SECONDS: Final = 120.0
MOST_FIELDS: Final = 100
BODY_SECONDS: Final = 20.0
PLAIN: Final = frozenset({"", "identity"})


class BodyError(Exception):
    """A body that is not read: the status to answer, and words for a person."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status = status
        self.words = words


async def read_body(request: Request, most: int = LARGEST_BODY, seconds: float = BODY_SECONDS) -> bytes:
    """Give the whole body, unpacked; BodyError if it is too large, too slow, or packed in a way we do not know."""
    packing = request.headers.get("content-encoding", "").strip().lower()
    if packing not in PLAIN and packing != "gzip":
        raise BodyError(415, f"content-encoding: found {packing[:40]}; allowed: gzip, or none")
    stated = request.headers.get("content-length", "")
    if stated.isdigit() and (len(stated) > 12 or int(stated) > most):  # noqa: PLR2004 - longer is larger
        raise _too_large(most)
    try:
        async with asyncio.timeout(seconds):
            return await _unpacked(request, most, zlib.decompressobj(31) if packing == "gzip" else None)
    except TimeoutError:
        raise BodyError(408, f"the body did not arrive within {seconds:.0f} seconds") from None
    except ClientDisconnect:
        raise BodyError(400, "the connection ended before the body did") from None
    except zlib.error:
        raise BodyError(400, "content-encoding: found gzip that cannot be unpacked") from None


async def _unpacked(request: Request, most: int, unpack: "zlib._Decompress | None") -> bytes:
    parts: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        part = unpack.decompress(chunk, most + 1 - size) if unpack else chunk
        size += len(part)
        if size > most:
            raise _too_large(most)
        parts.append(part)
    if unpack is not None and not unpack.eof:
        raise zlib.error
    return b"".join(parts)


def _too_large(most: int) -> BodyError:
    return BodyError(413, f"the body is larger than {most} bytes; send it in several requests")


async def read_upload(request: Request) -> tuple[dict[str, str], dict[str, tuple[str, bytes]]]:
    """Give the fields and the files (name, bytes) of a form with files; BodyError if it is none, or too large."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        raise BodyError(415, f"content-type: found {kind[:60] or 'none'}; allowed: a form with a file")
    raw = await read_body(request, LARGEST_UPLOAD, UPLOAD_SECONDS)

    async def once() -> AsyncGenerator[bytes, None]:
        yield raw

    try:
        parser = MultiPartParser(request.headers, once(), max_files=2, max_fields=20, max_part_size=LARGEST_FORM)
        form = await parser.parse()
    except (MultiPartException, UnicodeError, KeyError):
        raise BodyError(400, "the form cannot be read") from None
    async with aclosing_form(form):
        fields = {name: one for name, one in form.multi_items() if isinstance(one, str)}
        files = {
            name: ((one.filename or "")[:200], await one.read())
            for name, one in form.multi_items()
            if isinstance(one, UploadFile) and one.filename
        }
    if any("\x00" in one for one in (*fields.values(), *(name for name, _ in files.values()))):
        raise BodyError(400, "the form holds a sign that no text has")
    return fields, files


@asynccontextmanager
async def aclosing_form(form: FormData) -> AsyncIterator[None]:
    """Close the files of a form at the end."""
    try:
        yield
    finally:
        await form.close()


async def read_form(request: Request) -> dict[str, str]:
    """Give a form's fields, the last of each name; BodyError if it is no form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/x-www-form-urlencoded":
        raise BodyError(415, f"content-type: found {kind[:60] or 'none'}; allowed: a form")
    raw = await read_body(request, LARGEST_FORM)
    try:
        text = raw.decode("ascii")
        fields = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, encoding="utf-8", errors="strict")
    except (UnicodeError, ValueError):
        raise BodyError(400, "the form cannot be read") from None
    if any("\x00" in value for _, value in fields):
        raise BodyError(400, "the form holds a sign that no text has")
    return dict(fields)
