"""The models of torchvision, read as text: the shape that each module makes and all parameters, as torch has them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import stepper as st

torch = pytest.importorskip("torch")
pytestmark = pytest.mark.filterwarnings("ignore")


def vision() -> Any:
    """torchvision's models; where its operators are not built for this torch, without these."""
    try:
        return import_module("torchvision.models")
    except RuntimeError:
        for name in [name for name in sys.modules if name.startswith("torchvision")]:
            del sys.modules[name]
        sys.modules["torchvision._meta_registrations"] = ModuleType("torchvision._meta_registrations")
        return import_module("torchvision.models")
    except ImportError:
        pytest.skip("torchvision is not installed", allow_module_level=True)


models = vision()
FOLDER = Path(models.__file__).parent
FILES: Mapping[str, tuple[str, ...]] = {
    "alexnet": ("alexnet",), "vgg": ("vgg11", "vgg16_bn"),
    "resnet": ("resnet18", "resnet50", "resnet152", "resnext50_32x4d", "wide_resnet50_2"),
    "squeezenet": ("squeezenet1_0", "squeezenet1_1"), "densenet": ("densenet121", "densenet161"),
    "googlenet": ("googlenet",), "inception": ("inception_v3",), "mobilenetv2": ("mobilenet_v2",),
    "mobilenetv3": ("mobilenet_v3_small", "mobilenet_v3_large"), "shufflenetv2": ("shufflenet_v2_x1_0",),
    "mnasnet": ("mnasnet1_0",), "efficientnet": ("efficientnet_b0", "efficientnet_v2_s"),
    "regnet": ("regnet_y_400mf",), "convnext": ("convnext_tiny",), "vision_transformer": ("vit_b_16",),
    "swin_transformer": ("swin_t",), "maxvit": ("maxvit_t",), "segmentation/fcn": ("fcn_resnet50",),
    "segmentation/deeplabv3": ("deeplabv3_resnet50",), "segmentation/lraspp": ("lraspp_mobilenet_v3_large",),
}  # fmt: skip
SEGMENTS = ("fcn_resnet50", "deeplabv3_resnet50", "lraspp_mobilenet_v3_large")
LOOKED_AT = ("regnet_y_400mf",)
"""What looks at its numbers while it is made."""
NAMES = [(file, name) for file, names in FILES.items() for name in names]


def made(name: str, size: int) -> tuple[int, dict[str, tuple[int, ...]]]:
    """All parameters of a model, and what each of torch's own modules in it makes that runs once."""
    alone = {"weights_backbone": None} if name in SEGMENTS else {}
    with torch.device("cpu" if name in LOOKED_AT else "meta"):
        model = models.get_model(name, weights=None, **alone).eval().to("meta")
    found: dict[str, list[tuple[int, ...]]] = {}

    def seen(path: str) -> Any:
        def hook(_module: Any, _inputs: Any, output: Any) -> None:
            if isinstance(output, torch.Tensor):
                found.setdefault(path, []).append(tuple(output.shape[1:]))

        return hook

    for path, module in model.named_modules():
        if path and type(module).__module__.startswith("torch.nn") and not any(True for _ in module.children()):
            module.register_forward_hook(seen(path))
    model(torch.zeros(1, 3, size, size, device="meta"))
    parameters = sum(each.numel() for each in model.parameters())
    return parameters, {path: shapes[0] for path, shapes in found.items() if len(shapes) == 1}


@pytest.mark.parametrize(("file", "name"), NAMES, ids=lambda value: value)
def test_a_model_is_read_as_torch_makes_it(file: str, name: str) -> None:
    """Every module that torch runs has its row, with the shape that it makes."""
    size = 299 if name == "inception_v3" else 224
    parameters, shapes = made(name, size)
    found: dict[str, Any] = dict(st.shapes(FOLDER / f"{file}.py", input=(3, size, size), model=name).answers)
    assert found["total"]["parameters"] == parameters
    rows = {path: tuple(row["shape"]) for path, row in found.items() if "shape" in row}
    assert {path: rows.get(path) for path in shapes} == shapes
