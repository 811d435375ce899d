"""Real model files whose answers are known, built without TensorFlow, and the installed command."""

import contextlib
import fcntl
import gc
import io
import logging
import os
import runpy
import shutil
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import flatbuffers
import numpy as np
import numpy.typing as npt
import pytest
from ai_edge_litert import schema_py_generated as schema
from PIL import Image

from fakelens.benchmarks.studies.chromium import open_chromium
from fakelens.convert.merge import NamedGraph, merge_graphs
from fakelens.convert.recipes import Io
from fakelens.convert.roots import add_first_root
from fakelens.convert.tflite_metadata.write import attach_metadata
from fakelens.edge_runtime.errors import MissingExtraError
from fakelens.edge_runtime.main import main
from fakelens.edge_runtime.modelfile.container import pack_model
from fakelens.edge_runtime.modelfile.contract import (
    Contract,
    Decision,
    Fit,
    FitSpec,
    Fusion,
    InputSpec,
    Pool,
    ViewSpec,
)

os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")  # as the commands do; tests import TensorFlow by themselves

SIZE = 8
WHOLE_SIZE = 12
DECISION = Decision(threshold=0.5, unsure_low=0.4, unsure_high=0.6)
COMMAND = Path(sys.executable).parent / "fakelens"

Floats = npt.NDArray[np.float32]
BuildGraph = Callable[..., bytes]
Fakelens = Callable[..., subprocess.CompletedProcess[str]]
RunModule = Callable[..., subprocess.CompletedProcess[str]]
RunHere = Callable[..., subprocess.CompletedProcess[str]]
RunPip = Callable[..., None]
MakeOnce = Callable[[str, Callable[[Path], object]], Path]
OFFLINE = (
    "NewConnectionError",
    "ConnectTimeoutError",
    "ProxyError",
    "name resolution",
    "Network is unreachable",
)

_BLOCKER = """
import sys
class Blocker:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {blocked!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Blocker())
"""


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect no garbage while modules are imported, in every worker; what is loaded stays to the end."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put files with most slow tests first: they wait on browsers and installers while others work."""
    slow = Counter(item.path for item in items if item.get_closest_marker("slow"))
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(autouse=True)
def kept_log_levels() -> Iterator[None]:
    """A command that runs in this process sets how much is logged; the next test starts as if it had not."""
    loggers = logging.getLogger(), logging.getLogger("fakelens")
    levels = [logger.level for logger in loggers]
    yield
    logging.disable(logging.NOTSET)
    for logger, level in zip(loggers, levels, strict=True):
        logger.setLevel(level)


@pytest.fixture(scope="session")
def make_once(tmp_path_factory: pytest.TempPathFactory) -> MakeOnce:
    """Write a folder once for all workers of a run; tests leave it as it is."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def make(name: str, write: Callable[[Path], object]) -> Path:
        folder, unfinished = root / f"shared-{name}", root / f"unfinished-{name}"
        with (root / f"{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # the others wait
            if not folder.exists():
                shutil.rmtree(unfinished, ignore_errors=True)
                write(unfinished)
                unfinished.rename(folder)
        return folder

    return make


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """A real Chromium, started once for the tests of a module."""
    with contextlib.ExitStack() as stack:
        try:
            started = stack.enter_context(open_chromium())
        except MissingExtraError as error:
            pytest.skip(str(error))
        yield started


@pytest.fixture
def find_faults(browser: Any) -> Callable[..., list[str]]:
    """Open a page in a real Chromium at three widths in light and dark; return what is wrong with it.

    That is what axe-core finds, what the console says, and a page that scrolls sideways. A page is a file or
    an address; `prepare` is given the open page before it is looked at.
    """
    reason = "needs axe-playwright-python: make test installs it"
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason=reason).Axe()

    def find(where: Path | str, prepare: Callable[[Any], None] = lambda page: None) -> list[str]:  # noqa: ARG005
        faults: list[str] = []
        address = where if isinstance(where, str) else where.as_uri()
        page = browser.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        for width in (390, 820, 1440):
            for scheme in ("light", "dark"):
                page.set_viewport_size({"width": width, "height": 900})
                page.emulate_media(color_scheme=scheme)
                page.goto(address)
                prepare(page)
                faults.extend(
                    f"{width} {scheme}: {each['id']}: {each['nodes'][0]['html']}"
                    for each in axe.run(page).response["violations"]
                )
                if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                    faults.append(f"{width} {scheme}: scrolls sideways")
        page.close()
        return faults

    return find


def make_graph(
    weights: Floats, bias: Sequence[float], *, input_type: str = "UINT8", output_type: str = "FLOAT32"
) -> bytes:
    """softmax(weights @ pixels + bias), the weights [classes, size * size * 3] for raw bytes.

    A UINT8 output is quantized as the converter does it: scale 1/256, zero point 0.
    """
    classes, pixels = weights.shape
    size = round((pixels / 3) ** 0.5)
    ops, options, types = schema.BuiltinOperator, schema.BuiltinOptions, schema.TensorType
    buffers = [schema.BufferT()]
    tensors: list[Any] = []
    codes: list[Any] = []
    operators: list[Any] = []

    def add_tensor(shape: list[int], kind: str, constant: npt.NDArray[Any] | None = None) -> int:
        tensor = schema.TensorT()
        tensor.name, tensor.shape, tensor.type = f"t{len(tensors)}".encode(), shape, getattr(types, kind)
        if constant is not None:
            tensor.buffer = len(buffers)
            buffers.append(schema.BufferT())
            buffers[-1].data = np.frombuffer(constant.tobytes(), np.uint8)
        tensors.append(tensor)
        return len(tensors) - 1

    def add_op(name: str, inputs: list[int], output: int, settings: tuple[int, Any]) -> None:
        code, operator = schema.OperatorCodeT(), schema.OperatorT()
        code.builtinCode = code.deprecatedBuiltinCode = getattr(ops, name)
        code.version = 1
        operator.opcodeIndex, operator.inputs, operator.outputs = len(codes), inputs, [output]
        operator.builtinOptionsType, operator.builtinOptions = settings
        codes.append(code)
        operators.append(operator)

    source = floats = add_tensor([1, size, size, 3], input_type)
    if input_type != "FLOAT32":
        floats = add_tensor([1, size, size, 3], "FLOAT32")
        add_op("CAST", [source], floats, (options.CastOptions, schema.CastOptionsT()))
    logits = add_tensor([1, classes], "FLOAT32")
    constants = [
        add_tensor([classes, pixels], "FLOAT32", weights.astype(np.float32)),
        add_tensor([classes], "FLOAT32", np.array(bias, np.float32)),
    ]
    dense = (options.FullyConnectedOptions, schema.FullyConnectedOptionsT())
    add_op("FULLY_CONNECTED", [floats, *constants], logits, dense)
    target = add_tensor([1, classes], "FLOAT32")
    softmax = schema.SoftmaxOptionsT()
    softmax.beta = 1.0
    add_op("SOFTMAX", [logits], target, (options.SoftmaxOptions, softmax))
    if output_type != "FLOAT32":
        probabilities, target = target, add_tensor([1, classes], output_type)
        quantization = schema.QuantizationParametersT()
        quantization.scale, quantization.zeroPoint = [1 / 256], [0]
        tensors[target].quantization = quantization
        add_op("QUANTIZE", [probabilities], target, (options.QuantizeOptions, schema.QuantizeOptionsT()))

    subgraph = schema.SubGraphT()
    subgraph.tensors, subgraph.operators = tensors, operators
    subgraph.inputs, subgraph.outputs = [source], [target]
    return pack_graph(subgraph, codes, buffers)


def pack_graph(subgraph: Any, codes: list[Any], buffers: list[Any]) -> bytes:
    """The flatbuffer of a model of one subgraph."""
    model = schema.ModelT()
    model.version, model.subgraphs, model.operatorCodes, model.buffers = 3, [subgraph], codes, buffers
    builder = flatbuffers.Builder()
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def make_brightness_graph(**types: str) -> bytes:
    """P(fake) = sigmoid((mean grey level - 128) / 16)."""
    weights = np.zeros((2, SIZE * SIZE * 3), np.float32)
    weights[1] = 1 / (16 * SIZE * SIZE * 3)
    return make_graph(weights, [0, -8], **types)


@pytest.fixture(scope="session")
def build_graph() -> BuildGraph:
    """Build a graph of one dense layer: see `make_graph`."""
    return make_graph


@pytest.fixture(scope="session")
def build_brightness_graph() -> BuildGraph:
    """Build the graph below with other types at its border."""
    return make_brightness_graph


@pytest.fixture(scope="session")
def brightness_graph() -> bytes:
    """uint8 [1, 8, 8, 3] in, softmax out: P(fake) = sigmoid((mean grey level - 128) / 16)."""
    return make_brightness_graph()


@pytest.fixture
def model_file(tmp_path: Path, brightness_graph: bytes) -> Path:
    """The model above as a file that the test may rewrite; UNSURE from .4 to .6."""
    contract = Contract(name="brightness", input=InputSpec(size=SIZE), decision=DECISION)
    path = tmp_path / "brightness.tflite"
    path.write_bytes(pack_model(brightness_graph, contract))
    return path


@pytest.fixture
def pixel_model_file(tmp_path: Path) -> Path:
    """A model whose answer changes with any byte of its input: a random weight for each, none near zero."""
    generator = np.random.default_rng(0)
    weights = np.zeros((2, SIZE * SIZE * 3), np.float32)
    weights[1] = generator.uniform(0.001, 0.003, SIZE * SIZE * 3) * generator.choice([-1, 1], SIZE * SIZE * 3)
    path = tmp_path / "pixels.tflite"
    path.write_bytes(
        pack_model(make_graph(weights, [0, 0]), Contract(name="pixels", input=InputSpec(size=SIZE)))
    )
    return path


@pytest.fixture
def pack_tile_model(tmp_path: Path, brightness_graph: bytes) -> Callable[..., Path]:
    """Write the model above as one that looks at tiles, with the fields of its contract that are given."""

    def pack(tiles: int, pool: Pool = Pool.MEAN, **fields: Any) -> Path:
        spec = InputSpec(size=SIZE, fit=Fit.TILES, tiles=tiles, pool=pool)
        path = tmp_path / "tiles.tflite"
        path.write_bytes(pack_model(brightness_graph, Contract(name="tiles", input=spec, **fields)))
        return path

    return pack


def make_redness_graph(size: int, steepness: float = 1 / 16) -> bytes:
    """P(fake) = sigmoid(steepness * (mean red - mean blue)) of `size` x `size` px."""
    weights = np.zeros((2, size * size, 3), np.float32)
    weights[1, :, 0], weights[1, :, 2] = steepness / (size * size), -steepness / (size * size)
    return make_graph(weights.reshape(2, -1), [0, 0])


@pytest.fixture
def pack_two_view_model(tmp_path: Path, brightness_graph: bytes) -> Callable[..., Path]:
    """Write a model of two views: bright tiles are fake, and so are pictures that are red as a whole.

    Fields of its contract can be given; P(fake) = sigmoid(0.25 + logit of tiles + 0.5 logit of whole).
    """

    def pack(tiles: int = 4, pool: Pool = Pool.TEXTURE, **fields: Any) -> Path:
        first = InputSpec(size=SIZE, fit=Fit.TILES, tiles=tiles, pool=pool)
        views = (
            ViewSpec(name="tiles", signature="serving_default", **asdict_fit(first)),
            ViewSpec(name="whole", signature="whole", size=WHOLE_SIZE),
        )
        spec = replace(first, views=views, fusion=Fusion(weights=(1.0, 0.5), bias=0.25))
        graphs = brightness_graph, make_redness_graph(WHOLE_SIZE)
        named = [NamedGraph(signature=v.signature, graph=g) for v, g in zip(views, graphs, strict=True)]
        contract = Contract(name="two", input=spec, **{"decision": DECISION} | fields)
        graph, root = add_first_root(attach_metadata(merge_graphs(named), contract, Io.UINT8))
        contract = replace(contract, input=replace(spec, root=root))
        path = tmp_path / "two.tflite"
        path.write_bytes(pack_model(graph, contract))
        return path

    return pack


def asdict_fit(spec: FitSpec) -> dict[str, Any]:
    return {name: getattr(spec, name) for name in ("size", "fit", "tiles", "pool")}


@pytest.fixture
def whole_model_file(tmp_path: Path) -> Path:
    """A model of one view that calls pictures fake that are red as a whole."""
    path = tmp_path / "redness.tflite"
    contract = Contract(name="redness", input=InputSpec(size=WHOLE_SIZE))
    graph = attach_metadata(make_redness_graph(WHOLE_SIZE), contract, Io.UINT8)
    path.write_bytes(pack_model(graph, contract))
    return path


@pytest.fixture
def save_grey() -> Callable[[Path, int], Path]:
    """Write an image of one grey level, losslessly."""

    def save(path: Path, level: int) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(np.full((SIZE, SIZE, 3), level, np.uint8)).save(path)
        return path

    return save


@pytest.fixture
def run_here(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> RunHere:
    """Run a program's `start` in this process, with words and input of its own, and return how it ends."""

    def run(
        start: Callable[[], object], words: Sequence[str], stdin: bytes = b"", cwd: Path | None = None
    ) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        with monkeypatch.context() as patch, contextlib.chdir(cwd or Path.cwd()):
            patch.setattr(sys, "argv", list(words))
            patch.setattr(logging.root, "handlers", [])  # as in a new process, which sets up its own
            patch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
            try:
                start()
                code = 0
            except SystemExit as end:
                code = int(end.code or 0)
        output, errors = capfd.readouterr()
        return subprocess.CompletedProcess(list(words), code, output, errors)

    return run


@pytest.fixture
def fakelens(tmp_path: Path, run_here: RunHere) -> Fakelens:
    """Run the command as a user does, in this process: another would take longer to start than most work.

    A `fresh` process where the start itself is in question; so is one in which `blocked` modules cannot be
    imported.
    """

    def run(
        *arguments: object,
        blocked: Sequence[str] = (),
        stdin: bytes = b"",
        cwd: Path | None = None,
        fresh: bool = False,
    ) -> subprocess.CompletedProcess[str]:
        words = [str(argument) for argument in arguments]
        if fresh or blocked:
            return run_in_new_process(words, tmp_path, blocked, cwd)
        return run_here(main, ["fakelens", *words], stdin, cwd)

    return run


@pytest.fixture
def run_module(run_here: RunHere) -> RunModule:
    """Run a module as `python -m` does, in this process."""

    def run(module: str, *arguments: object) -> subprocess.CompletedProcess[str]:
        start = partial(runpy.run_module, module, run_name="__main__")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # that it is imported already
            return run_here(start, [module, *map(str, arguments)])

    return run


def run_in_new_process(
    words: list[str], folder: Path, blocked: Sequence[str], cwd: Path | None
) -> subprocess.CompletedProcess[str]:
    """Run the installed command; what blocks modules is written into `folder`."""
    environment = dict(os.environ)
    if blocked:
        blocker = folder / "blocker"
        blocker.mkdir(exist_ok=True)
        (blocker / "sitecustomize.py").write_text(_BLOCKER.format(blocked=set(blocked)))
        given = environment.get("PYTHONPATH")
        environment["PYTHONPATH"] = os.pathsep.join([str(blocker), *([given] if given else [])])
    done = subprocess.run(
        [COMMAND, *words],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env=environment,
        cwd=cwd,
        check=False,
        timeout=120,
    )
    return subprocess.CompletedProcess(done.args, done.returncode, done.stdout.decode(), done.stderr.decode())


@pytest.fixture(scope="session")
def run_pip() -> RunPip:
    """Run what needs a package index; skip the test where none can be reached."""

    def run(*command: object) -> None:
        done = subprocess.run([*map(str, command)], capture_output=True, text=True, check=False)
        output = done.stdout + done.stderr
        if done.returncode and any(sign in output for sign in OFFLINE):
            pytest.skip("pip cannot reach a package index")
        assert done.returncode == 0, output

    return run
