"""How long answers take: samples, stopwatch, and the state of the machine meanwhile."""
