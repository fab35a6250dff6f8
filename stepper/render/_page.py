"""What a page looks like, and what its script does."""

from __future__ import annotations

import re

LIGHT = """\
  --paper: #ffffff; --ink: #1b1b1b; --quiet: #555555; --line: #6b6b6b; --rule: #d9d5ca; --leaf: #f3f1ea;
  --wash: #f7f6f2; --value: #14692e; --gradient: #b3261e; --hot: #0b57d0; --warm: #dbe8fb;
"""
DARK = """\
  --paper: #16181c; --ink: #ececec; --quiet: #b0b0b0; --line: #9a9a9a; --rule: #3a3d44; --leaf: #24272d;
  --wash: #1d2025; --value: #7ddc9a; --gradient: #ff9a90; --hot: #8ab4f8; --warm: #25364f;
"""
CSS = (
    f"""\
:root {{
{LIGHT}}}
@media (prefers-color-scheme: dark) {{
  :root {{
{DARK}  }}
}}
"""
    + """\
* { box-sizing: border-box; }
html { background: var(--paper); color: var(--ink); scroll-padding: 1rem 1rem 4rem; }
html { font: 17px/1.5 Georgia, "Times New Roman", "DejaVu Serif", serif; }
body { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1.2rem 6rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 0; display: inline; }
.source { color: var(--quiet); font-style: italic; margin: 0 0 1rem; }
.skip { position: absolute; left: -100rem; } .skip:focus { position: static; }
.conventions { border: 1px solid var(--rule); background: var(--wash); border-radius: .4rem;
  padding: .7rem 1rem; margin: 1rem 0 1.5rem; }
.conventions ul { margin: .3rem 0 0; padding-left: 1.2rem; }
.step { border-top: 1px solid var(--rule); padding: .9rem 0 .6rem; }
summary { cursor: pointer; } summary::marker { color: var(--quiet); }
summary:focus-visible, .part:focus-visible, .step:focus-visible, .wide:focus-visible {
  outline: 2px solid var(--hot); outline-offset: 2px; }
.why, .note { color: var(--quiet); margin: .5rem 0; }
.part { border-radius: .3rem; padding: .05rem .5rem; margin: 0 -.5rem; }
math { font-family: "Stepper Math", "Latin Modern Math", "STIX Two Math", "Cambria Math", math; font-size: 1.08em; }
math[displaystyle] { font-size: 1.12em; }
math mtext { font-family: Georgia, "Times New Roman", "DejaVu Serif", serif; font-size: .9em; }
math { text-indent: 0; }
.equation { margin: .15rem 0 .15rem 1.6rem; overflow-x: auto; overflow-y: hidden; padding: .25rem 0;
  line-height: 1.3; }
.equation .note { padding-left: 1em; color: var(--quiet); font-size: .9em; }
.equation .side, .equation .further { padding: .1em 0 .1em 1.8em; }
.equation .side { text-indent: -1.8em; }
.equation .link { display: inline-block; max-width: 100%; padding-left: 1.2em; text-indent: -1.2em; }
.equation.long .side { padding: .25em 0 .25em 1.8em; }
.equation.long { display: grid; grid-template-columns: auto minmax(0, 1fr); column-gap: .3em; align-items: baseline; }
.equation.long .left { white-space: nowrap; padding-top: .1em; }
mtable.matrix mtd { text-align: right; text-align: -webkit-right; padding: .2em .4em; }
mtable.cases mtd { text-align: left; padding: .1em .5em; }
.paths { margin: .6rem 0 .6rem .2rem; padding-left: 2.2rem; }
ul.paths { list-style: none; padding-left: 0; }
.paths li { padding: .12rem .5rem; margin: 0; } .way { overflow-x: auto; overflow-y: hidden; }
.wide { overflow-x: auto; margin: .7rem 0; }
table { border-collapse: collapse; font-size: .96em; }
th, td { padding: .22rem .9rem .22rem 0; text-align: left; vertical-align: baseline; }
th { border-bottom: 1.5px solid var(--line); font-weight: 600; }
tbody tr + tr td { border-top: 1px solid var(--rule); }
.right { text-align: right; }
td.value { color: var(--value); } td.gradient { color: var(--gradient); }
pre { background: var(--wash); padding: .7rem 1rem; overflow-x: auto; font-size: .85em; }
.picture { margin: .8rem 0; overflow: auto; max-height: 90vh; background: var(--paper); }
.picture svg { display: block; width: calc(1.25 * var(--natural)); max-width: 100%; height: auto; }
.pinned { padding-top: 44vh; }
.pinned .picture { position: fixed; top: 0; left: 0; right: 0; max-height: 42vh; margin: 0; padding: .4rem; z-index: 2;
  border-bottom: 1px solid var(--rule); }
.pinned .picture svg { margin: auto; width: var(--natural); }
html:has(.pinned) { scroll-padding-top: 44vh; }
.step.current > :not(.part, summary, .picture), .part.current { background: var(--warm); }
svg.graph .uses .outline { stroke: var(--hot); stroke-width: 2.6; }
svg.graph .uses .wire { stroke: var(--hot); stroke-width: 3.6; }
svg.graph .uses .head { fill: var(--hot); } svg.graph .uses > text { font-weight: bold; }
svg.graph .about .outline { stroke: var(--hot); stroke-width: 3.4; fill: var(--warm); }
.hint { z-index: 3; cursor: pointer; position: fixed; right: 1rem; bottom: .8rem; font: .8rem/1.3 system-ui, sans-serif;
  color: var(--quiet); background: var(--wash);
  border: 1px solid var(--rule); border-radius: .4rem; padding: .3rem .6rem; }
@media (max-width: 40rem) {
  html { font-size: 16px; } body { padding: 1rem .8rem 6rem; } .equation { margin-left: .4rem; }
  .equation.long { display: block; } .equation.long .sides { padding-left: 1em; }
  .equation.long .left { white-space: normal; }
}
@media print {
  html { font-size: 11pt; } body { max-width: none; padding: 0; } .hint, .skip { display: none; }
  .pinned { padding-top: 0; } .picture, .pinned .picture { position: static; max-height: none; overflow: visible; }
  .part.current, .step.current > * { background: none; } .part, .step { outline: none !important; }
  .step { break-inside: auto; } .equation, tr, svg { break-inside: avoid; }
  summary { break-after: avoid; list-style: none; }
  .equation, .wide, .picture { overflow: visible; }
  .picture svg, .pinned .picture svg { width: var(--natural); min-width: 0 !important; max-height: 22cm; }
}
"""
)

THEMES = {
    LIGHT: (
        '[data-jp-theme-light="true"]',
        ".vscode-light",
        '[data-theme="light"]',
        '[data-md-color-scheme="default"]',
    ),
    DARK: (
        '[data-jp-theme-light="false"]',
        ".vscode-dark",
        ".dark",
        '[data-theme="dark"]',
        '[data-md-color-scheme="slate"]',
    ),
}
"""How the pages of notebooks and sites say that they are light or dark, whatever the system is."""
OF_PAGE = """\
body { max-width: 62rem; margin: 0; padding: .5rem .8rem; background: var(--paper); color: var(--ink);
  font: 16px/1.5 Georgia, serif; }
h1, h2, h3, p, li, th, td, summary { color: inherit; font-family: inherit; background: none; }
h1 { font-size: 1.4em; } table { margin: 0; } tbody tr { background: none; }
""" + "".join(f"{theme} & {{\n{colours}}}\n" for colours, themes in THEMES.items() for theme in themes)
"""What a page around a box would otherwise say of its inside."""

SCRIPT = """\
"use strict";
(() => {
  const graph = document.querySelector(".picture svg");
  const parts = [...document.querySelectorAll(".part, .step")].filter(
    (part) => part.matches(".part") ? part.querySelector(":scope > :not(.part, .paths)")
                                    : !part.querySelector(".part"));
  const button = document.createElement("button");
  let current = -1;

  const names = (part, kind) => (part.dataset[kind] || "").split("|").filter(Boolean);
  const wires = (use) => [...graph.querySelectorAll("[data-edges]")].filter((group) =>
    group.dataset.edges.split("|").some((edge) => edge === use || edge.startsWith(use + ">")));
  const found = (use) => {
    if (!use.includes(">")) {
      return [...graph.querySelectorAll("[data-name]")].filter((group) => group.dataset.name === use);
    }
    const lines = wires(use);
    return lines.length ? lines : found(use.split(">")[0]);
  };
  const reveal = (group) => {
    const frame = graph.closest(".picture");
    const [inside, around] = [group, frame].map((element) => element && element.getBoundingClientRect());
    if (!inside) return;
    if (inside.top < around.top || inside.bottom > around.bottom) {
      frame.scrollTop += inside.top - around.top - around.height / 3;
    }
    if (inside.left < around.left || inside.right > around.right) {
      frame.scrollLeft += inside.left - around.left - around.width / 3;
    }
  };
  const show = (part) => {
    if (!graph) return;
    graph.querySelectorAll(".uses, .about").forEach((group) => group.classList.remove("uses", "about"));
    if (!part) return;
    for (const kind of ["uses", "about"]) {
      for (const use of names(part, kind)) found(use).forEach((group) => group.classList.add(kind));
    }
    for (const start of names(part, "uses")) {
      for (const end of names(part, "about")) wires(`${start}>${end}`).forEach((group) => group.classList.add("uses"));
    }
    reveal(graph.querySelector(".about, .uses"));
  };
  const pin = (on) => {
    document.body.classList.toggle("pinned", on && graph !== null);
    if (on && graph) graph.closest("details").open = true;
    button.setAttribute("aria-pressed", String(on));
  };
  const go = (place) => {
    if (!parts.length) return;
    current = Math.max(0, Math.min(parts.length - 1, place));
    const part = parts[current];
    pin(true);
    document.querySelectorAll(".current").forEach((other) => other.classList.remove("current"));
    part.classList.add("current");
    for (let fold = part.closest("details"); fold; fold = fold.parentElement.closest("details")) fold.open = true;
    part.tabIndex = -1;
    part.focus({ preventScroll: true });
    part.scrollIntoView({ block: "nearest" });
    show(part);
  };
  for (const part of parts) {
    part.addEventListener("pointerenter", () => show(part));
    part.addEventListener("pointerleave", () => show(parts[current]));
    part.addEventListener("focusin", () => show(part));
  }
  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey || event.target.closest(".wide")) return;
    if (event.key === "ArrowRight") go(current + 1);
    else if (event.key === "ArrowLeft") go(current - 1);
    else if (event.key === "Escape") {
      pin(false);
      document.querySelectorAll(".current").forEach((other) => other.classList.remove("current"));
      current = -1;
      show();
    } else return;
    event.preventDefault();
  });
  const folds = [...document.querySelectorAll("details")];
  let folded = [];
  window.addEventListener("beforeprint", () => {
    folded = folds.filter((fold) => !fold.open);
    folded.forEach((fold) => { fold.open = true; });
    show();
  });
  window.addEventListener("afterprint", () => {
    folded.forEach((fold) => { fold.open = false; });
    show(parts[current]);
  });
  button.type = "button";
  button.className = "hint";
  button.textContent = graph ? "← → step through, the graph in view" : "← → step through";
  button.addEventListener("click", () => pin(!document.body.classList.contains("pinned")));
  document.body.append(button);
  pin(false);
})();
"""


def boxed(style: str, box: str = ".stepper.stepper") -> str:
    """A style for the inside of one element alone: what is said of the page is said of the element, louder than a
    notebook says it.

    >>> print(boxed("body { margin: 0; } th { color: red; }"))
    .stepper.stepper {
    & { margin: 0; } th { color: red; }}
    """
    return f"{box} {{\n{_PAGE.sub('&', style)}}}"


_PAGE = re.compile(r"(?<![\w.#-])(?::root|html|body)(?=[\s{,:])")
