"""The nouns: formulas, graphs, derivations. Standard library only."""
