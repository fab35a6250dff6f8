"""Fully connected networks: weight by weight as exams draw them, or a layer a line."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from stepper.errors import Problem, StepperError
from stepper.tables.layers import BY_LAYER_NAME
from stepper.tables.row import FunctionRow
from stepper.tables.table import BY_ANY_NAME
from stepper.write.asked import Activation
from stepper.write.loss import of_arrays, of_numbers
from stepper.write.page import Blank

LETTERS = "wvus"
"""The weights of one layer after the other."""
MOST_NEURONS, MOST_WEIGHTS = 9, 60
"""Up to so many neurons per layer, and weights in all, a network is written weight by weight."""
Nodes = tuple[tuple[str, str], ...]


class Net(Struct, frozen=True):
    """A fully connected network as it is asked for."""

    sizes: tuple[int, ...]
    activation: Activation | None
    output: Activation | None
    loss: FunctionRow

    @property
    def weights(self) -> int:
        """How many weights there are, without biases."""
        return sum(one * other for one, other in zip(self.sizes, self.sizes[1:], strict=False))

    @property
    def small(self) -> bool:
        """May it be written weight by weight?"""
        return len(self.sizes) - 1 <= len(LETTERS) and max(self.sizes) <= MOST_NEURONS and self.weights <= MOST_WEIGHTS

    @property
    def of_logits(self) -> bool:
        """Does the loss apply the output's activation itself, so that it reads what stands before it?"""
        return self.output is not None and self.output.row.name == self.loss.applies


def check_small(net: Net) -> None:
    """Raises StepperError where a network is too large to be written weight by weight."""
    if not net.small:
        sizes = "-".join(map(str, net.sizes))
        what = (
            f"{sizes} is too large for a name for each weight: that goes up to {MOST_NEURONS} neurons per layer, "
            f"{len(LETTERS)} layers of weights and {MOST_WEIGHTS} weights, but here are {net.weights:,}"
        )
        raise StepperError(Problem(what, hint="--arrays writes a matrix for each layer"))


class Scalars:
    """The network weight by weight."""

    def __init__(self, net: Net) -> None:
        self.net = net
        self.parameters: list[Blank] = []
        self.biases = sum(net.sizes[1:])
        self.nodes: list[tuple[str, str]] = []
        self.constants = self._constants()
        self.neurons = self.placed = 0
        reads = _numbered("x", net.sizes[0])
        self.inputs = [Blank(name, "inputs") for name in reads]
        for place in range(1, len(net.sizes)):
            reads = self.layer(place, reads)
        last = self.sums if net.of_logits else reads
        loss, targets = of_numbers(net.loss, last)
        self.nodes.append(("L", loss))
        self.blanks = (*self.inputs, *targets, *self.parameters, *self.constants)

    def _constants(self) -> list[Blank]:
        """The settings of the hidden layers' activation, by their names: alpha."""
        activation = self.net.activation
        if activation is None or len(self.net.sizes) < 3 or any(name in BY_ANY_NAME for name in activation.names):
            return []
        pairs = zip(activation.names, activation.settings, strict=True)
        return [Blank(name, "constants", value=value) for name, value in pairs]

    def layer(self, place: int, reads: Sequence[str]) -> list[str]:
        """A layer's sums and what comes out of it; what it gives back is read by the next."""
        net, count = self.net, self.net.sizes[place]
        last = place == len(net.sizes) - 1
        activation = net.output if last else net.activation
        outputs = _numbered("yhat", count) if last else []
        self.sums = (_numbered("z", count) if activation else outputs) if last else self._next(count)
        weights: list[Blank] = []
        for target, name in enumerate(self.sums, start=1):
            into = [self._weight(place, source, target) for source in range(1, len(reads) + 1)]
            self.placed += 1
            bias = f"b{self.placed}" if self.biases > 1 else "b"
            terms = [f"{weight}*{read}" for weight, read in zip(into, reads, strict=True)]
            self.nodes.append((name, " + ".join([*terms, bias])))
            weights += (Blank(weight, "parameters", into=name) for weight in into)
        if len(reads) > 1 and count > 1:
            weights[1] = replace(weights[1], remark=f"from {reads[1]} to {self.sums[0]}")
        first = self.placed - count + 1
        biases = [f"b{number}" if self.biases > 1 else "b" for number in range(first, first + count)]
        self.parameters += (*weights, *(Blank(bias, "parameters") for bias in biases))
        return self._activated(activation, outputs) if activation is not None else list(self.sums)

    def _activated(self, activation: Activation, outputs: Sequence[str]) -> list[str]:
        names = list(outputs) or self._next(len(self.sums))
        settings = [blank.name for blank in self.constants] if not outputs and self.constants else None
        whole = f"[{', '.join(self.sums)}]"
        for place, (name, read) in enumerate(zip(names, self.sums, strict=True), start=1):
            one = f"{activation.of(whole, settings)}[{place}]" if activation.of_list else activation.of(read, settings)
            self.nodes.append((name, one))
        return names

    def _next(self, count: int) -> list[str]:
        """Names of hidden neurons: h1, h2, ..., over all layers."""
        self.neurons += count
        return [f"h{number}" for number in range(self.neurons - count + 1, self.neurons + 1)]

    def _weight(self, place: int, source: int, target: int) -> str:
        """``w21`` leads from the second neuron to the first; where there is one neuron to lead to, it is not named."""
        one, other = self.net.sizes[place - 1 : place + 1]
        return f"{LETTERS[place - 1]}{source if one > 1 or other > 1 else ''}{target if other > 1 else ''}"


class Layers:
    """The network a layer a line, with a matrix of weights for each."""

    def __init__(self, net: Net) -> None:
        blanks = [Blank("x", "inputs", (net.sizes[0],))]
        lines: list[tuple[str, str]] = []
        self.parameters: list[Blank] = []
        last = len(net.sizes) - 1
        for place, (one, other) in enumerate(zip(net.sizes, net.sizes[1:], strict=False), start=1):
            activation = net.output if place == last else net.activation
            ends = "yhat" if place == last else f"a{place}"
            sums = f"z{place}" if activation is not None or place < last else "yhat"
            lines.append((f"{sums} = Linear({one}, {other})", f"W{place}, b{place}"))
            if activation is not None:
                lines.append((f"{ends} = {as_layer(activation, sums)}", ""))
            remark = "a row for each neuron" if place == 1 else ""
            self.parameters += (Blank(f"W{place}", "parameters", (other, one), remark=remark),
                                Blank(f"b{place}", "parameters", (other,)))  # fmt: skip
        self.lines = tuple(lines)
        loss, targets = of_arrays(net.loss, sums if net.of_logits else "yhat", "y", (net.sizes[-1],))
        self.nodes: Nodes = (("L", loss),)
        self.blanks = (*blanks, *targets, *self.parameters)


def as_layer(activation: Activation, reads: str = "x") -> str:
    """An activation as a layer; as a formula where there is no layer of its name."""
    row = BY_LAYER_NAME.get(activation.row.name)
    return activation.of(reads) if row is None else f"{row.name}({', '.join(activation.settings)})"


def _numbered(letter: str, count: int) -> list[str]:
    return [f"{letter}{place}" for place in range(1, count + 1)] if count > 1 else [letter]
