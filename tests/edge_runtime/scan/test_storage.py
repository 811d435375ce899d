"""Pictures that lie elsewhere: over HTTP from a real server, and in a store of fsspec's."""

import hashlib
import json
import tarfile
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("fsspec", reason='needs "fakelens[remote]"')

from fakelens.edge_runtime.errors import ImageError, MissingExtraError, UsageError
from fakelens.edge_runtime.scan import storage
from fakelens.edge_runtime.scan.checker import CheckerSpec
from fakelens.edge_runtime.scan.results import read_lines
from fakelens.edge_runtime.scan.run import ScanConfig, scan
from fakelens.edge_runtime.scan.storage import (
    CredentialsError,
    check_scheme,
    explain,
    list_url,
    open_url,
    read_url,
)


@pytest.fixture
def server(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Iterator[str]:
    """Serves one picture and what lies in `www`; the rest is missing, refused, or an error of the server.

    It knows no ranges, as Python's own server.
    """
    pytest.importorskip("aiohttp", reason='needs "fakelens[remote]"')
    (tmp_path / "www").mkdir()
    save_grey(tmp_path / "www" / "a.png", 220)
    tries: Counter[str] = Counter()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            name = self.path.partition("?")[0].lstrip("/")
            tries[name] += 1
            if name == "endless.png" and self.command == "GET":
                self.send_response(200)
                self.end_headers()
                with suppress(OSError):
                    while True:
                        self.wfile.write(b"x" * 1_000_000)
                return
            status = {"secret.png": 403, "down.png": 503}.get(name, 200)
            if name == "flaky.png":
                name, status = "a.png", 200 if tries[name] == 3 else 503
            file = tmp_path / "www" / name
            if name.startswith("deep/"):
                file = tmp_path / "www" / "deep"
            if status == 200 and not file.exists():
                status = 404
            content = file.read_bytes() if status == 200 else b""
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.send_header("ETag", hashlib.md5(content).hexdigest())
            self.end_headers()
            self.wfile.write(b"" if self.command == "HEAD" else content)

        do_HEAD = do_GET  # noqa: N815 (as it is called)

        def log_message(self, *_: object) -> None:
            pass

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{httpd.server_address[1]}"
    httpd.shutdown()
    httpd.server_close()


def make_config(tmp_path: Path, model_file: Path, names: list[str], root: str = "") -> ScanConfig:
    (tmp_path / "list.txt").write_text("\n".join(names) + "\n")
    spec = CheckerSpec(model=str(model_file), root=root, threads=2)
    return ScanConfig(inputs=[str(tmp_path / "list.txt")], output=tmp_path / "out", checker=spec)


def test_pictures_come_over_http_and_failures_have_their_kind(
    server: str, tmp_path: Path, model_file: Path
) -> None:
    names = ["a.png", "b.png", f"{server}/secret.png?token=abc", "down.png", "a.png", "flaky.png"]
    config = make_config(tmp_path, model_file, names, server)
    assert scan(config).counts == {
        "fake": 3,
        "error: not found": 1,
        "error: refused": 1,
        "error: not fetched": 1,
    }
    rows = [json.loads(line) for line in read_lines(tmp_path / "out")]
    assert [row["path"] for row in rows] == names
    assert "abc" not in rows[2]["error"]


def test_a_server_without_end_fills_no_memory(server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(storage, "MOST_BYTES", 5_000_000)
    with pytest.raises(ImageError, match="over 5 MB, which is too large for a picture"):
        read_url(f"{server}/endless.png")


def test_a_listing_that_leads_back_into_itself_ends(server: str, tmp_path: Path) -> None:
    (tmp_path / "www" / "tree").write_text('<a href="./">here</a> <a href="../">up</a> <a href="b.png">b</a>')
    assert list(list_url(f"{server}/tree")) == [f"{server}/tree/b.png"]
    (tmp_path / "www" / "deep").write_text('<a href="deep/">deeper</a>')
    with pytest.raises(UsageError, match="leads back into itself; give a list"):
        list(list_url(f"{server}/deep"))


def test_a_scan_stops_where_the_net_is_down_and_keeps_none_of_it(
    server: str, tmp_path: Path, model_file: Path
) -> None:
    config = make_config(tmp_path, model_file, ["a.png", *["down.png"] * 80], server)
    with pytest.raises(UsageError, match=r"50 pictures in a row are not fetched.*run the same command again"):
        scan(config)
    assert len(list(read_lines(tmp_path / "out"))) == 1


def test_a_manifest_and_a_tar_over_http_without_ranges(server: str, tmp_path: Path, model_file: Path) -> None:
    www = tmp_path / "www"
    with tarfile.open(www / "x.tar", "w") as archive:
        archive.add(www / "a.png", "notes.png")
    (www / "list.csv").write_text("path\na.png\n")
    spec = CheckerSpec(model=str(model_file), root=server)
    inputs = [f"{server}/x.tar", f"{server}/list.csv"]
    config = ScanConfig(inputs=inputs, output=tmp_path / "out", checker=spec)
    assert scan(config).counts == {"fake": 2}
    (www / "list.csv").write_text("path\nb.png\n")
    with pytest.raises(UsageError, match=r"list\.csv has changed since .* was begun"):
        scan(config)
    # Larger than a block: what comes after it cannot be asked for.
    (www / "list.csv").write_text("path\n" + "a.png\n" * 2_000_000)
    with pytest.raises(UsageError, match=r"list\.csv: cannot be fetched \(.*range"):
        scan(replace(config, output=tmp_path / "other"))


def test_a_folder_and_a_tar_of_a_store(
    tmp_path: Path, model_file: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    import fsspec

    store = fsspec.filesystem("memory")
    picture = save_grey(tmp_path / "a.png", 10)
    with tarfile.open(tmp_path / "x.tar", "w") as archive:
        archive.add(picture, "in/a.png")
    store.pipe({"/bucket/p/a.png": picture.read_bytes(), "/bucket/p/notes.txt": b"text"})
    store.pipe("/bucket/x.tar", (tmp_path / "x.tar").read_bytes())
    spec = CheckerSpec(model=str(model_file))
    inputs = ["memory://bucket/p", "memory://bucket/x.tar"]
    result = scan(ScanConfig(inputs=inputs, output=tmp_path / "out", checker=spec))
    assert result.counts == {"real": 2}
    assert result.skipped["not_images"] == 1
    names = [json.loads(line)["path"] for line in read_lines(tmp_path / "out")]
    assert names == ["memory:///bucket/p/a.png", "memory://bucket/x.tar/in/a.png"]


def test_what_a_store_refuses_is_one_line_with_the_remedy() -> None:
    class NoCredentialsError(Exception):
        """As botocore calls it."""

    class HttpError(Exception):
        """As gcsfs calls it."""

        code = 401

    error = explain("s3://bucket/a.png", NoCredentialsError("Unable to locate credentials"))
    assert isinstance(error, CredentialsError)
    assert "AWS_PROFILE" in str(error)
    error = explain("gs://bucket/a.png", HttpError("Anonymous caller does not have storage.objects.get"))
    assert isinstance(error, CredentialsError)
    assert "run `gcloud auth application-default login` or set GOOGLE_APPLICATION_CREDENTIALS" in str(error)
    with pytest.raises(UsageError, match="ftp:// is not read"):
        check_scheme("ftp://user:secret@host/a.png")
    with pytest.raises(UsageError, match=r"memory://nowhere/list\.csv: no such file"):
        open_url("memory://nowhere/list.csv")
    try:
        import adlfs  # noqa: F401
    except ImportError:
        with pytest.raises(MissingExtraError, match=r'pip install "fakelens\[remote\]"'):
            read_url("az://container/a.png")
