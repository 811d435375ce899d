"""Checks of what is installed: Python, architecture, OpenCV, LiteRT, the model and its speed."""

import platform
import sys
from importlib.metadata import PackageNotFoundError, distributions, version

from fakelens.edge_runtime.doctor.health import Check, failed, noted, passed
from fakelens.edge_runtime.errors import FakelensError
from fakelens.edge_runtime.files import digest_file

# Each of them installs the same folder, cv2.
_OPENCV_PROVIDERS = (
    "opencv-contrib-python",
    "opencv-contrib-python-headless",
    "opencv-python",
    "opencv-python-headless",
)


def check_python() -> Check:
    """Python's release, and whether this is an environment of its own."""
    found = f"{platform.python_version()}, {sys.executable}"
    if sys.prefix != sys.base_prefix:
        return passed("python", found)
    return noted(
        "python", f"{found}, the system's own", "install in an environment: python3 -m venv fakelens"
    )


def check_architecture(machine: str, bits: int) -> Check:
    """Processor and userland: LiteRT has no 32-bit packages, even where the kernel has 64 bits."""
    found = f"{machine}, {bits}-bit Python"
    if bits == 64:
        return passed("architecture", found)
    if machine in ("aarch64", "x86_64"):
        found += " on a 64-bit kernel"
    remedy = "LiteRT needs a 64-bit system: write the 64-bit Raspberry Pi OS to the card"
    return failed("architecture", found, remedy)


def check_opencv(path: list[str] | None = None) -> Check:
    """OpenCV and who brings it, among the packages on `path`, by default Python's own.

    Several providers write over each other's files: what is imported is then a matter of luck.
    """
    packages = distributions() if path is None else distributions(path=path)
    # A damaged package has no name, and nothing to do with us.
    found = {str(package.metadata["Name"]).lower().replace("_", "-"): package.version for package in packages}
    providers = [name for name in _OPENCV_PROVIDERS if name in found]
    listed = ", ".join(f"{name} {found[name]}" for name in providers)
    swap = f"pip uninstall -y {' '.join(providers)} && pip install opencv-python"
    if len(providers) > 1:
        return failed("opencv", f"{listed}, in conflict", swap)
    if not providers:
        return noted("opencv", "not installed", 'fakelens watch needs it: pip install "fakelens[camera]"')
    if "headless" in listed:
        return noted("opencv", f"{listed}, which opens no windows", f"for a window: {swap}")
    return passed("opencv", listed)


def check_litert() -> Check:
    """Whether LiteRT is installed and loads."""
    try:
        import fakelens.edge_runtime.modelfile.interpreter  # noqa: F401 (whether it loads is the check)

        return passed("litert", version("ai-edge-litert"))
    except (ImportError, OSError, PackageNotFoundError) as error:
        remedy = "pip install --force-reinstall ai-edge-litert, on a 64-bit system"
        return failed("litert", _first_line(error), remedy)


def check_model() -> Check:
    """The default model: its name, size and digest; its parts are verified."""
    from fakelens.edge_runtime.modelfile.container import read_model
    from fakelens.edge_runtime.modelfile.library import find_model

    try:
        path = find_model()
        file = read_model(path)
    except FakelensError as error:
        return failed("model", str(error), "pip install --force-reinstall --no-deps fakelens")
    return passed("model", f"{file.contract.name}, {file.size_bytes:,} bytes, sha256 {digest_file(path)}")


def check_speed() -> Check:
    """How fast the default model runs here, in a second of trying."""
    try:
        from fakelens.edge_runtime.doctor.speed import measure_speed

        speed = measure_speed()
    except (FakelensError, ImportError, OSError) as error:
        return failed("speed", _first_line(error), "see what is said of litert and model")
    threads = "1 thread" if speed.threads == 1 else f"{speed.threads} threads"
    return passed(
        "speed",
        f"{speed.p50_ms:.2f} ms an inference with {threads} (p90 {speed.p90_ms:.2f} ms, n={speed.runs:,})",
    )


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
