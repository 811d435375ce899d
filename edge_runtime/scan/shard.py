"""Which part of a scan a machine does: by a digest of each picture's name, so that all machines agree."""

import hashlib
from dataclasses import dataclass

from fakelens.edge_runtime.errors import UsageError

_DIGEST_BYTES = 8
_LONGEST = 20  # characters of a shard: there are no more digests to share out


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One of `count` parts, counted from 0."""

    index: int = 0
    count: int = 1

    def __str__(self) -> str:
        """Return it as it is given."""
        return f"{self.index}/{self.count}"

    def holds(self, digest: int) -> bool:
        """Whether a picture with this digest of its key is a part of it."""
        return digest % self.count == self.index

    @property
    def folder(self) -> str:
        """The name of its folder below that of the results; empty where there is one shard."""
        return f"shard-{self.index:05d}-of-{self.count:05d}" if self.count > 1 else ""


def parse_shard(text: str) -> Shard:
    """Return the shard that `text`, such as `0/8`, names; `UsageError` where there is none such."""
    index, slash, count = text.partition("/")
    if not slash or not index.isdecimal() or not count.isdecimal() or len(text) > _LONGEST or int(count) < 1:
        raise UsageError(f"--shard {text}: write INDEX/COUNT, counted from 0, such as 0/8")
    shard = Shard(index=int(index), count=int(count))
    if shard.index >= shard.count:
        raise UsageError(
            f"--shard {text}: out of range; the shards of {shard.count} are 0/{shard.count} to "
            f"{shard.count - 1}/{shard.count}"
        )
    return shard


def digest_key(key: str) -> int:
    """Return the first 8 bytes of the SHA-256 of `key` as a number, the same under every locale."""
    content = key.encode("utf-8", "surrogateescape")
    return int.from_bytes(hashlib.sha256(content).digest()[:_DIGEST_BYTES], "big")
