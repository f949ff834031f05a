"""Benchmarks: they print what they measured, and keep it. None is a test. `python -m eval.bench --help`."""
