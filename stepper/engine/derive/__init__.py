"""Derivations with letters, line by line, each line proved."""
