"""The commands that need nothing but the base install, each from the folder of its own."""

import typer

from fakelens.edge_runtime.check.cli import register as register_check
from fakelens.edge_runtime.doctor.cli import register as register_doctor
from fakelens.edge_runtime.info.cli import register as register_info
from fakelens.edge_runtime.live.cli import register as register_live
from fakelens.edge_runtime.scan.cli import register as register_scan
from fakelens.edge_runtime.serve.cli import register as register_serve
from fakelens.edge_runtime.service.cli import register as register_service


def register(app: typer.Typer) -> None:
    """Mount this package's commands."""
    register_check(app)
    register_scan(app)
    register_info(app)
    register_serve(app)
    register_live(app)
    register_doctor(app)
    register_service(app)
