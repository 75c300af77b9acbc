"""Records what torch's optimisers make of fixed gradients, in data/torch_optimisers.json.

To record again, where torch is installed: python -m tests.torch_optimisers

Averaged momentum is left out: torch's nearest setting, dampening, does not damp the first step. So
is Adam without its corrections, which torch does not have.
"""

import importlib
import json
import re
from math import cos, sin
from pathlib import Path
from types import ModuleType

RECORD = Path(__file__).parent / "data" / "torch_optimisers.json"
STEPS = 60
START = [0.5, -1.25]
LEARN = 0.05

# Every number is spelt out, for torch's defaults differ from the textbook's.
SETTINGS: dict[str, tuple[str, dict[str, object]]] = {
    "sgd": ("SGD", {"momentum": 0.0}),
    "momentum": ("SGD", {"momentum": 0.9, "dampening": 0.0, "nesterov": False}),
    "nesterov": ("SGD", {"momentum": 0.9, "dampening": 0.0, "nesterov": True}),
    "adagrad": ("Adagrad", {"eps": 1e-8, "initial_accumulator_value": 0.0, "lr_decay": 0.0}),
    "rmsprop": ("RMSprop", {"alpha": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": False}),
    "adam": ("Adam", {"betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": False}),
    "amsgrad": ("Adam", {"betas": (0.9, 0.999), "eps": 1e-8, "amsgrad": True}),
}


def gradients() -> list[list[float]]:
    """One large and growing, one small and mostly of one sign."""
    return [
        [3 * cos(0.7 * k) + 0.1 * k, 0.02 * sin(1.3 * k + 1) - 0.005] for k in range(1, STEPS + 1)
    ]


def torch_path(torch: ModuleType, name: str) -> list[list[float]]:
    """The parameters after every step."""
    parameters = torch.tensor(START, dtype=torch.float64, requires_grad=True)
    kind, settings = SETTINGS[name]
    optimizer = getattr(torch.optim, kind)([parameters], lr=LEARN, **settings)
    path = []
    for gradient in gradients():
        parameters.grad = torch.tensor(gradient, dtype=torch.float64)
        optimizer.step()
        path.append(parameters.detach().tolist())
    return path


def pairs_on_one_line(text: str) -> str:
    return re.sub(r"\[\s+([^][,]+),\s+([^][,]+?)\s+\]", r"[\1, \2]", text)


def main() -> None:
    torch = importlib.import_module("torch")
    record = {
        "torch": str(torch.__version__),
        "start": START,
        "learn": LEARN,
        "gradients": gradients(),
        "paths": {name: torch_path(torch, name) for name in SETTINGS},
    }
    text = pairs_on_one_line(json.dumps(record, indent=1)) + "\n"
    RECORD.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    main()
