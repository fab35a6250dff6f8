"""Nouns and rules to derivations. Never prints."""
