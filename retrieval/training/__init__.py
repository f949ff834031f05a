"""Train the reader that is shipped beside the code, and measure it. Nothing here runs when Quoth answers."""
