"""Models: how a prediction follows from the inputs and the parameters.

A model is a formula, or has a name that stands for one; or it is some columns, each from those
before it, the last of which is the prediction.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from typing import Any, Final

import numpy as np

from sheetgd.errors import LessonError, did_you_mean
from sheetgd.expression.derivative import ONE, ZERO, derivative
from sheetgd.expression.functions import divided, sigmoid
from sheetgd.expression.numbers import FloatArray, Program, Q, evaluate, program_of
from sheetgd.expression.parser import LONGEST, parse_formula
from sheetgd.expression.python import operations_of
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
        hidden: the columns between the inputs and the prediction, by their names, each in the
            names of inputs, parameters and those before it.
        output: the prediction in the names of these, too; the expression where there are none.
    """

    name: str
    parameters: tuple[str, ...]
    expression: Expression = field(hash=False)
    inputs: tuple[str, ...] = (X,)
    hidden: Mapping[str, Expression] = field(default_factory=dict, hash=False)
    output: Expression = field(default=Number(0.0), hash=False)

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
    def columns(self) -> Mapping[str, Expression]:
        """The columns that a row computes, in their order, each from those before it."""
        return {**self.hidden, Y_PRED: self.output}

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
        (logit,) = self.expression.operands
        return replace(self, expression=logit, hidden={}, output=logit)

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
        every = operations_of([self.expression])
        choices = [each for each in every if each.function == "when>="]
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
        >>> model_of("h = tanh(a*x); w*h").text
        'w*h with h = TANH(a*x)'
        """
        between = [f"{name} = {formula_of(each)}" for name, each in self.hidden.items()]
        output = str(formula_of(self.output if between else self.expression))
        return f"{output} with {', '.join(between)}" if between else output


@lru_cache(maxsize=256)
def column_programs(model: Model) -> Mapping[str, Program]:
    """Make a model's columns ready to be computed, each from what it reads.

    >>> list(column_programs(model_of("net 1 relu")))
    ['h1', 'y_pred']
    """
    return {name: program_of(each) for name, each in model.columns.items()}


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
    net = _NET.fullmatch(name)
    if net is not None:
        return _model(name, _net(int(net[1]), net[2], inputs), inputs)
    if re.match(r"net+s?\s+\S+(\s+\S+)?$", name):
        raise LessonError(
            f"model {text[:LONGEST]!r} is not known: write net, how many neurons (1 to 20), and "
            "relu, tanh, sigmoid or softplus, such as net 2 relu"
        )
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


def _model(name: str, text: str, inputs: tuple[str, ...] = (X,)) -> Model:
    columns = _columns(text)
    *hidden, (_, output) = columns.items()
    given = {*inputs, *columns}
    names = (each for column in columns.values() for each in column.symbols())
    parameters = tuple(dict.fromkeys(each for each in names if each not in given))
    written: dict[str, Expression] = {each: Symbol(each) for each in (*inputs, *parameters)}
    for column, formula in hidden:
        written[column] = _put_in(column, formula, written)
    expression = _put_in(Y_PRED, output, written)
    _check(text, expression, parameters, inputs)
    model = Model(name, parameters, expression, inputs, dict(hidden), output)
    for column in model.hidden:
        if not any(column in each.names for each in model.columns.values()):
            raise LessonError(f"model {text!r} does not use {column}: use it, or leave it out")
    for parameter, partial in zip(parameters, model.partials, strict=True):
        if partial == ZERO and parameter not in model.only_jumps:
            raise LessonError(
                f"model {text!r}: the prediction does not change with {parameter}; leave that "
                "parameter out"
            )
    return model


_COLUMN = re.compile(r"\s*([A-Za-z_]\w*)\s*=(?!=)(.*)", re.DOTALL)
_NET = re.compile(r"net ([1-9]|1[0-9]|20) (relu|tanh|sigmoid|softplus)")
LOGIT: Final = "logit"
"""The column that the last sigmoid is taken of, where the loss goes by that."""

Y_PRED: Final = "y_pred"
"""The last of a model's columns."""


def _columns(text: str) -> dict[str, Expression]:
    """Take a model apart into its columns: formulas with names, and ; between; the last is y_pred.

    >>> list(_columns("h = max(0, a*x); w*h + c")), list(_columns("m*x + b"))
    (['h', 'y_pred'], ['y_pred'])
    """
    found: dict[str, Expression] = {}
    *hidden, last = text.split(";")
    for each in hidden:
        named = _COLUMN.fullmatch(each)
        if named is None:
            raise LessonError(
                f"model {text!r}: {each.strip()!r} is no column: write its name and its formula, "
                "as in h1 = max(0, a*x + b)"
            )
        if named[1] in {*found, "y", Y_PRED}:
            raise LessonError(
                f"model {text!r}: {named[1]} is there already: each column has a name of its own, "
                "and the last one is y_pred"
            )
        found[named[1]] = parse_formula(named[2])
    end = _COLUMN.fullmatch(last)
    ends = end is not None and end[1] in {"y", Y_PRED}
    return {**found, Y_PRED: parse_formula(end[2] if end is not None and ends else last)}


def _put_in(column: str, formula: Expression, written: Mapping[str, Expression]) -> Expression:
    """Write a column's formula in inputs and parameters only."""
    late = next((each for each in formula.symbols() if each not in written), None)
    if late is not None:
        raise LessonError(
            f"the model's column {column} reads {late}, which comes after it: put {late} first"
        )
    return evaluate(formula, tuple(written), list(written.values()))


def _net(neurons: int, function: str, inputs: Sequence[str]) -> str:
    """Write a net with one hidden layer over all inputs.

    >>> _net(2, "relu", ["x"])
    'h1 = relu(a1*x + b1); h2 = relu(a2*x + b2); w1*h1 + w2*h2 + c'
    """
    layer, names = [], {each.lower() for each in inputs}
    for each in range(1, neurons + 1):
        weights = [
            f"a{each}" if len(inputs) == 1 else f"a{each}_{place}"
            for place, _ in enumerate(inputs, start=1)
        ]
        taken = names.intersection((*weights, f"b{each}", f"h{each}", f"w{each}", "c"))
        if taken:
            raise LessonError(
                f"a net calls a parameter or a column {min(taken)}, and an input column is called "
                "so: rename that, or write the model out"
            )
        summed = " + ".join(f"{w}*{x}" for w, x in zip(weights, inputs, strict=True))
        layer.append(f"h{each} = {function}({summed} + b{each})")
    outer = " + ".join(f"w{each}*h{each}" for each in range(1, neurons + 1))
    return "; ".join([*layer, f"{outer} + c"])


def _check(
    formula: str, expression: Expression, parameters: Sequence[str], inputs: tuple[str, ...]
) -> None:
    """Refuse what is no model of some inputs."""
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


def classifying(model: Model) -> Model:
    """Return the model with a sigmoid at its end, of a column called logit.

    Where the formula does not end in one it is added; 1/(1 + exp(-...)) is one, written out.

    >>> classifying(LINE).name, classifying(LINE).text
    ('sigmoid(m*x+b)', '(1+TANH(logit/2))/2 with logit = m*x+b')
    >>> classifying(model_of("1/(1 + exp(-w*x))")).score.text
    '(-((-w)*x))'
    """
    if LOGIT in model.hidden and model.output == sigmoid(Symbol(LOGIT)):
        return model
    if LOGIT in {*model.hidden, *model.parameters, *model.inputs}:
        raise LessonError(
            f"model {model.name}: a column or parameter is called {LOGIT}, as what the last "
            "sigmoid is taken of will be; choose another name"
        )
    whole, last = _pressed(model.expression), _pressed(model.output)
    name = model.name
    if whole is None:
        whole, last = model.expression, model.output
        name = f"sigmoid({model.name if model.hidden else model.text})"
    return replace(
        model,
        name=name,
        expression=sigmoid(whole),
        hidden={**model.hidden, LOGIT: whole if last is None else last},
        output=sigmoid(Symbol(LOGIT)),
    )


def _pressed(expression: Expression) -> Expression | None:
    """Return what an expression is the sigmoid of, if it is one, written out or not."""
    match expression:
        case Operation("sigmoid", (inner,)):
            return inner
        case Operation("/", (one, Operation("+", (first, second)))) if ONE in (first, second):
            power = second if first == ONE else first
            if one == ONE and isinstance(power, Operation) and power.function == "exp":
                (inner,) = power.operands
                if isinstance(inner, Operation) and inner.function == "negative":
                    return inner.operands[0]
                return -inner
    return None


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


CONSTANT = "polynomial 0"
"""Whoever asks for it wants a prediction that is the same for every x."""


def meant_otherwise(model: Model) -> Iterator[str]:
    """Yield what means something else where formulas are written by hand, or cannot be learned."""
    for name in model.like_products:
        yield f"{name} is one parameter here: if a product is meant, write {'*'.join(name)}"
    if any(map(_is_exponential, operations_of([model.expression]))):
        yield "e is a parameter here, which is learned: for a power of the number e, write exp(...)"
    if model.only_jumps:
        yield (
            "step is level but for its jump, so that its derivative is 0 and no descent can learn "
            f"{' or '.join(model.only_jumps)}: write sigmoid(...) in its place"
        )


def _is_exponential(part: Operation) -> bool:
    """Whether it is a power of e, as the number e is written."""
    if part.function != "^":
        return False
    base, exponent = part.operands
    return base == Symbol("e") and not isinstance(exponent, Number)
