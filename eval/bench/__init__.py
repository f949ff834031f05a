"""Benchmarks: they print what they measured. None is a test."""
