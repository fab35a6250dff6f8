"""What stands in the trees of formulas: names, numbers, matrices."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

from tests.reading_sides import Tree

DIGITS = 4
"""The significant digits of a number that is rounded."""


def names_in(tree: Tree) -> set[str]:
    """The names of quantities in a tree."""
    if isinstance(tree, list):
        return set().union(*map(names_in, tree)) if tree else set()
    if not isinstance(tree, tuple):
        return set()
    if tree[0] == "name":
        return {tree[1]} - {"𝟏", "pi", "π", "ℯ"}
    if tree[0] == "index" and tree[1][0] == "name":
        return {tree[1][1]}
    return set().union(*(names_in(part) for part in tree[1:])) if len(tree) > 1 else set()


def numbers_in(tree: Tree) -> list[Fraction]:
    """The numbers that stand in a tree, without signs; a quotient of two numbers is one too."""
    if isinstance(tree, list):
        return [found for part in tree for found in numbers_in(part)]
    if not isinstance(tree, tuple):
        return []
    if tree[0] == "number":
        return [tree[1]]
    if tree[0] == "/" and tree[1][0] == tree[2][0] == "number" and tree[2][1]:
        return [Fraction(tree[1][1]) / tree[2][1]]
    if tree[0] == "-" and tree[1] == ("number", 0):
        return numbers_in(tree[2])
    return [found for part in tree[1:] for found in numbers_in(part)]


def in_full(pair: tuple[Tree | None, Tree | None]) -> bool:
    """Are the numbers of a side printed in full?"""
    exact, printed = pair
    return exact is not None and printed is not None and set(numbers_in(exact)) == set(numbers_in(printed))


def matrices(tree: Tree) -> list[Tree]:
    """The lists of lists in a tree that hold numbers only."""
    if isinstance(tree, list):
        return [found for part in tree for found in matrices(part)]
    if not isinstance(tree, tuple):
        return []
    if tree[0] == "list" and tree[1] and tree[1][0][0] == "list" and is_result(tree):
        return [tree]
    return [found for part in tree[1:] for found in matrices(part)]


def is_result(tree: Tree) -> bool:
    if tree[0] == "list":
        return all(is_result(part) for part in tree[1])
    if tree[0] == "-" and tree[1] == ("number", 0):
        return is_result(tree[2])
    return tree[0] == "number" or (tree[0] == "/" and is_result(tree[1]) and is_result(tree[2]))


def stands(found: Fraction, seen: set[Fraction]) -> bool:
    """Is it there, or the same with fewer or more digits?"""
    return found in seen or any(
        abs(found - other) <= max(last_digit(found), last_digit(other)) * 0.501 for other in seen
    )


def numbers_strange(tree: Tree, known: set[Fraction]) -> list[Fraction]:
    """The numbers of a tree that are not known; a quotient of two that are is none."""
    if isinstance(tree, list):
        return [found for part in tree for found in numbers_strange(part, known)]
    if not isinstance(tree, tuple):
        return []
    if tree[0] == "number":
        return [] if stands(tree[1], known) else [tree[1]]
    if (
        tree[0] == "/"
        and tree[1][0] == tree[2][0] == "number"
        and tree[2][1]
        and stands(tree[1][1] / tree[2][1], known)
    ):
        return []
    return [found for part in tree[1:] for found in numbers_strange(part, known)]


def last_digit(found: Any) -> float:
    """A unit of the last digit of a number that is rounded."""
    if not found:
        return 10.0**-DIGITS
    return 10.0 ** (math.floor(math.log10(abs(float(found)))) - DIGITS + 1)


def numbers_written(tree: Tree) -> list[Fraction]:
    """The numbers in a tree in their order."""
    if isinstance(tree, list):
        return [found for part in tree for found in numbers_written(part)]
    if not isinstance(tree, tuple):
        return []
    return [tree[1]] if tree[0] == "number" else [found for part in tree[1:] for found in numbers_written(part)]


def shifted(tree: Tree, place: int, shift: Fraction) -> Tree:
    """The tree with one of its numbers moved."""
    count = -1

    def walk(part: Tree) -> Tree:
        nonlocal count
        if isinstance(part, list):
            return [walk(one) for one in part]
        if not isinstance(part, tuple):
            return part
        if part[0] != "number":
            return (part[0], *(walk(one) for one in part[1:]))
        count += 1
        return ("number", float(part[1] + shift if count == place else part[1]))

    return walk(tree)
