"""The form of an optimizer's row: an ordered list of assignments in the formula language."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Optimizer(Struct, frozen=True):
    """One way to take a step.

    In the formulas stand ``theta`` the parameter, ``g`` its gradient, ``t`` the number of the step counted from 1, the
    settings, and the state, which is what it was before the step until the list assigns it. Each assignment is worked
    for each element of a parameter.

    Attributes:
        settings: ``lr=0.01, rho=0.9``.
        state: what is kept from step to step, with its value before the first: ``m=0, v=0``, a number or a setting.
        update: the assignments in order, ``v = rho*v + g; theta = theta - lr*v``. ``g = grad(ahead)`` takes the
            gradient at a point assigned before. ``where(t == 1, first, then)`` is the first case only while the state
            has no start that a user gave.
        second: the parameter's own second derivative stands in the formulas as ``h``.
        system: an entry of the matrix whose linear equations, with the gradients on the right, are solved by ``s`` in
            the formulas. In it ``h`` is the second derivative by the parameters of its ``row`` and ``column``, and
            ``k`` that part of it which stays of a sum of squares where the residuals' own second derivatives are left
            out.
        require: what must hold of the settings, and what is wrong where it does not.
        family: rows of one family are forms of the same idea on which textbooks disagree.
        fails: why a step may not exist.
        uphill: steps make the objective larger.
        corrects: the assignments that divide by 1 - beta^t, which makes up for a state that began at 0.
        scale: how many times as long a step is with them as without.
        remembers: in words, what the state is for.
    """

    name: str
    settings: str
    update: str
    source: str
    state: str = ""
    second: bool = False
    system: str = ""
    require: tuple[tuple[str, str], ...] = ()
    family: str = ""
    says: str = ""
    remembers: str = ""
    fails: str = ""
    uphill: bool = False
    corrects: tuple[str, ...] = ()
    scale: str = ""
    aliases: tuple[str, ...] = ()


class Change(Struct, frozen=True):
    """Something done to the gradient before an optimizer reads it, or to the parameter or the learning rate.

    ``over`` is the name for a number worked out of the gradients of all parameters together, by the formula ``of_all``
    of the list ``g``.
    ``downhill``: it is meant for steps that make the objective smaller. ``uncorrects``: bias corrections are left out.
    """

    name: str
    settings: str
    update: str
    source: str
    over: str = ""
    of_all: str = ""
    downhill: bool = False
    uncorrects: bool = False
    require: tuple[tuple[str, str], ...] = ()
    says: str = ""


SYMBOLS: Mapping[str, str] = {"lr": "eta", "eps": "epsilon"}
"""How settings are written in formulas, where that is not as they are called."""
