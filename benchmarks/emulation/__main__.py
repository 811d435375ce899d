"""The same answers on arm64? From a checkout on Linux: `python -m fakelens.benchmarks.emulation`."""

from fakelens.benchmarks.command import run_command
from fakelens.benchmarks.emulation.same_answers import emulation

if __name__ == "__main__":
    run_command(emulation)
