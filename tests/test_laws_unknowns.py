"""What is said of a listing's letters: the question, what it says of a letter, and what fits, up to where it was
tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

import pytest

from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.parser import parse
from stepper.core.prose import Prose
from stepper.core.steps import Equation, Note, Table
from stepper.engine.layers.fitting import shown_shape
from stepper.engine.layers.inversion import invert
from stepper.engine.layers.network import work
from stepper.engine.layers.requirements import condition_of
from stepper.engine.layers.solve import Constraint, solve
from stepper.engine.layers.unknowns import _inequalities, unknowns
from stepper.errors import StepperError
from stepper.read.network import load_network


def words(prose: Prose) -> str:
    return "".join(part if isinstance(part, str) else text(part) for part in prose)


def said(listing: str, shape: str, *asked: str) -> list[str]:
    """The step about unknowns, line by line."""
    lines: list[str] = []
    for step in unknowns(work(load_network(None, listing, shape, None), {}), asked):
        assert (step.id, step.detail) == ("shapes.unknowns", "brief")
        for block in step.body:
            match block:
                case Note(prose):
                    lines.append(words(prose))
                case Equation(left, links):
                    notes = [f" ({words(link.note)})" for link in links if link.note]
                    lines.append(" = ".join([text(left), *(text(link.expr) for link in links)]) + "".join(notes))
                case Table(columns, rows):
                    lines += [
                        " ".join(words(cell) for cell in row) for row in ([column.title for column in columns], *rows)
                    ]
    return lines


THREE = "Conv1d(1, 4, a) -> ReLU() -> Conv1d(b, c, 3) -> 2x8 -> Conv1d(d, e, 1)"
SAYS_B, SAYS_D = "b = 4 (by 3: Conv1d(b, c, 3))", "d = 2 (by 4: Conv1d(d, e, 1))"
SAYS_C = ["3: Conv1d(b, c, 3) must give 2", "c = 2"]
SAYS_A = [
    "3: Conv1d(b, c, 3) must give 8",
    "floor((-a + 15 + 2*0 - 3)/1) + 1 = 8, so 7 ≤ (-a + 15 + 2*0 - 3)/1 < 8, so 4 < a ≤ 5",
    "a = 5",
]


@pytest.mark.parametrize(
    ("asked", "lines"),
    [
        ("", [SAYS_B, SAYS_D, *SAYS_C, *SAYS_A, "e is free: --set e=... gives it a value"]),
        ("a", SAYS_A), ("b", [SAYS_B]), ("c", SAYS_C), ("d", [SAYS_D]), ("db", [SAYS_B, SAYS_D]),
        ("bc", [SAYS_B, *SAYS_C]),
    ],
)  # fmt: skip
def test_the_letters_that_are_asked_for_are_told(asked: str, lines: list[str]) -> None:
    """All of them where none is asked for, and which are free only then."""
    assert said(THREE, "1x14", *asked) == lines


def test_a_letter_that_may_be_several_numbers_is_told_where_it_is_asked_for() -> None:
    assert said("Linear(n*(7 - n), m)", "12", "n") == [
        "1: Linear(n*(7 - n), m) takes 12",
        "-n^2 + 7*n = 12",
        "Solutions: 3, 4, tried up to n = 1025",
    ]


@pytest.mark.parametrize(("asked", "layer"), [("n", "a"), ("m", "b")])
def test_of_letters_that_may_be_several_numbers_each_is_told_by_itself(asked: str, layer: str) -> None:
    both = "a = Linear(n*(7 - n), 3, from=input)\nb = Linear(m*(7 - m), 3, from=input)\nc = Add(a, b)"
    assert said(both, "12", asked) == [
        f"{layer}: Linear({asked}*(7 - {asked}), 3, from=input) takes 12",
        f"-{asked}^2 + 7*{asked} = 12",
        f"Solutions: 3, 4, tried up to {asked} = 1025",
    ]
    assert said(both, "12") == [*said(both, "12", "n"), *said(both, "12", "m")]


@pytest.mark.parametrize("asked", ["e", "q", "aq"])
def test_a_letter_of_which_nothing_is_said_is_refused(asked: str) -> None:
    with pytest.raises(StepperError, match=f"nothing in the listing says what {asked[-1]} is"):
        said(THREE, "1x14", *asked)


@pytest.mark.parametrize(
    ("listing", "shape", "line"),
    [
        # all numbers that come in, in the order of the listing, are told by a layer that merges them
        ("Conv2d(1, 4, 3) -> Flatten() -> Linear(k, 4)", "1x9x10", "k = 4*7*8 = 224 (the number of inputs, by 3: "
                                                                   "Linear(k, 4))"),
        ("layout: HWC\nConv2d(1, 4, 3)\nFlatten()\nLinear(k, 4)", "9x10x1",
         "k = 7*8*4 = 224 (the number of inputs, by 3: Linear(k, 4))"),
        ("Flatten() -> Linear(k, 4)", "6x5", "k = 6*5 = 30 (the number of inputs, by 2: Linear(k, 4))"),
        ("Flatten() -> Linear(k, 4)", "9", "k = 9 (by 2: Linear(k, 4))"),
        ("Flatten(2) -> Linear(k, 4)", "3x4x5", "k = 20 (by 2: Linear(k, 4))"),
        ("GRU(10, 5) -> Linear(k, 4)", "7x10", "k = 5 (by 2: Linear(k, 4))"),
        ("Conv1d(1, n, 3) -> Conv1d(9, 4, 3)", "1x9", "n = 9 (by 2: Conv1d(9, 4, 3))"),
        ("Linear(5, n) -> Linear(2*m, 3)", "5", "n = 2*m (by 2: Linear(2*m, 3))"),
        ("Linear(5, n) -> Linear(2*m, m) -> Linear(4, 3)", "5", "n = 2*m (by 2: Linear(2*m, m))"),
        ("Linear(5, n + 1) -> Linear(m, 3)", "5", "m = n + 1 (by 2: Linear(m, 3))"),
        ("Conv2d(3, m, 3) -> ReLU()", "nx9x9", "n = 3 (by 1: Conv2d(3, m, 3))"),
    ],
)  # fmt: skip
def test_what_a_neighbour_settles_is_told_with_who_says_it(listing: str, shape: str, line: str) -> None:
    assert said(listing, shape)[0] == line


@pytest.mark.parametrize(
    ("listing", "shape", "free"),
    [
        ("Conv2d(1, n, 3) -> ReLU()", "1x9x9", "n"), ("Conv2d(1, 4, k, padding='same')", "1x9x9", ""),
        ("Linear(5, n) -> ReLU() -> Linear(n, m)", "5", "nm"),
        ("Linear(5, n) -> Linear(7, 2)", "5", ""), ("Conv2d(1, n, k)", "1x9x9", "nk"), ("ReLU()", "cx9x9", ""),
    ],
)  # fmt: skip
def test_a_setting_that_stays_a_letter_in_a_size_is_free(listing: str, shape: str, free: str) -> None:
    """Words such as 'same' are none, and a letter of the input is not a setting."""
    found = [line for line in said(listing, shape) if "free" in line]
    assert found == [f"{letter} is free: --set {letter}=... gives it a value" for letter in free]


@pytest.mark.parametrize(
    ("listing", "shape", "lines"),
    [
        ("Conv2d(1, m, 5) -> 6x24x24", "1x28x28", ["1: Conv2d(1, m, 5) must give 6", "m = 6"]),
        ("Linear(k^2, 5)", "16", ["1: Linear(k^2, 5) takes 16", "k^2 = 16", "k = 4"]),
        ("Conv2d(1, 2, k) -> 20 parameters", "1x9x9",
            ["1: Conv2d(1, 2, k) must give 20", "(k*k*1 + 1)*2 = 20", "k = 3"]),
        ("Linear(floor(n/2)^2, 5)", "9",
         ["1: Linear(floor(n/2)^2, 5) takes 9",
          "floor(n/2)^2 = 9, so floor(n/2) = 3, so 3 ≤ n/2 < 4, so 6 ≤ n < 8",
          "Solutions: 6, 7"]),
        ("Conv2d(1, 8, 3, stride=s) -> 8x1x1", "1x9x9",
         ["1: Conv2d(1, 8, 3, stride=s) must give 1",
          "floor((9 + 2*0 - 3)/s) + 1 = 1, so 0 ≤ (9 + 2*0 - 3)/s < 1, so 6 < s",
          "Solutions: 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, and all that follow"]),
        ("Conv1d(2, 2, 3) -> AvgPool1d(a) -> 2x2", "2x15",
         ["2: AvgPool1d(a) must give 2",
          "floor((13 + 2*0 - a)/a) + 1 = 2, so 1 ≤ (13 + 2*0 - a)/a < 2, so 13/3 < a ≤ 13/2",
          "Solutions: 5, 6"]),
    ],
)  # fmt: skip
def test_a_question_about_one_letter_is_worked_down_to_it(listing: str, shape: str, lines: list[str]) -> None:
    assert said(listing, shape) == lines


@pytest.mark.parametrize(
    ("formula", "says"),
    [
        # what rounds down leaves out the next integer, what rounds up the one before
        ("floor(n)", "5 ≤ n < 6"), ("ceil(n)", "4 < n ≤ 5"), ("floor(n/2)", "5 ≤ n/2 < 6, so 10 ≤ n < 12"),
        ("ceil(n/2)", "4 < n/2 ≤ 5, so 8 < n ≤ 10"), ("floor((n - 5)/2) + 1", "4 ≤ (n - 5)/2 < 5, so 13 ≤ n < 15"),
        ("ceil((n - 5)/2) + 1", "3 < (n - 5)/2 ≤ 4, so 11 < n ≤ 13"),
        # what is taken away, or stands below, turns the sides round
        ("-floor(n/2)", "-5 ≤ n/2 < -4, so -10 ≤ n < -8"), ("3 - ceil(n/2)", "-3 < n/2 ≤ -2, so -6 < n ≤ -4"),
        ("floor(9 - n)", "5 ≤ 9 - n < 6, so 3 < n ≤ 4"), ("ceil(9 - n)", "4 < 9 - n ≤ 5, so 4 ≤ n < 5"),
        ("floor(12/n)", "5 ≤ 12/n < 6, so 2 < n ≤ 12/5"), ("ceil(12/n)", "4 < 12/n ≤ 5, so 12/5 ≤ n < 3"),
        # one in another
        ("floor(ceil(n/2)/2)", "5 ≤ ceil(n/2)/2 < 6, so 9 < n/2 ≤ 11, so 18 < n ≤ 22"),
        ("ceil(floor(n/2)/2)", "4 < floor(n/2)/2 ≤ 5, so 9 ≤ n/2 < 11, so 18 ≤ n < 22"),
        # powers and polynomials of an integer; what rounds nothing says the number itself
        ("n^2", "2 < n < 3"), ("n^2 + n", "1 < n < 2"), ("n^2 - n^2 + n + 2", ""), ("2*n", ""), ("n", ""),
    ],
)  # fmt: skip
def test_what_a_formula_that_is_5_says_of_its_letter(formula: str, says: str) -> None:
    found = invert(parse(formula), Sym("n"), Fraction(5))
    assert words(_inequalities(found)) == (f", so {says}" if says else "")


@pytest.mark.parametrize(
    ("listing", "shape", "last"),
    [
        # none fits: by the inequalities, and the nearest with the sizes that they give, which are integers from 1 on
        ("Conv2d(1, 8, 4, padding=p) -> 8x28x28", "1x28x28", "No integers fit. p = 1 gives 27; p = 2 gives 29; p = 0 "
                                                             "gives 25."),
        ("ConvTranspose1d(2, 1, 3, stride=2, padding=p) -> 1x2", "2x7", "No integers fit. p = 6 gives 3; p = 7 gives "
                                                                        "1; p = 5 gives 5."),
        ("Conv2d(1, 2, k) -> 21 parameters", "1x9x9", "No integers fit. k = 3 gives 20; k = 2 gives 10; k = 4 gives "
                                                      "34."),
        ("Linear(k^2, 5)", "10", "No integers fit. k = 3 gives 9; k = 2 gives 4; k = 4 gives 16."),
        ("Linear(4*k, 5)", "3", "No integers fit. k = 1 gives 4; k = 2 gives 8; k = 3 gives 12."),
        ("Linear(k^8, 5)", "7000", "No integers fit. k = 3 gives 6561; k = 2 gives 256; k = 1 gives 1."),
        ("Conv1d(1, 8, k, stride=2) -> 8x9", "1x12", "No integers fit. k = 1 gives 6; k = 2 gives 6; k = 3 gives 5."),
        ("ConvTranspose1d(2, 1, 2, stride=2, padding=p) -> 1x1", "2x3", "No integers fit. p = 2 gives 2; p = 1 gives "
                                                                        "4; p = 0 gives 6."),
        # only tried
        ("Conv1d(1, 1, 3, stride=s) -> 1x1 -> Conv1d(1, s*(7 - s), 1) -> 10x1", "1x4",
            "Solutions: 2, 5, tried up to s = 1026"),
        ("Linear(n*(7 - n), 5)", "12", "Solutions: 3, 4, tried up to n = 1025"),
        ("Linear(n*(7 - n), 5)", "11", "No value fits, tried up to n = 1025."),
        ("Conv2d(4, 8, 3, groups=g) -> 300 parameters", "4x9x9", "No value fits, tried up to g = 1025."),
        ("Linear(12/(k - 1), 5)", "13", "No integers fit. k = 2 gives 12; k = 3 gives 6; k = 4 gives 4."),
        ("Linear(4*k/3, 5)", "5", "No integers fit. k = 3 gives 4; k = 6 gives 8."),
        # a square is 0 at 0 alone, which is no size, and never less
        ("Linear(k^2 + 5, 2)", "5", "No integers fit. k = 1 gives 6; k = 2 gives 9; k = 3 gives 14."),
        ("Linear(k^2 + 6, 2)", "5", "No value fits, tried up to k = 1025."),
        ("Conv1d(1, 8, k) -> 8xm", "1x9", "The listing does not determine all unknowns."),
        ("Conv1d(1, 8, k) -> 8xm -> Conv1d(8, 8, k) -> 8x4", "1x9", "The listing does not determine all unknowns."),
        ("Conv1d(1, 8, k) -> 8xm -> Flatten -> Linear(40, 2)", "1x9", "k = 5"),
        ("Linear(x[1], 5)", "6", "The listing does not determine all unknowns."),
        ("Linear(a*b*c, 5)", "12", "The listing does not determine all unknowns."),
        # twelve are listed, and how many more there are is said
        ("AvgPool1d(12) -> 4x2", "4xn", "Solutions: " + ", ".join(map(str, range(24, 36)))),
        ("AvgPool1d(13) -> 4x2", "4xn", "Solutions: " + ", ".join(map(str, range(26, 38))) + " (1 more)"),
        ("AvgPool1d(2000) -> 4x2", "4xn",
            "Solutions: " + ", ".join(map(str, range(4000, 4012))) + " (1013 more), tried up to n = 5024"),
        ("Linear(n*(n - 1), 5)", "1049600", "n = 1025"),
        ("AvgPool1d(30) -> 4x2", "4xn", "Solutions: " + ", ".join(map(str, range(60, 72))) + " (18 more)"),
    ],
)  # fmt: skip
def test_what_fits_one_letter_and_how_sure_that_is(listing: str, shape: str, last: str) -> None:
    assert said(listing, shape)[-1] == last


@pytest.mark.parametrize(
    ("empty", "shape", "line"),
    [
        ("Linear(k^2, 5)", "10", "k^2 = 10, so 3 < k < 4"),
        ("Linear(k*k + k, 5)", "13", "k^2 + k = 13, so 3 < k < 4"),
        ("Conv2d(1, 2, k) -> 21 parameters", "1x9x9", "(k*k*1 + 1)*2 = 21, so 3 < k < 4"),
        ("Linear(4*k, 5)", "10", "4*k = 10"),
    ],
)
def test_a_letter_between_two_integers_is_said_to_be_there(empty: str, shape: str, line: str) -> None:
    assert said(empty, shape)[1] == line


@pytest.mark.parametrize(("product", "more"), [(120, " (4 more)")])
def test_pairs_stand_in_a_table(product: int, more: str) -> None:
    """In order, the first twelve of them; each letter of a size is tried up to 128."""
    pairs = [f"{a} {product // a}" for a in range(1, 129) if product % a == 0 and product // a <= 128]
    head = [
        f"1: Linear(a*b, 5) takes {product}",
        f"a*b = {product}",
        f"Solutions, tried up to a = 128 and b = 128{more}:",
        "a b",
    ]
    assert said("Linear(a*b, 5)", str(product)) == [*head, *pairs[:12]]
    assert bool(more) is (len(pairs) > 12)


SETTINGS = {"k": range(1, 8), "s": range(1, 5), "p": range(6), "d": range(1, 4)}


@pytest.mark.parametrize(
    ("layer", "shape", "stated"),
    [
        ("Conv1d(1, 8, k, stride=s)", "1x24", "8x8"), ("Conv1d(1, 8, k, stride=s)", "1x24", "8x10"),
        ("Conv2d(1, 8, k, stride=s)", "1x24x29", "8x10x12"),
        ("Conv1d(1, 8, k, padding=p)", "1x12", "8x12"), ("Conv1d(1, 8, k, stride=s, padding=p)", "1x12", "8x6"),
        ("MaxPool1d(k, stride=s)", "1x20", "1x10"), ("MaxPool1d(k, stride=s, padding=p)", "1x9", "1x9"),
        ("Conv1d(1, 8, k, dilation=d)", "1x20", "8x14"), ("Conv1d(1, 8, k, stride=s)", "1x24", "8x4"),
        ("Conv2d(1, 8, k, padding=p)", "1x12x14", "8x10x14"),
    ],
)  # fmt: skip
def test_settings_of_a_window_are_those_that_trying_finds(layer: str, shape: str, stated: str) -> None:
    """All that give the stated shape, of windows that pad by less than their kernel and leave no gaps, unless the
    kernel is 1.
    """
    letters = [
        letter for letter in SETTINGS if f"={letter}" in layer or f" {letter}," in layer or f"({letter}," in layer
    ]
    found: list[tuple[int, ...]] = [()]
    for letter in letters:
        found = [(*choice, value) for choice in found for value in SETTINGS[letter]]
    fits = []
    for choice in found:
        known: dict[str, Expr] = {letter: Num(str(value)) for letter, value in zip(letters, choice, strict=True)}
        chosen = dict(zip(letters, choice, strict=True))
        worked = work(load_network(None, layer, shape, None), known)
        meant = chosen.get("p", 0) < chosen["k"] and (chosen.get("s", 1) <= chosen["k"] or chosen["k"] == 1)
        if meant and not worked.problems and shown_shape(worked.layers[0].output) == stated:
            fits.append(choice)
    (solution,) = work(load_network(None, f"{layer} -> {stated}", shape, None), {}).solved
    assert [letter.name for letter in solution.unknowns] == letters
    assert list(solution.choices) == fits
    assert solution.tried == tuple(SETTINGS[letter][-1] for letter in letters)
    assert not solution.complete
    assert not solution.values


@pytest.mark.parametrize(
    ("listing", "solved"),
    [
        ("Conv1d(1, 1, k) -> 1x18 -> Conv1d(1, 1, 3, stride=s) -> 1x8", {"k": [(3,)], "s": [(2,)]}),
        (
            "Conv1d(1, 1, k) -> 1x18 -> Conv1d(1, 1, 3, stride=s) -> 1x8 -> Conv1d(1, 1, k, stride=s) -> 1x3",
            {"ks": [(3, 2)]},
        ),
        ("Conv1d(1, 1, k) -> 1x18 -> Conv1d(1, 1, 3, stride=s) -> 1x8 -> Conv1d(1, 1, k, stride=s) -> 1x2", {"ks": []}),
        (
            "Conv1d(1, 1, k, stride=s) -> 1x8 -> Conv1d(1, 1, 3, padding=p) -> 1x8",
            {"ks": [(5, 2), (6, 2)], "p": [(1,)]},
        ),
        ("Conv1d(1, 1, k, stride=s) -> 1x8 -> Conv1d(1, 1, k) -> 1x3", {"ks": [(6, 2)]}),
    ],
)
def test_letters_that_stand_together_are_solved_together(
    listing: str, solved: dict[str, list[tuple[int, ...]]]
) -> None:
    """Questions with a letter in common are one, also where a later one joins what stood apart; each of them must
    hold.
    """
    found = work(load_network(None, listing, "1x20", None), {}).solved
    assert {
        "".join(letter.name for letter in solution.unknowns): list(solution.choices) for solution in found
    } == solved


@pytest.mark.parametrize(
    ("listing", "shape", "pairs"),
    [
        ("ZeroPad1d(p) -> 1x9", "1xn", {(n, p) for n in range(1, 129) for p in range(6) if n + 2 * p == 9}),
        (
            "Conv1d(1, 1, 1, stride=s) -> 1x3",
            "1xm",
            {(m, s) for m in range(1, 129) for s in range(1, 5) if (m - 1) // s == 2},
        ),
        (
            "Conv1D(1, 3, strides=s, padding='same') -> 1x3",
            "1xm",
            {(m, s) for m in range(1, 129) for s in range(1, 5) if -(-m // s) == 3},
        ),
        (
            "Conv1D(1, k, strides=s, padding='same') -> 1x3",
            "1xm",
            {(m, s) for m in range(1, 129) for s in range(1, 5) if -(-m // s) == 3},
        ),
        ("MaxPool1d(2, stride=s, padding=p) -> 1x5", "1x9", {(2, 1)}),
    ],
)
def test_a_size_beside_a_setting_is_tried_up_to_128(listing: str, shape: str, pairs: set[tuple[int, int]]) -> None:
    """What pads has no kernel that the padding could be too large for."""
    (solution,) = work(load_network(None, listing, shape, None), {}).solved
    assert set(solution.choices) == pairs


@pytest.mark.parametrize(
    ("condition", "fit", "all_that_follow"),
    [("s >= 1", range(6, 1031), True), ("s <= 8", [6, 7, 8], False), ("s > 1029", [1030], True), ("s < 6", [], False)],
)
def test_all_that_follow_fit_only_where_the_last_that_was_tried_does(
    condition: str, fit: Sequence[int], all_that_follow: bool
) -> None:
    """6/s rounded up is 1 from 6 on; what else must hold may end it."""
    layer = load_network(None, "Linear(4, 5)", "4", None).layers[0]
    env: dict[Expr, Expr] = {Sym("s"): Sym("s")}
    (found,) = solve(
        [Constraint(layer, parse("ceil(6/s)"), Num("1"), env, (condition_of(condition),), takes=False)], {}
    )
    assert ([size for (size,) in found.choices], found.endless) == (list(fit), all_that_follow)
    assert not found.values
