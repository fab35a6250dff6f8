"""Gradients through formulas that are alike but for their names, as those of a network's steps are: found once."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from stepper.core.expr import Array, Deriv, Expr, Index, Sym
from stepper.core.formula import name_of
from stepper.core.traverse import rewritten, transform
from stepper.engine.tensor.limits import Bill
from stepper.engine.tensor.product_rule import Backward
from stepper.engine.tensor.shapes import Shapes
from stepper.engine.tensor.sizes import Sizes
from stepper.engine.values.differentiate import ONE

OWN, ARRIVES = Sym("•"), Deriv(Sym("•"), Sym("•out"))
"""A node whose names are left open, and what arrives at it; no document can write them."""


class Form(Struct, frozen=True):
    """A formula whose names are left open, with their shapes, and which of their gradients are asked for."""

    formula: Expr
    arriving: Expr
    sizes: tuple[Sizes, ...]
    wanted: tuple[bool, ...]


class Found(Struct, frozen=True):
    """The gradients that go back through a form, their shapes, and what they take."""

    places: tuple[int, ...]
    gradients: Expr
    sizes: tuple[Sizes, ...]
    bill: Bill


class Forms:
    """Takes gradients back through nodes; from the second node of a form on, by the form."""

    def __init__(self, back: Backward, shape: Shapes) -> None:
        self.back, self.shape = back, shape
        self.found: dict[Form, Found | None] = {}
        self.met: set[Form] = set()

    def through(self, formula: Expr, arriving: Expr, out: Expr) -> Mapping[str, Expr]:
        """For each quantity in the formula the gradient that comes to it; as ``Backward.through``."""
        opened = self.opened(formula, arriving, out)
        if opened is None:
            return self.back.through(formula, arriving, out)
        form, names = opened
        if form not in self.met:
            self.met.add(form)
            return self.back.through(formula, arriving, out)
        if form not in self.found:
            self.found[form] = self.worked(form, self.shape(formula))
        found = self.found[form]
        if found is None:
            return self.back.through(formula, arriving, out)
        meant: dict[Expr, Expr] = {_open(place): name for place, name in enumerate(names)}
        meant |= {ARRIVES: arriving, OWN: out}
        put = rewritten(found.gradients, meant.get)
        assert isinstance(put, Array)
        self.shape.bill.also(found.bill, formula)
        for gradient, sizes in zip(put.items, found.sizes, strict=True):
            self.shape.tell(gradient, sizes)
        return {name_of(names[place]): gradient for place, gradient in zip(found.places, put.items, strict=True)}

    def opened(self, formula: Expr, arriving: Expr, out: Expr) -> tuple[Form, list[Expr]] | None:
        """The form of a formula, and its names; none where the gradient goes to a part of a quantity, or the value is
        given in place of what the formula comes to.
        """
        if not (arriving == ONE or isinstance(arriving, Deriv)) or out == formula:
            return None
        back, places, parts = self.back, dict[Expr, Expr](), list[Expr]()

        def change(part: Expr) -> Expr | None:
            if not isinstance(part, Sym | Index):
                return None
            if name_of(part) not in back.known:
                if isinstance(part, Sym) or not isinstance(part.base, Sym):
                    return None
                if name_of(part.base) not in back.known:
                    return None
                if back.moves(part):
                    parts.append(part)
                    return None
            return places.setdefault(part, _open(len(places)))

        form = transform(formula, change)
        if parts:
            return None
        sizes, wanted = tuple(map(self.shape, places)), tuple(map(back.moves, places))
        return Form(form, ONE if arriving == ONE else ARRIVES, sizes, wanted), [*places]

    def worked(self, form: Form, sizes: Sizes) -> Found | None:
        """The gradients of a form; None where more is to be said of them than what they are."""
        known = {name_of(_open(place)): size for place, size in enumerate(form.sizes)}
        wanted = {name_of(_open(place)) for place, asked in enumerate(form.wanted) if asked}
        shape = Shapes(self.back.vocabulary, {**known, name_of(ARRIVES): sizes, name_of(OWN): sizes}, bill=Bill())
        back = Backward(self.back.vocabulary, {*known}, shape, wanted)
        gradients = back.through(form.formula, form.arriving, OWN)
        if back.also or back.integers:
            return None
        places = {name: place for place, name in enumerate(known)}
        shapes = tuple(map(shape, gradients.values()))
        return Found(tuple(places[name] for name in gradients), Array(tuple(gradients.values())), shapes, shape.bill)


def _open(place: int) -> Sym:
    return Sym(f"•{place}")
