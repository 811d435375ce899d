"""A conversion of a model from elsewhere: read it by the user's pictures, then convert and check it."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fakelens.convert.borders import choose_borders
from fakelens.convert.finish import Converted, ConvertResult, finish, load_interpreter
from fakelens.convert.fusion import weigh_images
from fakelens.convert.own.classifier import Classifier, GraphForm
from fakelens.convert.own.config import OwnConfig
from fakelens.convert.own.pictures import OwnPictures, load_pictures
from fakelens.convert.own.reading import Finding, find_reading
from fakelens.convert.own.scaling import scale_images
from fakelens.convert.recipes import BorderConfig, ConvertConfig, Io, Quantization, prepare_output
from fakelens.convert.run import Validation
from fakelens.convert.verify import ConversionStage, GateResult, Scores
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.machine.quiet import muted_stderr
from fakelens.edge_runtime.modelfile.contract import Contract, InputSpec, Training

_MOST_APART = 0.01  # P(fake), between a model and its graph in the same numbers
_MOST_OFF = 0.1  # of accuracy at .5 against the best border
_RANK_SLACK = 0.5  # points of AUC beside those of accuracy: a few pictures change places
_LIMITS = "Made from a model that was not trained with fakelens: what it has seen is not known here."
_NOTE = "the user's own pictures, which also set scaling, order of labels and borders"


def convert_own(config: OwnConfig, tell: Callable[[str], None]) -> ConvertResult:
    """Convert a model to one model file, written only if every gate passes; what was found goes to `tell`.

    `UsageError` where the model or the pictures cannot be used, `RunError` where TFLite cannot express it.
    """
    prepare_output(_name_output(config), [config.form.run])
    with muted_stderr():
        model = _load(config)
    tell(f"{config.form.run}: {model.kind}, {model.size} px, {model.parameters:,} parameters")
    pictures = load_pictures(config.real, config.fake, InputSpec(size=model.size))
    tried = pictures.choose_tried()
    with muted_stderr():
        finding = find_reading(
            model.answer,
            pictures.images_u8[tried],
            pictures.labels[tried],
            model.scalings if config.scaling is None else (config.scaling,),
            given=config.scaling is not None,
        )
    tell(str(finding))
    if finding.is_guess:
        tell("WARNING: no better than guessing on these pictures, and so is the order of its labels")
    elif finding.accuracy < finding.best_accuracy - _MOST_OFF:
        tell(
            f"its P(fake) is off: at .5 it is right on {finding.accuracy:.0%} of these pictures, elsewhere "
            f"on {finding.best_accuracy:.0%}; see `fakelens convert FILE --fuse DATA`"
        )
    validation = pictures.list_validation()
    with muted_stderr():
        converted = _convert(config, model, pictures, finding)
        return finish(converted, validation, config.form)


def _load(config: OwnConfig) -> Classifier:
    if config.wrapped:
        from fakelens.convert.own.wrapped import load_graph

        return load_graph(config.form.run, config.size, config.form.threads)
    from fakelens.convert.own.keras_models import load_classifier

    return load_classifier(config.form.run, config.size)


def _convert(config: OwnConfig, model: Classifier, pictures: OwnPictures, finding: Finding) -> Converted:
    """Return the graph with what the model itself, and its float graph, say of the same pictures."""
    form, reading, validation = config.form, finding.reading, pictures.list_validation()
    own = reading.score(model.answer(scale_images(validation.images_u8, reading.scaling)))
    if not np.isfinite(own).all():
        raise UsageError(f"{form.run}: answers some of these pictures with no numbers (NaN): mend it")
    stages = [ConversionStage(name=model.kind, p_fake=own)]
    integer = form.quantization is Quantization.INT8 and not config.wrapped
    asked = GraphForm(reading=reading, quantization=Quantization.FLOAT32, io=form.io)
    if integer:
        graph = model.build_graph(replace(asked, io=Io.UINT8))
        exact = _score(graph, validation, form.threads)
        stages.append(ConversionStage(name="float .tflite", p_fake=exact))
        calibration = pictures.list_calibration()
        graph = model.build_graph(replace(asked, quantization=Quantization.INT8, calibration_u8=calibration))
    else:
        graph = model.build_graph(replace(asked, quantization=form.quantization))
        exact = _score(graph, validation, form.threads)
    return Converted(
        graph=graph,
        contract=_describe(config, model, pictures, own),
        stages=tuple(stages),
        output=_name_output(config),
        gates=(check_parity(own, exact),) if integer or config.wrapped or _is_exact(form) else (),
        rank_drop=form.max_drop + _RANK_SLACK,
        kept=config.wrapped,
        note=_NOTE,
    )


def _is_exact(form: ConvertConfig) -> bool:
    return form.quantization in (Quantization.FLOAT32, Quantization.FLOAT16)


def check_parity(own: Scores, graph: Scores) -> GateResult:
    """The graph gives what the model gave for the same pictures, before anything is quantized."""
    furthest = float(np.max(np.abs(own - graph)))
    figure = f"P(fake) differs by at most {furthest:.5f} on {len(own)} pictures, {_MOST_APART:g} allowed"
    return GateResult(name="parity", passed=furthest <= _MOST_APART, figure=figure)


def _score(graph: bytes, validation: Validation, threads: int) -> Scores:
    return load_interpreter(graph, threads).predict(validation.images_u8)[:, 1]


def _describe(config: OwnConfig, model: Classifier, pictures: OwnPictures, own: Scores) -> Contract:
    """Return the contract, with borders by what the model itself says of the validation pictures."""
    labels = pictures.list_validation().labels
    borders = choose_borders(labels, own.astype(np.float64), weigh_images(labels), BorderConfig())
    path = config.form.run
    return Contract(
        name=config.form.name or path.stem or "own",
        description=f"Tells fake images from real ones; made from {path.name}, {model.kind}.",
        limits=_LIMITS,
        input=InputSpec(size=model.size),
        decision=replace(borders, operating_points=()),
        training=Training(
            data=(pictures.source,),
            recipe="own model",
            network=path.name,
            parameters=model.parameters,
            quantization="kept" if config.wrapped else str(config.form.quantization),
        ),
    )


def _name_output(config: OwnConfig) -> Path:
    if config.form.output is not None:
        return config.form.output
    kind = "fakelens" if config.wrapped else str(config.form.quantization)
    return config.form.run.parent / f"{config.form.name or config.form.run.stem}-{kind}.tflite"
