"""From a part of an image file to what it says."""

from fakelens.edge_runtime.provenance.containers.parts import Part, PartKind
from fakelens.edge_runtime.provenance.evidence import Evidence, Source


def judge_part(part: Part) -> list[Evidence]:
    """Return what `part` says. Its reader is loaded here: a photo has one or two kinds of parts."""
    match part.kind:
        case PartKind.C2PA:
            from fakelens.edge_runtime.provenance.credentials.c2pa import read_c2pa

            return read_c2pa(part.data, part.where)
        case PartKind.XMP:
            from fakelens.edge_runtime.provenance.statements.xmp import read_xmp

            return read_xmp(part.data, part.where)
        case PartKind.EXIF:
            from fakelens.edge_runtime.provenance.statements.exif import judge_tags, read_exif

            return judge_tags(part.tags, part.where) if part.tags else read_exif(part.data, part.where)
        case PartKind.IPTC:
            from fakelens.edge_runtime.provenance.statements.iptc import read_iptc

            return read_iptc(part.data, part.where)
        case PartKind.TRAILER:
            from fakelens.edge_runtime.provenance.statements.labels import judge_samsung_trailer

            return list(judge_samsung_trailer(part.data, part.where))
    from fakelens.edge_runtime.provenance.statements.texts import judge_text

    key = part.key or "Comment"
    return judge_text(key, part.data.decode("utf-8", "replace"), Source.TEXT, part.where)
