"""Facts and tables as JSON text."""

import json
import math
from collections.abc import Mapping, Sequence
from typing import Any

Columns = Mapping[str, Sequence[Any]]
"""A table by its headers."""


def json_text(facts: Mapping[str, Any], tables: Mapping[str, Columns]) -> str:
    """A JSON document of facts and then tables, each a list with a record a line.

    JSON has no infinity and no NaN: both are written as null.

    >>> print(json_text({"rate": math.inf}, {"log": {"epoch": [0, 1], "rmse": [0.1, 2.5]}}))
    {
      "rate": null,
      "log": [
        {"epoch": 0, "rmse": 0.1},
        {"epoch": 1, "rmse": 2.5}
      ]
    }
    """
    text = json.dumps(_finite(facts), indent=2, allow_nan=False).removesuffix("\n}")
    for name, columns in tables.items():
        records = (
            json.dumps(_finite(dict(zip(columns, row, strict=True))), allow_nan=False)
            for row in zip(*columns.values(), strict=True)
        )
        lines = ",\n    ".join(records)
        text += f",\n  {json.dumps(name)}: " + (f"[\n    {lines}\n  ]" if lines else "[]")
    return text + "\n}"


def _finite(value: Any) -> Any:  # noqa: ANN401  whatever JSON can hold
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_finite(each) for each in value]
    return value
