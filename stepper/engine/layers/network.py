"""A network worked out layer by layer: what comes in, what goes out, what it holds, and every number with its
formula.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from stepper.core.expr import Expr, Num, Sym
from stepper.core.formula import text
from stepper.core.network import Layer, Network
from stepper.core.prose import Prose
from stepper.core.traverse import walk
from stepper.engine.layers.letters import with_letters
from stepper.engine.layers.result import Worked
from stepper.engine.layers.settings import symbol_of
from stepper.engine.layers.sizes import integer
from stepper.engine.layers.solve import Solution, solve
from stepper.engine.layers.work import Working
from stepper.engine.values.polynomial import NoSize
from stepper.errors import Problem, StepperError
from stepper.tables.layers import BY_LAYER_NAME

LONGEST = 15
GIVEN = "say it with --input, such as --input 3x224x224, or in a line 'input: ...'"


def work(
    network: Network, given: Mapping[str, Expr], biases: bool = True, divides: bool = False, single: bool = False
) -> Worked:
    """Works every layer out, as far as sizes fit; without ``biases`` as if no layer had any; where a stride ``divides``
    what a window leaves, sizes are not rounded, and must be whole; with ``single`` bias vectors of recurrent layers.

    Raises:
        StepperError: where there is no input shape.
    """
    network = network if network.input is not None else _lettered(network)
    assert network.input is not None
    for literal in (part.literal for size in network.input for part in walk(size) if isinstance(part, Num)):
        if len(literal) > LONGEST:
            raise StepperError(
                Problem(f"a size of the input has {len(literal)} digits", hint=f"sizes have up to {LONGEST}")
            )
    values: dict[Expr, Expr] = {Sym(name): value for name, value in given.items()}
    solved: list[Solution] = []
    bound: dict[Expr, tuple[Expr, Prose]] = {}
    while True:
        try:
            worked = Working(network, values, biases, divides, single).run()
        except NoSize as error:
            raise StepperError(Problem(f"the input's shape is not a shape: {error}")) from None
        found = solve(worked.constraints, worked.roles) if not worked.problems else []
        bound |= {letter: entry for letter, entry in worked.bound.items() if letter not in bound}
        new = {
            letter: value
            for letter, (value, _) in worked.bound.items()
            if integer(value) is not None and not worked.problems
        }
        new |= {letter: value for solution in found for letter, value in solution.values.items()}
        new = {letter: value for letter, value in new.items() if letter not in values}
        solved += [solution for solution in found if solution.values]
        if not new:
            impossible = [_unsolved(solution) for solution in found if solution.impossible]
            return replace(worked, bound=bound, solved=(*solved, *found), problems=(*worked.problems, *impossible))
        values |= new  # letters that are known now may settle others


def _lettered(network: Network) -> Network:
    """The network with letters for the input that is missing.

    Raises:
        StepperError: where the layers do not say how many axes it has.
    """
    found = with_letters(network)
    if found is None:
        raise StepperError(Problem("the input's shape is missing", hint=GIVEN))
    return found


def _unsolved(solution: Solution) -> Problem:
    """No choice of the letters gives the sizes that the listing states."""
    letters = " and ".join(text(letter) for letter in solution.unknowns)
    first = solution.constraints[0]
    near = [
        f"{', '.join(f'{text(letter)} = {value}' for letter, value in zip(solution.unknowns, choice, strict=True))} "
        f"gives {text(size)}"
        for choice, size in solution.nearest
    ]
    what = f"no integer {letters} makes {text(first.formula)} = {text(first.wanted)}"
    others = [f"{text(entry.formula)} = {text(entry.wanted)}" for entry in solution.constraints[1:]]
    return Problem(f"{first.layer.name}: {' and '.join([what, *others])}", first.layer.place, "; ".join(near))


def fitting_input(layers: Sequence[Layer]) -> str:
    """What input the first layer that says it would take: channels, features, or a list of numbers of tokens."""
    for layer in layers:
        row = BY_LAYER_NAME[layer.kind] if layer.kind else None
        if row is not None and row.append:
            return "say it with --input 10, for a list of 10 tokens, or a line 'input: ...'"
        wanted = next((value for name, value in layer.settings.items() if symbol_of(name) == Sym("inp")), None)
        if row is not None and (wanted is not None or row.axes):
            channels = "3" if wanted is None or integer(wanted) is None else text(wanted)
            shape = "x".join((channels, *("224",) * row.axes))
            return f"say it with --input {shape}, or a line 'input: ...'"
    return "say it with --input 3, or a line 'input: ...'"
