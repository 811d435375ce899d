"""The vocabulary of digital source types (IPTC newscodes, and C2PA's additions): what each says."""

from fakelens.edge_runtime.provenance.evidence import Strength

_BASES = (
    "://cv.iptc.org/newscodes/digitalsourcetype/",
    "://c2pa.org/digitalsourcetype/",
)
_GENERATED, _EDITED = Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED
_CAMERA, _NOTE = Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE
_MEANINGS = {
    "trainedAlgorithmicMedia": (_GENERATED, "made by generative AI"),
    "trainedAlgorithmicData": (_GENERATED, "made by generative AI"),
    "compositeWithTrainedAlgorithmicMedia": (_EDITED, "edited with generative AI"),
    "compositeSynthetic": (_EDITED, "a composite with synthetic parts"),
    "digitalCapture": (_CAMERA, "captured by a digital camera"),
    "computationalCapture": (_CAMERA, "captured by a camera that computes"),
    "compositeCapture": (_CAMERA, "a composite of captured pictures"),
    "negativeFilm": (_CAMERA, "scanned from film"),
    "positiveFilm": (_CAMERA, "scanned from film"),
    "print": (_CAMERA, "scanned from a print"),
    "algorithmicMedia": (_NOTE, "made by an algorithm that was not trained, which is not AI"),
    "algorithmicallyEnhanced": (_NOTE, "enhanced by an algorithm"),
}


def read_source_type(value: str) -> tuple[Strength, str, str] | None:
    """Return strength, meaning and short name of a source type's address; None where it is none."""
    name = next((value.partition(base)[2] for base in _BASES if base in value), "")
    if not name:
        return None
    strength, meaning = _MEANINGS.get(name, (_NOTE, "of a kind that says nothing of AI or cameras"))
    return strength, meaning, name
