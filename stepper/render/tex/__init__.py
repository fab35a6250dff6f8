"""What a LaTeX document is made of: formulas taken apart and broken, words, tables."""
