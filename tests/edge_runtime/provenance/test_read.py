"""Every kind of statement that is known, each in a file made here, and what stands beside it and is none."""

import json
from pathlib import Path

import pytest

from fakelens.edge_runtime.provenance.evidence import Source, Strength
from fakelens.edge_runtime.provenance.read import read_evidence
from tests.edge_runtime.provenance.conftest import (
    A1111,
    created,
    make_app11,
    make_comfy,
    make_exif,
    make_exif_jpeg,
    make_gif,
    make_iptc,
    make_jpeg,
    make_manifest,
    make_png,
    make_store,
    make_text_png,
    make_webp,
    make_xmp,
    make_xmp_jpeg,
    source_type,
)

GENERATED, EDITED = Strength.DECLARES_GENERATED, Strength.DECLARES_EDITED
CAMERA, NOTE = Strength.SPEAKS_FOR_A_CAMERA, Strength.NOTE
UUID = "0f8fad5b-d9cb-469f-a165-70867728950e"
LABEL = '{"Label": "1", "ContentProducer": "001191310104", "ProduceID": "17"}'
DESCRIPTION, MAKE, MODEL, SOFTWARE, ARTIST = 0x010E, 0x010F, 0x0110, 0x0131, 0x013B
EXPOSURE_TIME, USER_COMMENT, MAKER_NOTE = 0x829A, 0x9286, 0x927C
CANON = {MAKE: b"Canon\0", MODEL: b"Canon EOS R5\0"}


def described(text: str) -> str:
    return f"<dc:description><rdf:Alt><rdf:li>{text}</rdf:li></rdf:Alt></dc:description>"


def samsung(kind: int) -> bytes:
    return b"\0\0\x11\x0bPhotoEditor_Re_Edit_Data" + json.dumps({"genAIType": kind}).encode() + b"SEFHSEFT"


def c2pa_jpeg(*actions: dict[str, object]) -> bytes:
    return make_jpeg(*make_app11(make_store(make_manifest(actions=list(actions)))))


STATEMENTS = [
    ("C2PA, created by AI", c2pa_jpeg(created()), Source.C2PA, GENERATED),
    (
        "C2PA, edited with AI",
        c2pa_jpeg(
            {"action": "c2pa.opened"},
            {
                "action": "c2pa.edited",
                "digitalSourceType": source_type("compositeWithTrainedAlgorithmicMedia"),
            },
        ),
        Source.C2PA,
        EDITED,
    ),
    ("C2PA, captured", c2pa_jpeg(created("digitalCapture")), Source.C2PA, CAMERA),
    ("C2PA, captured and computed", c2pa_jpeg(created("computationalCapture")), Source.C2PA, CAMERA),
    *(
        (f"XMP {name}", make_xmp_jpeg(f'ext:DigitalSourceType="{source_type(name)}"'), Source.XMP, strength)
        for name, strength in (
            ("trainedAlgorithmicMedia", GENERATED),
            ("compositeWithTrainedAlgorithmicMedia", EDITED),
            ("compositeSynthetic", EDITED),
            ("digitalCapture", CAMERA),
            ("computationalCapture", CAMERA),
            ("algorithmicMedia", NOTE),
        )
    ),
    (
        "XMP, the source type as an element",
        make_xmp_jpeg(
            elements=f"<ext:DigitalSourceType>{source_type('trainedAlgorithmicMedia')}</ext:DigitalSourceType>"
        ),
        Source.XMP,
        GENERATED,
    ),
    (
        "XMP, the source type as an address",
        make_xmp_jpeg(
            elements=f'<ext:DigitalSourceType rdf:resource="{source_type("trainedAlgorithmicMedia")}"/>'
        ),
        Source.XMP,
        GENERATED,
    ),
    ("XMP credit", make_xmp_jpeg('photoshop:Credit="Made with Google AI"'), Source.XMP, GENERATED),
    (
        "IPTC credit",
        make_jpeg((0xED, b"Photoshop 3.0\0" + make_iptc(110, b"Made with Google AI"))),
        Source.IPTC,
        GENERATED,
    ),
    (
        "IPTC credit, edited",
        make_jpeg((0xED, b"Photoshop 3.0\0" + make_iptc(110, b"Edited with Google AI"))),
        Source.IPTC,
        EDITED,
    ),
    *(
        (f"IPTC 2025.1 {name}", make_xmp_jpeg(f'ext:{name}="something"'), Source.XMP, GENERATED)
        for name in ("AISystemUsed", "AISystemVersionUsed", "AIPromptInformation", "AIPromptWriterName")
    ),
    (
        "IPTC 2025.1 with an edited source type",
        make_xmp_jpeg(
            'ext:AISystemUsed="X" '
            f'ext:DigitalSourceType="{source_type("compositeWithTrainedAlgorithmicMedia")}"'
        ),
        Source.XMP,
        EDITED,
    ),
    (
        "TC260 in XMP",
        make_xmp_jpeg(elements=f"<TC260:AIGC>{LABEL}</TC260:AIGC>"),
        Source.XMP,
        GENERATED,
    ),
    ("TC260 in a PNG text", make_text_png("AIGC", LABEL.lower()), Source.TEXT, GENERATED),
    (
        "TC260 in a user comment",
        make_exif_jpeg({}, {USER_COMMENT: b"ASCII\0\0\0" + f'{{"AIGC": {LABEL}}}'.encode()}),
        Source.EXIF,
        GENERATED,
    ),
    ("TC260, perhaps", make_text_png("AIGC", LABEL.replace('"1"', '"2"')), Source.TEXT, NOTE),
    (
        "ByteDance",
        make_exif_jpeg({DESCRIPTION: b'{"aigc_info": {"aigc_label_type": 1}}\0'}),
        Source.EXIF,
        GENERATED,
    ),
    (
        "Dreamina",
        make_exif_jpeg({DESCRIPTION: b'{"product": "dreamina", "exportType": "generation"}\0'}),
        Source.EXIF,
        GENERATED,
    ),
    (
        "Grok",
        make_exif_jpeg({DESCRIPTION: b"Signature: " + b"Qk0+" * 20 + b"\0", ARTIST: UUID.encode() + b"\0"}),
        Source.EXIF,
        GENERATED,
    ),
    ("Ideogram", make_exif_jpeg({MAKE: b"Ideogram AI\0"}), Source.EXIF, GENERATED),
    ("Galaxy AI", make_jpeg(behind=samsung(1)), Source.TRAILER, EDITED),
    ("AUTOMATIC1111 in a PNG text", make_text_png("parameters", A1111), Source.TEXT, GENERATED),
    ("the same, packed", make_text_png("parameters", A1111, b"zTXt"), Source.TEXT, GENERATED),
    ("the same, international", make_text_png("parameters", A1111, b"iTXt"), Source.TEXT, GENERATED),
    (
        "AUTOMATIC1111 in a user comment",
        make_exif_jpeg({}, {USER_COMMENT: b"UNICODE\0" + A1111.encode("utf-16-be")}),
        Source.EXIF,
        GENERATED,
    ),
    (
        "ComfyUI, a prompt",
        make_text_png("prompt", make_comfy("KSampler", "VAEDecode")),
        Source.TEXT,
        GENERATED,
    ),
    (
        "ComfyUI, a workflow",
        make_text_png("workflow", '{"nodes": [{"id": 1, "type": "KSampler"}]}'),
        Source.TEXT,
        GENERATED,
    ),
    (
        "ComfyUI in a WebP file",
        make_webp((b"EXIF", make_exif({MODEL: b"prompt:" + make_comfy("KSampler").encode() + b"\0"}))),
        Source.EXIF,
        GENERATED,
    ),
    (
        "ComfyUI that only scales a picture",
        make_text_png("prompt", make_comfy("LoadImage", "ImageScale", "SaveImage")),
        Source.TEXT,
        EDITED,
    ),
    *(
        (f"InvokeAI {key}", make_text_png(key, '{"app_version": "4.2"}'), Source.TEXT, GENERATED)
        for key in ("invokeai_metadata", "invokeai_graph", "sd-metadata")
    ),
    ("InvokeAI Dream", make_text_png("Dream", '"a cat" -s 50 -S 12345 -W 512'), Source.TEXT, GENERATED),
    (
        "Fooocus",
        make_text_png(
            "parameters", '{"guidance_scale": 4, "scheduler": "k", "seed": "1", "sharpness": 2, "steps": 30}'
        ),
        Source.TEXT,
        GENERATED,
    ),
    ("NovelAI's program", make_text_png("Software", "NovelAI"), Source.TEXT, GENERATED),
    (
        "NovelAI's comment",
        make_text_png("Comment", '{"prompt": "cat", "steps": 28, "uc": "lowres"}'),
        Source.TEXT,
        GENERATED,
    ),
    (
        "Midjourney in a PNG text",
        make_text_png("Description", f"a cat --ar 3:2 --v 6.0 Job ID: {UUID}"),
        Source.TEXT,
        GENERATED,
    ),
    (
        "Midjourney in XMP",
        make_xmp_jpeg(elements=described(f"a cat --v 6.0 Job ID: {UUID}")),
        Source.XMP,
        GENERATED,
    ),
    ("a job number alone", make_text_png("Description", f"a cat Job ID: {UUID}"), Source.TEXT, NOTE),
    (
        "imaginAIry",
        make_exif_jpeg({SOFTWARE: b"Imaginairy / Stable Diffusion v1.4\0"}),
        Source.EXIF,
        GENERATED,
    ),
    (
        "mflux",
        make_exif_jpeg({}, {USER_COMMENT: b'ASCII\0\0\0{"mflux_version": "0.16"}'}),
        Source.EXIF,
        GENERATED,
    ),
    (
        "DALL-E 2",
        make_exif_jpeg({}, {MAKER_NOTE: b"OpenAI--ImageGeneration--generation-7avv"}),
        Source.EXIF,
        GENERATED,
    ),
    ("a camera", make_exif_jpeg(CANON, {EXPOSURE_TIME: b"\1\0\0\0\x64\0\0\0"}), Source.EXIF, CAMERA),
    (
        "credentials that were stripped",
        make_xmp_jpeg('dcterms:provenance="https://example.org/manifests/1"'),
        Source.XMP,
        NOTE,
    ),
]

NO_STATEMENTS = {
    "nothing": make_jpeg(),
    "a caption that names brands": make_exif_jpeg(
        {DESCRIPTION: b"Sam Altman presents DALL-E, Midjourney and Stable Diffusion. Seed: 1\0"}
    ),
    "a caption about AI": make_xmp_jpeg(elements=described("Made with Google AI, says the poster")),
    "a credit that names a photographer": make_xmp_jpeg('photoshop:Credit="Google AI / Jane Doe"'),
    "an editor with AI functions": make_exif_jpeg({SOFTWARE: b"Adobe Photoshop 26 with Firefly\0"}),
    "a camera without exposure": make_exif_jpeg(CANON),
    "Samsung's editor without AI": make_jpeg(behind=samsung(0)),
    "ByteDance's label of nothing": make_exif_jpeg({DESCRIPTION: b'{"aigc_info": {"aigc_label_type": 0}}\0'}),
    "ByteDance's label far from its type": make_exif_jpeg(
        {DESCRIPTION: b'{"aigc_info": {}, ' + b" " * 2100 + b'"aigc_label_type": 1}\0'}
    ),
    "Grok's signature without its number": make_exif_jpeg(
        {DESCRIPTION: b"Signature: " + b"Qk0+" * 20 + b"\0"}
    ),
    "a prompt in words": make_text_png("prompt", "a cat on a couch"),
    "parameters of something else": make_text_png("parameters", "Steps: 20"),
    "an AIGC text that is none": make_text_png("AIGC", "yes"),
    "a comment in JSON": make_text_png("Comment", '{"uc": 1}'),
    "a GIF": make_gif(),
    "a WebP": make_webp(),
    "credentials of nothing": make_png((b"caBX", b"")),
    "XMP of nothing": make_webp((b"XMP ", make_xmp())),
}


@pytest.mark.parametrize(
    ("name", "file", "source", "strength"), STATEMENTS, ids=[row[0] for row in STATEMENTS]
)
def test_a_statement_is_found_with_its_words_and_its_place(
    name: str, file: bytes, source: Source, strength: Strength
) -> None:
    found = read_evidence(file)
    assert (source, strength) in {(item.source, item.strength) for item in found}, name
    strongest = {item.strength for item in found} - {NOTE}
    assert strongest <= {strength}
    for item in found:
        assert item.what
        assert item.words
        assert item.where


@pytest.mark.parametrize("name", NO_STATEMENTS)
def test_what_is_no_statement_is_left_alone(name: str) -> None:
    assert read_evidence(NO_STATEMENTS[name]) == ()


def test_a_file_and_its_bytes_say_the_same(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(make_text_png("parameters", A1111))
    assert read_evidence(path) == read_evidence(path.read_bytes()) != ()
