"""Signatures of Content Credentials: certificates and files are made here, nothing is fetched."""

import io
import json
import random
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fakelens.benchmarks.studies.hostile_files import damage
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.provenance.credentials import signature
from fakelens.edge_runtime.provenance.credentials.signature import (
    ANCHORS_VARIABLE,
    SignatureState,
    verify_signature,
)
from fakelens.edge_runtime.provenance.evidence import Strength
from fakelens.edge_runtime.provenance.inspection import Inspection
from tests.edge_runtime.provenance.conftest import (
    created,
    make_app11,
    make_jpeg,
    make_manifest,
    make_picture,
    make_store,
    make_xmp_jpeg,
    source_type,
)

c2pa = pytest.importorskip("c2pa", reason='needs pip install "fakelens[c2pa]"')
pytest.importorskip("cryptography", reason="needs pip install cryptography")

from cryptography import x509  # noqa: E402 (after the skip)
from cryptography.hazmat.primitives import hashes, serialization  # noqa: E402
from cryptography.hazmat.primitives.asymmetric import ec  # noqa: E402
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID  # noqa: E402

PEM = serialization.Encoding.PEM
Authority = tuple[Any, Any]  # certificate, key


def make_certificate(name: str, issuer: Authority | None, ends: timedelta = timedelta(days=365)) -> Authority:
    """A root, or a signer's certificate from `issuer`, as C2PA asks for them."""
    key = ec.generate_private_key(ec.SECP256R1())
    names = x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, name), x509.NameAttribute(NameOID.ORGANIZATION_NAME, name)]
    )
    usage = dict.fromkeys(
        (
            "content_commitment",
            "key_encipherment",
            "data_encipherment",
            "key_agreement",
            "encipher_only",
            "decipher_only",
        ),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(names)
        .issuer_name(issuer[0].subject if issuer else names)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + ends)
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key((issuer[1] if issuer else key).public_key()),
            critical=False,
        )
        .add_extension(
            x509.KeyUsage(
                digital_signature=issuer is not None,
                key_cert_sign=issuer is None,
                crl_sign=issuer is None,
                **usage,
            ),
            critical=True,
        )
    )
    if issuer:
        builder = builder.add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=False
        )
    return builder.sign(issuer[1] if issuer else key, hashes.SHA256()), key


@pytest.fixture(scope="module")
def root() -> Authority:
    return make_certificate("Test Root", None, timedelta(days=1000))


@pytest.fixture
def trusted(root: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trust the root."""
    path = tmp_path / "anchors.pem"
    path.write_bytes(root[0].public_bytes(PEM))
    monkeypatch.setenv(ANCHORS_VARIABLE, str(path))


def sign(root: Authority, kind: str = "digitalCapture", ends: timedelta = timedelta(days=365)) -> bytes:
    """A JPEG with Content Credentials, signed by a signer whom `root` vouches for."""
    certificate, key = make_certificate("Test Signer", root, ends)
    private = key.private_bytes(PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    chain = certificate.public_bytes(PEM) + root[0].public_bytes(PEM)
    actions = {"actions": [{"action": "c2pa.created", "digitalSourceType": source_type(kind)}]}
    definition = {
        "claim_generator_info": [{"name": "Test Camera"}],
        "assertions": [{"label": "c2pa.actions.v2", "data": actions}],
    }
    context = c2pa.Context(c2pa.Settings.from_dict({"verify": {"verify_after_sign": False}}))
    signer = c2pa.Signer.from_info(c2pa.C2paSignerInfo(b"es256", chain, private, None))
    target = io.BytesIO()
    with c2pa.Builder(json.dumps(definition), context) as builder:
        builder.sign(signer, "image/jpeg", io.BytesIO(make_picture("JPEG", (64, 64))), target)
    return target.getvalue()


def verify(file: bytes) -> signature.Signature:
    return verify_signature(io.BytesIO(file))


def change_pixels(file: bytes) -> bytes:
    return file[:-20] + bytes([file[-20] ^ 1]) + file[-19:]


@pytest.mark.usefixtures("trusted")
def test_a_valid_signature_of_a_trusted_signer(root: Authority) -> None:
    found = verify(sign(root))
    assert (found.state, found.signer, found.reasons) == (SignatureState.TRUSTED, "Test Signer", ())


@pytest.mark.usefixtures("trusted")
def test_a_valid_signature_of_an_unknown_signer() -> None:
    other = make_certificate("Other Root", None, timedelta(days=1000))
    assert verify(sign(other)).state is SignatureState.UNKNOWN


def test_without_a_trust_list_nobody_is_called_unknown(root: Authority) -> None:
    assert verify(sign(root)).state is SignatureState.UNJUDGED


@pytest.mark.usefixtures("trusted")
def test_an_expired_certificate(root: Authority) -> None:
    file = sign(root, ends=timedelta(seconds=4))
    time.sleep(5)
    assert verify(file).state is SignatureState.EXPIRED


@pytest.mark.usefixtures("trusted")
def test_changed_pixels_break_it(root: Authority) -> None:
    found = verify(change_pixels(sign(root)))
    assert found.state is SignatureState.BROKEN
    assert found.reasons == ("assertion.dataHash.mismatch",)


@pytest.mark.usefixtures("trusted")
def test_a_changed_statement_breaks_it(root: Authority) -> None:
    changed = sign(root, "trainedAlgorithmicMedia").replace(
        b"trainedAlgorithmicMedia", b"trainedAlgorithmicMusic"
    )
    assert verify(changed).state is SignatureState.BROKEN


def test_credentials_that_nobody_signed_are_not_verified() -> None:
    found = verify(make_jpeg(*make_app11(make_store(make_manifest(actions=[created()])))))
    assert found.state is SignatureState.UNREADABLE
    assert found.reasons


def test_the_note_stands_with_the_statements(root: Authority) -> None:
    statement, _, note = Inspection(sign(root)).conclude()
    assert statement.strength is Strength.SPEAKS_FOR_A_CAMERA
    assert (
        note.what == "the signature of its Content Credentials is valid; no trust list is named to look its "
        "signer up in (FAKELENS_C2PA_ANCHORS)"
    )
    assert note.words == "Test Signer"


def test_a_camera_under_a_broken_signature_is_a_note(root: Authority) -> None:
    found = Inspection(change_pixels(sign(root))).conclude()
    assert {item.strength for item in found} == {Strength.NOTE}


def test_a_generator_under_a_broken_signature_still_declares_itself(root: Authority) -> None:
    statement, *_ = Inspection(change_pixels(sign(root, "trainedAlgorithmicMedia"))).conclude()
    assert statement.strength is Strength.DECLARES_GENERATED


def test_without_the_extra_it_is_not_verified(root: Authority, monkeypatch: pytest.MonkeyPatch) -> None:
    file = sign(root)
    monkeypatch.setitem(sys.modules, "c2pa", None)  # what an import finds where it is missing
    *_, note = Inspection(file).conclude()
    assert note.what.endswith('is not verified: pip install "fakelens[c2pa]"')


def test_stripped_credentials_are_named_and_nothing_is_fetched() -> None:
    (note,) = Inspection(make_xmp_jpeg('dcterms:provenance="https://manifests.invalid/1"')).conclude()
    assert note.what.startswith("names Content Credentials that the file does not hold")


def test_mutated_files_never_raise(root: Authority) -> None:
    file, chance = sign(root), random.Random(7)
    for _ in range(200):
        assert verify(damage(file, chance)).state in SignatureState


def test_missing_anchors_are_an_error(
    root: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = sign(root)
    monkeypatch.setenv(ANCHORS_VARIABLE, "/no/such.pem")
    with pytest.raises(UsageError, match=r"FAKELENS_C2PA_ANCHORS=/no/such\.pem: no such file"):
        verify(file)
    monkeypatch.setenv(ANCHORS_VARIABLE, str(tmp_path))
    with pytest.raises(UsageError, match="cannot be read"):
        verify(file)
    (tmp_path / "list.json").write_text("{}")
    monkeypatch.setenv(ANCHORS_VARIABLE, str(tmp_path / "list.json"))
    with pytest.raises(UsageError, match="holds no certificate; name a PEM file"):
        verify(file)
