"""What a sentence claims, and what a text that it cites lacks of it: numbers, days, names, a "not"."""
