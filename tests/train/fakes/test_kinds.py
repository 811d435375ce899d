import pytest

from fakelens.edge_runtime.errors import UsageError
from fakelens.train.fakes.kinds import Generator, Manipulation, draw_spec, list_fakers, parse_fakers


@pytest.mark.parametrize("generator", list(Generator))
def test_a_spec_hangs_on_kind_and_seed_alone(generator: Generator) -> None:
    assert draw_spec(generator, 3) == draw_spec(generator, 3)
    assert len({draw_spec(generator, seed) for seed in range(30)}) > 3


@pytest.mark.parametrize("seed", range(10))
def test_every_kind_keeps_what_it_stands_for(seed: int) -> None:
    for generator in Generator:
        spec = draw_spec(generator, seed)
        assert spec.width % 16 == 0
        assert spec.margin % spec.scale == 0
        assert spec.adversarial == (generator == "adversarial")
        if spec.halvings == 1:
            assert spec.upsampling == str(generator)
    assert draw_spec(Generator.LATENT4, seed).scale == 4
    assert draw_spec(Generator.LATENT8, seed).scale == 8


def test_fakers_are_chosen_by_name() -> None:
    assert parse_fakers(["splice", " Latent8"]) == ((Generator.LATENT8,), (Manipulation.SPLICE,))
    assert parse_fakers(list_fakers()) == (tuple(Generator), tuple(Manipulation))


@pytest.mark.parametrize("names", [["nearest", "stylegan"], [], [""]])
def test_an_unknown_name_is_refused_with_those_there_are(names: list[str]) -> None:
    with pytest.raises(UsageError, match="choose from nearest, bilinear"):
        parse_fakers(names)
