"""Models: how a prediction follows from x and the parameters."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from sheetgd.maths.quantity import Q


class Predict(Protocol):
    """A prediction from x and the parameters, for any kind of quantity."""

    def __call__(self, x: Q, parameters: Sequence[Q]) -> Q:
        """Return y_pred."""
        ...


class Partial(Protocol):
    """A factor times the derivative of the prediction by one parameter."""

    def __call__(self, factor: Q, x: Q, parameters: Sequence[Q]) -> Q:
        """Return factor * dy_pred/dparameter."""
        ...


@dataclass(frozen=True, kw_only=True)
class Model:
    """A model: its parameters' names, its prediction and that one's derivatives.

    `partials` has one function a parameter. Each returns a factor times the
    derivative, so that a derivative of 1 leaves no ``*1`` in a formula.
    """

    name: str
    parameters: tuple[str, ...]
    predict: Predict
    partials: tuple[Partial, ...]


def line(x: Q, parameters: Sequence[Q]) -> Q:
    """A straight line: y_pred = m*x + b, parameters (m, b).

    >>> line(7.0, (2.0, 30.0))
    44.0
    """
    m, b = parameters
    return m * x + b


def _times_x(factor: Q, x: Q, parameters: Sequence[Q]) -> Q:  # noqa: ARG001  every Partial is called alike
    return factor * x


def _times_one(factor: Q, x: Q, parameters: Sequence[Q]) -> Q:  # noqa: ARG001  every Partial is called alike
    return factor


LINE = Model(name="line", parameters=("m", "b"), predict=line, partials=(_times_x, _times_one))
"""y_pred = m*x + b."""
