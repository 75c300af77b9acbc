"""Calls of the library with odd arguments: each gives a value, or an error that says what to do.

A line of the table is a call and, after ``->``, its value, or after ``!!`` how its error begins: a
LessonError, where no other is named.
"""

from decimal import Decimal
from fractions import Fraction
from math import inf, nan
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sheetgd
from sheetgd.errors import LessonError, SheetgdError

FRAME = pd.DataFrame({"a": [1, 2, 3], "y": [2.0, 3.0, 5.0], "note": list("abc")})


def lesson(**settings: Any) -> sheetgd.Lesson:  # noqa: ANN401  of any type, as is tried here
    """A small lesson, with settings of whatever kind."""
    return sheetgd.Lesson(**{"x": (1, 2, 3), "y": (3, 5, 7), "lr": 0.05, **settings})


NAMES = {
    **{name: getattr(sheetgd, name) for name in sheetgd.__all__},
    "np": np,
    "pd": pd,
    "Decimal": Decimal,
    "Fraction": Fraction,
    "inf": inf,
    "nan": nan,
    "FRAME": FRAME,
    "lesson": lesson,
}

CALLS = r"""
lesson().run(2.5) !! epochs is 2.5: it must be a whole number, 0 or more
lesson().run(2.0) !! epochs is 2.0: it must be a whole number, 0 or more
lesson().run("3") !! epochs is '3': it must be a whole number, 0 or more
lesson().run(True) !! epochs is True: it must be a whole number, 0 or more
lesson().run(-1) !! epochs is -1: it must be a whole number, 0 or more
lesson().run(nan) !! epochs is nan: it must be a whole number, 0 or more
lesson().run(np.int64(2)).epochs -> 2
lesson().run(Fraction(2)).epochs !! epochs is Fraction(2, 1): it must be a whole number, 0 or more
lesson().run(10**10) !! a log of 10,000,000,001 lines would take 610,351 MiB of memory, and may
lesson().run(10**30) !! epochs is 1000000000000000000000000000000 (beyond 9,007
lesson().run(10**5000) !! epochs is a number of thousands of digits (beyond 9,007,199
lesson().run([3]) !! epochs is [3]: it must be a whole number, 0 or more
lesson().run(None).epochs -> 5
lesson().run(0).epochs -> 0
lesson().run(5, every=0) !! every is 0: it must be a whole number, 1 or more
lesson().run(5, every=2.5) !! every is 2.5: it must be a whole number, 1 or more
lesson().run(5, every=-1) !! every is -1: it must be a whole number, 1 or more
lesson().run(5, every=None) !! every is None: it must be a whole number, 1 or more
lesson().run(5, every=10**30) !! every is 1000000000000000000000000000000 (beyond 9,007
lesson().run(5, every=2**40).logged -> [0, 5]
lesson().run(5, every=2).logged -> [0, 2, 4, 5]
lesson().run(2**40, every=2**12) !! a log of 268,435,457 lines would take 16,384 MiB of memory, and
lesson().run(40_000_000).steps_table() !! a log of 40,000,001 lines would take 2,441 MiB of memory,
lesson(epochs=10**9).run() !! a log of 1,000,000,001 lines would take 61,035 MiB of memory, and may
lesson(epochs=2.5) !! epochs is 2.5: it must be a whole number, 0 or more
lesson(epochs=2.0) !! epochs is 2.0: it must be a whole number, 0 or more
lesson(epochs="3") !! epochs is '3': it must be a whole number, 0 or more
lesson(epochs=True) !! epochs is True: it must be a whole number, 0 or more
lesson(epochs=None) !! epochs is None: it must be a whole number, 0 or more
lesson(epochs=-1) !! epochs is -1: it must be a whole number, 0 or more
lesson(epochs=10**30) !! epochs is 1000000000000000000000000000000 (beyond 9,007
lesson(epochs=-10**30) !! epochs is -1000000000000000000000000000000 (beyond 9,007
lesson(epochs=10**5000) !! epochs is a number of thousands of digits (beyond 9,007,199
lesson(epochs=2**53).epochs_run -> 9007199254740992
lesson(epochs=2**53 + 1) !! epochs is 9007199254740993 (beyond 9,007,199,254,740,992)
lesson(epochs=nan) !! epochs is nan: it must be a whole number, 0 or more
lesson(epochs=[5]) !! epochs is [5]: it must be a whole number, 0 or more
lesson(clicks=1.5) !! clicks is 1.5: it must be a whole number, 0 or more
lesson(clicks=-1) !! clicks is -1: it must be a whole number, 0 or more
lesson(clicks=10**400) !! clicks is 1000000000000000000
lesson(capacity=0) !! capacity is 0: it must be a whole number, 1 or more
lesson(capacity=2, epochs=3) !! capacity 2 has no room for epochs 3 x clicks 1: make capacity at
lesson(capacity=3, epochs=3).capacity -> 3
lesson(capacity=7, epochs=4, clicks=2) !! capacity 7 has no room for epochs 4 x clicks 2: make
lesson(capacity=1e3) !! capacity is 1000.0: it must be a whole number, 1 or more
lesson(capacity=50).changed(epochs=51).capacity -> 51
lesson(patience=3) !! patience 3 goes with min_delta: it says for how many epochs the metric may
lesson(patience=0, min_delta=0.1) !! patience is 0: it must be a whole number, 1 or more
lesson(min_delta=nan) !! min_delta is nan: it must be a number, 0 or more
lesson(min_delta=-0.1) !! min_delta is -0.1: it must be a number, 0 or more
lesson(min_delta=inf) !! min_delta is inf: it must be a number, 0 or more
lesson(min_delta="0.1") !! min_delta is '0.1': it must be a number, 0 or more
lesson(tolerance=0.1) !! a lesson has no setting 'tolerance': write min_delta
lesson(lr=0) !! learning_rate is 0: it must be a number above 0, or "auto"
lesson(lr=-0.1) !! learning_rate is -0.1: it must be a number above 0, or "auto"
lesson(lr=nan) !! learning_rate is nan: it must be a number above 0, or "auto"
lesson(lr=inf) !! learning_rate is inf: it must be a number above 0, or "auto"
lesson(lr="fast") !! learning_rate is 'fast': it must be a number above 0, or "auto"
lesson(lr="0.1") !! learning_rate is '0.1': it must be a number above 0, or "auto"
lesson(lr=True) !! learning_rate is True: it must be a number above 0, or "auto"
lesson(lr=None) !! learning_rate is None: it must be a number above 0, or "auto"
lesson(lr=1j) !! learning_rate is 1j: it must be a number above 0, or "auto"
lesson(lr=[0.1]) !! learning_rate is [0.1]: it must be a number above 0, or "auto"
lesson(lr=10**400) !! learning_rate is 1000000000000000000
lesson(lr=Decimal("0.1")).training.learning_rate -> 0.1
lesson(lr=Fraction(1, 4)).training.learning_rate -> 0.25
lesson(lr=np.float32(0.5)).training.learning_rate -> 0.5
lesson(lr=Decimal("NaN")) !! learning_rate is Decimal('NaN'): it must be a number above 0, or "auto"
lesson(lr=0.1, learn=0.2) !! learn is another name of learning_rate, and both are given: leave one
lesson(lr=5e-324).training.learning_rate -> 5e-324
lesson(difference_step=0) !! difference_step is 0: it must be a number above 0, or "auto"
lesson(difference_step=nan) !! difference_step is nan: it must be a number above 0, or "auto"
lesson(nudge="small") !! difference_step is 'small': it must be a number above 0, or "auto"
lesson(start=1) !! start has 1 value: give one each for m, b
lesson(start=(1,)) !! start has 1 value: give one each for m, b
lesson(start=(1, 2, 3)) !! start has 3 values: give one each for m, b
lesson(start=(nan, 1)) !! start: value 1 is nan; only finite numbers will do
lesson(start=(-inf, 1)) !! start: value 1 is -inf; only finite numbers will do
lesson(start="12") !! start is '12': it must be a number for each parameter
lesson(start={"m": 1}) !! start has no b: it needs m, b
lesson(start={"m": 1, "b": 2, "c": 3}) !! start names 'c', which is no parameter: it needs m, b
lesson(start={"m": 1, "b": None}) !! start.b is None: it must be a finite number
lesson(start={"b": 2, "m": 1}).training.start -> (1.0, 2.0)
lesson(start=[1, "2"]) !! start: value 2 is '2', and no number
lesson(start=(10**400, 1)) !! start: value 1 is inf; only finite numbers will do
lesson(start=np.array([1, 2])).training.start -> (1.0, 2.0)
lesson(start=True) !! start is True: it must be a number for each parameter
lesson(start={1, 2}) !! start is {1, 2}: it must be a number for each parameter
lesson(start=(1, 10**5000)) !! start: value 2 is inf; only finite numbers will do
lesson(start=None) !! start is None: it must be a number for each parameter
lesson(seed=1.5) !! seed is 1.5: it must be a whole number
lesson(seed=1, start=(1, 2)) !! seed 1 draws a start at random, and a start is given: leave out one
lesson(seed=10**30) !! seed is 1000000000000000000000000000000 (beyond 9,007
lesson(shuffle=0.5) !! shuffle is 0.5: it must be a whole number
lesson(shuffle="3") !! shuffle is '3': it must be a whole number
lesson(shuffle=True) !! shuffle is True: it must be a whole number
lesson(shuffle=-3).run(1).epochs -> 1
lesson(batch_size=0) !! batch_size is 0: it must be a whole number, 1 or more, or "all"
lesson(batch_size=2.5) !! batch_size is 2.5: it must be a whole number, 1 or more, or "all"
lesson(batch_size=4) !! batch_size is 4: there are only 3 rows; use all
lesson(batch_size="most") !! batch_size is 'most': it must be a whole number, 1 or more, or "all"
lesson(batch_size="all").batch_size -> 3
lesson(batch_size=10**30) !! batch_size is 1000000000000000000000000000000 (beyond 9,007
lesson(l2=-1) !! l2 is -1: it must be a number, 0 or more
lesson(l2=nan) !! l2 is nan: it must be a number, 0 or more
lesson(l1="much") !! l1 is 'much': it must be a number, 0 or more
lesson(l2=0.1, penalize="m") !! penalize is 'm': it must be a list of texts
lesson(l2=0.1, penalize=["q"]) !! penalize names 'q', which is no parameter: choose from m, b
lesson(penalize=["m"]) !! penalize is for l2 or l1: give one of them, too
lesson(optimizer="momentum", hyperparameters={"beta": 1}) !! beta is 1.0: it must be a number from
lesson(optimizer="momentum", hyperparameters={"beta": nan}) !! hyperparameters is {'beta': nan}: it
lesson(optimizer="momentum", hyperparameters={"bta": 0.5}) !! bta is not a hyperparameter of the
lesson(optimizer="momentum", hyperparameters=0.9) !! hyperparameters is 0.9: it must be numbers by
lesson(optimizer="adamm") !! optimizer 'adamm' is not known: choose from sgd, momentum,
lesson(optimizer=3) !! optimizer 3 is not known: choose from sgd, momentum, momentum-ema, nesterov,
lesson(optimizer=None) !! optimizer None is not known: choose from sgd, momentum, momentum-ema,
lesson(hyperparameters={"beta": 0.5}) !! beta is not a hyperparameter of the optimiser sgd: it has
lesson(optimizer="adam", optimizer_state={"t": 1.5}) !! optimizer_state.t is 1.5: it must be a
lesson(optimizer="adam", optimizer_state={"q": 1}) !! optimizer_state names q: the optimiser adam
lesson(schedule="StepLR") !! the schedule StepLR needs step_size: give
lesson(schedule="StepLR", schedule_parameters={"step_size": 0}) !! schedule_parameters.step_size is
lesson(schedule="StepLR", schedule_parameters={"step_size": 2.5}) !! schedule_parameters.step_size
lesson(schedule="StepLR", schedule_parameters={"step_size": inf}) !! schedule_parameters is
lesson(schedule="StepLR", schedule_parameters={"stepsize": 2}) !! stepsize is not a parameter of
lesson(schedule="cosine") !! schedule 'cosine' is not known: choose from constant, StepLR,
lesson(schedule_parameters={"gamma": 0.5}) !! gamma is not a parameter of the schedule constant: it
lesson(loss="msee") !! loss 'msee' is not known: choose from mse, mae, huber, log-loss; did you
lesson(loss="l2") !! loss 'l2' is not known: choose from mse, mae, huber, log-loss; l2 is a penalty
lesson(metric="r3") !! metric 'r3' is not known: choose from rmse, mse, mae, huber, log-loss,
lesson(metric=1) !! metric 1 is not known: choose from rmse, mse, mae, huber, log-loss, root_sse,
lesson(gradient="foward") !! gradient 'foward' is not known: choose from forward, central,
lesson(gradient="exact") !! gradient 'exact' is not known: choose from forward, central, analytic,
lesson(scale="zscore") !! scale 'zscore' is not known: choose from none, standard, sample, minmax;
lesson(layout="steps") !! layout 'steps' is not known: choose from auto, rows, epochs; did you mean
lesson(layout="epochs") !! layout epochs has a row for every epoch, so all rows must make one step
lesson(validation=0) !! validation is 0: it must be a share above 0 and below 1, "every 4" with a
lesson(validation=1) !! validation is 1: it must be a share above 0 and below 1, "every 4" with a
lesson(validation="0.2_5") !! validation is '0.2_5': it must be a share above 0 and below 1, "every
lesson(validation=nan) !! validation is nan: it must be a share above 0 and below 1, "every 4" with
lesson(validation="every 1") !! validation is 'every 1': it must be a share above 0 and below 1,
lesson(validation="every x") !! validation is 'every x': it must be a share above 0 and below 1,
lesson(validation="every " + "9" * 5000) !! validation is 'every
lesson(validation_seed=0.5) !! validation_seed is 0.5: it must be a whole number
lesson(restore_best=1) !! restore_best is 1: it must be true or false
lesson(restore_best="yes") !! restore_best is 'yes': it must be true or false
lesson(stop_diverging=None) !! stop_diverging is None: it must be true or false
lesson(title=3) !! title is 3: it must be a text
lesson(title="t" * 100_000) !! title has 100,000 characters: at most 255 are accepted
lesson(sample=0) !! sample is 0: it must be a whole number, 1 or more
lesson(panels=[2.5]) !! panels is [2.5]: it must be a list of whole numbers, 0 or more
lesson(panels=[10**5000]) !! panels is a number of thousands of digits: it must be a list of
lesson(panels=[1000]) !! panels shows epoch 1000: the workbook has room for 50; make capacity at
lesson(panels=5) !! panels is 5: it must be a list of whole numbers, 0 or more
lesson(rates=[0]) !! rates is [0]: it must be a list of numbers above 0, of no more than 10,000
lesson(rates=[nan]) !! rates is [nan]: it must be a list of numbers above 0, of no more than 10,000
lesson(rates="0.1") !! rates is '0.1': it must be a list of numbers above 0, of no more than 10,000
lesson(rates=[0.1] * 10_001) !! rates is [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1,
lesson(rates=np.ones(10**7)) !! rates is array([1., 1., 1., ..., 1., 1., 1.], shape=(10000000,)):
lesson(rate_epochs=1) !! rate_epochs is 1: it must be a whole number, 2 or more
lesson(controls="no") !! controls is 'no': it must be true or false
lesson(lern=0.1) !! a lesson has no setting 'lern': choose from x_name, y_name, reconstructed,
lesson(model="2x") !! model '2x' is not a formula: write 2*x where 2x stands, if a product is meant
lesson(model="x" * 10_000) !! the model's formula has 10,000 characters: at most 500 are accepted
lesson(model="polynomial 2.5") !! model 'polynomial 2.5' is not known: write polynomial and its
lesson(model="(0-1)^1.01*m*x+b") !! model (0-1)^1.01*m*x+b has no value in row 1, x = 1, at the
lesson(model="1_000*m*x+b") !! model '1_000*m*x+b' holds the number 1_000: write it in decimals
lesson(model=3) !! model is 3: it must be a text
lesson(model="") !! model '' is empty: write a formula such as m*x + b
Lesson() !! x is None: give numbers, or a DataFrame and the name of its column
Lesson(x=[1, 2]) !! y is None: give numbers, or a DataFrame and the name of its column
Lesson(x=[], y=[]) !! the data has no rows: at least one is needed
Lesson(x=[1, 2], y=[1]) !! x has 2 values and y has 1: each row needs both
Lesson(x=[1, nan], y=[1, 2]) !! x: value 2 is nan; only finite numbers will do
Lesson(x=[1, None], y=[1, 2]) !! x: value 2 is missing, and no number
Lesson(x=[1, True], y=[1, 2]) !! x: value 2 is True, and no number
Lesson(x=[1, "2"], y=[1, 2]) !! x: value 2 is '2', and no number
Lesson(x="12", y=[1, 2]) !! x is '12': give numbers, or a DataFrame and the name of its column
Lesson(x={1, 2}, y=[1, 2]) !! x is a set: give numbers in a list, an array or a Series
Lesson(x=5, y=[1]) !! x is 5: give numbers in a list, an array or a Series
Lesson(x=np.ones((2, 1)), y=[1, 2]).n_rows -> 2
Lesson(x=np.array(["a", "b"]), y=[1, 2]) !! x holds <U1: give numbers
Lesson(x=[10**400, 1], y=[1, 2]) !! x: value 1 is inf; only finite numbers will do
Lesson(x=[1, 10**5000], y=[1, 2]) !! x: value 2 is inf; only finite numbers will do
Lesson(x=range(3), y=range(3)).n_rows -> 3
Lesson(x=pd.Series([1, 2]), y=pd.Series([1, pd.NA])) !! y: value 2 is missing, and no number
Lesson(x=iter([1, 2]), y=iter([3, 4])).n_rows -> 2
Lesson(x=[1j, 2], y=[1, 2]) !! x: value 1 is a complex, and no number
Lesson(FRAME) !! DataError: the DataFrame
Lesson(FRAME, x="a", y="q") !! DataError: the DataFrame
Lesson(FRAME, x="a", y=3) !! y holds numbers, but there are data: give a column's name
Lesson(FRAME, x="a", y="note") !! DataError: the DataFrame
Lesson(FRAME, x="a", y="y").n_rows -> 3
Lesson(FRAME.iloc[:0], x="a", y="y") !! DataError: the DataFrame
Lesson({"x": [1, 2], "y": [1, 2]}).n_rows -> 2
Lesson({"x": [1, 2], "y": [1]}) !! DataError: the DataFrame
from_frame(FRAME, "a", "y").x -> (1.0, 2.0, 3.0)
from_frame(FRAME, "q", "y") !! DataError: the DataFrame
from_frame(3) !! DataError: the DataFrame
sweep(lesson(), [0.1], 1) !! epochs is 1: it must be a whole number, 2 or more
sweep(lesson(), [0.1], 2.5) !! epochs is 2.5: it must be a whole number, 2 or more
sweep(lesson(), [0.1], "3") !! epochs is '3': it must be a whole number, 2 or more
sweep(lesson(), [0.1], 10**10) !! a sweep of 1 rate over 10,000,000,000 epochs would take 381,469
sweep(lesson(), [0.1], 10**30) !! epochs is 1000000000000000000000000000000 (beyond 9,007
sweep(lesson(), [0], 2) !! rates is [0]: it must be a list of numbers above 0, of no more than
sweep(lesson(), [nan], 2) !! rates is [nan]: it must be a list of numbers above 0, of no more than
sweep(lesson(), [], 2).rates[:1] -> (0.0001,)
sweep(lesson(), "0.1", 2) !! rates is '0.1': it must be a list of numbers above 0, of no more than
sweep(lesson(), 0.1, 2) !! rates is 0.1: it must be a list of numbers above 0, of no more than
sweep(lesson(), [0.1] * 10_001, 2) !! rates is [0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1, 0.1,
sweep(lesson(), np.geomspace(1e-6, 1, 10**7), 2) !! rates is array([1.00000000e-06, 1.00000138e-06,
sweep(lesson(), [0.1], 2).epochs -> 2
sweep(lesson(), [0.1], None).epochs -> 50
surface_table(lesson()).shape -> (8, 11)
surface_table(lesson(model="quadratic")) !! a heat map needs a model of one or two parameters
surface_table(lesson(grid=[[1, 2], [3]])).shape -> (2, 1)
lesson(grid=[[1, 2]]) !! grid has 1 side: give one each for m, b
lesson(grid=[[nan], [1]]) !! grid: value 1 is nan; only finite numbers will do
lesson(grid=3) !! grid is 3: it must be a list of numbers for each parameter
lesson().run(3).predict("x") !! x is 'x': give numbers in a list, an array or a Series
lesson().run(3).predict([nan]) !! x: value 1 is nan; only finite numbers will do
lesson().run(3).predict([]).shape -> (0,)
lesson().run(3).predict({"q": [1]}).shape -> (1,)
lesson().run(3).predict(None) !! x is missing: give numbers in a list, an array or a Series
lesson().run(3).predict([[1, 2]]) !! x: value 1 is a list, and no number
lesson().run(3).passed(4)["x"] -> [1.0, 2.0, 3.0]
lesson().run(3).passed(5) !! there is no pass 5: they are 1 to 4
lesson().run(3).passed(0) !! there is no pass 0: they are 1 to 4
lesson().run(3).passed(2.5) !! there is no pass 2.5: they are 1 to 4
lesson().build("b.xls") !! OutputError: b.xls: a workbook's name ends in .xlsx; call it b.xls.xlsx
lesson().build("") !! OutputError: .: a workbook's name ends in .xlsx; call it .xlsx
lesson().build(".") !! OutputError: .: a workbook's name ends in .xlsx; call it .xlsx
lesson().build("b.xlsx", compress="huge") !! compress 'huge' is not known: choose from fast, small
lesson(epochs=10**9).build("b.xlsx") !! 1,000,000,000 epochs of 3 rows would need 3,000,000,007
lesson(epochs=10**9, batch_size="all").build("b.xlsx") !! 1,000,000,000 epochs would need
lesson(capacity=10**15).build("b.xlsx") !! 1,000,000,000,000,000 epochs of 3 rows would need
draw_picture(lesson(), "p.jpg") !! OutputError: p.jpg: a picture's name ends in .png or .svg, that
draw_picture(lesson(), "p.png", kind="hot") !! kind 'hot' is not known: choose from all, surface,
draw_picture(lesson(), "p.png", over=["m", "q"]) !! over 'q' is not known: choose from m, b
draw_picture(lesson(), "p.png", over=["m"]) !! over is m: a landscape of this model is over two
draw_picture(lesson(), "p.png", kind="fit", over=["m", "b"]) !! over is for the kinds all, surface,
draw_picture(lesson(epochs=10**10), "p.png") !! a log of 10,000,000,001 lines would take 610,351
shipped_lesson("orignal") !! lesson 'orignal' is not known: choose from batches, dosage, houses,
lesson().changed(epochs=2.5) !! epochs is 2.5: it must be a whole number, 0 or more
lesson().changed(lern=1) !! a lesson has no setting 'lern': choose from x_name, y_name,
lesson().changed(start=(nan, 1)) !! start: value 1 is nan; only finite numbers will do
lesson().replaced(epochs="2") !! epochs is '2': it must be a whole number, 0 or more
lesson().with_settings({"epochs": -1}) !! epochs is -1: it must be a whole number, 0 or more
lesson(variants=[Variant(title="v", changes={"lr": nan})]) !! learning_rate is nan: it must be a
lesson(variants=[Variant(title="v", changes={"lern": 1})]) !! a lesson has no setting 'lern':
lesson(variants=3) !! variants is 3: it must be a list of records
len(lesson(variants=[Variant(title=f"v{i}", changes={}) for i in range(50)]).display.variants) -> 50
lesson(variants=[Variant(title=f"v{i}", changes={}) for i in range(51)]) !! the lesson has 51
largest_stable_rate(lesson(gradient="analytic")) > 0 -> True
epoch_factor(lesson(lr=1e300)) -> inf
lesson(lr=1e300).run(2).verdict -> Verdict.DIVERGING
""".strip().splitlines()


@pytest.mark.filterwarnings("ignore::sheetgd.SheetgdWarning")
@pytest.mark.parametrize("line", CALLS)
def test_a_call_gives_its_value_or_says_what_is_wrong(
    line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    call, wrong, says = line.partition(" !! ")
    if not wrong:
        call, _, value = line.partition(" -> ")
        assert eval(call, NAMES) == eval(value, NAMES)  # noqa: S307  the calls are those above
        return
    with pytest.raises(SheetgdError) as caught:
        eval(call, NAMES)  # noqa: S307  the same
    error = caught.value
    kind = "" if type(error) is LessonError else f"{type(error).__name__}: "
    assert f"{kind}{error}".startswith(says)
    assert not list(tmp_path.iterdir())


def test_the_table_is_long_enough() -> None:
    assert len({*CALLS}) == len(CALLS) >= 150
