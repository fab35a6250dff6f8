"""The judge of ``stepper check`` in ``benchmarks/``: do its scripts agree with stepper, and does it count well?"""

from __future__ import annotations

import importlib
import json
import random
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

import stepper as st

FOLDER = Path(__file__).resolve().parents[1] / "benchmarks"
KINDS = ("2-2-1", "2-3-2", "layers", "rnn", "cnn", "softmax", "optimizer", "shapes")

pytestmark = pytest.mark.skipif(not FOLDER.exists(), reason="the benchmarks are not part of a release")


@pytest.fixture
def modules(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The judge's modules by their names."""
    monkeypatch.syspath_prepend(str(FOLDER))
    return importlib.import_module


def agrees(net: Any, name: str, theirs: Any, ours: dict[str, Any]) -> bool:
    return np.allclose(np.asarray(ours[net.name(name)], dtype=float), np.asarray(theirs, dtype=float), atol=1e-9)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("optimizer", "shapes")])
def test_scripts_of_graphs_agree_with_stepper(modules: Any, kind: str) -> None:
    for seed in range(2):
        net = modules("mistaken.nets").draw(kind, seed)
        asked = {name: net.right[name] for name in net.claimable}
        wrt = [net.name(name)[4:] for name in asked if name.startswith("dL_d")]
        ours = dict(st.forward(net.document).floats)
        ours |= st.backprop(net.document, wrt=wrt, **net.options).floats
        for name, value in asked.items():
            if name.endswith("_new") and np.ndim(value):  # a step of an array is shown, and no answer of its own
                assert np.allclose(net.data[name[0]] - net.data["lr"] * ours[f"dL/d{name[0]}"], value)
            else:
                assert agrees(net, name, value, ours), (net.document, name)


def test_scripts_of_optimizers_agree_with_stepper(modules: Any, tmp_path: Path) -> None:
    for seed in range(9):
        net = modules("mistaken.nets").draw("optimizer", seed)
        task = tmp_path / "task.yaml"
        task.write_text(net.document)
        ours = st.optim(str(task)).floats
        assert all(agrees(net, name, value, ours) for name, value in net.right.items()), net.document


def test_scripts_of_shapes_agree_with_stepper(modules: Any) -> None:
    draws = modules("mistaken.draws")
    for seed in range(4):
        net = modules("mistaken.nets").draw("shapes", seed)
        claims = [f"{net.name(name)} = {draws.written(value, 3)}" for name, value in net.right.items()]
        checks = st.shapes(net.document, check=claims).checks
        assert [check.ok for check in checks] == [True] * len(claims), net.document


def test_every_edit_is_made_somewhere(modules: Any) -> None:
    edit, nets, edits = modules("mistaken.edit"), modules("mistaken.nets"), modules("mistaken.runs").EDITS
    made = {one.edit for kind in KINDS for seed in range(25) for one in edit.instances(nets.draw(kind, seed), edits)}
    assert [one for one in edits if one not in made] == []
    assert len({one.label for one in edits}) >= 60


@pytest.mark.parametrize("kind", KINDS)
def test_the_judge_counts_who_names_a_mistake_and_its_place(modules: Any, kind: str) -> None:
    judge, case = modules("mistakes"), modules("mistaken.draws").Case(kind, 1)
    drawn = next(one for one in (case.drawn(random.Random(seed)) for seed in range(99)) if not one.unseen)
    names, places = [drawn.instance.edit.names[0]], sorted(drawn.accepted)[:1]

    def finder(names: list[str], places: list[str], behind: int) -> Any:
        said = [{"names": ["something else"], "places": places}] * behind + [{"names": names, "places": places}]

        def ask(document: str, claims: Sequence[str], options: Any) -> list[dict[str, Any]]:
            lines = [0] if len(claims) == 1 else [drawn.first_wrong]
            return [{"verdict": "wrong" if at in lines else "right", "mistakes": said} for at in range(len(claims))]

        return ask

    named = judge.judge(drawn, finder(names, places, 0))
    assert (named.single, named.page, named.missed) == (0, True, False)
    third = judge.judge(drawn, finder(names, places, 2))
    assert (third.single, third.page, third.missed) == (2, False, True)
    assert judge.judge(drawn, finder(names, ["elsewhere"], 0)).single is None
    assert judge.judge(drawn, finder(["something else"], places, 0)).single is None
    row = judge.line("all", [named, third])
    assert [part for part in row.split() if "." in part][:2] == ["50.0", "100.0"]


def test_stepper_is_asked_by_a_file_and_lines(modules: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def check(path: Path, text: str, lr: float) -> Any:
        if lr > 1:
            raise ValueError(lr)
        verdicts = [{"quantity": line, "verdict": path.read_text(), "mistakes": []} for line in text.splitlines()]
        return SimpleNamespace(to=lambda form: json.dumps({"answers": verdicts}))

    monkeypatch.setattr("stepper.api.check", check, raising=False)
    ask = modules("mistakes").ask
    assert [said["quantity"] for said in ask("nodes: {}", ["h1 = 2", "L = 1"], {"lr": 0.1})] == ["h1 = 2", "L = 1"]
    assert ask("nodes: {}", ["h1 = 2"], {"lr": 0.1})[0]["verdict"] == "nodes: {}"
    assert "ValueError: 2" in ask("nodes: {}", ["h1 = 2"], {"lr": 2})[0]["says"]


def test_one_who_knows_all_edits_names_them(modules: Any) -> None:
    judge, draws = modules("mistakes"), modules("mistaken.draws")
    reference = modules("mistaken.reference").reference
    cases = [draws.Case(kind, seed) for kind in KINDS for seed in (3, 4)]
    counts = {"draws": 3, "false": 2, "right": 0}
    found = [judge.examined(case, case.kind, counts, reference(case)) for case in cases]
    asked = [one for each in found for one in each.asked]
    assert len(asked) == 48
    assert all(one.right for one in asked if one.unseen)
    assert sum(one.single is not None for one in asked if not one.unseen) >= sum(not one.unseen for one in asked) - 2
    assert sum(one.page is not False for one in asked) >= 46
    assert sum(each.false["asked"] for each in found) == 32
    assert "wrong numbers that no mistake made" in judge.report(found)


@pytest.mark.parametrize(
    ("value", "digits", "rounded", "cut"),
    [
        (2 / 3, 3, "0.667", "0.666"),
        (0.5, 3, "0.5", "0.500"),
        (-0.05996, 3, "-0.0600", "-0.0599"),
        (9480.4, 3, "9480", "9480"),
        (0.3 - 0.1, 2, "0.2", "0.20"),
    ],
)
def test_numbers_are_written_as_people_write_them(
    modules: Any, value: float, digits: int, rounded: str, cut: str
) -> None:
    numbers = modules("mistaken.numbers")
    assert (numbers.trimmed(value, digits), numbers.cut(value, digits)) == (rounded, cut)
    assert numbers.rounds_to(value, rounded) and numbers.rounds_to(value, cut)


def test_a_slip_of_the_pen_is_one_digit_or_two_exchanged(modules: Any) -> None:
    slipped = modules("mistaken.numbers").looks_slipped
    assert slipped("0.185", "0.187") and slipped("2x8x8", "3x8x8") and slipped("1.31", "1.13")
    assert not slipped("0.96", "0.187") and not slipped("1.23", "2.31") and not slipped("-1", "11")
    chance = random.Random(0)
    assert all(
        slipped(modules("mistaken.numbers").slipped(text, chance), text) for text in ["0.187", "-2.5", "8x24x24"]
    )


@pytest.mark.parametrize("kind", KINDS)
def test_false_numbers_are_wrong_and_right_ones_right(modules: Any, kind: str) -> None:
    draws = modules("mistaken.draws")
    case, chance = draws.Case(kind, 2), random.Random(0)
    for _, claim, _ in islice(draws.false_numbers(case, chance), 10):
        assert not draws.reads(claim.of(case.net.right), claim.text)
    for _ in range(20):
        way, claims = draws.right_numbers(case.net, chance)
        assert way in draws.ALONG or all(draws.reads(c.of(case.net.right), c.text) for c in claims)
