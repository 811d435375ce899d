"""The photos that come with the packages of the `demo` extra: something to start from without a network."""

import shutil
from importlib.util import find_spec
from pathlib import Path

from fakelens.edge_runtime.errors import MissingExtraError, UsageError
from fakelens.edge_runtime.extras import require_extra

BUILTIN = "builtin"  # the name that stands for these photos where a folder is expected

# Photographs only: no drawings, no renderings, no micrographs. Of the stereo pair one half, since two
# views of one scene in two splits would be a leak.
_PHOTOS = {
    "skimage": (
        "data/astronaut.png",
        "data/brick.png",
        "data/camera.png",
        "data/chelsea.png",
        "data/coffee.png",
        "data/coins.png",
        "data/grass.png",
        "data/gravel.png",
        "data/hubble_deep_field.jpg",
        "data/moon.png",
        "data/motorcycle_left.png",
        "data/rocket.jpg",
    ),
    "sklearn": ("datasets/images/china.jpg", "datasets/images/flower.jpg"),
    "matplotlib": ("mpl-data/sample_data/grace_hopper.jpg",),
}


def export_photos(folder: Path) -> list[Path]:
    """Copy the built-in photos into `folder` and return the copies, sorted.

    They are what scikit-image, scikit-learn and matplotlib ship inside their wheels; a file that another
    release of one of them leaves out is left out here too. `MissingExtraError` without these packages.
    """
    require_extra("demo", *_PHOTOS)
    folder.mkdir(parents=True, exist_ok=True)
    sources = [_package_folder(package) / name for package, names in _PHOTOS.items() for name in names]
    return sorted(Path(shutil.copyfile(path, folder / path.name)) for path in sources if path.is_file())


def refuse_among_photos(photos: str, output: Path) -> None:
    """Raise `UsageError` for an `output` below `photos`: the next command takes it for photos."""
    if photos != BUILTIN and Path(photos).resolve() in output.resolve().parents:
        raise UsageError(
            f"-o {output}: lies below {photos}, so that fakes would be taken for photos the next time; give "
            "a place outside"
        )


def _package_folder(package: str) -> Path:
    spec = find_spec(package)
    if spec is None or spec.origin is None:
        raise MissingExtraError(f'{package} has no folder of files: pip install "fakelens[demo]"')
    return Path(spec.origin).parent
