"""What `stepper derive` refuses: each with its reason, its place and what to try, soon, and never with a traceback."""

from __future__ import annotations

import time

import pytest

from stepper.core.assumptions import Given
from stepper.core.derivation_parser import parse_derivation
from stepper.engine.derive.context import Context
from stepper.engine.derive.rewriting import worked
from stepper.engine.values.vocabulary import PLAIN
from stepper.errors import StepperError
from stepper.tables.theorem import Theorem
from tests.test_cli import run

MOST_SECONDS = 8
"""Of a machine that does other things too; alone each takes less than two."""
CALLS: tuple[tuple[tuple[str, ...], int, str], ...] = (
    # what is typed, the exit code, what is said
    # ---- undefined, or without a limit
    (("--show", "log(-x^2 - 1) = 0"), 3, "log of a negative number"),
    (("--show", "1/0 = 2"), 3, "division by 0"),
    (("--show", "sum(k=1..infinity, 1/k) = 3"), 3, "does not converge"),
    (("--show", "sum(k=1..infinity, k) = -1/12"), 3, "does not converge"),
    (("--show", "integral(x=1..infinity, 1/x) = 3"), 3, "does not converge"),
    # ---- ambiguous
    (("x*y",), 2, "--wrt to differentiate (the letters are x, y)"),
    (("x^2 + y^2", "--solve", "minimum"), 2, "--wrt to differentiate"),
    (("x^2", "--wrt", "q"), 2, "the letters are x"),
    (("x*y", "--wrt", "x*y"), 2, "the letters are x, y"),
    (("--show", "x*y + z"), 2, "such as 'softplus(x) - softplus(-x) = x'"),
    (("--show", "x = y = z"), 2, "such as"),
    ((), 2, "--show"),
    # ---- assumptions that are missing
    (("E[x*y]",), 2, "--given"),
    (("E[exp(w*x)]", "--given", "w, x random"), 2, "--given"),
    (("E[x^3]", "--given", "x random"), 2, "--given"),
    # ---- shapes
    (("A@B", "--collect", "B", "--shapes", "A=2x3,B=2x3"), 2, "A @ B has 3 columns against 2 rows"),
    (("|X@w - y|^2", "--wrt", "w", "--shapes", "X=nxd,w=n"), 2, "d columns against n rows"),
    (("X@X", "--wrt", "X"), 2, "a gradient is that of a number"),
    (("x^2", "--wrt", "x", "--shapes", "foo"), 2, "such as X=nxd"),
    # ---- names that are reserved
    (("x + E", "--wrt", "x"), 2, "formula:5"),
    (("P*x", "--wrt", "x"), 2, "P[...] is reserved in derivations"),
    (("x^2", "--wrt", "Var"), 2, "give the quantity another name"),
    (("-e", "E = w*x; L = E^2", "--wrt", "w"), 2, "E[...] is reserved"),
    (("x^2", "--wrt", "x", "--given", "E, x independent"), 2, "'E' is reserved"),
    # ---- what is given
    (("x^2", "--wrt", "x", "--given", "x ~ Foo(2)"), 2, "known are Bernoulli, N, U"),
    (("x^2", "--wrt", "x", "--given", "x ~ N(2)"), 2, "N(m, v)"),
    (("x^2", "--wrt", "x", "--given", "x is blue"), 2, "known are symmetric"),
    # ---- rules that there are not
    (("prod(j=1..n, x[j])", "--wrt", "x[k]"), 2, "no rule"),
    (("huber(x)", "--wrt", "x"), 2, "takes 2 to 3 arguments, but got 1"),
    (("mean(z)", "--wrt", "z"), 2, "differentiate by one entry, such as z[j]"),
    (("at(x, 2)", "--wrt", "x"), 2, "only functions of one quantity"),
    # ---- what cannot be read
    (("2x", "--wrt", "x"), 2, "write 2*x"),
    (("x^2 +", "--wrt", "x"), 2, "formula:6"),
    (('__import__("os").system("ls")', "--wrt", "x"), 2, "formula:1"),
    (("no/such.yaml",), 2, "'stepper exams list'"),
    # ---- sizes
    (("+".join(f"x^{power}" for power in range(1, 10_001)), "--wrt", "x"), 2, "400 is the limit"),
    (("(" * 200 + "x" + ")" * 200, "--wrt", "x"), 2, "nested more than 100 deep"),
    (("sin(" * 200 + "x" + ")" * 200, "--wrt", "x"), 2, "nested more than 100 deep"),
    (("+".join(f"x{place}" for place in range(230)), "--wrt", "x1"), 2, "more than 200 times in one line"),
    (("Var(" + "+".join(f"x{place}" for place in range(60)) + ")", "--given", "independent"), 3, "not proved"),
    (("Var(" + "+".join(f"x{place}" for place in range(40)) + ")",), 2, "a line would have more than"),
    (("-e", "a0 = x; " + "; ".join(f"a{n + 1} = a{n}*a{n}" for n in range(60)), "--wrt", "x"), 2, "definitions put in"),
    (("x*" + "9" * 5000, "--wrt", "x"), 2, "this number is out of range"),
    (("--show", "sum(k=1..10^9, k) = 5"), 3, "terms"),
    (("--show", "A@B = B@A", "--shapes", "A=1000x1000,B=1000x1000"), 3, ""),
)  # fmt: skip
DOCUMENTS: tuple[tuple[str, int, str], ...] = (
    ("lines:\n  - y = w*x\n  - {line: 'D(y, w) = x', by: magic rule}\n", 2, "<stdin>:3:13"),
    ("lines:\n  - y = w*x\n  - D(y, w) = w\n", 1, "does not follow"),
    ("lines:\n  - '= w*x'\n", 2, "<stdin>:2:6"),
    ("lines:\n  - y + 3\n", 2, "<stdin>:2:5"),
    ("lines: 3\n", 2, "<stdin>:1:8"),
    ("given: [x blue]\nlines:\n  - y = x\n", 2, "<stdin>:1:8"),
    ("lines:\n  - y = w*x\nfoo: 3\n", 2, "<stdin>:3:1"),
    ("lines:\n" + "".join(f"  - y{n} = x + {n}\n" for n in range(400)), 2, "up to 300 are checked"),
    ("lines:\n  - a0 = x\n" + "".join(f"  - a{n + 1} = a{n} + a{n}\n" for n in range(40)) + "  - a40 = 3\n", 2,
     "definitions put in"),
)  # fmt: skip


@pytest.mark.parametrize(("arguments", "code", "said"), CALLS, ids=[" ".join(row[0])[:60] for row in CALLS])
def test_what_cannot_be_derived_is_refused(arguments: tuple[str, ...], code: int, said: str) -> None:
    begun = time.process_time()
    found = run("derive", *arguments, "-f", "text")
    assert time.process_time() - begun < MOST_SECONDS
    words = " ".join((found.stdout + found.stderr).split())
    assert (found.returncode, "Traceback" in words) == (code, False), words
    assert said in words


@pytest.mark.parametrize(("document", "code", "said"), DOCUMENTS, ids=[row[2] for row in DOCUMENTS])
def test_documents_are_refused_where_they_are_wrong(document: str, code: int, said: str) -> None:
    found = run("derive", "-", "-f", "text", stdin=document)
    assert (found.returncode, said in found.stdout + found.stderr) == (code, True), found.stderr


THERE, BACK = (
    Theorem("", f"{one}(u)", f"{other}(u)", "", quick=True) for one, other in (("sin", "cos"), ("cos", "sin"))
)
LOOPS: tuple[tuple[Theorem, ...], ...] = (
    (Theorem("round", "sin(u)", "sin(u + 0*u + 1)", "no book"),),
    (Theorem("round", "sin(u)", "sin(sin(u))", "no book", quick=True),),
    (Theorem("round", "sin(u)", "sin(sin(u))", "no book", spreads=True),),
    (THERE, BACK),
)  # fmt: skip


@pytest.mark.parametrize("rows", LOOPS)
def test_rules_that_go_round_come_to_an_end(rows: tuple[Theorem, ...]) -> None:
    with pytest.raises(StepperError, match=r"does not (end|terminate)|more than"):
        worked(parse_derivation("sin(x)*x"), rows, Context(Given(), PLAIN))


def test_two_rules_that_undo_one_another_are_seen() -> None:
    rows = Theorem("there", "sin(u)", "cos(u)", "no book"), Theorem("back", "cos(u)", "sin(u)", "no book")
    lines = worked(parse_derivation("sin(x)"), rows, Context(Given(), PLAIN))
    assert len(lines) == len({line.expr for line in lines}) <= 2
