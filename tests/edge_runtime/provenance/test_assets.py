"""Real Content Credentials: contentauth/example-assets, where FAKELENS_C2PA_ASSETS names a clone."""

import os
from pathlib import Path

import pytest

from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.read import read_evidence

ASSETS = Path(os.environ.get("FAKELENS_C2PA_ASSETS", ""))
GENERATED, CAMERA, NOTE = Strength.DECLARES_GENERATED, Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE

pytestmark = pytest.mark.skipif(
    not os.environ.get("FAKELENS_C2PA_ASSETS"),
    reason="FAKELENS_C2PA_ASSETS names no clone of contentauth/example-assets",
)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("ChatGPT_Image.png", {(Source.C2PA, GENERATED), (Source.C2PA, NOTE)}),
        ("Firefly_tabby_cat.jpg", {(Source.C2PA, GENERATED), (Source.C2PA, NOTE)}),
        ("car-es-Ps-Cr.jpg", {(Source.C2PA, NOTE)}),
        ("cloudscape-ACA-Cr.jpeg", {(Source.EXIF, CAMERA), (Source.C2PA, NOTE)}),
        ("crater-lake-cr.jpg", {(Source.EXIF, CAMERA), (Source.XMP, NOTE)}),  # its manifest was stripped
        ("crater-lake.jpeg", {(Source.EXIF, CAMERA)}),
    ],
)
def test_a_real_file_says_what_its_makers_wrote(name: str, said: set[tuple[Source, Strength]]) -> None:
    found = read_evidence(ASSETS / "images" / name)
    assert {(item.source, item.strength) for item in found} == said
