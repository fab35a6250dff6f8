"""What is said below a drawing: what its numbers mean, and its own notes."""

from __future__ import annotations

from stepper.core.prose import Prose
from stepper.render.graph.measure import Measure
from stepper.render.graph.pictures import remarks


def legend(measure: Measure) -> tuple[Prose, ...]:
    """What the numbers mean, in words, then the drawing's own notes."""
    drawing, down, within = measure.drawing, measure.down, measure.spacing.inside
    values = any(box.value for box in drawing.boxes)
    where = "in a box" if within else "beside a line" if down else "above a line"
    said: Prose = (f"{where}: the {drawing.value}",) if values else ()
    if drawing.of:
        alone = "in a box: " if within else "on the lines: "
        then = ", then " if within else ", below it "
        said = (*said, then if values else alone, "the gradient of ", *drawing.of)
    lines: list[Prose] = [said] if said else []
    if any(arrow.gradient for arrow in drawing.arrows):
        lines.append(("at an arrow's head: its contribution to the gradient; the contributions add up",))
    inside = [leaf for box in drawing.boxes for leaf in box.inside]
    if inside:
        told = [
            word for word, given in (("value", values), ("gradient", any(leaf.gradient for leaf in inside))) if given
        ]
        place = "under the rule in a box" if within else "inside a box"
        lines.append((f"{place}: parameters that only it uses{', ' if told else ''}{' and '.join(told)}",))
    return (*lines, *remarks(drawing, measure.pen.style))
