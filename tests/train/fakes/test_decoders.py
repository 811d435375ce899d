import numpy as np
import pytest
import tf_keras as keras

from fakelens.train.fakes.decoders import decode
from fakelens.train.fakes.kinds import DecoderSpec, Upsampling


def _build(upsampling: Upsampling, halvings: int, blocks: int = 1) -> keras.Model:
    spec = DecoderSpec(
        upsampling=upsampling, halvings=halvings, width=16, activation="swish", blocks=blocks, tail=1
    )
    inputs = keras.Input((None, None, 5))
    return keras.Model(inputs, decode(inputs, spec))


@pytest.mark.parametrize("upsampling", Upsampling)
@pytest.mark.parametrize("halvings", [1, 3])
def test_every_way_of_up_sampling_doubles_the_side_as_often_as_asked(
    upsampling: Upsampling, halvings: int
) -> None:
    model = _build(upsampling, halvings)
    latent = np.random.default_rng(0).normal(0, 1, (1, 3, 4, 5)).astype(np.float32)
    assert model(latent).shape == (1, 3 * 2**halvings, 4 * 2**halvings, 3)


def test_each_larger_side_has_one_block_less() -> None:
    counts = [
        sum(isinstance(layer, keras.layers.Conv2D) for layer in _build(Upsampling.NEAREST, 3, blocks).layers)
        for blocks in (0, 1, 2, 3)
    ]
    assert [(count - counts[0]) // 2 for count in counts] == [0, 1, 3, 6]
