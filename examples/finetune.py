"""Teach the release model your own pictures: python examples/finetune.py DATA RUN [START].

DATA holds real/ and fake/, RUN becomes the run directory with a report, and RUN.tflite the model. `fakelens
train DATA --start photo -o RUN` and `fakelens convert RUN` do this too. The names of `fakelens.train` and
`fakelens.convert` may change between releases; those of `fakelens.edge_runtime` itself are kept.
"""

import sys
from pathlib import Path

from fakelens.convert.pipeline import convert_run
from fakelens.convert.recipes import ConvertConfig, Quantization
from fakelens.edge_runtime import Detector
from fakelens.train.defaults import find_free
from fakelens.train.run.job import open_job
from fakelens.train.run.trainer import run_job
from fakelens.train.settings import load_config
from fakelens.train.starts.tuning import describe_start

data, run, *start = sys.argv[1:]
settings = describe_start(*start or ["photo"])  # change any key here: settings |= {"fit.epochs": 5}
# Keys that nobody sets follow the number of pictures: layers, rate, epochs.
job = open_job(Path(data), Path(run), load_config(None, settings), find_free(None, settings))
print(run_job(job).outcome.sentence)
model = Path(f"{run}.tflite")
result = convert_run(ConvertConfig(run=job.run, output=model, quantization=Quantization.FLOAT16))
for gate in result.gates:
    print(gate.name, "passed" if gate.passed else "failed")
if result.passed:  # else nothing was written
    for path in sorted(Path(data).rglob("real/*"))[:3]:
        print(path.name, Detector(model).check(path).label)
