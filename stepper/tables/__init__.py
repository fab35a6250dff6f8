"""What is known: frozen rows of strings. A row that imports has become code."""
