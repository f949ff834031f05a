"""The front ends: the command line."""
