"""Models: how a prediction follows from x and the parameters."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from sheetgd.errors import LessonError
from sheetgd.maths.calculus import ZERO, derivative
from sheetgd.maths.evaluation import Program, evaluate
from sheetgd.maths.expression import Expression
from sheetgd.maths.formula import Formula
from sheetgd.maths.notation import LONGEST, parse_formula
from sheetgd.maths.quantity import Q
from sheetgd.nearest import did_you_mean

if TYPE_CHECKING:
    from sheetgd.maths.quantity import FloatArray

LINE_FORMULA = "m*x + b"
HIGHEST_DEGREE = 20
MOST_PARAMETERS = 100
"""So many a model may have; with many more, a workbook would take minutes to build."""

_DIGITS = 9
_DEGREES = {"quadratic": 2, "cubic": 3}
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("linear", "straight", "straight line", "affine"), "line"),
    **dict.fromkeys(("parabola", "parabolic"), "quadratic"),
    **dict.fromkeys(("constant", "mean", "average"), "polynomial 0"),
    **dict.fromkeys(("quartic", "biquadratic"), "polynomial 4"),
    "quintic": "polynomial 5",
    **dict.fromkeys(("exp", "exponential", "exponential growth", "growth"), "a*exp(b*x)"),
    **dict.fromkeys(("exponential decay", "decay"), "a*exp(-b*x)"),
    **dict.fromkeys(("sigmoid", "logistic"), "a/(1 + exp(-b*(x - c)))"),
    **dict.fromkeys(("log", "ln", "logarithm", "logarithmic"), "a*ln(x) + b"),
    **dict.fromkeys(("power", "power law"), "a*x^b"),
    **dict.fromkeys(("sin", "sine", "sinus"), "a*sin(b*x + c) + d"),
    **dict.fromkeys(("hyperbola", "inverse"), "a/x + b"),
}
"""Words for models that are written as a formula, or go by another name."""

_PRODUCT = re.compile(r"([A-Za-wyz])x|x([A-Za-wyz])")
"""How products with x are written where no sign is needed."""

_LETTERS = "abcdefghijklmnopqrstuvw"


@dataclass(frozen=True)
class Model:
    """A model: its parameters' names in their order, and the prediction as an expression."""

    name: str
    parameters: tuple[str, ...]
    expression: Expression = field(hash=False)

    def predict(self, x: Q, parameters: Sequence[Q]) -> Q:
        """y_pred from x and the parameters.

        >>> model_of("line").predict(7.0, (2.0, 30.0))
        44.0
        """
        values = [x]
        values.extend(parameters)
        return self._prediction(values)

    @cached_property
    def _prediction(self) -> Program:
        return Program(self.expression, ("x", *self.parameters))

    @cached_property
    def partials(self) -> tuple[Expression, ...]:
        """The derivatives of the prediction by each parameter."""
        return tuple(derivative(self.expression, name) for name in self.parameters)

    def jacobian(self, x: "FloatArray", parameters: Sequence[float]) -> "FloatArray":
        """The derivatives of the predictions: a line for each x, a column for each parameter.

        >>> import numpy as np
        >>> model_of("line").jacobian(np.array([7.0, 9.0]), (2.0, 30.0)).tolist()
        [[7.0, 1.0], [9.0, 1.0]]
        """
        import numpy as np  # noqa: PLC0415  floats and formulas do without NumPy

        names = ("x", *self.parameters)
        values = [x, *(np.full(x.shape, each) for each in parameters)]
        with np.errstate(all="ignore"):
            columns = [evaluate(partial, names, values) for partial in self.partials]
        return np.array([np.broadcast_to(column, x.shape) for column in columns]).T

    @property
    def linear(self) -> bool:
        """Whether the prediction is linear in the parameters, as for every polynomial."""
        return all(set(partial.symbols()) <= {"x"} for partial in self.partials)

    @property
    def like_products(self) -> tuple[str, ...]:
        """Parameters that look like a product with x, as in bx."""
        return tuple(name for name in self.parameters if _PRODUCT.fullmatch(name))

    @property
    def text(self) -> str:
        """The prediction as a formula in words.

        >>> model_of("quadratic").text
        'a*x^2+b*x+c'
        """
        names = [Formula.name(each) for each in ("x", *self.parameters)]
        return str(self.predict(names[0], names[1:]))


@lru_cache(maxsize=256)
def model_of(text: str) -> Model:
    """The model that a name or a formula stands for.

    Args:
        text: ``line``, ``quadratic``, ``cubic``, ``polynomial 4`` (up to degree 20), or a
            formula in x and parameters, which get their names and order from it.

    Raises:
        LessonError: when it is neither; the message says what is wrong.

    >>> model_of("a*exp(k*x)").parameters, model_of("polynomial 3").parameters
    (('a', 'k'), ('a', 'b', 'c', 'd'))
    """
    name = " ".join(text.lower().split())
    if name == "line":
        return _model(name, LINE_FORMULA)
    if name in _WORDS:
        raise LessonError(f"model {name!r} is not known: write {_WORDS[name]}")
    found = re.fullmatch(r"polynomial[ :]?\s?([0-9]+)", name)
    if name in _DEGREES or found is not None:
        # A number of a thousand digits is more than Python cares to read.
        degree = _DEGREES[name] if found is None else int(found[1][:_DIGITS])
        if not 0 <= degree <= HIGHEST_DEGREE:
            raise LessonError(
                f"model {text[:LONGEST]!r}: the degree of a polynomial is a whole number up to "
                f"{HIGHEST_DEGREE}; higher powers drown in rounding"
            )
        return _model(name, _polynomial(degree))
    if re.match(r"polynomial\b", name) and name != "polynomial":
        raise LessonError(
            f"model {text[:LONGEST]!r} is not known: write polynomial and its degree, a whole "
            f"number from 0 to {HIGHEST_DEGREE}, such as polynomial 4"
        )
    near = did_you_mean(name, ("line", *_DEGREES, "polynomial")) if name.isidentifier() else ""
    if near:
        raise LessonError(
            f"model {name!r} is not known: choose from line, {', '.join(_DEGREES)}, polynomial 4 "
            f"(or another degree), or write a formula in x{near}"
        )
    return _model(" ".join(text.split()), text)


def _model(name: str, formula: str) -> Model:
    expression = parse_formula(formula)
    parameters = tuple(dict.fromkeys(each for each in expression.symbols() if each != "x"))
    if "y" in parameters:
        raise LessonError(
            f"model {formula!r}: y is what the model predicts; name the parameter otherwise"
        )
    if not parameters:
        raise LessonError(f"model {formula!r} has no parameters to learn: name some, as in m*x + b")
    if "x" not in expression.names:
        for each in parameters:
            if _PRODUCT.fullmatch(each):
                raise LessonError(
                    f"model {formula!r} does not use x, for {each} is one name: write "
                    f"{'*'.join(each)} where {each} stands"
                )
    if len(parameters) > MOST_PARAMETERS:
        raise LessonError(
            f"model {formula!r} has {len(parameters)} parameters: at most {MOST_PARAMETERS} are "
            "accepted"
        )
    model = Model(name, parameters, expression)
    for parameter, partial in zip(parameters, model.partials, strict=True):
        if partial == ZERO:
            raise LessonError(
                f"model {formula!r}: the prediction does not change with {parameter}; leave that "
                "parameter out"
            )
    return model


def _polynomial(degree: int) -> str:
    """The formula of a polynomial, the highest power first.

    >>> _polynomial(3)
    'a*x^3 + b*x^2 + c*x + d'
    """
    powers = ["", "*x", *(f"*x^{power}" for power in range(2, degree + 1))]
    terms = zip(_LETTERS, reversed(powers[: degree + 1]), strict=False)
    return " + ".join(letter + power for letter, power in terms)


LINE = model_of("line")
"""y_pred = m*x + b."""
