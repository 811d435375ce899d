"""The URL of a stream, or of a file: what can never work is refused before anything is connected."""

from difflib import get_close_matches
from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.redact import redact_url

_FILE = "file"
_FREQUENT = ("rtsp", "rtsps", "http", "https", "rtmp", "rtmps")
_USUAL = (*_FREQUENT, "udp", "rtp", "srt", "tcp")
# FFmpeg's other protocols, of which some builds have more than others.
_OTHERS = (
    "rtspu",
    "rtmpe",
    "rtmpt",
    "rtmpte",
    "rtmpts",
    "srtp",
    "tls",
    "mmsh",
    "mmst",
    "ftp",
    "sftp",
    "rist",
)
_WAITS = frozenset({"udp", "rtp", "srtp", "srt", "tcp"})  # at a port of this machine too: udp://@:5000


def check_stream_url(url: str) -> str:
    """Return `url` with its scheme in small letters, the only ones that FFmpeg knows.

    Raises `UsageError` for a scheme that it does not know, and where no host is named.
    """
    scheme, _, rest = url.partition("://")
    scheme = scheme.lower()
    if scheme not in (*_USUAL, *_OTHERS):
        raise UsageError(f"{redact_url(url)}: no stream has the scheme {scheme}://; {_advise(scheme)}")
    parts = _split(f"{scheme}://{rest}")
    if not parts.hostname and not (scheme in _WAITS and parts.netloc.rpartition(":")[2]):
        raise UsageError(
            f"{redact_url(url)}: names no host; write {scheme}://HOST/PATH, with :PORT after HOST where it "
            "is not the usual one"
        )
    return f"{scheme}://{rest}"


def find_rare_scheme(url: str) -> str | None:
    """Return the scheme of a stream's `url` where some builds of OpenCV do not have it."""
    scheme = url.partition("://")[0].lower()
    return None if scheme in (*_FREQUENT, "udp", "rtp", "tcp") else scheme


def find_named_file(url: str) -> Path | None:
    """Return the file or folder that a URL of `file://` names; None for any other.

    Raises `UsageError` where that is on another machine, or no path at all.
    """
    if not url.lower().startswith(f"{_FILE}://"):
        return None
    parts = _split(url)
    if parts.netloc.lower() not in ("", "localhost") or not parts.path:
        raise UsageError(f"{redact_url(url)}: no file of this machine; write file:///PATH, or the path alone")
    return Path(unquote(parts.path))


def _split(url: str) -> SplitResult:
    try:
        return urlsplit(url)
    except ValueError as error:  # a bracket that is not closed
        raise UsageError(f"{redact_url(url)}: is no URL ({error})") from error


def _advise(scheme: str) -> str:
    alike = get_close_matches(scheme, (*_FREQUENT, _FILE), n=1)  # nearly all of what is mistyped
    usual = ", ".join(f"{name}://" for name in _USUAL)
    return f"{f'did you mean {alike[0]}://? There' if alike else 'there'} are {usual}, and file:// for a file"
