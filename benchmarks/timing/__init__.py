"""Latency samples, stopwatch, and the state of the machine while they are taken."""
