"""Optimizers over 2 or 3 steps, and shape tables."""

from __future__ import annotations

import random
from typing import Any

from mistaken.dense import tenth
from mistaken.script import Net

_MOMENTS = ("m[t] = beta1*m[t-1] + (1 - beta1)*g[t]", "v[t] = beta2*v[t-1] + (1 - beta2)*g[t]**2")
_CORRECTED = ("mhat[t] = m[t]/(1 - beta1**t)", "vhat[t] = v[t]/(1 - beta2**t)")
RULES: dict[str, tuple[dict[str, tuple[float, ...]], tuple[str, ...]]] = {
    "sgd": ({"lr": (0.1, 0.2, 0.5)}, ("theta[t] = theta[t-1] - lr*g[t]",)),
    "momentum_velocity": (
        {"lr": (0.1, 0.2), "rho": (0.9, 0.8, 0.5)},
        ("v[t] = rho*v[t-1] - lr*g[t]", "theta[t] = theta[t-1] + v[t]"),
    ),
    "momentum_average": (
        {"lr": (0.1, 0.2), "rho": (0.9, 0.8)},
        ("v[t] = rho*v[t-1] + (1 - rho)*g[t]", "theta[t] = theta[t-1] - lr*v[t]"),
    ),
    "nesterov": (
        {"lr": (0.1, 0.2), "rho": (0.9, 0.8)},
        ("v[t] = rho*v[t-1] + g[t]", "theta[t] = theta[t-1] - lr*(g[t] + rho*v[t])"),
    ),
    "nesterov_lookahead": (
        {"lr": (0.1, 0.2), "rho": (0.9, 0.8)},
        ("v[t] = rho*v[t-1] - lr*g[t]", "theta[t] = theta[t-1] + v[t]"),
    ),
    "adagrad": (
        {"lr": (0.1, 0.5), "eps": (0, 0.1)},
        ("s[t] = s[t-1] + g[t]**2", "theta[t] = theta[t-1] - lr*g[t]/(np.sqrt(s[t]) + eps)"),
    ),
    "rmsprop": (
        {"lr": (0.1, 0.5), "alpha": (0.9, 0.8), "eps": (0, 0.1)},
        (
            "s[t] = alpha*s[t-1] + (1 - alpha)*g[t]**2",
            "theta[t] = theta[t-1] - lr*g[t]/(np.sqrt(s[t]) + eps)",
        ),
    ),
    "adam": (
        {"lr": (0.1, 0.5), "beta1": (0.9, 0.8), "beta2": (0.999, 0.99), "eps": (0, 0.1)},
        (*_MOMENTS, *_CORRECTED, "theta[t] = theta[t-1] - lr*mhat[t]/(np.sqrt(vhat[t]) + eps)"),
    ),
    "adamw": (
        {"lr": (0.1, 0.5), "beta1": (0.9, 0.8), "beta2": (0.999, 0.99), "eps": (0, 0.1), "weight_decay": (0.1, 0.2)},
        (
            "d[t] = theta[t-1] - lr*weight_decay*theta[t-1]", *_MOMENTS, *_CORRECTED,
            "theta[t] = d[t] - lr*mhat[t]/(np.sqrt(vhat[t]) + eps)",
        ),
    ),
}  # fmt: skip


def optimizer(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """One parameter and two or three steps; gradients are given, or are those of a parabola."""
    name = structure.choice(list(RULES))
    settings, rule = RULES[name]
    chosen = {key: structure.choice(values) for key, values in settings.items()}
    count = structure.choice((2, 3))
    given = structure.random() < 0.5 and name != "nesterov_lookahead"
    theta = tenth(numbers)
    document = f"optimizer: {name}\nsettings: {{{', '.join(f'{key}: {value:g}' for key, value in chosen.items())}}}\n"
    document += f"parameters: {{theta: {theta:g}}}\n"
    lines = ["theta = steps('theta', start)", "g = steps('g')"]
    data: dict[str, Any] = {"start": theta, **chosen, "times": tuple(range(1, count + 1))}
    states = dict.fromkeys(line.partition("[")[0] for line in rule if not line.startswith("theta"))
    lines += [f"{state} = steps('{state}', 0.0)" for state in states]
    lines.append("for t in times:")
    if given:
        data["given"] = {t: tenth(numbers) for t in data["times"]}
        document += f"gradients: {list(data['given'].values())}\n"
        gradient = ["g[t] = given[t]"]
    else:
        data |= {"a": abs(tenth(numbers)), "k": tenth(numbers)}
        document += f"objective: {data['a']:g}*(theta - {data['k']:g})^2\nsteps: {count}\n".replace("- -", "+ ")
        gradient = ["g[t] = 2*a*(theta[t-1] - k)"]
        if name == "nesterov_lookahead":
            lines.insert(0, "ahead = steps('ahead')")
            gradient = ["ahead[t] = theta[t-1] + rho*v[t-1]", "g[t] = 2*a*(ahead[t] - k)"]
    lines += [f"    {line}" for line in (*gradient, *rule)]
    return Net(kind, document, tuple(lines), data, final=r"theta\[\d\]", act=name)


def shapes(kind: str, structure: random.Random, numbers: random.Random) -> Net:
    """Convolutions and pools, then one or two linear layers: sizes, parameters, receptive fields."""
    side, channels = numbers.choice((20, 24, 27, 28, 31, 32)), numbers.choice((1, 3))
    listing = [f"input: {channels}x{side}x{side}"]
    lines = ["_rf, _jump, _n, _c = 1, 1, side, inputs"]
    letters = iter("abcdefgh")
    data: dict[str, Any] = {"side": side, "inputs": channels}
    counted = []
    dilated = [structure.random() < 0.15 for _ in range(2)]
    for place in range(structure.choice((1, 2, 2))):
        name, out = next(letters), numbers.choice((4, 6, 8, 16))
        wide = 3 if dilated[place] else numbers.choice((3, 5))
        step, border = numbers.choice((1, 1, 2)), numbers.choice((0, 1, 2))
        gap = 2 if dilated[place] else 1
        words = (f", stride={step}" if step > 1 else "") + (f", padding={border}" if border else "")
        listing.append(f"{name} = Conv2d({channels}, {out}, {wide}{words}{', dilation=2' if gap > 1 else ''})")
        values = {"k": wide, "s": step, "p": border, "d": gap, "out": out}
        data |= {f"{key}_{name}": value for key, value in values.items()}
        wider = f"(d_{name}*(k_{name} - 1) + 1)" if gap > 1 else f"k_{name}"
        lines += [
            f"_n = (_n + 2*p_{name} - {wider})//s_{name} + 1", f"shape_{name} = (out_{name}, _n, _n)",
            f"params_{name} = (k_{name}*k_{name}*_c + 1)*out_{name}", f"_c = out_{name}",
            f"_rf = _rf + ({wider} - 1)*_jump", f"_jump = _jump*s_{name}", f"rf_{name} = _rf",
        ]  # fmt: skip
        counted.append(name)
        side, channels = (side + 2 * border - (gap * (wide - 1) + 1)) // step + 1, out
        if side >= 4 and (place == 0 or structure.random() < 0.7):
            name, wide = next(letters), structure.choice((2, 2, 3))
            step = 2 if wide == 3 else wide
            listing.append(f"{name} = MaxPool2d({wide}{', stride=2' if wide == 3 else ''})")
            data |= {f"k_{name}": wide, f"s_{name}": step}
            lines += [
                f"_n = (_n - k_{name})//s_{name} + 1", f"shape_{name} = (_c, _n, _n)", f"params_{name} = 0",
                f"_rf = _rf + (k_{name} - 1)*_jump", f"_jump = _jump*s_{name}", f"rf_{name} = _rf",
            ]  # fmt: skip
            counted.append(name)
            side = (side - wide) // step + 1
    flat, name, out = next(letters), next(letters), numbers.choice((10, 20, 84))
    listing += [f"{flat} = Flatten()", f"{name} = Linear({channels * side * side}, {out})"]
    data[f"out_{name}"] = out
    lines += [f"_flat_{flat} = _c*_n*_n", f"shape_{flat} = (_flat_{flat},)", f"shape_{name} = (out_{name},)"]
    lines += [f"params_{name} = (_flat_{flat} + 1)*out_{name}"]
    lines.append(f"params_total = {' + '.join(f'params_{part}' for part in (*counted, name))}")
    return Net(kind, "\n".join(listing) + "\n", tuple(lines), data, whole=True, ending=".txt")
