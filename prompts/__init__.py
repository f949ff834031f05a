"""The words given to language models, as readable files."""
