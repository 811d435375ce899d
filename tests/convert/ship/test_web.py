"""The web kit as an app developer gets it: written by `fakelens ship`, built, tested in a real Chromium.

With FAKELENS_WEB_SCREENSHOT=FILE set, the picture for the documentation is written there too.
"""

import io
import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from fakelens.convert.recipes import Io
from fakelens.convert.ship.layout import Platform
from fakelens.convert.ship.templates import find_template, list_template
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.detection.detector import Detector
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import Contract, Decision, Fit, InputSpec, Pool
from fakelens.edge_runtime.pictures.tiles import place_tiles
from tests.conftest import make_graph

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
LEAST_NODE = (20, 19)  # Vite's
UNREACHABLE = re.compile(r"ENOTFOUND|ECONNRE|ETIMEDOUT|EAI_AGAIN|ENETUNREACH|network")
MODEL = "photo"
TILED = "tiled"  # a made model: none of those that are released looks at tiles
TILE = 32  # px
TEMPLATE = find_template(Platform.WEB)
slow = pytest.mark.slow


def find_node() -> str | None:
    """Why the kit cannot be built here; None where it can."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        return "needs Node.js and npm: apt-get install nodejs npm"
    told = subprocess.run(["node", "--version"], capture_output=True, text=True, check=True).stdout
    found = tuple(map(int, told.strip().lstrip("v").split(".")[:2]))
    least = ".".join(map(str, LEAST_NODE))
    return None if found >= LEAST_NODE else f"needs Node.js {least} or newer, this is {told.strip()}"


def run(folder: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def run_well(folder: Path, *command: str) -> str:
    done = run(folder, *command)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    return done.stdout


def ship(model: str, folder: Path) -> Path:
    call = "from fakelens.edge_runtime.main import main; main()"
    run_well(folder, sys.executable, "-c", call, "ship", model, "--to", str(folder / "kits"), "--web")
    return folder / "kits" / "web"


def write_tiled(path: Path) -> None:
    """Write a model of tiles that are the more fake the brighter they are."""
    weights = np.zeros((2, TILE * TILE * 3), np.float32)
    weights[1] = 1 / (16 * TILE * TILE * 3)
    contract = Contract(
        name=path.stem,
        limits="Knows light from dark, and nothing else.",
        input=InputSpec(size=TILE, fit=Fit.TILES, tiles=12, pool=Pool.TEXTURE),
        decision=Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6),
    )
    graph = attach_metadata(make_graph(weights, [0, -8]), contract, Io.UINT8)
    path.write_bytes(pack_model(graph, contract))


@pytest.fixture(scope="module")
def kits(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The kit of a model that looks at tiles, and of one that sees the whole picture; installed."""
    reason = find_node()
    if reason is not None:
        pytest.skip(reason)
    if CHROMIUM is None:
        pytest.skip("needs Chromium: apt-get install chromium")
    whole, tiles = (tmp_path_factory.mktemp(name) for name in (MODEL, TILED))
    write_tiled(tiles / f"{TILED}.tflite")
    kits = {MODEL: ship(MODEL, whole), TILED: ship(str(tiles / f"{TILED}.tflite"), tiles)}
    done = run(kits[TILED], "npm", "ci", "--no-audit", "--no-fund")
    if done.returncode and UNREACHABLE.search(done.stderr):
        pytest.skip("the npm registry cannot be reached")
    assert done.returncode == 0, done.stderr
    (kits[MODEL] / "node_modules").symlink_to(kits[TILED] / "node_modules")
    return kits


def test_the_template_is_sources_alone() -> None:
    names = {name.as_posix() for name in list_template(TEMPLATE)}
    assert {"package.json", "package-lock.json", "index.html", "src/main.ts", ".gitignore"} <= names
    assert not [name for name in names if name.endswith((".tflite", ".wasm"))]


def test_every_package_is_pinned() -> None:
    package = json.loads((TEMPLATE / "package.json").read_text())
    wanted = package["dependencies"] | package["devDependencies"]
    assert not [version for version in wanted.values() if not re.fullmatch(r"\d+\.\d+\.\d+", version)]
    locked = json.loads((TEMPLATE / "package-lock.json").read_text())["packages"]
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_the_page_names_no_other_server() -> None:
    """Addresses stand in the README and in namespaces alone."""
    for name in list_template(TEMPLATE):
        if name.parts[0] not in {"src", "public", "index.html", "plugins"} or name.suffix == ".png":
            continue
        found = re.findall(r"(?:https?:)?//[\w.-]+\.[a-z]{2,}[^\s\"']*", (TEMPLATE / name).read_text())
        assert set(found) <= {"http://www.w3.org/2000/svg"}, name


def pass_unit_tests(kit: Path) -> None:
    unit = run_well(kit, "npm", "run", "test:unit")
    assert re.search(r"Tests\s+\S*\d+ passed", re.sub(r"\x1b\[\d+m", "", unit)), unit


def pass_browser_tests(kit: Path, *options: str) -> None:
    browser = run_well(kit, "npm", "run", "test:browser", "--", *options)
    assert re.search(r"\d+ passed", browser), browser
    assert "skipped" not in browser


@slow
def test_the_kit_builds_and_passes_its_tests_in_chromium(kits: dict[str, Path]) -> None:
    """Camera, heat, photo, vectors within 1/255, offline, a phone, a refusal, axe, no request elsewhere."""
    pass_unit_tests(kits[TILED])
    pass_browser_tests(kits[TILED])


@slow
def test_the_kit_of_another_model_passes_what_depends_on_the_model(
    kits: dict[str, Path], address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_unit_tests(kits[MODEL])
    monkeypatch.setenv("PORT", str(urllib.parse.urlsplit(address).port))  # what is served there is tested
    pass_browser_tests(kits[MODEL], "-g", "score as in Python|verdict|scaling a picture down")


@slow
def test_the_floor_of_the_frame_rate_is_a_floor(kits: dict[str, Path]) -> None:
    """Ratios and no milliseconds: the machine may be busy."""
    told = run_well(kits[MODEL], "npm", "run", "--silent", "bench", "--", "--json").splitlines()[-1]
    result = json.loads(told)
    assert result["tiles"] == len(place_tiles(1280, 720, Detector(MODEL).contract.input))
    assert 0.05 < result["ratio"] < 1.3
    assert result["liveFps"] > 1
    assert 1 <= result["liveTiles"] <= result["tiles"]


@pytest.fixture(scope="module")
def address(kits: dict[str, Path]) -> Iterator[str]:
    """The kit of the release model, built (its types are those of the other kit) and served."""
    run_well(kits[MODEL], "npm", "run", "litert")
    run_well(kits[MODEL], "npx", "vite", "build")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = ["node", "node_modules/vite/bin/vite.js", "preview", "--port", str(port), "--strictPort"]
    server = subprocess.Popen(serve, cwd=kits[MODEL], stdout=subprocess.DEVNULL)
    url = f"http://localhost:{port}/"
    try:
        end = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url, timeout=5).close()
                break
            except (urllib.error.URLError, TimeoutError):
                assert server.poll() is None, "the server has ended"
                assert time.monotonic() < end, "the server does not answer"
                time.sleep(0.2)
        yield url
    finally:
        server.terminate()
        server.wait()


@pytest.fixture(scope="module")
def score_in_browser(address: str) -> Iterator[Callable[[bytes, str], float]]:
    """What the page says of encoded bytes of a MIME type."""
    playwright = pytest.importorskip("playwright.sync_api", reason="needs playwright")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page()
        page.set_default_timeout(60_000)  # ms
        page.goto(address)
        page.locator("html[data-ready=true]").wait_for()

        def score(content: bytes, kind: str) -> float:
            page.locator("#file").set_input_files({"name": "picture", "mimeType": kind, "buffer": content})
            page.locator("#answer").wait_for()
            return float(page.locator("#score").text_content())

        yield score
        browser.close()


def draw_photo(width: int, height: int) -> Image.Image:
    """Smooth colours with grain, so that every step of a decoder shows."""
    y, x = np.mgrid[:height, :width]
    waves = np.stack([np.sin(x / 31 + y / 57), np.cos(x / 23), np.sin(y / 19 - x / 41)], axis=-1)
    grain = np.random.default_rng(5).normal(0, 9, (height, width, 1))
    return Image.fromarray(np.clip(128 + 90 * waves + grain, 0, 255).astype(np.uint8))


def draw_large() -> Image.Image:
    """Draw 6000 x 4000 px, of one part over and over: all drawn would take longer than what is tested."""
    return Image.fromarray(np.tile(np.asarray(draw_photo(600, 400)), (10, 10, 1)))


def encode(image: Image.Image, kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    image.save(stream, kind, **options)
    return stream.getvalue()


def make_turned() -> bytes:
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn
    return encode(draw_photo(451, 333), "JPEG", quality=85, exif=exif)


def make_translucent() -> bytes:
    photo = draw_photo(256, 256)
    photo.putalpha(Image.linear_gradient("L"))
    return encode(photo, "PNG")


ENCODINGS: dict[str, Callable[[], bytes]] = {
    "jpeg 4:4:4": lambda: encode(draw_photo(451, 333), "JPEG", quality=92, subsampling=0),
    "jpeg 4:2:0": lambda: encode(draw_photo(451, 333), "JPEG", quality=75, subsampling=2),
    "jpeg progressive": lambda: encode(draw_photo(451, 333), "JPEG", quality=60, progressive=True),
    "jpeg grey": lambda: encode(draw_photo(451, 333).convert("L"), "JPEG", quality=80),
    "jpeg turned": make_turned,
    "jpeg 24 megapixels": lambda: encode(draw_large(), "JPEG", quality=90),
    "webp": lambda: encode(draw_photo(451, 333), "WEBP", quality=70),
    "png translucent": make_translucent,
    "png palette": lambda: encode(draw_photo(451, 333).quantize(50), "PNG"),
}


@slow
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_the_browser_decodes_as_pillow_does(
    score_in_browser: Callable[[bytes, str], float], encoding: str
) -> None:
    content = ENCODINGS[encoding]()
    expected = Detector(MODEL).check(content).p_fake
    shown = score_in_browser(content, f"image/{encoding.split()[0]}")
    assert shown == pytest.approx(expected, abs=0.0006)  # three decimals are shown


@slow
@pytest.mark.usefixtures("address")  # built already, of all that `npm run screenshot` does
def test_the_screenshot_is_taken(kits: dict[str, Path], tmp_path: Path) -> None:
    data = pytest.importorskip("skimage.data", reason="needs scikit-image: the extra demo")
    cat = data.chelsea()[:, :450]  # in the public domain (CC0)
    photo, picture = tmp_path / "cat.png", tmp_path / "web-app.png"
    Image.fromarray(cat[::2, ::2].repeat(2, axis=0).repeat(2, axis=1)).save(photo)  # the trace of up-sampling
    run_well(kits[MODEL], "node", "scripts/screenshot.mjs", str(photo), str(picture))
    with Image.open(picture) as taken:
        assert taken.width == 390  # px, a phone's
        pixels = taken.convert("RGB")
    pixels.save(picture, optimize=True)
    assert picture.stat().st_size < 300_000
    if "FAKELENS_WEB_SCREENSHOT" in os.environ:
        shutil.copy(picture, os.environ["FAKELENS_WEB_SCREENSHOT"])
