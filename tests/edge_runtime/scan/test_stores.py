"""Object stores as real servers on this machine: buckets, keys, credentials as a user has them."""

import json
import os
import shutil
import subprocess
import tarfile
import threading
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

fsspec = pytest.importorskip("fsspec", reason='needs "fakelens[remote]"')

Fakelens = Callable[..., subprocess.CompletedProcess[str]]
AZURITE = Path(__file__).parents[3] / "build/azurite/node_modules/.bin/azurite-blob"
AZURE_NAME = "devstoreaccount1"  # name and key of every emulator of Azure's, as Microsoft publishes them
AZURE_KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="


@pytest.fixture
def pictures(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> dict[str, bytes]:
    """What a bucket holds, by key."""
    found = {
        f"in/{level}.png": save_grey(tmp_path / f"{level}.png", level).read_bytes() for level in (10, 220)
    }
    with tarfile.open(tmp_path / "shard.tar", "w") as archive:
        archive.add(tmp_path / "10.png", "a.png")
        archive.add(tmp_path / "10.png", "._a.png")  # as macOS leaves them
    return found | {
        "in/deep/new.png": found["in/10.png"],
        "in/notes.txt": b"text",
        "shard.tar": (tmp_path / "shard.tar").read_bytes(),
        "list.csv": b"path\nin/10.png\nin/gone.png\n",
    }


def read_verdicts(folder: Path) -> dict[str, str]:
    rows = [json.loads(line) for part in folder.glob("part-*.jsonl") for line in part.open()]
    return {row["path"]: row["verdict"] or row["error_kind"] for row in rows}


def fill_and_scan(
    scheme: str, put: Callable[[str, bytes], object], pictures: dict[str, bytes], scan: Callable[..., Any]
) -> None:
    """A folder, a tar and a manifest of a bucket: the verdicts of what they name; what is missing is said."""
    for key, content in pictures.items():
        put(key, content)
    base = f"{scheme}://bucket"
    done, verdicts = scan(f"{base}/in", f"{base}/shard.tar", f"{base}/list.csv", "--root", base)
    assert done.returncode == 2, done.stderr
    assert verdicts == {
        f"{base}/in/10.png": "real",
        f"{base}/in/220.png": "fake",
        f"{base}/in/deep/new.png": "real",
        f"{base}/shard.tar/a.png": "real",
        "in/10.png": "real",
        "in/gone.png": "not found",
    }
    assert "skipped: 1 not images" in done.stderr
    for name in ("nowhere/in", "nowhere/list.csv"):
        done, _ = scan(f"{scheme}://{name}")
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert f"{scheme}://{name}: no such " in done.stderr


@pytest.fixture
def scan(
    fakelens: Fakelens, tmp_path: Path, model_file: Path
) -> Callable[..., tuple[subprocess.CompletedProcess[str], dict[str, str]]]:
    numbers = iter(range(100))

    def run(*arguments: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
        output = tmp_path / f"out-{next(numbers)}"
        # As in a new process: fsspec keeps a store that it opened, with the credentials that it had then.
        fsspec.get_filesystem_class(arguments[0].partition("://")[0]).clear_instance_cache()
        done = fakelens("scan", *arguments, "-o", output, "--model", model_file)
        return done, read_verdicts(output)

    return run


@pytest.fixture
def s3(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A real S3 server of moto's, and a client of it."""
    pytest.importorskip("s3fs", reason='needs "fakelens[remote]"')
    server_module = pytest.importorskip("moto.server", reason='needs pip install "moto[server]"')
    import boto3

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    server = server_module.ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://{host}:{port}")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    client = boto3.client("s3", aws_access_key_id="key", aws_secret_access_key="word")
    client.create_bucket(Bucket="bucket")
    yield client
    server.stop()


@pytest.mark.slow
def test_s3(
    s3: Any, pictures: dict[str, bytes], scan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    s3.put_object(Bucket="bucket", Key="in/", Body=b"")  # stands for the folder, as the console makes it
    for refused in ("s3://bucket/in", "s3://bucket/list.csv"):
        done, _ = scan(refused)
        assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
        assert "no credentials; set AWS_PROFILE or AWS_ACCESS_KEY_ID" in done.stderr
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "word")
    fill_and_scan(
        "s3", lambda key, content: s3.put_object(Bucket="bucket", Key=key, Body=content), pictures, scan
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    done, _ = scan("s3://bucket/in")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "s3://bucket/in: cannot be fetched" in done.stderr


def test_google(
    pictures: dict[str, bytes], scan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gcsfs", reason='needs "fakelens[remote]"')
    module = pytest.importorskip("gcp_storage_emulator.server", reason="needs gcp-storage-emulator")
    server = module.create_server("127.0.0.1", 0, in_memory=True, default_bucket="bucket")
    server.start()
    try:
        base = f"http://127.0.0.1:{server._api._httpd.socket.getsockname()[1]}"
        monkeypatch.setenv("NO_GCE_CHECK", "true")  # or it asks the network who this machine is
        monkeypatch.setenv("STORAGE_EMULATOR_HOST", base)

        def put(key: str, content: bytes) -> None:
            name = urllib.parse.quote(key, safe="")
            url = f"{base}/upload/storage/v1/b/bucket/o?uploadType=media&name={name}"
            request = urllib.request.Request(
                url, content, {"Content-Type": "application/octet-stream"}, method="POST"
            )
            urllib.request.urlopen(request).close()

        fill_and_scan("gs", put, pictures, scan)
    finally:
        server.stop()


@pytest.fixture
def azure(tmp_path: Path) -> Iterator[str]:
    """A real server of Azure's emulator; yields what a user sets as AZURE_STORAGE_CONNECTION_STRING."""
    pytest.importorskip("adlfs", reason='needs "fakelens[remote]"')
    program = shutil.which("azurite-blob") or shutil.which(AZURITE)
    if program is None:
        pytest.skip("needs azurite: npm install --prefix build/azurite azurite@3.33.0")
    options = ["--blobHost", "127.0.0.1", "--blobPort", "0", "--inMemoryPersistence"]
    options += ["--skipApiVersionCheck"]  # a driver may be newer than the server
    server = subprocess.Popen(
        [program, *options], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        assert server.stdout is not None
        said = next((line for line in server.stdout if "listens on" in line), "")
        assert said, "azurite does not start"
        threading.Thread(target=server.stdout.read, daemon=True).start()  # or it waits for somebody to read
        yield (
            f"DefaultEndpointsProtocol=http;AccountName={AZURE_NAME};AccountKey={AZURE_KEY};"
            f"BlobEndpoint={said.split()[-1]}/{AZURE_NAME};"
        )
    finally:
        server.kill()
        server.wait()


def test_azure(
    azure: str, pictures: dict[str, bytes], scan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    from azure.storage.blob import BlobServiceClient

    for name in [name for name in os.environ if name.startswith("AZURE_")]:
        monkeypatch.delenv(name)
    done, _ = scan("az://bucket/in")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1), done.stderr
    assert "no credentials; set AZURE_STORAGE_ACCOUNT_NAME" in done.stderr
    monkeypatch.setenv("AZURE_STORAGE_CONNECTION_STRING", azure)
    with BlobServiceClient.from_connection_string(azure) as client:
        bucket = client.create_container("bucket")
        fill_and_scan("az", bucket.upload_blob, pictures, scan)
