"""The bits of numbers, where nearly the same is not enough."""

import math
import struct
from collections.abc import Sequence


def bits(values: Sequence[float]) -> list[bytes]:
    return [struct.pack(">d", math.nan if math.isnan(value) else value) for value in values]
