"""Text cut at commas that stand outside all brackets."""

from __future__ import annotations


def split_top(text: str, separators: str = ",", quotes: str = "'\"") -> list[tuple[int, str]]:
    """Pieces between separators that stand outside all brackets and quotes, each with its place; in formulas a prime is
    no quote.
    """
    pieces, depth, start, quote = [], 0, 0, ""
    for place, character in enumerate(text):
        if quote:
            quote = "" if character == quote else quote
        elif character in quotes:
            quote = character
        elif character in "([{":
            depth += 1
        elif character in ")]}":
            depth -= 1
        elif character in separators and depth == 0:
            pieces.append((start, text[start:place]))
            start = place + 1
    return [*pieces, (start, text[start:])]


def between_commas(formulas: str) -> list[str]:
    """Formulas that stand one after the other.

    >>> between_commas("w', max(x, 1), [1, 2]")
    ["w'", ' max(x, 1)', ' [1, 2]']
    """
    return [piece for _, piece in split_top(formulas, quotes="")]
