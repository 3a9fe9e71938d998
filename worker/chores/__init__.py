"""One chore, one file: what beat asks for."""
