"""A step as an affine map: new state = A*state + c, with A and c from the row alone.

Squared errors of a model that is linear in its parameters make every gradient rule affine, the
forward difference, too: de/dm = 2*x*(m*x + b - y) + nudge*x^2. Nobody has to say so here: the
columns of the step are differentiated by the rules of calculus, and where their slopes are the
same in every state, the step is that map.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sheetgd.maths.calculus import ZERO, at_zero, derivative, times
from sheetgd.maths.degree import degree
from sheetgd.maths.evaluation import evaluate
from sheetgd.maths.expression import Expression, Number, Operation, Symbol
from sheetgd.maths.step import Method
from sheetgd.maths.tracing import ROW, ROWS, column_expressions, needed_for, state_columns

_PLACES = (-2.3, -0.7, 0.4, 1.1, 3.9)
_NEARLY = 1e-6
_MOST_NUMBERS = 64
"""A state of more numbers has maps so large that row by row is the faster way."""


@dataclass(frozen=True, kw_only=True)
class StepMap:
    """The step of a row as a map of the state that it starts from.

    Attributes:
        state: what the row takes over: the parameters, and what else is carried on.
        columns: expressions by name, in symbols of the row and of each other.
        matrix: the names of A's entries, a line for each new value; the last of a line is c.
        residual: the names of what y_pred - y is made of: its slope by each parameter, and
            what it is where all of them are 0.
    """

    state: tuple[str, ...]
    columns: Mapping[str, Expression]
    matrix: tuple[tuple[str, ...], ...]
    residual: tuple[str, ...]


@lru_cache(maxsize=256)
def step_map(method: Method) -> StepMap | None:
    """The step as an affine map; None where it is none, or its figure no sum of squares.

    >>> found = step_map(Method(gradient="exact"))
    >>> found.matrix[1], step_map(Method(optimizer="adam"))
    (('new_b by m', 'new_b by b', 'new_b alone'), None)
    """
    squares = method.loss == method.figure_loss.name == "mse"
    if not squares or method.rule.carry_decimals is not None or not method.model.linear:
        return None
    columns, state = column_expressions(method), state_columns(method)
    if len(state) > _MOST_NUMBERS or not _at_most_squares(columns, state):
        return None
    error = columns[method.error_column]
    assert isinstance(error, Operation)  # noqa: S101  a squared error is a square
    columns = {**columns, "residual": error.operands[0]}
    wanted = needed_for([*state.values(), "residual"], columns)
    by = [*state, "y"]
    slopes = _slopes({name: columns[name] for name in wanted}, by)
    if not _same_everywhere(columns, slopes, [*state.values(), "residual"], by, method):
        return None
    return _gathered(method, {name: columns[name] for name in wanted}, slopes)


def _at_most_squares(columns: Mapping[str, Expression], state: Mapping[str, str]) -> bool:
    degrees: dict[str, float] = {**dict.fromkeys(state, 1.0), "y": 1.0}
    for name, expression in columns.items():
        degrees[name] = degree(expression, degrees)
    return all(degrees[name] <= 2 for name in (*state.values(), "y_pred"))  # noqa: PLR2004  a square


def _slopes(
    columns: Mapping[str, Expression], by: Sequence[str]
) -> dict[tuple[str, str], Expression]:
    """The slope of every column by each of some symbols: the chain rule, column by column."""
    found: dict[tuple[str, str], Expression] = {}
    for name, expression in columns.items():
        through = [each for each in dict.fromkeys(expression.symbols()) if each in columns]
        partials = {each: derivative(expression, each) for each in (*through, *by)}
        for symbol in by:
            slope = partials[symbol]
            for each in through:
                part = times(partials[each], found[each, symbol])
                slope = part if slope == ZERO else slope if part == ZERO else slope + part
            found[name, symbol] = slope
    return found


def _gathered(
    method: Method,
    columns: Mapping[str, Expression],
    slopes: Mapping[tuple[str, str], Expression],
) -> StepMap:
    """The map's entries where state and y are 0, simplified."""
    state = state_columns(method)
    nothing = {*state, "y"}
    found: dict[str, Expression] = {}

    def settled(name: str, expression: Expression) -> str:
        found[name] = at_zero(expression, nothing)
        return name

    for name, expression in columns.items():
        if found[settled(name, expression)] == ZERO:
            nothing.add(name)

    def line(column: str, by: Sequence[str]) -> tuple[str, ...]:
        entries = [settled(f"{column} by {each}", slopes[column, each]) for each in by]
        at_y = times(at_zero(slopes[column, "y"], nothing), Symbol("y"))
        alone = found[column]
        found[f"{column} alone"] = at_y if alone == ZERO else alone + at_y
        return (*entries, f"{column} alone")

    return StepMap(
        state=tuple(state),
        matrix=tuple(line(column, list(state)) for column in state.values()),
        residual=line("residual", method.model.parameters),
        columns=found,
    )


def _same_everywhere(
    columns: Mapping[str, Expression],
    slopes: Mapping[tuple[str, str], Expression],
    ends: Sequence[str],
    by: Sequence[str],
    method: Method,
) -> bool:
    """Whether slopes do not depend on the state, tried with numbers.

    What is at most a square has slopes that are the same everywhere if they are the same at
    two places, unless one is unlucky with these.
    """
    for x in _PLACES:
        known = {"x": x, ROW: 2.0, ROWS: 5.0, "batch": 3.0, "learn": 0.3, "nudge": 0.7, "beta": 0.6}
        trials = [
            {name: scale * (1.0 + 0.37 * place) for place, name in enumerate(by)}
            for scale in (0.0, 1.7)
        ]
        found = [_numbers(columns, slopes, ends, {**known, **trial}, method) for trial in trials]
        for one, other in zip(*found, strict=True):
            if not abs(one - other) <= _NEARLY * (1.0 + abs(one)):
                return False
    return True


def _numbers(
    columns: Mapping[str, Expression],
    slopes: Mapping[tuple[str, str], Expression],
    ends: Sequence[str],
    cells: dict[str, float],
    method: Method,
) -> list[float]:
    for name in method.mover.hyper:
        cells.setdefault(name, 0.5)
    for name in needed_for(ends, columns):
        cells[name] = _number(columns[name], cells)
    return [_number(slope, cells) for (column, _), slope in slopes.items() if column in set(ends)]


def _number(expression: Expression, cells: Mapping[str, float]) -> float:
    if isinstance(expression, Number):
        return expression.value
    names = tuple(dict.fromkeys(expression.symbols()))
    return evaluate(expression, names, [cells[name] for name in names] or [0.0])
