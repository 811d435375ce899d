"""From a request's body to the pictures in it, within the limits; nothing is written to disk."""

import asyncio
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import PurePosixPath, PureWindowsPath

from python_multipart.multipart import parse_options_header
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import ClientDisconnect, Request

from fakelens.edge_runtime.serve.budget import Hold
from fakelens.edge_runtime.serve.limits import TEXT_BYTES, Limits, RefusedError

UNNAMED = "-"  # as `check` calls what comes from stdin
_FORM = "multipart/form-data"
_CHARSETS = ("utf-8", "utf8", "us-ascii", "ascii", "iso-8859-1", "latin-1")
_BARE = ("image/", "video/", "application/octet-stream")
_HOW = (
    "send a form (curl -F file=@photo.jpg), or the bytes alone as image/jpeg or the like "
    "(curl -H Content-Type:image/jpeg --data-binary @photo.jpg)"
)


@dataclass(frozen=True, kw_only=True)
class Upload:
    """One picture of a request."""

    name: str  # as the client has it, without folders
    content: bytes


async def read_uploads(request: Request, hold: Hold, limits: Limits) -> list[Upload]:
    """Return the pictures of `request`, whose bytes `hold` takes.

    Raises `RefusedError` for what is no picture by its form, too large or too slow.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind != _FORM and not kind.startswith(_BARE):
        raise RefusedError(415, f"Content-Type {kind} holds no pictures: {_HOW}")
    _check_length(request, limits)
    chunks = _read_chunks(request, hold, limits)
    if kind != _FORM:
        content = b"".join([chunk async for chunk in chunks])
        return [Upload(name=_to_name(request.query_params.get("name")), content=content)]
    if "name" in request.query_params:
        raise RefusedError(400, "the parameter name goes with bytes alone: a form names its files itself")
    return await _read_form(request, chunks, limits)


def _check_length(request: Request, limits: Limits) -> None:
    """Refuse by the head alone what says itself that it is too large."""
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > limits.max_bytes:
        raise _too_large(limits)


async def _read_chunks(request: Request, hold: Hold, limits: Limits) -> AsyncGenerator[bytes, None]:
    waited_s = 0.0  # for the client; not for room
    size_bytes = 0
    more = True
    while more:
        start = time.monotonic()
        try:
            async with asyncio.timeout(limits.idle_s):
                message = await request.receive()
        except TimeoutError as error:
            raise RefusedError(
                408, f"nothing came for {limits.idle_s:g} s; send the picture again"
            ) from error
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        chunk, more = message.get("body", b""), message.get("more_body", False)
        waited_s += time.monotonic() - start
        size_bytes += len(chunk)
        if size_bytes > limits.max_bytes:
            raise _too_large(limits)
        if waited_s > limits.slowest_s:
            raise RefusedError(408, f"not complete after {limits.slowest_s:g} s; send a smaller picture")
        if chunk:
            await hold.take(len(chunk))
            yield chunk


class _InMemory(MultiPartParser):
    spool_max_size = sys.maxsize  # nothing goes to a temporary file
    ended = False  # whether the form's last line came

    def on_end(self) -> None:
        self.ended = True


async def _read_form(request: Request, chunks: AsyncGenerator[bytes, None], limits: Limits) -> list[Upload]:
    _check_charset(request)
    parser = _InMemory(
        request.headers, chunks, max_files=limits.queue, max_fields=16, max_part_size=TEXT_BYTES
    )
    try:
        form = await parser.parse()
    except MultiPartException as error:
        if "Too many files" in error.message:
            raise RefusedError(413, f"more than {limits.queue} files at once; send fewer") from error
        raise RefusedError(400, f"not a form with files ({error.message.rstrip('.')}): {_HOW}") from error
    try:
        if not parser.ended:
            raise RefusedError(
                400, "the upload ended early: the last line of the form is missing; send it again"
            )
        parts = [(name, part) for name, part in form.multi_items() if not _is_unfilled(part)]
        return [await _take(name, part) for name, part in parts] or _refuse_empty()
    finally:
        await _close(form)


def _check_charset(request: Request) -> None:
    """Refuse names in an encoding of the client's choice: some fail to decode, some make no text."""
    _, options = parse_options_header(request.headers["content-type"])
    charset = options.get(b"charset", b"utf-8").decode("latin-1")
    if charset.lower() not in _CHARSETS:
        raise RefusedError(415, f"charset {charset[:40]!r}: the names in a form are UTF-8; leave charset out")


async def _take(field: str, part: UploadFile | str) -> Upload:
    if isinstance(part, str):
        raise RefusedError(400, f"the field {field[:40]!r} is text, no file: {_HOW}")
    return Upload(name=_to_name(part.filename), content=await part.read())


def _is_unfilled(part: UploadFile | str) -> bool:
    """Return whether this is what a browser sends for a field in which no file was chosen."""
    return isinstance(part, UploadFile) and not part.filename and not part.size


def _refuse_empty() -> list[Upload]:
    raise RefusedError(400, f"a form without a file: {_HOW}")


async def _close(form: FormData) -> None:
    with suppress(OSError):
        await form.close()


def _to_name(given: str | None) -> str:
    """Return the last part of a name: browsers send folders, and old ones those of Windows."""
    name = PureWindowsPath(PurePosixPath(given or "").name).name
    return name[:255] or UNNAMED


def _too_large(limits: Limits) -> RefusedError:
    return RefusedError(
        413, f"over the limit of {limits.max_mb} MB a request; send fewer or smaller pictures"
    )
