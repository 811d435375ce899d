"""The command `scan`."""

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fakelens.edge_runtime import options
from fakelens.edge_runtime.errors import UsageError
from fakelens.edge_runtime.scan.part_format import PartFormat

if TYPE_CHECKING:
    from fakelens.edge_runtime.scan.run import ScanConfig, ScanResult


_ADDRESS = re.compile(r"auto|local|(ray://)?[\w.-]+:\d+")


_Inputs = Annotated[
    list[str],
    typer.Argument(
        metavar="INPUT...",
        help="Folders, manifests (text with a name a line, CSV, JSON lines, Parquet), tars, - for names on "
        "stdin; s3://, gs://, az://, https:// too. With --merge and --report: folders of results.",
    ),
]
_Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="DIR|-", help="Where results go; - for stdout.")
]
_Shard = Annotated[
    str, typer.Option(metavar="INDEX/COUNT", help="Only this part, counted from 0, by digest of the names.")
]
_Format = Annotated[PartFormat, typer.Option("--format", help="How finished parts are written.")]
_PartLines = Annotated[int, typer.Option(min=1, help="Pictures in a part.")]
_Column = Annotated[str | None, typer.Option(help="The manifest's column that names the pictures.")]
_Root = Annotated[str, typer.Option(metavar="DIR|URL", help="Where relative names in a manifest begin.")]
_AllowErrors = Annotated[
    float,
    typer.Option(
        min=0,
        max=100,
        metavar="PERCENT",
        help="Exit 0 where at most this share of the pictures has no verdict.",
    ),
]
_GiveUp = Annotated[
    int, typer.Option(min=0, help="Stop after so many pictures in a row that cannot be fetched; 0: never.")
]
_Ray = Annotated[
    str | None,
    typer.Option(
        metavar="[ADDRESS]", help="On a Ray cluster: HOST:PORT, ray://HOST:PORT or auto; without, here."
    ),
]
_RayWorkers = Annotated[
    int | None, typer.Option(min=1, show_default="one a core", help="With --ray: how many workers.")
]
_Merge = Annotated[
    bool, typer.Option("--merge", help="Put finished shards together, into the folder that -o names.")
]
_Report = Annotated[bool, typer.Option("--report", help="Show what a scan found, finished or not.")]
_Html = Annotated[Path | None, typer.Option(metavar="FILE", help="With --report: a page too.")]
_Json = Annotated[bool, typer.Option("--json", help="With --report: one JSON object.")]
_Most = Annotated[
    int, typer.Option(min=1, help="With --report: how many of the most suspicious pictures it lists.")
]


class _OptionalAddress(typer.core.TyperCommand):
    """Lets `--ray` stand without an address, which Typer cannot express."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `local` in where the next word is no address."""
        full = []
        for word, following in zip(args, [*args[1:], ""], strict=False):
            bare = word == "--ray" and not _ADDRESS.fullmatch(following)
            full.append("--ray=local" if bare else word)
        return super().parse_args(ctx, full)


def register(app: typer.Typer) -> None:
    """Mount the command."""
    app.command(cls=_OptionalAddress)(scan)


def scan(
    context: typer.Context,
    inputs: _Inputs,
    output: _Output = None,
    model: options.Model = None,
    shard: _Shard = "0/1",
    format_: _Format = PartFormat.JSONL,
    part_lines: _PartLines = 100_000,
    column: _Column = None,
    root: _Root = "",
    threads: options.Threads = None,
    pixels_only: options.PixelsOnly = False,
    cautious: options.Cautious = False,
    sensitive: options.Sensitive = False,
    strict: options.Strict = False,
    max_megapixels: options.MaxMegapixels = options.MOST_MEGAPIXELS,
    allow_errors: _AllowErrors = 0.0,
    give_up_after: _GiveUp = 50,
    ray: _Ray = None,
    ray_workers: _RayWorkers = None,
    merge: _Merge = False,
    report: _Report = False,
    html: _Html = None,
    json: _Json = False,
    most: _Most = 20,
) -> None:
    """Check millions of pictures: in shards, resumed by the same command, into JSON lines or Parquet.

    Exit codes: 0 done, 2 a picture or input could not be read (see --allow-errors).
    """
    _refuse_ignored(context, output, merge=merge, report=report)
    if report:
        _report(inputs, html, most, json=json)
    elif merge:
        _merge(inputs, _name_target(output))
    else:
        from fakelens.edge_runtime.scan.checker import CheckerSpec
        from fakelens.edge_runtime.scan.run import ScanConfig
        from fakelens.edge_runtime.scan.shard import parse_shard

        checker = CheckerSpec(
            model=model,
            stance=options.choose_stance(cautious=cautious, sensitive=sensitive),
            pixels_only=pixels_only,
            strict=strict,
            max_megapixels=max_megapixels,
            root=root,
            threads=threads or 0,
        )
        config = ScanConfig(
            inputs=inputs,
            output=Path(_name_target(output)),
            checker=checker,
            shard=parse_shard(shard),
            parts=format_,
            part_lines=part_lines,
            column=column,
            give_up_after=give_up_after,
        )
        _conclude(_run(config, ray, ray_workers), allow_errors)


def _name_target(output: str | None) -> str:
    if output is None:
        raise UsageError("say where results go: -o DIR, or -o - for JSON lines on stdout")
    return output


def _refuse_ignored(context: typer.Context, output: str | None, *, merge: bool, report: bool) -> None:
    """Raise `UsageError` for an option that --merge, --report, or a scan without them, does not look at.

    A scan to stdout makes no parts.
    """
    if merge and report:
        raise UsageError("--merge and --report exclude each other: choose one")
    of_report = {"html", "json", "most"}
    for parameter in context.command.params:
        name = parameter.name or ""
        if not options.is_typed(context, name) or name in ("inputs", "merge", "report"):
            continue
        if name in of_report and not report:
            raise UsageError(f"{parameter.opts[0]} goes with --report: give both, or neither")
        if (report and name not in of_report) or (merge and name != "output"):
            mode = "--report" if report else "--merge"
            raise UsageError(f"{parameter.opts[0]} does nothing with {mode}: leave it out")
        if output == "-" and name in ("part_lines", "give_up_after"):
            raise UsageError(f"{parameter.opts[0]} does nothing with -o -: leave it out, or give -o DIR")


def _run(config: "ScanConfig", ray: str | None, ray_workers: int | None) -> "ScanResult":
    """Run the scan, and check first that what it needs is installed."""
    from fakelens.edge_runtime.extras import require_extra
    from fakelens.edge_runtime.scan import run

    if config.parts is PartFormat.PARQUET:
        if str(config.output) == "-":
            raise UsageError("--format parquet writes files: give -o DIR")
        require_extra("parquet", "pyarrow")
    if ray is None:
        if ray_workers is not None:
            raise UsageError("--ray-workers goes with --ray: give both, or neither")
        return run.stream(config, sys.stdout) if str(config.output) == "-" else run.scan(config)
    if str(config.output) == "-":
        raise UsageError("--ray writes files: give -o DIR")
    from fakelens.edge_runtime.scan.on_ray import RaySpec, open_ray

    return run.scan(config, open_ray(RaySpec(address=ray, workers=ray_workers or 0)))


def _conclude(result: "ScanResult", allow_errors: float) -> None:
    """Say what the scan came to, and end with 2 where too many pictures have no verdict."""
    from fakelens.edge_runtime.escape import escape_line
    from fakelens.edge_runtime.scan.outcome import describe_counts
    from fakelens.edge_runtime.scan.skipped import describe_skipped

    place = "" if str(result.folder) == "-" else f"; {result.folder}"
    rate = f"; {result.rate:,.1f} images/s" if result.rate else ""
    typer.echo(f"{result.lines:,} pictures: {describe_counts(result.counts)}{rate}{place}", err=True)
    for line in describe_skipped(result.skipped):
        typer.echo(escape_line(f"skipped: {line}"), err=True)
    if result.errors * 100 > allow_errors * result.lines:
        typer.echo(
            f"fakelens: {result.errors:,} of {result.lines:,} pictures have no verdict; their lines say why "
            '("error"), and --allow-errors PERCENT accepts some',
            err=True,
        )
        raise typer.Exit(2)
    if result.skipped.get("needs") or result.skipped.get("unreadable"):
        raise typer.Exit(2)


def _merge(inputs: list[str], output: str) -> None:
    from fakelens.edge_runtime.scan.merge import merge
    from fakelens.edge_runtime.scan.outcome import describe_counts

    if output == "-":
        raise UsageError("--merge writes a folder: give -o DIR")
    lines, counts = merge([Path(name) for name in inputs], Path(output))
    typer.echo(f"{lines:,} pictures: {describe_counts(counts)}; {output}", err=True)


def _report(inputs: list[str], html: Path | None, most: int, *, json: bool) -> None:
    from fakelens.edge_runtime.files import check_writable
    from fakelens.edge_runtime.scan.report import make_report, render_report, report_to_json, save_report

    if len(inputs) > 1:
        raise UsageError("--report takes one folder of results; --merge makes one of several")
    if html is not None:
        check_writable(html, "--html")
    found = make_report(Path(inputs[0]), most)
    typer.echo(report_to_json(found) if json else render_report(found).rstrip("\n"))
    if html is not None:
        save_report(found, html)
