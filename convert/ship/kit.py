"""A kit: the source tree of an app, the model in its place, the test vectors in theirs."""

import io
import shutil
import zipfile
from pathlib import Path

from fakelens.convert.ship.card import render_card
from fakelens.convert.ship.layout import LAYOUTS, STATEMENTS_NAME, Platform
from fakelens.convert.ship.templates import copy_template, find_template
from fakelens.convert.ship.vectors import write_vectors
from fakelens.edge_runtime.answers.pages.parts import read_asset
from fakelens.edge_runtime.modelfile.container import read_model
from fakelens.edge_runtime.modelfile.members import CONTRACT_NAME, LABELS_NAME

_VECTORS = "vectors"


def write_assets(model: Path, folder: Path) -> None:
    """Write what every kit gets of the model file `model` into `folder`, the vectors below it."""
    content = model.read_bytes()
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        contract, labels = archive.read(CONTRACT_NAME), archive.read(LABELS_NAME)
    (folder / "model.tflite").write_bytes(content)
    (folder / "contract.json").write_bytes(contract)
    (folder / "labels.txt").write_bytes(labels)
    card = render_card(read_model(model).contract, len(content))
    (folder / "MODEL_CARD.md").write_text(card, encoding="utf-8")
    write_vectors(model, folder / _VECTORS)


_LOOK = "src/fakelens.css"  # of the web kit: the stylesheet that every page shares


def write_kit(platform: Platform, assets: Path, target: Path) -> None:
    """Write the kit for `platform` to `target`, with what `write_assets` made in `assets`."""
    layout = LAYOUTS[platform]
    copy_template(find_template(platform), target, left_out=layout.vectors)
    for source, place in ((assets, layout.assets), (assets / _VECTORS, layout.vectors)):
        (target / place).mkdir(parents=True, exist_ok=True)
        for path in sorted(source.iterdir()):
            if path.is_file():
                shutil.copyfile(path, target / place / path.name)
    statements = find_template(Platform.WEB) / LAYOUTS[Platform.WEB].statements / STATEMENTS_NAME
    (target / layout.statements).mkdir(parents=True, exist_ok=True)
    shutil.copyfile(statements, target / layout.statements / STATEMENTS_NAME)
    if platform is Platform.WEB:
        (target / _LOOK).write_text(read_asset("style.css"), encoding="utf-8")
