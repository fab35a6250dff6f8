"""What shape the primitives of arrays make, told from the sizes alone, which may be letters.

Arrays come as their sizes, settings as integers; axes count as in the kernels.
"""

from __future__ import annotations

from collections.abc import Callable

from stepper.engine.tensor.entries import shown
from stepper.engine.tensor.sizes import Sizes, volume
from stepper.errors import Problem, StepperError
from stepper.tables.array import ArrayFunction


def law(row: ArrayFunction) -> Callable[..., Sizes] | None:
    """The law that a row names."""
    found: Callable[..., Sizes] | None = globals()[row.sizes] if row.sizes else None
    return found


def place(axis: int, sizes: Sizes) -> int:
    """An axis as NumPy counts it.

    Raises:
        StepperError: where the array has no such axis.
    """
    if not axis or not -len(sizes) <= axis <= len(sizes):
        if not sizes:
            hint = "a list is given as z: [1, 2], or with --set 'z=[1, 2]'"
            raise StepperError(Problem("a list is expected here, not a number", hint=hint))
        raise StepperError(
            Problem(f"an array of shape {shown(sizes)} has no axis {axis}", hint="axes are counted from 1")
        )
    return axis - 1 if axis > 0 else axis


def without_axis(array: Sizes, axis: int) -> Sizes:
    at = place(axis, array) % len(array) if axis else 0
    return (*array[:at], *array[at + 1 :]) if axis else ()


def axis_alone(array: Sizes, axis: int) -> Sizes:
    return (array[place(axis, array)],) if axis else array


def without_last(array: Sizes) -> Sizes:
    return array[:-1]


def flattened(array: Sizes, start: int) -> Sizes:
    at = place(start, array) % len(array)
    return (*array[:at], volume(array[at:]))


def crossed(one: Sizes, other: Sizes) -> Sizes:
    return (volume(one), volume(other))


def lined_up(one: Sizes, other: Sizes, axis: int) -> Sizes:
    """One after the other along an axis."""
    if len(one) != len(other):
        raise StepperError(Problem(f"{shown(one)} and {shown(other)} have different numbers of axes"))
    at = place(axis, one) % len(one)
    if without_axis(one, at + 1) != without_axis(other, at + 1):
        what = f"{shown(one)} and {shown(other)} fit along axis {axis} only if all other sizes are equal"
        raise StepperError(Problem(what))
    return (*one[:at], one[at] + other[at], *one[at + 1 :])


def as_column(array: Sizes, axes: int = 1) -> Sizes:
    return (*array, *[1] * axes) if len(array) == 1 else array


def a_row_each(places: Sizes, like: Sizes) -> Sizes:
    return (*places, like[0])


def a_row_each_channel(array: Sizes) -> Sizes:
    if len(array) < 3:  # batch, channels, space
        raise StepperError(
            Problem(f"{shown(array)} is not a batch of images", hint="batch, channels, then the spatial axes")
        )
    return (array[1], volume(without_axis(array, 2)))


def of_square(array: Sizes) -> Sizes:
    """A number, of a square matrix."""
    return square(array)[2:]


def square(array: Sizes) -> Sizes:
    """As it is, where it is square."""
    if len(array) != 2 or array[0] != array[1]:
        raise StepperError(Problem(f"a square matrix is expected, but got {shown(array)}"))
    return array
