"""Models: how a prediction follows from x and the parameters, and which parameters data determine.

A model is a formula, or has a name that stands for one. Some formulas have parameters that no data
can determine, or only together with others: of (a + b)*x only the sum. There the predictions do
not change when some parameters change together, so no data tell one choice from another.
The partials of the predictions, for x and parameters at random, show it: then some combination of
their columns is 0 in all rows. With 60 digits that cannot be mistaken for columns that are merely
much alike.
"""

import math
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Context, Decimal, DecimalException, DivisionByZero, InvalidOperation, Overflow
from decimal import localcontext as _localcontext
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.derivative import ONE, ZERO, derivative
from sheetgd.expression.functions import divided, sigmoid
from sheetgd.expression.numbers import FloatArray, Program, Q, evaluate
from sheetgd.expression.parser import LONGEST, parse_formula
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Expression, Number, Operation, Symbol

LINE_FORMULA = "m*x + b"
X: Final = "x"
"""What formulas call the input where there is but one."""

LINEAR: Final = "linear"
"""A weight for each input, and b."""

HIGHEST_DEGREE = 20
MOST_PARAMETERS = 100
"""The most parameters of a model; with many more, a workbook takes minutes to build."""

_DIGITS = 9
_DEGREES = {"quadratic": 2, "cubic": 3}
_WORDS: Mapping[str, str] = {
    **dict.fromkeys(("straight", "straight line", "affine"), "line"),
    **dict.fromkeys(("parabola", "parabolic"), "quadratic"),
    **dict.fromkeys(("constant", "mean", "average"), "polynomial 0"),
    **dict.fromkeys(("quartic", "biquadratic"), "polynomial 4"),
    "quintic": "polynomial 5",
    **dict.fromkeys(("exp", "exponential", "exponential growth", "growth"), "a*exp(b*x)"),
    **dict.fromkeys(("exponential decay", "decay"), "a*exp(-b*x)"),
    **dict.fromkeys(("sigmoid", "logistic"), "a*sigmoid(b*(x - c))"),
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
    """A model: its inputs, its parameters' names in their order, and the prediction.

    Attributes:
        name: how it was asked for.
        parameters: the parameters' names.
        expression: the prediction, in the names of inputs and parameters.
        inputs: what the formula calls the input columns, in the order of the data.
    """

    name: str
    parameters: tuple[str, ...]
    expression: Expression = field(hash=False)
    inputs: tuple[str, ...] = (X,)

    def predict(self, inputs: Sequence[Q], parameters: Sequence[Q]) -> Q:
        """Compute y_pred from a row's inputs (or from columns of them) and the parameters.

        >>> model_of("line").predict([7.0], (2.0, 30.0))
        44.0
        >>> model_of("linear", ("area", "rooms")).predict([70.0, 3.0], (2.0, 10.0, 5.0))
        175.0
        """
        values = list(inputs)
        values.extend(parameters)
        return self._prediction(values)

    @cached_property
    def _prediction(self) -> Program:
        return Program(self.expression, (*self.inputs, *self.parameters))

    @cached_property
    def partials(self) -> tuple[Expression, ...]:
        """The derivatives of the prediction by each parameter."""
        return tuple(derivative(self.expression, name) for name in self.parameters)

    @cached_property
    def score(self) -> "Model":
        """The model of what the last sigmoid is taken of, the logit; else the model itself.

        >>> model_of("2*sigmoid(w*x)").score.text, model_of("sigmoid(w*x)").score.text
        ('2*((1+TANH(w*x/2))/2)', 'w*x')
        """
        if not self.ends_in_sigmoid:
            return self
        assert isinstance(self.expression, Operation)  # noqa: S101  see above
        return replace(self, expression=self.expression.operands[0])

    @property
    def ends_in_sigmoid(self) -> bool:
        """Whether the prediction is the sigmoid of something."""
        return isinstance(self.expression, Operation) and self.expression.function == "sigmoid"

    def jacobian(self, inputs: Sequence[FloatArray], parameters: Sequence[float]) -> FloatArray:
        """Evaluate the predictions' derivatives: a line for each row, a column for each parameter.

        >>> import numpy as np
        >>> model_of("line").jacobian([np.array([7.0, 9.0])], (2.0, 30.0)).tolist()
        [[7.0, 1.0], [9.0, 1.0]]
        """
        names, shape = (*self.inputs, *self.parameters), inputs[0].shape
        values = [*inputs, *(np.full(shape, each) for each in parameters)]
        with np.errstate(all="ignore"):
            columns = [evaluate(partial, names, values) for partial in self.partials]
        return np.array([np.broadcast_to(column, shape) for column in columns]).T

    @property
    def linear(self) -> bool:
        """Whether the prediction is linear in the parameters, as for every polynomial."""
        partials = self.partials
        return ZERO not in partials and all(each.names <= {*self.inputs} for each in partials)

    @property
    def only_jumps(self) -> tuple[str, ...]:
        """Parameters that move the prediction in jumps only, for they stand in a step.

        >>> model_of("a*step(w*x)").only_jumps
        ('w',)
        """
        parts = _parts(self.expression)
        choices = [
            each for each in parts if isinstance(each, Operation) and each.function == "when>="
        ]
        return tuple(
            name
            for name, partial in zip(self.parameters, self.partials, strict=True)
            if partial == ZERO and any(name in each.names for each in choices)
        )

    @property
    def like_products(self) -> tuple[str, ...]:
        """Parameters that look like a product with x, as in bx."""
        if X not in self.inputs:
            return ()
        return tuple(name for name in self.parameters if _PRODUCT.fullmatch(name))

    @property
    def text(self) -> str:
        """The prediction as a formula in words.

        >>> model_of("quadratic").text
        'a*x^2+b*x+c'
        """
        return str(formula_of(self.expression))


@lru_cache(maxsize=256)
def model_of(text: str, inputs: tuple[str, ...] = (X,)) -> Model:
    """Return the model that a name or a formula stands for.

    Args:
        text: ``line``, ``quadratic``, ``cubic``, ``polynomial 4`` (up to degree 20), ``linear``
            for a weight for each input and b, or a formula in the inputs and parameters, which
            get their names and order from it.
        inputs: what formulas call the input columns.

    Raises:
        LessonError: when it is neither; the message says what is wrong.

    >>> model_of("a*exp(k*x)").parameters, model_of("polynomial 3").parameters
    (('a', 'k'), ('a', 'b', 'c', 'd'))
    >>> model_of("linear", ("area", "rooms")).text
    'w1*area+w2*rooms+b'
    """
    name = " ".join(text.lower().split())
    if len(inputs) > 1:
        return _model_of_several(text, inputs)
    if name in {"line", LINEAR}:
        return _model("line", LINE_FORMULA)
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


def _model_of_several(text: str, inputs: tuple[str, ...]) -> Model:
    name = " ".join(text.lower().split())
    if name in {"line", LINEAR}:
        taken = {each.lower() for each in inputs}
        places = range(1, len(inputs) + 1)
        w = "w" if taken.isdisjoint(f"w{place}" for place in places) else "weight"
        weights = (f"{w}{place}*{each}" for place, each in zip(places, inputs, strict=True))
        bias = next(each for each in ("b", "bias", "intercept", "b_") if each not in taken)
        return _model(LINEAR, " + ".join([*weights, bias]), inputs)
    listed = ", ".join(inputs)
    if name in {*_DEGREES, *_WORDS} or re.fullmatch(r"polynomial\b[^*+]*", name):
        raise LessonError(
            f"model {text[:LONGEST]!r} is a model of one column, and there are {len(inputs)}: "
            f"write {LINEAR}, or a formula in {listed} and parameters"
        )
    model = _model(" ".join(text.split()), text, inputs)
    unused = [each for each in inputs if each not in model.expression.names]
    if unused:
        raise LessonError(
            f"model {text[:LONGEST]!r} does not use {unused[0]}: the input columns are {listed}; "
            "use it, or leave that column out"
        )
    return model


def _model(name: str, formula: str, inputs: tuple[str, ...] = (X,)) -> Model:
    expression = parse_formula(formula)
    parameters = tuple(dict.fromkeys(each for each in expression.symbols() if each not in inputs))
    if "y" in parameters:
        raise LessonError(
            f"model {formula!r}: y is what the model predicts; name the parameter otherwise"
        )
    if not parameters:
        raise LessonError(f"model {formula!r} has no parameters to learn: name some, as in m*x + b")
    if inputs == (X,) and X not in expression.names:
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
    model = Model(name, parameters, expression, inputs)
    for parameter, partial in zip(parameters, model.partials, strict=True):
        if partial == ZERO and parameter not in model.only_jumps:
            raise LessonError(
                f"model {formula!r}: the prediction does not change with {parameter}; leave that "
                "parameter out"
            )
    return model


def classifying(model: Model) -> Model:
    """Return the model with a sigmoid at its end, which is added where it has none.

    >>> classifying(LINE).name, classifying(model_of("1/(1 + exp(-w*x))")).score.text
    ('sigmoid(m*x+b)', '(-((-w)*x))')
    """
    match model.expression:
        case Operation("sigmoid"):
            return model
        case Operation("/", (one, Operation("+", (first, second)))) if ONE in (first, second):
            power = second if first == ONE else first
            if one == ONE and isinstance(power, Operation) and power.function == "exp":
                # Written out, it is no number any more at -1000.
                (inner,) = power.operands
                if isinstance(inner, Operation) and inner.function == "negative":
                    return replace(model, expression=sigmoid(inner.operands[0]))
                return replace(model, expression=sigmoid(-inner))
    return replace(model, name=f"sigmoid({model.text})", expression=sigmoid(model.expression))


def has_boundary(model: Model) -> bool:
    """Tell whether `boundary` can be computed: the score is straight in the last input.

    >>> [has_boundary(model_of(each)) for each in ("sigmoid(w*x + b)", "sigmoid(w*x^2)")]
    [True, False]
    """
    last = model.inputs[-1]
    slope = derivative(model.score.expression, last)
    return slope != ZERO and last not in slope.names


def boundary(
    model: Model,
    others: Sequence[Any],
    parameters: Sequence[Any],
    bound: Any,  # noqa: ANN401  a number or a formula
) -> Any:  # noqa: ANN401  the same
    """Compute the last input at which the score is a bound, from the inputs before it.

    >>> boundary(model_of("sigmoid(w*x + b)"), [], (2.0, -3.0), 0.0)
    1.5
    """
    names = (*model.inputs, *model.parameters)
    given = [*others, 0 * parameters[0], *parameters]
    slope = evaluate(derivative(model.score.expression, model.inputs[-1]), names, given)
    return divided(bound - evaluate(model.score.expression, names, given), slope)


def _polynomial(degree: int) -> str:
    """Write the formula of a polynomial, the highest power first.

    >>> _polynomial(3)
    'a*x^3 + b*x^2 + c*x + d'
    """
    powers = ["", "*x", *(f"*x^{power}" for power in range(2, degree + 1))]
    terms = zip(_LETTERS, reversed(powers[: degree + 1]), strict=False)
    return " + ".join(letter + power for letter, power in terms)


LINE = model_of("line")
"""y_pred = m*x + b."""


_CERTAIN_DIGITS: Final = 60
_NOTHING: Final = Decimal("1e-30")
"""What is smaller than this beside the largest of its column is rounding."""

_ROWS_MORE: Final = 12
_SCALES: Final = ("0.001", "0.1", "1", "1", "1", "10", "1000", "1e6", "1e12")
"""How large x may be: some formulas change only far out."""

_STARTS: Final = ((0.3, 1.7), (-2.0, 2.0), (0.5, 5.0), (-1.0, 0.0))
"""Between what the parameters are drawn; a formula such as ln(a*x) takes some of them only."""

_SEED: Final = 1
_PI: Final = Decimal("3.14159265358979323846264338327950288419716939937510582097494459230781640629")
_CONTEXT: Final = Context(prec=_CERTAIN_DIGITS, traps=[DivisionByZero, InvalidOperation, Overflow])

_Row = list[Decimal]


@lru_cache(maxsize=256)
def undetermined(model: Model) -> tuple[tuple[str, ...], ...]:
    """Find the parameters that no data can determine: each alone, or some that change together.

    >>> from sheetgd.descent.model import model_of
    >>> undetermined(model_of("(a + b)*x + c")), undetermined(model_of("a*x - a*x + b"))
    ((('a', 'b'),), (('a',),))
    >>> undetermined(model_of("polynomial 20"))
    ()
    """
    generator = random.Random(_SEED)  # noqa: S311  no secret
    found: list[set[tuple[str, ...]]] = []
    with _localcontext(_CONTEXT):
        for low, high in _STARTS:
            rows = _partials(model, generator, low, high)
            # Of some formulas, hardly any such parameters have a value.
            if len(rows) >= len(model.parameters):
                found.append({_named(model, each) for each in _free_directions(rows)})
                if not found[-1]:
                    return ()
    # Of min(a, b) one makes no difference, but not always the same.
    always = set.intersection(*found) if found else set()
    return tuple(sorted(always, key=lambda names: model.parameters.index(names[0])))


def _named(model: Model, direction: _Row) -> tuple[str, ...]:
    return tuple(name for name, part in zip(model.parameters, direction, strict=True) if part)


def _partials(model: Model, generator: random.Random, low: float, high: float) -> list[_Row]:
    """Evaluate rows of partials, each divided by its largest, at parameters drawn in a range."""
    values = {name: Decimal(generator.uniform(low, high)) for name in model.parameters}
    rows: list[_Row] = []
    for number in range(2 * len(model.parameters) + _ROWS_MORE):
        scale = Decimal(_SCALES[number % len(_SCALES)])
        for name in model.inputs:
            values[name] = scale * Decimal(generator.uniform(0.2, 3) * generator.choice((1, 1, -1)))
        try:
            row = [_value(partial, values) for partial in model.partials]
        except (DecimalException, ArithmeticError, ValueError):
            continue
        largest = max(map(abs, row))
        if largest:
            rows.append([each / largest for each in row])
    return rows


def _free_directions(rows: Sequence[_Row]) -> list[_Row]:
    """Find the directions along which all rows are 0, by elimination."""
    left = [list(row) for row in rows]
    columns = range(len(left[0]))
    pivots: list[int] = []
    for column in columns:
        at = len(pivots)
        best = max(range(at, len(left)), key=lambda each: abs(left[each][column]), default=None)
        if best is None or abs(left[best][column]) < _NOTHING:
            continue
        left[at], left[best] = left[best], left[at]
        head = left[at][column]
        left[at] = [each / head for each in left[at]]
        for other, row in enumerate(left):
            if other != at and (factor := row[column]):
                left[other] = [one - factor * two for one, two in zip(row, left[at], strict=True)]
        pivots.append(column)
    free: list[_Row] = []
    for column in columns:
        if column in pivots:
            continue
        direction = [Decimal(int(each == column)) for each in columns]
        for at, pivot in enumerate(pivots):
            part = left[at][column]
            direction[pivot] = -part if abs(part) >= _NOTHING else Decimal(0)
        free.append(direction)
    return free


def _value(expression: Expression, values: Mapping[str, Decimal]) -> Decimal:
    if isinstance(expression, Number):
        return _PI if expression.value == math.pi else Decimal(expression.value)
    if isinstance(expression, Symbol):
        return values[expression.name]
    assert isinstance(expression, Operation)  # noqa: S101  there is no other kind
    operands = [_value(each, values) for each in expression.operands]
    return _FUNCTIONS[expression.function](*operands)


def _sine(value: Decimal) -> Decimal:
    """Compute the sine by its series around 0."""
    angle = value.remainder_near(2 * _PI)
    term = total = angle
    place = 1
    while term and abs(term) > _NOTHING * _NOTHING:
        place += 2
        term = -term * angle * angle / (place * (place - 1))
        total += term
    return total


def _tanh(value: Decimal) -> Decimal:
    if abs(value) > 2 * _CERTAIN_DIGITS:
        return Decimal(1).copy_sign(value)
    once = (2 * value).exp()
    return (once - 1) / (once + 1)


def _power(base: Decimal, exponent: Decimal) -> Decimal:
    if base == 0 and exponent == 0:
        return Decimal(1)
    return base**exponent


_FUNCTIONS: Mapping[str, Callable[..., Decimal]] = {
    "+": lambda one, other: one + other,
    "-": lambda one, other: one - other,
    "*": lambda one, other: one * other,
    "/": lambda one, other: one / other,
    "^": _power,
    "negative": lambda one: -one,
    "exp": Decimal.exp,
    "ln": Decimal.ln,
    "sqrt": Decimal.sqrt,
    "abs": abs,
    "sin": _sine,
    "cos": lambda one: _sine(one + _PI / 2),
    "tanh": _tanh,
    "sigmoid": lambda value: (1 + _tanh(value / 2)) / 2,
    "softplus": lambda value: max(value, Decimal(0)) + (1 + (-abs(value)).exp()).ln(),
    "max": max,
    "min": min,
    "sign": lambda one: Decimal(0) if one == 0 else Decimal(1).copy_sign(one),
    "when=": lambda one, other, then, otherwise: then if one == other else otherwise,
    "when>=": lambda one, other, then, otherwise: then if one >= other else otherwise,
}


_EULER = Symbol("e")


CONSTANT = "polynomial 0"
"""Whoever asks for it wants a prediction that is the same for every x."""

MANY_FIT = "many choices of them fit equally well, and the descent ends at one of these"


def meant_otherwise(model: Model) -> Iterator[str]:
    """Yield what means something else where formulas are written by hand, or cannot be learned."""
    for name in model.like_products:
        yield f"{name} is one parameter here: if a product is meant, write {'*'.join(name)}"
    if any(map(_is_exponential, _parts(model.expression))):
        yield "e is a parameter here, which is learned: for a power of the number e, write exp(...)"
    if model.only_jumps:
        yield (
            "step is level but for its jump, so that its derivative is 0 and no descent can learn "
            f"{' or '.join(model.only_jumps)}: write sigmoid(...) in its place"
        )


def undetermined_told(model: Model, names: Sequence[str]) -> str:
    """Say which parameters no data can determine, and what to do."""
    if len(names) == 1:
        return (
            f"the prediction of {model.name} does not change with {names[0]}: leave that "
            "parameter out"
        )
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    return (
        f"no data can determine {listed} in {model.name}, as they can change together without a "
        f"change of the prediction: {MANY_FIT}; one parameter less would do"
    )


def _parts(expression: Expression) -> Iterator[Expression]:
    """Walk through the expression and all within it."""
    left = [expression]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, Operation):
            left.extend(each.operands)


def _is_exponential(part: Expression) -> bool:
    """Whether it is a power of e, as the number e is written."""
    return (
        isinstance(part, Operation)
        and part.function == "^"
        and part.operands[0] == _EULER
        and not isinstance(part.operands[1], Number)
    )
