"""The same texts, model and questions through other systems: each file is one, Quoth too.

They are run by `eval.bench.beside`, each in an environment that has its packages and not Quoth's.
"""
