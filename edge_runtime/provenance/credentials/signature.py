"""Verify the signature of Content Credentials, offline: with the extra `fakelens[c2pa]`.

c2pa-python is the reference (the C2PA's own Rust library); encypher-c2pa is a fifth of its size, and young.
Who is trusted is said by the certificates in a PEM file that `FAKELENS_C2PA_ANCHORS` names, such as the list
of the C2PA: it changes every few weeks, and one that came with this package would grow old unseen. The
verifier brings none either.
"""

import json
import os
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, BinaryIO

from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.extras import is_installed
from fakelens.edge_runtime.provenance.evidence import Evidence, Source, Strength, quote

ANCHORS_VARIABLE = "FAKELENS_C2PA_ANCHORS"
_TYPES = {b"\xff\xd8": "image/jpeg", b"\x89P": "image/png", b"GI": "image/gif", b"RI": "image/webp"}
_TYPES |= {b"II": "image/tiff", b"MM": "image/tiff"}
_JXL = b"JXL "
_BRANDS = {b"avif": "image/avif", b"avis": "image/avif"}
# What says nothing against the signature itself, but of its signer or of the time.
_BEGIN_CERTIFICATE = "-----BEGIN CERTIFICATE-----"
_CHANGED = (".mismatch", ".missing")  # of a hash, of the signature; what else is wrong was so from the start
_ABOUT_SIGNER = ("signingCredential.untrusted", "signingCredential.expired", "timeStamp.", "cawg.")


class SignatureState(StrEnum):
    """What became of verifying a signature."""

    TRUSTED = "valid, and its signer is trusted"
    UNKNOWN = "valid, but its signer is on no trust list"
    UNJUDGED = "valid; no trust list is named to look its signer up in (FAKELENS_C2PA_ANCHORS)"
    EXPIRED = "valid, but its signer's certificate has expired"
    BROKEN = "broken: the file or its credentials were changed after they were signed"
    UNREADABLE = "not verified: the credentials are incomplete, or not as the standard wants them"
    UNCHECKED = 'not verified: pip install "fakelens[c2pa]"'


@dataclass(frozen=True, kw_only=True)
class Signature:
    """A signature's state, its signer, and the verifier's reasons against it."""

    state: SignatureState
    signer: str = ""
    reasons: tuple[str, ...] = ()


def add_signature(found: list[Evidence], stream: BinaryIO) -> list[Evidence]:
    """Return the statements of the file `stream`, which has credentials, with a note on their signature.

    A camera that is named under a broken signature is a note: somebody changed what it signed.
    """
    signature = verify_signature(stream)
    if signature.state is SignatureState.BROKEN:
        found = [_doubt(item) for item in found]
    note = Evidence(
        source=Source.C2PA,
        strength=Strength.NOTE,
        what=f"the signature of its Content Credentials is {signature.state}",
        words=quote("; ".join(filter(None, (signature.signer, *signature.reasons)))),
    )
    return [*found, note]


def verify_signature(stream: BinaryIO) -> Signature:
    """Return what the verifier says of the file `stream`; nothing is fetched from the network."""
    if not is_installed("c2pa"):
        return Signature(state=SignatureState.UNCHECKED)
    import c2pa

    stream.seek(0)
    head = stream.read(12)
    kind = _TYPES.get(head[:2]) or _BRANDS.get(head[8:12], "image/heic")
    kind = "image/jxl" if head[4:8] == _JXL else kind
    settings: dict[str, Any] = {
        "verify": {"verify_trust": True, "remote_manifest_fetch": False, "ocsp_fetch": False},
        "core": {"decode_identity_assertions": False},
    }
    anchors = _read_anchors()
    if anchors:
        settings["trust"] = {"trust_anchors": anchors}
    stream.seek(0)
    try:
        with c2pa.Reader(kind, stream, context=c2pa.Context(c2pa.Settings.from_dict(settings))) as reader:
            return _judge(json.loads(reader.json()), has_anchors=bool(anchors))
    except c2pa.C2paError as error:
        return Signature(state=SignatureState.UNREADABLE, reasons=(str(error),))


def _judge(store: dict[str, Any], *, has_anchors: bool) -> Signature:
    signed = store.get("manifests", {}).get(store.get("active_manifest"), {}).get("signature_info") or {}
    results = (store.get("validation_results") or {}).get("activeManifest") or {}
    codes = [str(failure.get("code")) for failure in results.get("failure") or []]
    against = tuple(code for code in dict.fromkeys(codes) if not code.startswith(_ABOUT_SIGNER))
    if any(code.endswith(_CHANGED) for code in against):
        state = SignatureState.BROKEN
    elif against:
        state = SignatureState.UNREADABLE
    elif "signingCredential.expired" in codes:
        state = SignatureState.EXPIRED
    elif store.get("validation_state") == "Trusted":
        state = SignatureState.TRUSTED
    else:
        state = SignatureState.UNKNOWN if has_anchors else SignatureState.UNJUDGED
    return Signature(state=state, signer=str(signed.get("issuer") or ""), reasons=against)


def _doubt(item: Evidence) -> Evidence:
    if item.source is not Source.C2PA or item.strength is not Strength.SPEAKS_FOR_A_CAMERA:
        return item
    return replace(item, strength=Strength.NOTE, what=f"{item.what}; the signature is broken")


def _read_anchors() -> str:
    named = os.environ.get(ANCHORS_VARIABLE)
    if not named:
        return ""
    remedy = "name a PEM file of certificates, such as C2PA-TRUST-LIST.pem of the C2PA"
    try:
        text = Path(named).read_text(encoding="ascii", errors="replace")
    except FileNotFoundError as error:
        raise UsageError(f"{ANCHORS_VARIABLE}={named}: no such file; {remedy}") from error
    except (OSError, ValueError) as error:
        raise UsageError(f"{ANCHORS_VARIABLE}={named}: cannot be read ({error}); {remedy}") from error
    if _BEGIN_CERTIFICATE not in text:
        raise UsageError(f"{ANCHORS_VARIABLE}={named}: holds no certificate; {remedy}")
    return text
