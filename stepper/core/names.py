"""What a name says about how it is set: ``yhat1`` is a y with a hat and the subscript 1."""

from __future__ import annotations

import unicodedata

from stepper.core.patterns import later

GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "zeta": "ζ", "eta": "η", "theta": "θ",
    "iota": "ι", "kappa": "κ", "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "omicron": "ο", "pi": "π", "rho": "ρ",
    "sigma": "σ", "tau": "τ", "upsilon": "υ", "phi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ", "Phi": "Φ", "Psi": "Ψ",
    "Omega": "Ω",
}  # fmt: skip
ACCENTS = {"hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307"}

_SUBSCRIPTS = dict(zip("₀₁₂₃₄₅₆₇₈₉", "0123456789", strict=True))
_SUBSCRIPT_LETTERS = dict(zip("ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "aehijklmnoprstuvx", strict=True))
_LETTERS = {symbol: name for name, symbol in GREEK.items()} | {"ς": "sigma", "ϵ": "epsilon", "ϕ": "phi", "ϑ": "theta"}
_MARKS = {mark: name for name, mark in ACCENTS.items()}


def canonical(name: str) -> str:
    """The one plain spelling of a name, however it was typed.

    >>> canonical("ŷ₁"), canonical("α"), canonical("hₜ"), canonical("w11")
    ('yhat1', 'alpha', 'h_t', 'w11')
    """
    if name.isascii():
        return name
    name = name.replace("ℯ", "e")
    out: list[str] = []
    for character in unicodedata.normalize("NFC", name.replace("\u00b5", "μ")):
        if character in _LETTERS:
            out.append(_LETTERS[character])
        elif character in _SUBSCRIPTS:
            out.append(_SUBSCRIPTS[character])
        elif character in _SUBSCRIPT_LETTERS:
            out.append(("" if out and out[-1].startswith("_") else "_") + _SUBSCRIPT_LETTERS[character])
        elif character in _MARKS:
            out.append(_MARKS[character])
        else:
            plain = unicodedata.normalize("NFD", character)
            accent = _MARKS.get(plain[1:])
            out.append(plain[0] + accent if accent else character)
    return "".join(out)


_POINTED = later(r"\w+(?:\.\w+)+(?:\[[\d,\s]*\])?")


def pointed(name: str) -> bool:
    """Is it the name of what a layer holds, or of an entry of it, by the path of the layer: ``layer1.0.conv.weight``?

    >>> pointed("conv1.weight[1, 2]"), pointed("w11")
    (True, False)
    """
    return "." in name and _POINTED.fullmatch(name) is not None


_LATIN_LOOKS = str.maketrans(
    "АВЕКМНОРСТХаеорсухіјѕһԁԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧο", "ABEKMHOPCTXaeopcyxijshdqwABEZHIKMNOPTYXo"
)  # fmt: skip


def look(word: str) -> str:
    """What a word looks like, whatever alphabet its letters come from: a Cyrillic a looks like a Latin one.

    >>> look("х1") == look("x1"), look("ｗ") == look("w")
    (True, True)
    """
    return word if word.isascii() else unicodedata.normalize("NFKC", word).translate(_LATIN_LOOKS)
