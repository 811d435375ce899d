"""The command `audit`: the settings of an audit, and what it prints."""

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from fakelens.benchmarks.layouts import Layout
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.escape import quote
from fakelens.edge_runtime.extras import require_extra
from fakelens.edge_runtime.files import check_writable
from fakelens.edge_runtime.saying import say, show_log
from fakelens.train import options
from fakelens.train.audit import options as own

if TYPE_CHECKING:
    from fakelens.train.audit.equalize import EqualizeConfig


def audit(
    data: options.Data = None,
    real: options.RealNames = None,
    fake: options.FakeNames = None,
    list_file: options.ListFile = None,
    path_column: options.PathColumn = None,
    label_column: options.LabelColumn = None,
    limit: own.Limit = None,
    max_auc: own.MaxAuc = None,
    tile_size: own.TileSize = None,
    json: own.Json = False,
    html: own.Html = None,
    equalize: own.Equalize = None,
    crop: own.Crop = None,
) -> None:
    """Audit a data set: copies, broken files, metadata and pixel statistics that give the class away.

    --equalize saves both classes as JPEG of random quality, 4:2:0. It cannot remove the traces of an
    earlier compression, nor how well a picture compresses; dimensions only with --crop.
    Exit codes: 0 done, 1 file metadata give the class away, 2 a file could not be read.
    """
    require_extra("train", "sklearn", "jinja2")
    if html is not None:
        check_writable(html, "--html")
    from fakelens.train.audit.advice import suggest_remedy
    from fakelens.train.audit.dataset_audit import MAX_AUC, AuditConfig
    from fakelens.train.audit.dataset_audit import audit as run
    from fakelens.train.audit.equalize import EqualizeConfig
    from fakelens.train.audit.findings import render_json, render_text, write_page
    from fakelens.train.audit.giveaways import check_metadata
    from fakelens.train.data.layouts import describe_layout, naming_command, place_data

    show_log()  # it counts what is left out
    most = MAX_AUC if max_auc is None else max_auc
    if not 0.5 <= most <= 1:
        raise UsageError(f"--max-auc is {most:g}, expected .5 (chance) to 1")
    if crop is not None and equalize is None:
        raise UsageError("--crop changes nothing without --equalize OUT: add it")
    layout = options.make_layout(real, fake, list_file, path_column, label_column)
    data, layout = place_data(data, layout)
    with naming_command("audit", data):
        told = describe_layout(data, layout)
    if told:
        say(told, err=True)
    config = AuditConfig(data=data, layout=layout)
    config = config if limit is None else replace(config, limit=limit)
    config = config if tile_size is None else replace(config, tile_size=tile_size)
    broken, copied = 0, None
    if equalize is not None:
        copied = EqualizeConfig(data=data, output=equalize, crop=crop, layout=layout)
        broken = _equalize(copied)
        config = replace(config, data=equalize, layout=Layout())
    result = run(config)
    remedy = suggest_remedy(result, most, copied)
    typer.echo(render_json(result) if json else render_text(result, most, remedy))
    if html is not None:
        write_page(html, result, most, remedy)
    check_metadata(result, most, remedy)
    _end_with_broken(broken or len(result.broken), data, equalize)


def _end_with_broken(count: int, data: Path, copy: Path | None) -> None:
    """Where files are broken, say how to go on, and end with 2."""
    if not count:
        return
    line = f"fakelens: {data}: {'1 file' if count == 1 else f'{count:,} files'} of it cannot be read"
    if copy is None:
        line += "; replace or remove what `broken` lists"
    else:
        line += " and stayed out of the copy, which is finished without; go on with "
        line += f"`fakelens train {quote(copy)}`"
    say(line, err=True)
    raise typer.Exit(2)


def _equalize(config: "EqualizeConfig") -> int:
    """Write the equalized copy, tell what was left out, and return how many files were broken."""
    from fakelens.train.audit.equalize import equalize

    result = equalize(config)
    for line in result.broken:
        say(f"left out: {line}", err=True)
    if any(result.too_small):
        real, fake = result.too_small
        say(f"left out: {real:,} real, {fake:,} fake smaller than the crop of {config.crop} px", err=True)
    say(
        f"{config.output}: {result.written[0]:,} real and {result.written[1]:,} fake images encoded alike. "
        "Not removed: traces of an earlier compression, how well a picture compresses"
        + ("" if config.crop else ", dimensions (see --crop)"),
        err=True,
    )
    return len(result.broken)
