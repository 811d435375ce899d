"""The platforms, and where in each kit the model and the test vectors lie."""

from dataclasses import dataclass
from enum import StrEnum


class Platform(StrEnum):
    """What a kit is for; also the name of its folder."""

    WEB = "web"
    ANDROID = "android"
    IOS = "ios"


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Folders of a kit, relative to it."""

    assets: str  # the model and what belongs to it; shipped with the app
    vectors: str  # for the app's tests
    statements: str  # likewise, files that say something of themselves; one template holds them for all


STATEMENTS_NAME = "statements.json"

LAYOUTS = {
    Platform.WEB: Layout(
        assets="public/fakelens", vectors="public/fakelens/vectors", statements="tests/unit"
    ),
    Platform.ANDROID: Layout(
        assets="fakelens/src/main/assets/fakelens",
        vectors="fakelens/src/androidTest/assets/fakelens/vectors",
        statements="fakelens/src/test/resources",
    ),
    Platform.IOS: Layout(
        assets="Sources/Fakelens/Resources",
        vectors="Tests/FakelensTests/Resources/vectors",
        statements="Tests/FakelensTests/Resources/vectors",
    ),
}
