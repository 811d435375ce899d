"""The umbrella command: starts light, ends in one line and the right exit code, never a traceback."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from fakelens.edge_runtime import main
from tests.conftest import Fakelens

COMMAND = Path(sys.executable).parent / "fakelens"
HEAVY = ("tensorflow", "tf_keras", "numpy", "PIL", "ai_edge_litert", "sklearn", "matplotlib", "skimage")
SPARED = ("typer", "rich", "html", "numpy.random", "PIL.ImageDraw", "PIL.TiffImagePlugin")
SPARED += ("zipfile", "tempfile", "shutil", "email", "socket", "concurrent.futures")
SPARED += ("fakelens.train", "fakelens.convert", "fakelens.benchmarks", "fakelens.edge_runtime.live")
COMMANDS = ("check", "info", "train", "synthesize", "audit", "convert", "ship", "bench")

posix = pytest.mark.skipif(os.name != "posix", reason="POSIX signals and streams")


@pytest.fixture
def many(tmp_path: Path, save_grey: Callable[[Path, int], Path]) -> Path:
    """More results than a pipe holds, so that the command waits in the middle of its work."""
    folder = tmp_path / "many"
    image = save_grey(folder / "0.png", 40)
    for number in range(1, 1500):
        os.link(image, folder / f"{number:04}-{'name' * 20}.png")
    return folder


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [COMMAND, *map(str, arguments)], stderr=subprocess.PIPE, preexec_fn=heed_interrupts, **options
    )


def heed_interrupts() -> None:
    """Undo what a shell does to its background jobs, which the tests may be one of: they ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


def test_help_lists_the_commands_and_imports_nothing_heavy() -> None:
    code = (
        "import sys; sys.argv = ['fakelens', '--help']\n"
        "from fakelens.edge_runtime.main import main\n"
        "try: main()\n"
        f"finally: sys.stderr.write(' '.join(m for m in {HEAVY!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    for command in COMMANDS:
        assert f" {command} " in done.stdout


def test_a_check_loads_nothing_that_one_picture_does_not_need(
    tmp_path: Path, model_file: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    command = ["fakelens", "check", save_grey(tmp_path / "photo.png", 40), "--json", "--model", model_file]
    code = (
        f"import sys; sys.argv = {[str(word) for word in command]!r}\n"
        "from fakelens.edge_runtime.main import main\n"
        "try: main()\n"
        f"finally: sys.stderr.write(' '.join(m for m in {SPARED!r} if m in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith('{"path"')


def test_after_a_plain_check_the_process_ends_at_once(tmp_path: Path, model_file: Path) -> None:
    missing = tmp_path / "missing.jpg"

    def run(*words: object, output: int = subprocess.PIPE) -> tuple[int, str]:
        code = (
            f"import atexit, sys; sys.argv = {['fakelens', *map(str, words)]!r}\n"
            "from fakelens.edge_runtime.main import run_process\n"
            "atexit.register(sys.stderr.write, 'taken down'); run_process()"
        )
        done = subprocess.run(
            [sys.executable, "-c", code], stdout=output, stderr=subprocess.PIPE, text=True, check=False
        )
        return done.returncode, done.stderr

    code, said = run("check", missing, "--model", model_file)
    assert (code, said.splitlines()[0]) == (2, f"fakelens: {missing}: no such file")
    assert "taken down" not in said
    assert run("--help") == (0, "taken down")


def test_every_command_explains_itself_on_the_base_install_alone() -> None:
    code = (
        "import sys\n"
        "for name in ('tensorflow', 'tf_keras', 'sklearn', 'matplotlib'): sys.modules[name] = None\n"
        "from fakelens.edge_runtime.main import main\n"
        f"for command in {COMMANDS!r}:\n"
        "    sys.argv = ['fakelens', command, '--help']\n"
        "    try: main()\n"
        "    except SystemExit as end: print('ended with', end.code)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    pages = done.stdout.split("ended with 0\n")
    assert len(pages) == len(COMMANDS) + 1
    for command, page in zip(COMMANDS, pages, strict=False):
        assert f"fakelens {command}" in page


def test_the_bare_command_prints_help_and_ends_well(fakelens: Fakelens) -> None:
    done = fakelens()
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == fakelens("--help").stdout


def test_a_picture_in_place_of_a_command_gets_the_right_command(
    fakelens: Fakelens, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    photo = save_grey(tmp_path / "photo.png", 40)
    done = fakelens(photo)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == f"fakelens: {photo}: no such command; did you mean `fakelens check {photo}`?\n"
    assert fakelens("gone.jpg").stderr.endswith("did you mean `fakelens check gone.jpg`?\n")


def test_the_version_is_that_of_the_package(fakelens: Fakelens) -> None:
    assert fakelens("--version").stdout == f"fakelens {version('fakelens')}\n"


def test_a_choice_that_is_none_is_refused_in_plain_words(fakelens: Fakelens) -> None:
    done = fakelens("check", "a.jpg", "--fail-on", "real")
    assert done.returncode == 2
    assert done.stderr.endswith("Invalid value for '--fail-on': 'real' is not one of 'fake', 'unsure'.\n")


def test_an_option_with_too_few_values_is_one_line(fakelens: Fakelens) -> None:
    """The parser takes the next option for the missing value, and then blames what follows that."""
    done = fakelens("convert", "m.tflite", "--bridge", "photo", "run", "-o", "x.tflite")
    line = "fakelens: --bridge takes 3 values, SECOND RUN RUN; 2 given"
    assert (done.returncode, done.stderr.splitlines()) == (2, [line])
    done = fakelens("convert", "m.tflite", "--bridge", "photo", "run")
    assert (done.returncode, len(done.stderr.splitlines())) == (2, 1)


@pytest.mark.parametrize("arguments", [["no-such-command"], ["--no-such-option"], ["check"]])
def test_bad_usage_is_exit_2_without_a_traceback(fakelens: Fakelens, arguments: list[str]) -> None:
    done = fakelens(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Usage: fakelens" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_missing_extra_is_exit_3_with_the_command_to_install_it(fakelens: Fakelens, tmp_path: Path) -> None:
    done = fakelens("train", "x", blocked=("tensorflow", "tomli_w", "jinja2"), cwd=tmp_path)
    assert done.returncode == 3
    assert done.stderr.endswith(', which is not installed: pip install "fakelens[train]"\n')
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()


@posix
def test_ctrl_c_in_the_middle_of_a_batch_is_exit_130(model_file: Path, many: Path) -> None:
    process = start("check", many, "--json", "--model", model_file, stdout=subprocess.PIPE)
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b'{"path"')
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert errors.strip() == b"fakelens: interrupted"
    assert output.count(b"\n") < 1400  # it stopped there and then


def test_an_interruption_does_not_take_the_interpreter_down_around_running_threads() -> None:
    code = (
        "import atexit, importlib.metadata, os\n"
        "from fakelens.edge_runtime import main\n"
        "def interrupt(**_): raise KeyboardInterrupt\n"
        "importlib.metadata.entry_points = interrupt\n"
        "atexit.register(os.abort)\n"  # as TensorFlow's threads do now and then when they find no interpreter
        "main.main()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=False)
    assert done.returncode == 130
    assert done.stderr.decode() == "fakelens: interrupted\n"


@posix
@pytest.mark.parametrize("output", ["--json", "--csv"])
def test_a_reader_that_has_enough_is_no_error(model_file: Path, many: Path, output: str) -> None:
    process = start("check", many, output, "--model", model_file, stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == b""
    assert process.wait(timeout=60) == 0


@posix
@pytest.mark.parametrize("stream", [1, 2])
def test_a_closed_stream_changes_no_exit_code(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path], stream: int
) -> None:
    for level, code in ((10, 0), (250, 1)):
        image = save_grey(tmp_path / f"{level}.png", level)
        command = f"'{COMMAND}' check '{image}' --model '{model_file}' --fail-on fake {stream}>&-"
        done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
        assert done.returncode == code
        assert done.stderr == ""


@pytest.mark.parametrize("words", [("check", ""), ("watch", "--source", ""), ("audit", "")])
def test_an_empty_word_stands_for_no_folder(words: tuple[str, ...]) -> None:
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("fakelens: an empty argument was given")


@pytest.mark.parametrize(
    "words",
    [
        ("watch", "--source="),
        ("check", "a.jpg", "--model="),
        ("train", "--from=", "-o", "run"),
        ("service", "install", "--", "--source="),
    ],
)
def test_an_option_without_its_value_stands_for_no_folder(words: tuple[str, ...]) -> None:
    done = subprocess.run([COMMAND, *words], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (2, "")
    option = next(word for word in words if word.endswith("="))[:-1]
    assert done.stderr.startswith(f"fakelens: {option} has no value, perhaps a variable that is not set")
    assert done.stderr.count("\n") == 1


def test_a_value_may_end_in_a_sign_of_equality() -> None:
    done = subprocess.run(
        [COMMAND, "check", "no=", "--model=a="], capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "a=: no such model file" in done.stderr


@posix
def test_a_closed_standard_input_is_an_empty_one(model_file: Path) -> None:
    command = f"'{COMMAND}' check - --model '{model_file}' 0<&-"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (2, "fakelens: stdin: empty input\n")


def test_too_little_memory_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def take_all(_: list[str]) -> None:
        bytearray(1 << 62)

    monkeypatch.setattr(main, "_run_command", take_all)
    assert main._run() == 2
    assert capsys.readouterr().err.startswith("fakelens: this takes more memory than there is")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path]
) -> None:
    image = save_grey(tmp_path / "grey.png", 40)
    with Path("/dev/full").open("w") as full:
        process = start("check", image, "--model", model_file, stdout=full)
        _, errors = process.communicate(timeout=60)
    assert process.returncode == 2
    assert errors.startswith(b"fakelens: the disk is full")
    assert errors.count(b"\n") == 1


@posix
@pytest.mark.parametrize("output", ["--csv", "--json", None])
def test_any_file_name_can_be_written(
    model_file: Path, tmp_path: Path, save_grey: Callable[[Path, int], Path], output: str | None
) -> None:
    image = save_grey(tmp_path / os.fsdecode(b"\xff \xc3\xa4.png"), 40)
    arguments = ["check", image, "--model", model_file, *([output] if output else [])]
    for encoding in ("utf-8:strict", "ascii:strict"):
        process = start(*arguments, stdout=subprocess.PIPE, env=os.environ | {"PYTHONIOENCODING": encoding})
        answer, errors = process.communicate(timeout=60)
        assert (process.returncode, errors) == (0, b"")
        assert b"real" in answer.lower()
