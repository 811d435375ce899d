"""The model card says what the contract says."""

from fakelens.convert.ship.card import render_card
from fakelens.edge_runtime.modelfile.contract import (
    Contract,
    DataSource,
    Decision,
    Fit,
    InputSpec,
    Measurement,
    Training,
)

MEASURED = Measurement(metric="accuracy", value=0.9, low=0.85, high=0.94, n=1200, data="set", split="test")


def test_a_measured_tile_model() -> None:
    contract = Contract(
        name="sample",
        input=InputSpec(size=64, fit=Fit.TILES, tiles=24),
        description="Tells this from that",
        limits="Is blind to paintings.",
        decision=Decision(threshold=0.7, unsure_low=0.6, unsure_high=0.8),
        training=Training(data=(DataSource(name="set", digest="0" * 64, images=12345),), parameters=5000),
        measured=(MEASURED,),
    )
    card = render_card(contract, 104_327)
    for part in (
        "# sample\n",
        "Tells this from that.",
        "Is blind to paintings.",
        "up to 24 tiles of 64 x 64 px",
        "FAKE from P(fake) 0.700",
        "UNSURE from 0.600 to 0.800",
        "104,327 bytes",
        "set: 12,345 images",
        "| accuracy | 0.9000 | 0.8500 to 0.9400 | 1,200 | set | test | - |",
    ):
        assert part in card


def test_a_model_of_which_nothing_is_known_says_so() -> None:
    card = render_card(Contract(name="bare", input=InputSpec(size=32)), 10)
    assert "Nothing was measured." in card
    assert "the whole image, resized to 32 x 32 px" in card
    assert "UNSURE" not in card
