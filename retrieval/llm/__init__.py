"""The language model: calling it, and what becomes of the sentences that it writes."""
