"""Where lines run between two layers: no two nets share a stretch, so that each drawing can be read in one way only.

A net leaves its place in one layer, runs along a track, and from there reaches its places in the next. On the line that
one net leaves
by and another arrives by, the first must turn off before the second comes in: its track comes first. Where such demands
form a circle, a net takes two tracks and changes from one to the other at a place that no net needs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from msgspec import Struct

MOST_WEIGHED = 60
"""With more nets than this between two layers their order is not chosen for few crossings."""


class Net(Struct, frozen=True):
    """All edges of one spot: the place across the layers where they leave, and the places where they arrive.

    ``half`` is 1 for the part before a change of tracks, 2 for the part behind, else 0.
    """

    name: str
    leaves: int
    arrives: tuple[int, ...]
    half: int = 0

    @property
    def first(self) -> int:
        return min(self.leaves, *self.arrives)

    @property
    def last(self) -> int:
        return max(self.leaves, *self.arrives)

    @property
    def straight(self) -> bool:
        return self.arrives == (self.leaves,)


class Route(Struct, frozen=True):
    """The track of a net; for one with two tracks the second, and ``turn``, the place where it changes to it."""

    track: int
    turn: int = 0
    second: int | None = None

    def bends(self, leaves: int, arrives: int) -> list[tuple[int, int]]:
        """The corners of the way to one place, each as track and place."""
        if self.second is None:
            return [(self.track, leaves), (self.track, arrives)]
        return [(self.track, leaves), (self.track, self.turn), (self.second, self.turn), (self.second, arrives)]


def routes(nets: Sequence[Net]) -> tuple[dict[str, Route], int]:
    """The route of each net that is not straight, and how many tracks there are."""
    parts = [net for net in nets if not net.straight]
    taken = {place for net in nets for place in (net.leaves, *net.arrives)}
    turns: dict[str, int] = {}
    while isinstance(order := _ordered(parts), Net):
        turn = _free(order.leaves, taken)
        taken.add(turn)
        turns[order.name] = turn
        halves = [Net(order.name, order.leaves, (turn,), 1), Net(order.name, turn, order.arrives, 2)]
        parts = [half for net in parts for half in (halves if net is order else [net])]
    tracks = _tracks(order)
    found: dict[str, Route] = {}
    for net in order:
        if net.half == 2:
            found[net.name] = Route(found[net.name].track, turns[net.name], tracks[net])
        else:
            found[net.name] = Route(tracks[net])
    return found, max(tracks.values(), default=-1) + 1


def _free(near: int, taken: Iterable[int]) -> int:
    """The nearest place that no net needs."""
    used = set(taken)
    return next(place for step in count(1) for place in (near - step, near + step) if place >= 0 and place not in used)


def _tracks(order: Sequence[Net]) -> dict[Net, int]:
    """Tracks in this order; nets apart from one another may share one."""
    found: dict[Net, int] = {}
    for net in order:
        # one cell stays free between two nets on a track, so that they do not look like one
        before = [
            track for other, track in found.items() if other.first <= net.last + 1 and net.first <= other.last + 1
        ]
        found[net] = max(before, default=-1) + 1
    return found


def _ordered(nets: Sequence[Net]) -> list[Net] | Net:
    """An order of the nets that keeps lines apart, with few crossings; a net of a circle where there is no such
    order.
    """
    leaving = {net.leaves: net for net in nets if net.half != 2}
    before: dict[Net, set[Net]] = {net: set() for net in nets}
    for net in nets:
        others = (leaving.get(place) for place in net.arrives)
        before[net] = {other for other in others if other is not None and other.name != net.name}
        if net.half == 2:
            before[net] |= {other for other in nets if other.name == net.name and other.half == 1}
    weighed = len(nets) <= MOST_WEIGHED
    excess = {net: sum(_balance(net, other) for other in nets) if weighed else 0 for net in nets}
    place = {net: number for number, net in enumerate(nets)}
    order: list[Net] = []
    while before:
        free = [net for net, waits in before.items() if not waits]
        if not free:
            return _in_circle(before)
        chosen = min(free, key=lambda net: (excess[net], place[net]))
        order.append(chosen)
        del before[chosen]
        for net, waits in before.items():
            waits.discard(chosen)
            excess[net] -= _balance(net, chosen) if weighed else 0
    return order


def _in_circle(before: dict[Net, set[Net]]) -> Net:
    """Each net waits for another: whoever goes back along the waiting comes to a circle."""
    net, seen = next(iter(before)), set[Net]()
    while net not in seen:
        seen.add(net)
        net = min(before[net], key=lambda other: (other.leaves, other.half))
    return net


def _balance(net: Net, other: Net) -> int:
    """How many more crossings there are with the track of a net before that of another than behind it."""
    return _crossings(net, other) - _crossings(other, net)


def _crossings(first: Net, second: Net) -> int:
    inner = sum(second.first < place < second.last for place in first.arrives)
    return inner + (first.first < second.leaves < first.last)
