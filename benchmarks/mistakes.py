"""Judges ``stepper check``: wrong numbers from plain NumPy scripts with one line edited; is the mistake named?

The scripts (``mistaken/``) share nothing with stepper. Nets are drawn without looking at the mistakes, mistakes by how
common they are; a wrong number is written with 3 digits, then all the working with 3 or 4. Where the number written is
the right one, it must be judged right, and counts apart. Wrong numbers that no mistake made should seldom get a name,
right ones never be called wrong. *Reachable* is the share of numbers that no other mistake that is as common gives:
one who knew all edits, and the number alone, could name so many first.
"""

from __future__ import annotations

import argparse
import importlib
import json
import multiprocessing
import random
import sys
import tempfile
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from mistaken.draws import SLIPPED, Case, Drawn, claimed, false_numbers, right_numbers
from mistaken.edit import placed
from mistaken.nets import KINDS, kinds
from mistaken.reference import reference

Verdict = Mapping[str, Any]
SLIPS = {"digits exchanged", "one digit", "slip of arithmetic"}
"""Names of slips: where one is named first, a wrong number that no mistake made was told for what it is."""
WRONG = ("wrong", "right to the nearest whole number only")
"""Verdicts with which a line is counted as wrong."""
NOT_RIGHT = ("wrong", "refused", "crashed")
Ask = Callable[[str, Sequence[str], Mapping[str, Any]], Sequence[Verdict]]


def ask(document: str, claims: Sequence[str], options: Mapping[str, Any]) -> Sequence[Verdict]:
    """What stepper says to each claim: ``quantity``, ``given``, ``verdict``, ``mistakes`` (the best first, each with
    ``names``, ``places``, ``says``; ``pair`` where two are made at once), ``tried``.
    """
    import stepper.api

    check = stepper.api.check
    ending = ".txt" if document.startswith("input:") else ".yaml"
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"net{ending}"
        path.write_text(document)
        try:
            found: Sequence[Verdict] = json.loads(check(path, "\n".join(claims), **options).to("json"))["answers"]
        except stepper.errors.StepperError as error:
            return [{"verdict": "refused", "says": str(error)} for _ in claims]
        except Exception:
            return [{"verdict": "crashed", "says": traceback.format_exc(limit=-3)} for _ in claims]
    return found


@dataclass
class Asked:
    """One mistake and what was said to it: at which place it was named, from 0, None where it was not; ``page`` is None
    where all the working is right to the digits written.
    """

    kind: str
    label: str
    unseen: bool
    right: bool = False
    single: int | None = None
    page: bool | None = None
    reachable: bool = False
    miss: str = ""

    @property
    def missed(self) -> bool:
        return not (self.right if self.unseen else self.single == 0) or self.page is False


@dataclass
class Found:
    """What one net showed."""

    asked: list[Asked] = field(default_factory=list)
    false: Counter[str] = field(default_factory=Counter)
    right: Counter[str] = field(default_factory=Counter)
    misses: list[str] = field(default_factory=list)


ALSO_CALLED: Mapping[str, Sequence[str]] = {
    "bias left out": ["biases left out"], "channels left out": ["input channels left out"],
    "one bias for all": ["one bias"], "out for in": ["in and out exchanged"],
    "kernel side for square": ["one axis of the kernel"], "pool with parameters": ["window counted"],
    "own stride included": ["own stride counted"], "sum of kernels": ["whole kernel added"],
    "stride left out": ["own stride left out"], "+ 1 left out": ["1 left out"],
    "pool's stride 1": ["stride left out"], "bias per input channel": ["bias of each input channel"],
    "rounded up": ["quotient rounded up"], "complement left out": ["share left out"],
    "old value": ["gradient of another step"], "sign of the momentum": ["sign of a term"],
    "gradient at the wrong point": ["sign of a term"],
    "bias correction of one moment only": ["bias correction left out"],
    "off-diagonal left out": ["path left out"],
    "bias correction of the step before": ["bias correction of the first step"],
}  # fmt: skip
"""What an edit may be called besides its own names: stepper's words for the same change of the same line."""


def plain(name: str) -> str:
    return name.strip().casefold().replace("\u2019", "'")


def is_convention(verdict: Verdict) -> bool:
    return "convention" in verdict.get("verdict", "")


def rank(verdict: Verdict, drawn: Drawn) -> int | None:
    """At which place the mistake is named, with its place in the net."""
    if is_convention(verdict) and "convention" in drawn.names:
        return 0
    names = {plain(called) for name in drawn.names for called in (name, *ALSO_CALLED.get(name, ()))}
    optional = drawn.instance.edit.part in ("step", "update")
    for place, mistake in enumerate(verdict.get("mistakes", ())):
        said = {plain(name) for name in mistake["names"]}
        if names & said and placed(list(mistake.get("places", ())), set(drawn.accepted), optional):
            return place
    return None


def page_named(verdicts: Sequence[Verdict], drawn: Drawn) -> bool:
    """Is the mistake named first at the first wrong line?"""
    for place, verdict in enumerate(verdicts):
        if verdict.get("verdict") in WRONG or is_convention(verdict):
            return place == drawn.first_wrong and rank(verdict, drawn) == 0
    return False


def said(verdicts: Sequence[Verdict]) -> str:
    """The first verdict that is not "right", in a line."""
    for verdict in verdicts:
        if not verdict.get("verdict", "").startswith("right"):
            named = [f"{'/'.join(m['names'])} at {', '.join(m.get('places', ()))}" for m in verdict.get("mistakes", ())]
            return f"{verdict.get('quantity')}: {verdict.get('verdict')}: {'; '.join(named) or verdict.get('says', '')}"
    return "all right"


def judge(drawn: Drawn, asking: Ask) -> Asked:
    """A number alone, then all the working."""
    net, edit = drawn.net, drawn.instance.edit
    own = Asked(net.kind, edit.label, drawn.unseen, reachable=drawn.rivals[0] == 0)
    claim = claimed(net, drawn.claim)
    alone = asking(net.document, [claim], net.options)
    if drawn.unseen:
        own.right = bool(alone) and alone[0].get("verdict") not in NOT_RIGHT
    else:
        own.single = rank(alone[0], drawn) if alone else None
    whole: Sequence[Verdict] = []
    if drawn.first_wrong is not None:
        whole = asking(net.document, [claimed(net, each) for each in drawn.page], net.options)
        own.page = page_named(whole, drawn)
    if own.missed:
        made = f"{net.lines[drawn.instance.line].strip()}  ->  {drawn.instance.edited.strip()}"
        own.miss = f"{edit.label}: {made}\n  {claim}: {said(alone)}\n  all the working: {said(whole)}"
    return own


def examined(case: Case, seed: str, counts: Mapping[str, int], asking: Ask) -> Found:
    """Mistakes, false numbers and right numbers of one net."""
    found = Found()
    chance = random.Random(seed)
    net = case.net
    for _ in range(counts["draws"]):
        drawn = case.drawn(chance)
        if drawn is None:
            continue
        found.asked.append(judge(drawn, asking))
        if found.asked[-1].miss:
            found.misses.append(f"{net.document}{found.asked[-1].miss}\n")
    for way, claim, by_chance in islice(false_numbers(case, chance), counts["false"]):
        verdict = next(iter(asking(net.document, [claimed(net, claim)], net.options)), {})
        named = list(verdict.get("mistakes", ()))
        named = [] if named and SLIPS & set(named[0]["names"]) else named
        pair = bool(named) and bool(named[0].get("pair"))
        found.false.update({"asked": 1, way: 1, "pair": pair, "convention": is_convention(verdict)})
        found.false.update({f"of {net.kind}": 1, "an edit gives it": by_chance})
        if named and not pair:
            found.false.update(("single", f"single of {net.kind}", f"single: {way}"))
            names = "; ".join("/".join(mistake["names"]) for mistake in named)
            found.misses.append(f"{net.document}no mistake, {way}: {claimed(net, claim)}: {names}\n")
    while sum(number for way, number in found.right.items() if "called" not in way) < counts["right"]:
        way, claims = right_numbers(net, chance)
        texts = [claimed(net, claim) for claim in claims]
        verdicts = asking(net.document, texts, net.options)
        wrong = sum(verdict.get("verdict") in NOT_RIGHT for verdict in verdicts)
        found.right.update({way: len(claims), f"{way}, called wrong": wrong})
        if wrong:
            found.misses.append(f"{net.document}right, {way}: {'; '.join(texts)}: {said(verdicts)}\n")
    return found


def work(job: tuple[str, int, dict[str, int]]) -> Found:
    kind, seed, counts = job
    case = Case(kind, seed)
    return examined(case, f"{kind} {seed}", counts, reference(case) if counts["reference"] else ask)


def share(count: int, total: int) -> str:
    return f"{100 * count / total:6.1f} %" if total else "       -"


def line(name: str, rows: Sequence[Asked]) -> str:
    seen = [row for row in rows if not row.unseen]
    ranks = [row.single for row in seen if row.single is not None]
    unseen = [row for row in rows if row.unseen]
    pages = [row.page for row in rows if row.page is not None]
    return (
        f"{name:<52.52} {len(rows):5} {len(unseen):5} {share(sum(row.right for row in unseen), len(unseen))}"
        f" {share(ranks.count(0), len(seen))} {share(sum(place < 3 for place in ranks), len(seen))}"
        f" {share(pages.count(True), len(pages))} {share(sum(row.reachable for row in seen), len(seen))}"
    )


def report(found: Iterable[Found], per_edit: bool = True) -> str:
    """The table: a row for each kind of net, and for each edit, those that are missed most first."""
    total = list(found)
    asked = [row for one in total for row in one.asked]
    head = f"{'':<52} drawn  same   right     first    three     page  reachable"
    lines = [head, *(line(kind, [row for row in asked if row.kind == kind]) for kind in KINDS)]
    lines += [line("all", asked), ""]
    if per_edit:
        labels = {row.label for row in asked}
        missed = Counter(row.label for row in asked if row.missed)
        order = sorted(labels, key=lambda label: (-missed[label], label))
        lines += [head, *(line(label, [row for row in asked if row.label == label]) for label in order), ""]
    false, right = (sum((getattr(one, name) for one in total), Counter[str]()) for name in ("false", "right"))
    lines.append(
        f"{false['asked']} wrong numbers that no mistake made ({false['a product miscalculated']} with a product)"
    )
    for what in ("single", "pair", "convention", "an edit gives it"):
        lines.append(f"  {what:<30} {share(false[what], false['asked'])}")
    named = [f"{kind} {share(false[f'single of {kind}'], false[f'of {kind}']).strip()}" for kind in KINDS]
    lines.append(f"  single, by kind: {', '.join(named)}")
    ways = [f"{way} {share(false[f'single: {way}'], false[way]).strip()}" for way in SLIPPED]
    lines.append(f"  single, by how it came about: {', '.join(ways)}")
    ways = [way for way in right if "called" not in way]
    lines.append(f"{sum(right[way] for way in ways)} right numbers")
    lines += [f"  {way:<30} {right[way]:5}, called wrong: {right[f'{way}, called wrong']}" for way in sorted(ways)]
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--nets", type=int, default=300)
    parser.add_argument("--each", type=int, default=4, help="mistakes of one net")
    parser.add_argument("--false", type=int, default=2000, help="wrong numbers that no mistake made")
    parser.add_argument("--right", type=int, default=5000, help="right numbers")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", choices=KINDS)
    parser.add_argument("--misses", action="store_true", help="print each mistake that is not named first")
    parser.add_argument("--reference", action="store_true", help="ask a finder that knows all edits, not stepper")
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    if not options.reference and not hasattr(importlib.import_module("stepper.api"), "check"):
        sys.exit("stepper has no check yet; --reference shows what would be asked")
    counts = {"draws": options.each, "reference": options.reference}
    counts |= {name: -(-getattr(options, name) // max(options.nets, 1)) for name in ("false", "right")}
    jobs = [(kind, options.seed * 10**6 + at, counts) for at, kind in enumerate(kinds(options.nets, options.kind))]
    if options.processes > 1:
        with multiprocessing.Pool(options.processes) as pool:
            found = pool.map(work, jobs, chunksize=5)
    else:
        found = [work(job) for job in jobs]
    if options.misses:
        print(*(miss for one in found for miss in one.misses), sep="\n")
    print(report(found))


if __name__ == "__main__":
    main()
