"""Bytes that lie elsewhere: s3://, gs://, az:// and http(s):// by fsspec, a part of the extra `remote`."""

import hashlib
import io
import logging
import re
import time
from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from fakelens.edge_runtime.errors import FakelensError, ImageError, MissingExtraError, UsageError
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.redact import redact_url

SCHEMES = ("s3", "gs", "gcs", "az", "abfs", "http", "https", "memory")
MOST_BYTES = 512_000_000  # of one picture: a name in a manifest may stand for anything
_HTTP_TRIES, _PAUSE_S = 3, 0.5  # the other drivers try again by themselves; the pause doubles
_VERSIONS = ("ETag", "Content-MD5", "Digest", "Last-Modified", "size")  # what a server says of a file
_HTTP = ("http", ("http", "https"))  # what its driver calls itself
_MOST_LEVELS = 100  # of folders in folders
_LINKED_BACK = (".", "..")  # in listings of some servers
_LOGGERS = ("adlfs", "asyncio", "azure", "botocore", "fsspec", "gcsfs", "google", "s3fs")
_URL = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*)://")
_NO_CREDENTIALS = {  # classes of botocore, google-auth and azure-identity, which need not be installed
    "NoCredentialsError",
    "PartialCredentialsError",
    "TokenRetrievalError",
    "DefaultCredentialsError",
    "RefreshError",
    "ClientAuthenticationError",
    "CredentialUnavailableError",
}
_REMEDIES = {
    "s3": "set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY (FSSPEC_S3_ANON=true: a "
    "public one)",
    "gs": "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS",
    "az": "set AZURE_STORAGE_ACCOUNT_NAME and AZURE_STORAGE_ACCOUNT_KEY, or AZURE_STORAGE_CONNECTION_STRING",
}
_WHO, _NOT_YOU = 401, 403  # of HTTP
REFUSED = "access is refused"
NOT_FETCHED = "cannot be fetched"


class CredentialsError(UsageError):
    """A store asks who reads, and nothing here says it."""


def is_url(name: str) -> bool:
    """Whether `name` is a URL of any scheme."""
    return _URL.match(name) is not None


def is_known(url: str) -> bool:
    """Whether `url` is of a scheme that is read."""
    return url.partition("://")[0].lower() in SCHEMES


def describe_schemes(url: str) -> str:
    """Return what to say of the scheme of a `url` that is not known."""
    return f"{url.partition('://')[0].lower()}:// is not read; one of {', '.join(SCHEMES[:-1])} is"


def check_scheme(url: str) -> None:
    """Raise `UsageError` for a scheme that is not read, `MissingExtraError` where its driver is missing."""
    scheme = url.partition("://")[0].lower()
    if not is_known(url):
        raise UsageError(f"{redact_url(url)}: {describe_schemes(url)}")
    require_extra("remote", "fsspec")
    import fsspec

    try:
        fsspec.get_filesystem_class(scheme)
    except ImportError as error:
        raise MissingExtraError(
            f"{redact_url(url)}: {scheme}:// needs a driver that is not installed: pip install "
            '"fakelens[remote]"'
        ) from error


def read_url(url: str, offset: int = 0, size_bytes: int = 0) -> bytes:
    """Return the content of `url`, or `size_bytes` from `offset`; `ImageError` with the reason.

    `CredentialsError` where the store was not even asked: so it is with every other picture there.
    """
    check_scheme(url)
    for pause_s in (_PAUSE_S * 2**number for number in range(_HTTP_TRIES - 1)):
        try:
            return _fetch(url, offset, size_bytes)
        except ImageError as error:
            if not url.lower().startswith("http") or NOT_FETCHED not in str(error):
                raise
        time.sleep(pause_s)
    return _fetch(url, offset, size_bytes)


def open_url(url: str) -> BinaryIO:
    """Return `url` as an open file that can seek."""
    check_scheme(url)
    try:
        system, path = _open_system(url)
        return cast(BinaryIO, system.open(path, "rb"))
    except Exception as error:
        raise as_usage(explain(url, error)) from error


def identify_url(url: str) -> str:
    """Return what changes when the content of `url` does, as far as its store says it."""
    try:
        system, path = _open_system(url)
        if not url.lower().startswith("http"):
            return str(system.ukey(path))
        facts = system.info(path)  # over HTTP the key above is of the name alone
        said = "\n".join(f"{name}: {facts[name]}" for name in _VERSIONS if facts.get(name))
        return hashlib.sha256(said.encode()).hexdigest()
    except Exception as error:
        raise as_usage(explain(url, error)) from error


def list_url(url: str) -> Iterator[str]:
    """Yield the URLs of all objects below `url`, by the scheme of `url`, a folder's listing at a time.

    fsspec's own walk leaves out folders that it fails to list; here that ends the listing.
    """
    check_scheme(url)
    scheme = url.partition("://")[0]
    try:
        system, path = _open_system(url)
        pending = [path.rstrip("/")]
        while pending:
            folder = pending.pop()
            listing = system.ls(folder, detail=True)
            for facts in sorted(listing, key=lambda each: str(each["name"])):
                name = facts["name"].rstrip("/")
                if facts["type"] != "directory":
                    if name != folder or facts.get("size"):  # an empty object may stand for its folder
                        yield f"{scheme}://{system.unstrip_protocol(name).partition('://')[2]}"
                elif name != folder and name.rpartition("/")[2] not in _LINKED_BACK:
                    if name.count("/") > path.count("/") + _MOST_LEVELS:
                        raise UsageError(
                            f"{redact_url(url)}: over {_MOST_LEVELS} folders deep, so that its listing leads "
                            "back into itself; give a list of the pictures"
                        )
                    pending.append(name)
            system.invalidate_cache(folder)  # or the listings of all folders stay in memory
    except FileNotFoundError as error:
        raise UsageError(f"{redact_url(url)}: no such bucket or folder; check its name") from error
    except Exception as error:
        raise as_usage(explain(url, error)) from error


def explain(url: str, error: Exception) -> FakelensError:
    """Return `error` as one line on `url`, with the remedy where credentials are missing."""
    if isinstance(error, FakelensError):
        return error
    shown = redact_url(url)
    status = _find_status(error)
    scheme = url.partition("://")[0].lower()
    remedy = _REMEDIES.get({"gcs": "gs", "abfs": "az"}.get(scheme, scheme), "")
    if _lacks_credentials(error) or (remedy and status == _WHO):
        return CredentialsError(f"{shown}: no credentials; {remedy}, and run the same command again")
    if isinstance(error, FileNotFoundError):
        return ImageError(f"{shown}: no such file")
    if isinstance(error, PermissionError) or status in (_WHO, _NOT_YOU):
        return ImageError(f"{shown}: {REFUSED} ({status or redact_url(str(error)) or 'permission'})")
    reason = redact_url(" ".join(str(error).split()))[:200]
    return ImageError(f"{shown}: {NOT_FETCHED} ({status or reason or type(error).__name__})")


def as_usage(error: FakelensError) -> FakelensError:
    """Return `error` as one of what the user gave, where it would be one of a picture."""
    return UsageError(str(error)) if isinstance(error, ImageError) else error


def _fetch(url: str, offset: int, size_bytes: int) -> bytes:
    shown = redact_url(url)
    try:
        system, path = _open_system(url)
        end = offset + size_bytes if size_bytes else MOST_BYTES
        if size_bytes or system.protocol not in (*_HTTP, "memory"):
            content = cast(bytes, system.cat_file(path, start=offset, end=end))
        elif system.protocol in _HTTP:  # asked for a part, many a server refuses or gives all
            system.get_file(path, bounded := _Bounded(shown))
            content = bounded.getvalue()
        else:
            content = cast(bytes, system.cat_file(path))
    except Exception as error:  # each driver raises kinds of its own
        raise explain(url, error) from error
    shown = redact_url(url)
    if size_bytes and len(content) > size_bytes:  # a server that knows no ranges gives all
        content = content[offset:end]
    if size_bytes and len(content) < size_bytes:
        raise ImageError(f"{shown}: {NOT_FETCHED} ({len(content)} of {size_bytes} bytes came)")
    if not size_bytes and len(content) >= MOST_BYTES:
        raise _over_limit(shown)
    return content


class _Bounded(io.BytesIO):
    """Takes what a server sends, which may be without end."""

    def __init__(self, shown: str) -> None:
        super().__init__()
        self._shown = shown

    def write(self, content: Any) -> int:
        if self.tell() + len(content) >= MOST_BYTES:
            raise _over_limit(self._shown)
        return super().write(content)


def _over_limit(shown: str) -> ImageError:
    return ImageError(f"{shown}: over {MOST_BYTES // 10**6} MB, which is too large for a picture")


def _open_system(url: str) -> tuple[Any, str]:
    import fsspec

    for name in _LOGGERS:  # what no handler takes, Python prints: whole tracebacks beside our one line
        if not logging.getLogger(name).handlers:
            logging.getLogger(name).addHandler(logging.NullHandler())
    system, path = fsspec.core.url_to_fs(url)
    return system, path


def _find_status(error: BaseException) -> int | None:
    """Return the HTTP status that `error` carries, by the names that the drivers give it."""
    for name in ("status", "code", "status_code"):
        if isinstance(status := getattr(error, name, None), int):
            return status
    return _NOT_YOU if str(error).startswith("Forbidden") else None  # gcsfs


def _lacks_credentials(error: BaseException) -> bool:
    chain: BaseException | None = error
    while chain is not None:
        if type(chain).__name__ in _NO_CREDENTIALS or "unable to connect to account" in str(chain).lower():
            return True
        chain = chain.__cause__ or chain.__context__
    return False
