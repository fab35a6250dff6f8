"""Mistakes that people make with whole arrays: one row for each way to make one."""

from __future__ import annotations

from stepper.tables.mistake import Mistake

_MATRICES = "Parr and Howard, The matrix calculus you need for deep learning, 2018, sections 4 and 5"
_NETS = "CS231n, course notes of 2016, Backpropagation, intuitions: common slips in gradients by hand"
_CONV = "Dumoulin and Visin, A guide to convolution arithmetic for deep learning, 2016, chapters 2 and 3"
_DL = "Goodfellow, Bengio and Courville, Deep Learning, 2016, sections 6.2.2 and 9.5"
_POOL = "Goodfellow, Bengio and Courville, Deep Learning, 2016, section 9.3"
_NORM = "Ioffe and Szegedy, Batch normalization, 2015, section 3"
_LOSS = "Bishop, Pattern Recognition and Machine Learning, 2006, section 5.2.3: sums, means and halves"

_TURNED = "cross-correlation leaves the kernel as it is; convolution in mathematics rotates it by 180°"
_SHAPES = "the shapes tell the order of the factors, where they are not square"

ARRAY_MISTAKES: tuple[Mistake, ...] = (
    # ---- forward: products of matrices
    Mistake("transposed", "value", "a @ b -> a.T @ b", "{part} is worked out as {other} in {line}", _SHAPES, 3, _MATRICES),
    Mistake("transposed", "value", "a @ b -> a @ b.T", "{part} is worked out as {other} in {line}", _SHAPES, 3, _MATRICES),
    Mistake("factors exchanged", "value", "a @ b -> b @ a", "{part} is worked out as {other} in {line}",
        "a product of matrices depends on the order", 2, _MATRICES),
    Mistake("elementwise product", "value", "a @ b -> a*b", "{part} is multiplied entry by entry in {line}",
        "a matrix product adds up rows times columns", 1, _MATRICES),
)  # fmt: skip
