"""`StrEnum` on every supported Python: the standard one from 3.11, its backport on 3.10."""

import sys

if sys.version_info >= (3, 11):
    from enum import StrEnum
else:
    from backports.strenum import StrEnum

__all__ = ["StrEnum"]
