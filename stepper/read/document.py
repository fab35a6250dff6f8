"""A graph document (YAML) to a Graph. All its problems are told at once, each with its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import ClassVar

from msgspec.structs import replace

from stepper.core.expr import Array, Call, Expr, Number, Sym, Value
from stepper.core.formula import number_of, text
from stepper.core.graph import Edge, Function, Graph, Kind, Leaf, Node
from stepper.core.parser import parse
from stepper.core.traverse import names
from stepper.errors import FormulaError, Place, Problem, StepperError, nearest
from stepper.read.answers import read_items
from stepper.read.edges import EdgeReader
from stepper.read.families import Families, element
from stepper.read.given import with_told
from stepper.read.labels import alike, strangers
from stepper.read.located import Map, Scalar, Seq, Tree
from stepper.read.mend import decimal_of
from stepper.read.notation import check_notation
from stepper.read.resolve import Resolver, holds_lists, is_list
from stepper.read.sections import GRAPH, strays
from stepper.read.values import check_convention
from stepper.tables.table import BY_ANY_NAME

KINDS: Mapping[str, Kind] = {"inputs": "input", "parameters": "parameter", "constants": "constant"}
LARGEST_GRAPH = 2_000_000
LONG = 200
"""Lines of a section from which it is read as a whole."""


class NodeIsList(Exception):
    """A node of a graph of numbers is a list: its document is one of arrays."""


class GraphReader(EdgeReader):
    """Reads a document whose nodes are numbers."""

    sections: ClassVar[Sequence[str]] = GRAPH

    def __init__(self, root: Map, origin: str, told: Mapping[str, Expr] | None = None) -> None:
        super().__init__(root)
        self.origin, self.values_told = origin, told or {}
        self.nodes: dict[str, Node] = {}
        self.places: dict[str, Place] = {}
        self.functions: dict[str, Function] = {}
        self.families = Families()
        self.fixed: dict[str, Number] = {}

    def whole(self) -> Graph:
        """The graph, with the nodes that are given at the values at which they are."""
        graph = self.read()
        told = {self.plain(key): (self.numbers(value), key.place) for key, value in self.entries("given")}
        self.stop()
        values = {name: value for name, (value, _) in told.items() if value is not None}
        return with_told(graph, values, {name: place for name, (_, place) in told.items()})

    def numbers(self, tree: Tree) -> Expr | None:
        """A number, or numbers in lists."""
        if isinstance(tree, Seq):
            items = [self.numbers(item) for item in tree.items]
            return Array(tuple(item for item in items if item is not None))
        number = self.value(tree)
        if number is None and isinstance(tree, Scalar) and not tree.text:
            self.fail("a number is expected here", tree.place)
        return None if number is None else Value(number)

    def read(self) -> Graph:
        self.problems += strays(self.root, self.sections, "a graph")
        self.read_functions()
        for section, kind in KINDS.items():
            self.read_leaves(section, kind)
        formulas = list(self.formulas())
        edges = [*self.edges(), *self.adjacency()]
        written = [(self.plain(key), self.label(value), key.place) for key, value in self.entries("labels")]
        labels = {name: label for name, label, _ in written}
        self.stop()
        self.families.close(self.leaves, [name for name, _, _ in formulas])
        self.build(formulas, edges)
        local = dict(self.local())
        conventions = dict(self.conventions())
        notation = dict(self.notation())
        output, upstream = self.output(), self.upstream()
        self.check_labels(labels, {name: place for name, _, place in written}, upstream)
        items = read_items(self.root.get("answers"))
        self.stop()
        return Graph(
            self.word("title"), self.leaves, self.nodes, output, upstream, self.word("source"), self.functions, local,
            conventions, labels, items, self.origin, fixed=self.fixed,
            notation=notation,
        )  # fmt: skip

    # ---- sections

    def read_functions(self) -> None:
        bodies: dict[str, Place] = {}
        for key, value in self.entries("functions"):
            try:
                head = parse(key.text)
            except FormulaError as error:
                self.told(error, key.place)
                continue
            parameters: tuple[str, ...] = ("x",)
            if isinstance(head, Call) and all(isinstance(part, Sym) for part in head.arguments):
                name, parameters = head.name, tuple(text(part) for part in head.arguments)
            elif isinstance(head, Sym):
                name = head.name
            else:
                self.fail(f"'{key.text}' is not the head of a function", key.place, 'write "f(x, b)": x*b')
                continue
            if name in self.functions or name in BY_ANY_NAME:
                self.fail(f"'{name}' is already a function", key.place, "choose another name")
            if len(set(parameters)) < len(parameters):
                self.fail(f"two parameters of '{name}' have the same name", key.place)
            body = self.formula(value) if not (isinstance(value, Scalar) and not value.text) else None
            bodies[name] = value.place
            self.functions[name] = Function(name, parameters, body, key.place.line)
        for name, function in self.functions.items():
            if function.body is not None:
                known: dict[str, Expr] = {parameter: Sym(parameter) for parameter in function.parameters}
                resolver = Resolver(self.functions, known, self.problems, inside=name)
                self.functions[name] = replace(function, body=resolver.resolve(function.body, bodies[name]))

    def read_leaves(self, section: str, kind: Kind) -> None:
        for key, value in self.entries(section):
            name = self.plain(key)
            if "(" in key.text and ")" not in key.text:
                continue
            if isinstance(value, Seq):
                for place, item in enumerate(value.items, start=1):
                    self.add_leaf(element(name, place), kind, item, key.place)
                self.families.add_list(name, len(value.items))
                continue
            self.add_leaf(name, kind, value, key.place)

    def add_leaf(self, name: str, kind: Kind, value: Tree, place: Place) -> None:
        if name in self.places:
            self.fail(f"'{name}' appears a second time; the first is on line {self.places[name].line}", place)
            return
        stem = name.rstrip("'")
        if stem != name and stem not in self.functions:
            self.fail(
                f"'{name}' is not a name of a quantity: a prime marks a next value or a derivative",
                place,
                f"such as {stem}_new",
            )
        self.places[name] = place
        self.leaves[name] = Leaf(name, kind, self.value(value), place.line)

    def value(self, tree: Tree) -> Number | None:
        """A leaf's number: a decimal, a quotient, or nothing for a symbol."""
        if not isinstance(tree, Scalar):
            self.fail("a number is expected here", tree.place)
            return None
        if tree.text == "" and tree.plain:
            return None
        try:
            expr = parse(tree.text)
        except FormulaError as error:
            if (decimal := decimal_of(tree.text)) is not None:
                error.hint = f"decimals are written with a point and no spaces: write {decimal}"
            self.problems.append(error.within(tree.place))
            return None
        number = number_of(expr)
        if number is None:
            hint = (
                "a number is a decimal or a quotient such as -13/20; "
                "leave it empty for a symbol; a formula belongs under 'nodes:'"
            )
            self.fail(f"'{tree.text}' is not a number", tree.place, hint)
        return number

    def formulas(self) -> Iterator[tuple[str, Expr | None, Place]]:
        """Every node's name and formula, those of ``repeat`` unrolled."""
        for key, value in self.entries("nodes"):
            name = self.plain(key)
            self.claim(name, key.place)
            if isinstance(value, Scalar) and not value.text and value.plain:
                self.fail(
                    f"'{name}' has no formula",
                    key.place,
                    "a node without a formula is named under 'edges:' only; a quantity given is an input",
                )
                continue
            if "[" in name:
                self.families.bases.add(name.partition("[")[0])
            place = value.place
            yield name, self.formula(value), place
        tree = self.root.get("repeat")
        for block in tree.items if isinstance(tree, Seq) else [tree] if tree is not None else []:
            if not isinstance(block, Map):
                self.fail("'repeat:' has index, from, to and nodes", block.place)
                continue
            for name, expr, place in self.families.unroll(block, self.problems):
                self.claim(name, place)
                yield name, expr, place

    def claim(self, name: str, place: Place) -> None:
        if name in self.places:
            self.fail(f"'{name}' appears a second time; the first is on line {self.places[name].line}", place)
        elif len(self.places) >= LARGEST_GRAPH:
            raise StepperError(Problem(f"this graph has more than {LARGEST_GRAPH:,} quantities", place))
        self.places.setdefault(name, place)

    def build(self, formulas: list[tuple[str, Expr | None, Place]], edges: list[tuple[Edge, Place]]) -> None:
        known = {*self.leaves, *(name for name, _, _ in formulas)}
        reads: dict[str, list[str]] = {}
        ends: dict[str, Place] = {}
        for (source, target), place in edges:
            if source in reads.setdefault(target, []):
                self.fail(f"the edge {source} -> {target} appears a second time", place)
            reads[target].append(source)
            ends.setdefault(source, place)
            ends.setdefault(target, place)
        for name, place in ends.items():
            if name not in known and name not in reads:
                self.leaves[name] = Leaf(name, "input", None, place.line)
        known |= set(ends)
        resolver = self.resolver(known)
        for name, expr, place in formulas:
            if expr is None:
                continue
            self.nodes[name] = self.node(name, resolver.resolve(expr, place), place)
        self.fixed = {name: Fraction(number) for name, number in resolver.fixed.items()}
        for target, sources in reads.items():
            if target in self.nodes or target in self.leaves:
                what = "has a formula" if target in self.nodes else "is given a value"
                self.fail(f"'{target}' {what}, so no edge can lead into it", ends[target])
                continue
            self.nodes[target] = Node(target, None, tuple(sources), ends[target].line)
            self.places.setdefault(target, ends[target])

    def resolver(self, names: set[str], symbols: bool = False) -> Resolver:
        """What settles the names in formulas."""
        return Resolver(self.functions, self.families.known(names), self.problems, symbols, self.integers())

    def integers(self) -> dict[str, int]:
        """The inputs that may number a class: at the value that is told, else as the document has it."""
        told = {name: number_of(expr) for name, expr in self.values_told.items()}
        values = {name: told.get(name, leaf.value) for name, leaf in self.leaves.items()}
        return {
            name: int(value) for name, value in values.items() if isinstance(value, Fraction) and value.denominator == 1
        }

    def node(self, name: str, formula: Expr, place: Place) -> Node:
        """A node with its formula.

        Raises:
            NodeIsList: where it is no number.
        """
        if is_list(formula) or holds_lists(formula):
            raise NodeIsList
        return Node.of(name, formula, place.line)

    def local(self) -> Iterator[tuple[Edge, Expr]]:
        resolver = self.resolver({*self.leaves, *self.nodes}, symbols=True)
        for key, value in self.entries("local"):
            parts = [part.strip() for part in key.text.replace("→", "->").split("->")]
            if len(parts) != 2:
                self.fail(f"'{key.text}' is not an edge", key.place, 'write "x -> f": formula')
                continue
            source, target = (self.plain(Scalar(part, key.place)) for part in parts)
            if target not in self.nodes or source not in self.nodes[target].reads:
                self.fail(f"there is no edge {source} -> {target}", key.place)
            expr = self.formula(value)
            if expr is not None:
                yield (source, target), resolver.resolve(expr, value.place)

    def conventions(self) -> Iterator[tuple[str, str]]:
        for key, value in self.entries("conventions"):
            yield check_convention(key.text, self.text_of(value), self.problems, key.place, value.place)

    def notation(self) -> Iterator[tuple[str, str]]:
        for key, value in self.entries("notation"):
            yield check_notation(key.text, self.text_of(value), self.problems, key.place, value.place)

    def output(self) -> str | None:
        tree = self.root.get("output")
        if tree is None:
            return None
        if not isinstance(tree, Scalar):
            self.fail("'output:' is one name", tree.place)
            return None
        name = self.plain(tree)
        if name not in self.nodes:
            self.fail(f"the output '{name}' is not a node", tree.place, nearest(name, self.nodes))
        return name

    def upstream(self) -> Expr | None:
        tree = self.root.get("upstream")
        expr = self.formula(tree) if tree is not None else None
        if expr is None or tree is None:
            return None
        return self.resolver({*self.leaves, *self.nodes}, symbols=True).resolve(expr, tree.place)

    # ---- what must hold of the whole

    def quantities(self) -> Iterator[str]:
        """The names that a derivation prints."""
        yield from (*self.leaves, *self.nodes)

    def check_labels(self, labels: Mapping[str, str], places: Mapping[str, Place], upstream: Expr | None) -> None:
        """Each label is of something that is here, and tells it from all else."""
        quantities = list(self.quantities())
        if places:
            formulas = [*(node.formula for node in self.nodes.values()), *(row.body for row in self.functions.values())]
            told = map(text, names(upstream)) if upstream is not None else ()
            known = [*quantities, *self.functions, *told, *filter(self.comes_later, places)]
            self.problems += strangers(places, known, formulas)
        self.problems += alike(quantities, labels, self.places)

    def comes_later(self, name: str) -> bool:
        """Is something called so that is no quantity yet?"""
        return name in self.fixed
