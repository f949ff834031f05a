"""The words given to language models, as readable files, and what is put into them."""
