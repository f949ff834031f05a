"""The fixed question set, the metrics and the baselines."""
