"""Random models printed as source in several styles: a loop, a list, blocks of their own, functions, inheritance."""

from __future__ import annotations

import random

from tests.following_models import HEAD

BLOCKS = {
    "Plain": ("self.c = nn.Conv2d(i, o, 3, stride=s, padding=1); self.n = nn.BatchNorm2d(o)",
              "return F.relu(self.n(self.c(x)))"),
    "Residual": (
        "self.a = nn.Conv2d(i, o, 3, s, 1, bias=False); self.b = nn.Conv2d(o, o, 3, padding=1, bias=False); "
        "self.short = nn.Identity() if i == o and s == 1 else nn.Conv2d(i, o, 1, s)",
        "y = self.b(torch.relu(self.a(x)))\ny += self.short(x)\nreturn y.relu()"),
    "Squeezed": (
        "self.c = nn.Conv2d(i, o, 3, s, 1, groups=math.gcd(i, o)); "
        "self.se = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Conv2d(o, max(1, o//4), 1), nn.SiLU(), "
        "nn.Conv2d(max(1, o//4), o, 1), nn.Sigmoid())",
        "x = self.c(x)\nreturn x*self.se(x)"),
    "Dense": ("self.c = nn.Conv2d(i, o - o//2, 1); self.d = nn.Conv2d(i, o//2, 3, padding='same') if o > 1 else None; "
              "self.s = s",
              "y = self.c(x)\nif self.d is not None: y = torch.cat([y, self.d(x)], 1)\n"
              "return F.avg_pool2d(y, self.s) if self.s > 1 else y"),
    "Shuffled": ("self.c = nn.Conv2d(i, 2*o, 1); self.p = nn.MaxPool2d(3, s, 1)",
                 "b, c, h, w = x.shape\na, g = self.c(x).chunk(2, dim=1)\n"
                 "y = (a*torch.sigmoid(g)).view(b, 1, -1, h, w).transpose(1, 2).contiguous().view(b, -1, h, w)\n"
                 "return self.p(y)"),
    "Attending": ("self.c = nn.Conv2d(i, o, 1, s); self.n = nn.LayerNorm(o); self.qkv = nn.Linear(o, 3*o)",
                  "x = self.c(x)\nb, c, h, w = x.size()\nt = self.n(x.flatten(2).permute(0, 2, 1))\n"
                  "q, k, v = self.qkv(t).split(c, dim=-1)\na = torch.softmax(q @ k.transpose(-2, -1)/c**0.5, dim=-1)\n"
                  "return x + (a @ v).transpose(1, 2).reshape(b, c, h, w)"),
}  # fmt: skip
"""Blocks from i to o channels with stride s."""


def block(name: str) -> str:
    init, forward = BLOCKS[name]
    made = "\n".join(f"        {line}" for line in init.split("; "))
    ran = "\n".join(f"        {line}" for line in forward.split("\n"))
    return (
        f"class {name}(nn.Module):\n    def __init__(self, i, o, s=1):\n        super().__init__()\n{made}\n"
        f"    def forward(self, x):\n{ran}\n"
    )


def random_source(seed: int) -> tuple[str, str]:
    """The source of a model, and the shape of its input."""
    chance = random.Random(seed)
    names = chance.sample([*BLOCKS], chance.randint(1, 3))
    plan = [
        (chance.choice(names), chance.choice([2, 4, 6, 8]), chance.choice([1, 1, 2]))
        for _ in range(chance.randint(2, 5))
    ]
    channels, size = chance.choice([1, 3]), chance.choice([12, 15, 16])
    body, head = BODIES[seed % len(BODIES)](plan, channels), HEADS[chance.randrange(len(HEADS))]
    last = plan[-1][1]
    text = f"{HEAD}\n\n{''.join(map(block, names))}{body}".replace("LAST", str(last))
    text = text.replace("INIT", head[0].replace("LAST", str(last))).replace("FORWARD", head[1])
    return text, f"{channels}x{size}x{size}"


Plan = list[tuple[str, int, int]]
HEADS = [
    ("self.fc = nn.Linear(LAST, 5)", "return self.fc(x.mean(dim=[2, 3]))"),
    ("self.fc = nn.Linear(LAST*4, 5)", "return self.fc(torch.flatten(F.adaptive_avg_pool2d(x, 2), 1))"),
    ("self.fc = nn.Sequential(nn.AdaptiveMaxPool2d((1, 1)), nn.Flatten(), nn.Dropout(0.2), nn.Linear(LAST, 5))",
     "return F.log_softmax(self.fc(x), dim=1)"),
    ("self.fc = nn.Conv2d(LAST, 5, 1)", "return F.interpolate(self.fc(x), size=(7, 9), mode='bilinear')"),
    ("self.rnn = nn.GRU(LAST, 4, batch_first=True)",
     "out, h = self.rnn(x.flatten(2).transpose(1, 2))\n        return torch.cat([out[:, -1], h[0]], dim=-1)"),
]  # fmt: skip


def _listed(plan: Plan, channels: int) -> str:
    """Blocks in a list that a loop fills from a table."""
    return (
        f"PLAN = [{', '.join(f'({name}, {out}, {stride})' for name, out, stride in plan)}]\n"
        f"class Net(nn.Module):\n    def __init__(self, i={channels}):\n        "
        f"super().__init__()\n        layers = []\n"
        "        for kind, o, s in PLAN:\n            layers.append(kind(i, o, s))\n            i = o\n"
        "        self.body = nn.Sequential(*layers)\n        INIT\n"
        "    def forward(self, x):\n        x = self.body(x)\n        FORWARD\n"
    )


def _looped(plan: Plan, channels: int) -> str:
    """Blocks in a ModuleList, by comprehension; ``forward`` loops over it."""
    sizes = [channels, *(out for _, out, _ in plan)]
    return (
        f"class Net(nn.Module):\n    kinds = [{', '.join(name for name, _, _ in plan)}]\n"
        f"    strides = {[stride for *_, stride in plan]}\n    def __init__(self, sizes={sizes}):\n "
        f"       super().__init__()\n"
        "        self.blocks = nn.ModuleList([k(i, o, s=s) for k, i, o, s in zip(self.kinds, "
        "sizes, sizes[1:], self.strides)])\n"
        "        INIT\n    def forward(self, x):\n        for n, block in "
        "enumerate(self.blocks):\n            x = block(x)\n"
        "        FORWARD\n"
    )


def _named(plan: Plan, channels: int) -> str:
    """Blocks by names made with f-strings; a helper method runs them."""
    return (
        f"CONFIG = dict(plan={[(out, stride) for _, out, stride in plan]}, i={channels})\n"
        f"KINDS = {{n: k for n, k in enumerate([{', '.join(name for name, _, _ in plan)}])}}\n"
        "class Net(nn.Module):\n    def __init__(self, plan, i):\n        super().__init__()\n     "
        "   self.n = len(plan)\n"
        "        for n, (o, s) in enumerate(plan):\n            self.add_module(f'block{n}', KINDS[n](i, o, s))\n"
        "            i = o\n        INIT\n    def features(self, x):\n        for n in range(self.n):\n"
        "            x = getattr(self, f'block{n}')(x)\n        return x\n"
        "    def forward(self, x):\n        x = self.features(x)\n        FORWARD\nmodel = Net(**CONFIG)\n"
    )


def _inherited(plan: Plan, channels: int) -> str:
    """A base class that makes blocks by a method; the model says which."""
    calls = ", ".join(f"partial({name}, o={out}, s={stride})" for name, out, stride in plan)
    return (
        "class Base(nn.Module):\n    def __init__(self, i):\n        super().__init__()\n        self.i = i\n"
        "        self.body = self._make()\n    def _make(self):\n        found = OrderedDict()\n"
        "        for n, (make, o) in enumerate(zip(self.makers(), self.outs)):\n"
        "            found['b%d' % n] = make(self.i)\n            self.i = o\n        return nn.Sequential(found)\n"
        f"class Net(Base):\n    outs = {tuple(out for _, out, _ in plan)}\n    def makers(self):\n  "
        f"      return [{calls}]\n"
        f"    def __init__(self):\n        super(Net, self).__init__({channels})\n        INIT\n"
        "    def forward(self, x):\n        x = self.body(x)\n        FORWARD\n"
    )


BODIES = (_listed, _looped, _named, _inherited)
