"""Mistakes that people make where they work an algorithm on data: one row for each way to make one."""

from __future__ import annotations

from stepper.tables.mistake import Mistake

_COUNTING = "Graham, Knuth and Patashnik, Concrete mathematics, 1994, chapter 3: integer functions and ranges"
_AREAS = "Everingham et al., The Pascal visual object classes challenge, 2010, section 4.2: the overlap of two boxes"
_CASES = "Beizer, Software testing techniques, 1990, chapter 6: mistakes at the boundaries of cases"
_SIGNS = "Ashlock, Error Patterns in Computation, 2010, chapters 6 and 7: signs, parentheses, powers"

RUN_MISTAKES: tuple[Mistake, ...] = (
    Mistake("term left out", "assignment", "leave out a single term", "{part} is left out of {line}",
        "what two areas share is in both of them, and is counted once", 5, _AREAS),
    Mistake("one too few", "assignment", "a - b + 1 -> a - b", "the 1 is left out of {line}",
        "both ends of a range belong to it", 5, _COUNTING),
    Mistake("sign of a term", "assignment", "change a sign", "the sign of {part} is changed in {line}",
        "the signs are those of the rule", 3, _SIGNS),
    Mistake("factor left out", "assignment", "leave out a factor", "the factor {part} is left out of {line}",
        "every factor of the rule counts", 2, _SIGNS),
    Mistake("square left out", "assignment", "x^2 -> x", "the square of {other} is left out in {line}",
        "a pair is drawn from two sets, so their sizes are multiplied", 3, _COUNTING),
    Mistake("not rounded down", "assignment", "floor(x) -> x", "{other} is not rounded down in {line}",
        "what is counted is a whole number", 3, _COUNTING),
    Mistake("rounded up", "assignment", "floor(x) -> floor(x) + 1", "{other} is taken in {line}, rounded up",
        "the rule rounds down", 2, _COUNTING),
    Mistake("smaller for larger", "assignment", "max(x) -> min(x)", "the smaller is taken for the larger in {line}",
        "two intervals overlap from the larger of their starts to the smaller of their ends", 4, _AREAS),
    Mistake("larger for smaller", "assignment", "min(x) -> max(x)", "the larger is taken for the smaller in {line}",
        "two intervals overlap from the larger of their starts to the smaller of their ends", 4, _AREAS),
    Mistake("negative length kept", "assignment", "max([0, x]) -> x", "a negative length is kept in {line}",
        "intervals that do not meet share nothing, not less than nothing", 4, _AREAS),
    Mistake("case at the boundary", "assignment", "where(x > y, p, q) -> where(x >= y, p, q)",
        "{line} treats equal numbers as greater", "equal is not greater", 4, _CASES),
    Mistake("case at the boundary", "assignment", "where(x < y, p, q) -> where(x <= y, p, q)",
        "{line} treats equal numbers as smaller", "equal is not smaller", 4, _CASES),
    Mistake("cases exchanged", "assignment", "where(x < y, p, q) -> where(x > y, p, q)",
        "the cases are exchanged in {line}", "a lower loss is the better one", 2, _CASES),
)  # fmt: skip
