"""The columns of a step: their formulas, what follows from the row alone."""

import pytest

from sheetgd.descent.model import classifying, model_of
from sheetgd.descent.step import (
    OF_THE_ROW,
    Step,
    before,
    own_columns,
    own_expressions,
    settings_of,
    step_columns,
)
from sheetgd.expression.numbers import program_of
from sheetgd.expression.sheet_cells import formula_of
from sheetgd.expression.tree import Symbol


@pytest.mark.parametrize(
    ("optimizer", "batched", "formulas"),
    [
        ("sgd", False, {"error_sq": "(y_pred-y)^2", "new_m": "m-learn*de/dm"}),
        ("sgd", True, {"new_m": "IF(ends=1,m-learn*g_m,m)", "g_m": "sum_m/in_batch"}),
        ("momentum", False, {"v_m": "beta*last v_m+de/dm", "new_m": "m-learn*v_m"}),
        ("momentum-ema", False, {"v_m": "beta*last v_m+(1-beta)*de/dm"}),
        (
            "adagrad",
            False,
            {
                "s_m": "last s_m+(de/dm)^2",
                "new_m": "m-IF(SQRT(s_m)+eps=0,0,learn*de/dm/(SQRT(s_m)+eps))",
            },
        ),
        ("rmsprop", False, {"s_m": "rho*last s_m+(1-rho)*(de/dm)^2"}),
        (
            "adam",
            True,
            {
                "t": "last t+ends",
                "v_m": "IF(ends=1,beta1*last v_m+(1-beta1)*g_m,last v_m)",
                "new_m": "IF(ends=1,m-IF(SQRT(s_m/(1-beta2^t))+eps=0,0,"
                "learn*(v_m/(1-beta1^t))/(SQRT(s_m/(1-beta2^t))+eps)),m)",
                "in_batch": "MOD(row-1,batch)+1",
                "ends": "IF(in_batch=batch,1,IF(row=rows,1,0))",
                "sum_m": "IF(in_batch=1,de/dm,last sum_m+de/dm)",
            },
        ),
    ],
)
def test_formulas_of_a_step_in_words(
    optimizer: str,
    batched: bool,  # noqa: FBT001  a column of the table
    formulas: dict[str, str],
) -> None:
    method = Step(optimizer=optimizer, batched=batched, gradient="analytic")
    columns = {column.name: column for column in step_columns(method)}

    class Words(dict[str, Symbol]):
        def __missing__(self, name: str) -> Symbol:
            return Symbol(name)

    for name, text in formulas.items():
        found = str(formula_of(columns[name].compute(Words()))).replace("de/dm^2", "(de/dm)^2")
        assert found == text


def test_columns_that_follow_from_the_row_alone_are_the_same_at_all_parameters() -> None:
    method = Step(optimizer="adam", batched=True, gradient="analytic")
    columns, found = step_columns(method), []
    for state in (0.5, 1.5):
        cells = {"row": 4.0, "rows": 4.0, "batch": 3.0, "learn": 0.1, **method.optimizer_rule.hyper}
        cells |= {before(column.name): state for column in columns if column.carried}
        cells |= {"x": 4.0, "y": 3.0, "m": state, "b": state, before("t"): 1.0}
        for column in columns:
            cells[column.name] = column.compute(cells)
        found.append(cells)
    same = {column.name for column in columns if found[0][column.name] == found[1][column.name]}
    assert same == set(OF_THE_ROW)
    assert [found[0][name] for name in OF_THE_ROW] == [1, 1, 2]


OWN = {
    "a line": (Step(gradient="analytic", batched=True), "2*(y_pred-y)*x"),
    "nudged": (Step(gradient="forward", batched=True), "(err_m1-error_sq)/nudge"),
    "classes": (
        Step(
            model=classifying(model_of("m*x + b")),
            loss="log-loss",
            metric="log-loss",
            gradient="analytic",
            batched=True,
        ),
        "(y_pred-y)*x",
    ),
    "layers": (
        Step(
            model=model_of("h = tanh(a*x); m*h + b"),
            gradient="analytic",
            optimizer="adam",
            batched=True,
        ),
        "2*(y_pred-y)*h",
    ),
    "the chain rule": (
        Step(model=model_of("h = tanh(a*x); m*h + b"), gradient="backprop", batched=True),
        "de/dy_pred*h",
    ),
}


@pytest.mark.parametrize("name", OWN)
def test_a_rows_own_columns_say_the_same_bit_for_bit_in_fewer_words(name: str) -> None:
    method, derivative = OWN[name]
    given = ("x", "y", *method.model.parameters, *settings_of(method))
    row = dict(zip(given, (0.7, 1.0, 0.3, -1.1, 0.2, 0.01, 0.003, 0.9, 0.99, 1e-8), strict=False))
    told = own_expressions(method, {each: Symbol(each) for each in given}, Symbol)
    assert str(formula_of(told["de/dm"])) == derivative
    assert [*told] == [column.name for column in own_columns(method)]
    other = dict(row)
    for column in own_columns(method):
        row[column.name] = column.compute(row)
        program = program_of(told[column.name])
        other[column.name] = program([other[each] for each in program.names])
        assert other[column.name].hex() == row[column.name].hex(), column.name
