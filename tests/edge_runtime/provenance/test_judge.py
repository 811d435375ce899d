"""Each part of a file goes to its reader, which is loaded where there is such a part."""

import subprocess
import sys

from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind
from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.judge import judge_part


def test_a_text_is_judged_by_its_key() -> None:
    settings = b"a cat\nSteps: 20, Sampler: Euler a, CFG scale: 7, Seed: 1, Size: 512x512"
    (found,) = judge_part(Part(kind=PartKind.TEXT, data=settings, where="here", key="parameters"))
    assert (found.strength, found.source, found.where) == (Strength.DECLARES_GENERATED, Source.TEXT, "here")


def test_what_is_damaged_says_nothing() -> None:
    for kind in PartKind:
        assert judge_part(Part(kind=kind, data=b"\xff\0\x01", where="here")) == []


def test_only_the_reader_of_a_part_is_loaded() -> None:
    code = (
        "import sys\n"
        "from fakelens.edge_runtime.provenance.judge import judge_part\n"
        "from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind\n"
        "judge_part(Part(kind=PartKind.IPTC, data=b'', where='here'))\n"
        "print(*sorted(name.partition('.provenance.')[2] for name in sys.modules if '.provenance.' in name))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == [
        "containers",
        "containers.parts",
        "evidence",
        "judge",
        "statements",
        "statements.iptc",
        "statements.labels",
        "statements.software",
    ]
