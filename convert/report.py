"""The gates as people read them."""

from rich.markup import escape
from rich.table import Table

from fakelens.convert.verify import GateResult


def render_gates(gates: tuple[GateResult, ...]) -> Table:
    """Return one row a gate: name, outcome, the figure behind it."""
    table = Table("gate", "", "figure")
    for gate in gates:
        table.add_row(
            escape(gate.name), "[green]pass" if gate.passed else "[bold red]FAIL", escape(gate.figure)
        )
    return table
