"""The files that say something of themselves, and what they say, as the web kit's tests read them.

The same rules stand in Python and in TypeScript; this file of vectors keeps them together. Written anew by
`FAKELENS_WRITE_VECTORS=1 pytest tests/convert/ship/web/src/test_provenance.py` after a rule is added.
"""

import base64
import json
import os
from dataclasses import asdict
from typing import Any

from fakelens.convert.ship.layout import Platform
from fakelens.convert.ship.templates import find_template
from fakelens.edge_runtime.provenance.inspection import add_contradictions
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    created,
    encode_cbor,
    make_app11,
    make_exif,
    make_jpeg,
    make_manifest,
    make_png,
    make_store,
)
from tests.edge_runtime.provenance.containers.test_damage import DAMAGED
from tests.edge_runtime.provenance.containers.test_reader import FILES
from tests.edge_runtime.provenance.containers.test_window import HOSTILE
from tests.edge_runtime.provenance.credentials.test_c2pa import BY_AI, BY_CAMERA, OPENED, ingredient
from tests.edge_runtime.provenance.test_read import NO_STATEMENTS, STATEMENTS

VECTORS = find_template(Platform.WEB) / "tests" / "unit" / "statements.json"
MOST_HOSTILE_BYTES = 3000
MOST_ZEROS = 4096  # behind a file; more are counted, and not written
CAMERA = make_exif({0x010F: b"Canon\0", 0x0110: b"EOS R5\0"}, {0x829A: bytes(8)})
TRACED = make_store(
    BY_AI, BY_CAMERA, make_manifest("own", [OPENED], [ingredient("camera"), ingredient("ai", "componentOf")])
)


def list_files() -> dict[str, bytes]:
    """All files of the reader's own tests that are small, by name."""
    files = {name: file for name, file, _, _ in STATEMENTS} | NO_STATEMENTS
    files |= {name: file for name, (file, _) in FILES.items()}
    files |= {name: file for name, file in HOSTILE.items() if len(file) < MOST_HOSTILE_BYTES}
    files |= DAMAGED
    files["C2PA, a generated part"] = make_png((b"caBX", TRACED))
    wrapper = make_store(BY_AI, make_manifest("own", [], [ingredient("ai", "componentOf")]))
    files["C2PA, a wrapper"] = make_png((b"caBX", wrapper))
    own = make_manifest("own", [{"action": "x" * 50}], [ingredient("ai", "componentOf")])
    broken = make_store(BY_AI, own.replace(encode_cbor("x" * 50), b"\xff" * 52))
    twice = make_store(
        BY_AI, make_manifest("own", [OPENED], [ingredient("ai", "componentOf"), ingredient("ai")])
    )
    files["C2PA, a manifest that cannot be read"] = make_png((b"caBX", broken))
    files["C2PA, parent and part"] = make_png((b"caBX", twice))
    files["C2PA, cut before the picture's own"] = make_png((b"caBX", TRACED[: TRACED.find(b"own\0") - 20]))
    files["C2PA, cut within the picture's own"] = make_png((b"caBX", TRACED[:-30]))
    files["a camera and a generator"] = make_jpeg(
        (0xE1, b"Exif\0\0" + CAMERA), *make_app11(make_store(make_manifest(actions=[created()])))
    )
    return files


def write_file(file: bytes) -> dict[str, Any]:
    """Write a file in base64, and how many zeros stand behind it where there are many."""
    begin = file.rstrip(b"\0")
    zeros = len(file) - len(begin)
    if zeros <= MOST_ZEROS:
        return {"file": base64.b64encode(file).decode()}
    return {"file": base64.b64encode(begin).decode(), "zeros": zeros}


def read_file(vector: dict[str, Any]) -> bytes:
    return base64.b64decode(vector["file"]) + bytes(vector.get("zeros", 0))


def test_the_vectors_are_what_python_says() -> None:
    expected: list[dict[str, Any]] = [
        {
            "name": name,
            **write_file(file),
            "evidence": [
                {key: str(value) for key, value in asdict(item).items()}
                for item in add_contradictions(read_evidence(file))
            ],
        }
        for name, file in list_files().items()
    ]
    if os.environ.get("FAKELENS_WRITE_VECTORS"):
        lines = ",\n".join(json.dumps(vector, ensure_ascii=True) for vector in expected)
        VECTORS.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    found = json.loads(VECTORS.read_text(encoding="utf-8"))
    assert [_without_places(vector) for vector in found] == [_without_places(vector) for vector in expected]


def _without_places(vector: dict[str, Any]) -> tuple[str, list[dict[str, str]]]:
    """What another version of Pillow leaves the same: it may write other bytes around a statement."""
    return vector["name"], [{**item, "where": ""} for item in vector["evidence"]]


def test_the_vectors_are_as_the_kit_holds_them() -> None:
    for vector in json.loads(VECTORS.read_text(encoding="utf-8")):
        said = add_contradictions(read_evidence(read_file(vector)))
        assert [item.what for item in said] == [item["what"] for item in vector["evidence"]], vector["name"]
