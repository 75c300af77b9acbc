"""The plain reference for every lesson: gradient descent spelt out, importing nothing of ours."""

from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal
from math import exp, log, sqrt

Predict = Callable[[float, Sequence[float]], float]
Partials = Callable[[float, Sequence[float]], Sequence[float]]
Record = dict[str, float]

# What each optimiser remembers of each parameter, and its numbers unless others are given.
STATES = {
    "sgd": [],
    "momentum": ["v"],
    "momentum-ema": ["v"],
    "adagrad": ["s"],
    "rmsprop": ["s"],
    "adam": ["v", "s"],
    "nesterov": ["v"],
    "amsgrad": ["v", "s", "h"],
    "adam-uncorrected": ["v", "s"],
}
HYPER: dict[str, Record] = {
    "sgd": {},
    "momentum": {"beta": 0.9},
    "momentum-ema": {"beta": 0.9},
    "adagrad": {"eps": 1e-8},
    "rmsprop": {"rho": 0.9, "eps": 1e-8},
    "adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "nesterov": {"beta": 0.9},
    "amsgrad": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
    "adam-uncorrected": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}
COUNTING = ["adam", "amsgrad"]
SQUARED_METRICS = ["root_sse", "mse", "rmse"]
NUDGED = ["forward", "central", "swapped"]


def half_up(value: float, decimals: int) -> float:
    step = Decimal(10) ** -decimals
    return float(Decimal(repr(value)).quantize(step, rounding=ROUND_HALF_UP))


def row_loss(loss: str, y_pred: float, y: float, delta: float = 1.0) -> float:
    if loss == "mse":
        return (y_pred - y) * (y_pred - y)
    if loss == "mae":
        return abs(y_pred - y)
    if loss == "huber":
        miss = abs(y_pred - y)
        return 0.5 * miss * miss if miss <= delta else delta * (miss - 0.5 * delta)
    if loss == "log-loss":
        # Here y_pred is the logit.
        return max(y_pred, 0.0) + log(1 + exp(-abs(y_pred))) - y * y_pred
    raise ValueError(loss)


def sign(value: float) -> float:
    if value > 0:
        return 1.0
    if value < 0:
        return -1.0
    return 0.0


def moved(parameters: Sequence[float], place: int, by: float) -> list[float]:
    changed = list(parameters)
    changed[place] = changed[place] + by
    return changed


def nudged_slopes(
    x: float,
    y: float,
    parameters: Sequence[float],
    *,
    predict: Predict,
    loss: str,
    gradient: str,
    nudge: float,
    delta: float = 1.0,
) -> list[float]:
    """The row's derivatives from nudged losses: the gradients "forward" and "central"."""
    slopes = []
    for place in range(len(parameters)):
        higher = row_loss(loss, predict(x, moved(parameters, place, nudge)), y, delta)
        if gradient == "forward":
            here = row_loss(loss, predict(x, parameters), y, delta)
            slopes.append((higher - here) / nudge)
        else:
            lower = row_loss(loss, predict(x, moved(parameters, place, -nudge)), y, delta)
            slopes.append((higher - lower) / (2 * nudge))
    return slopes


def exact_slopes(
    x: float,
    y: float,
    parameters: Sequence[float],
    *,
    predict: Predict,
    partials: Partials,
    terms: Partials | None,
    loss: str,
    delta: float = 1.0,
) -> list[float]:
    """The row's derivatives by the rules of calculus.

    `terms` says which numbers a prediction is the sum of; None: each parameter times its slope.
    """
    miss = predict(x, parameters) - y
    every = partials(x, parameters)
    if terms is None:
        summed = [p * slope for p, slope in zip(parameters, every, strict=True)]
    else:
        summed = list(terms(x, parameters))
    if loss == "mae" and abs(miss) < 1e-12 * (abs(y) + sum(map(abs, summed))):
        # What is 0 but for rounding has no sign.
        miss = 0.0
    slopes = []
    for partial in every:
        if loss == "mse":
            slopes.append(2 * miss * partial)
        elif loss == "mae":
            slopes.append(sign(miss) * partial)
        elif loss == "log-loss":
            slopes.append((1 / (1 + exp(-(miss + y))) - y) * partial)
        elif loss == "huber":
            slopes.append(min(max(miss, -delta), delta) * partial)
        else:
            raise ValueError(loss)
    return slopes


def quotient(dividend: float, divisor: float) -> float:
    """A step; none where there is nothing to divide by."""
    return 0.0 if divisor == 0 else dividend / divisor


def optimizer_step(  # noqa: PLR0911  a return for each rule
    name: str, g: float, p: float, state: Record, *, t: float, learn: float, hyper: Record
) -> tuple[float, Record]:
    """One parameter's next value and state; t is the number of this step, from 1."""
    if name == "sgd":
        return p - learn * g, {}
    if name == "momentum":
        v = hyper["beta"] * state["v"] + g
        return p - learn * v, {"v": v}
    if name == "momentum-ema":
        v = hyper["beta"] * state["v"] + (1 - hyper["beta"]) * g
        return p - learn * v, {"v": v}
    if name == "nesterov":
        v = hyper["beta"] * state["v"] + g
        return p - learn * (g + hyper["beta"] * v), {"v": v}
    if name == "adagrad":
        s = state["s"] + g * g
        return p - quotient(learn * g, sqrt(s) + hyper["eps"]), {"s": s}
    if name == "rmsprop":
        s = hyper["rho"] * state["s"] + (1 - hyper["rho"]) * (g * g)
        return p - quotient(learn * g, sqrt(s) + hyper["eps"]), {"s": s}
    if name in ("adam", "amsgrad", "adam-uncorrected"):
        v = hyper["beta1"] * state["v"] + (1 - hyper["beta1"]) * g
        s = hyper["beta2"] * state["s"] + (1 - hyper["beta2"]) * (g * g)
        if name == "adam-uncorrected":
            return p - quotient(learn * v, sqrt(s) + hyper["eps"]), {"v": v, "s": s}
        after = {"v": v, "s": s}
        taken = s
        if name == "amsgrad":
            taken = after["h"] = max(state["h"], s)
        v_fair = v / (1 - hyper["beta1"] ** t)
        s_fair = taken / (1 - hyper["beta2"] ** t)
        return p - quotient(learn * v_fair, sqrt(s_fair) + hyper["eps"]), after
    raise ValueError(name)


def metric_value(metric: str, misses: Sequence[float], delta: float = 1.0) -> float:
    """One number for all rows, from each one's y_pred - y."""
    squares = 0.0
    sizes = 0.0
    for miss in misses:
        squares = squares + miss * miss
        sizes = sizes + abs(miss)
    if metric == "root_sse":
        return sqrt(squares)
    if metric == "mse":
        return squares / len(misses)
    if metric == "rmse":
        return sqrt(squares / len(misses))
    if metric == "mae":
        return sizes / len(misses)
    if metric == "huber":
        losses = 0.0
        for miss in misses:
            losses = losses + row_loss("huber", miss, 0.0, delta)
        return losses / len(misses)
    raise ValueError(metric)


def errors(y_pred: float, y: float, *, loss: str, metric: str, delta: float = 1.0) -> Record:
    """The row's error columns: those that the loss or the metric needs."""
    columns = {}
    if loss == "mse" or metric in SQUARED_METRICS:
        columns["error_sq"] = row_loss("mse", y_pred, y)
    if loss == "mae" or metric == "mae":
        columns["error_abs"] = row_loss("mae", y_pred, y)
    if loss == "log-loss":
        columns["log_loss"] = row_loss("log-loss", y_pred, y)
    if loss == "huber" or metric == "huber":
        columns["error_huber"] = row_loss("huber", y_pred, y, delta)
    return columns


def descend(  # noqa: C901, PLR0912, PLR0915  spelt out in one piece, to be read from top to bottom
    xs: Sequence[float],
    ys: Sequence[float],
    start: Sequence[float],
    *,
    predict: Predict,
    partials: Partials | None = None,
    terms: Partials | None = None,
    names: Sequence[str],
    loss: str = "mse",
    metric: str = "rmse",
    gradient: str = "forward",
    learn: float,
    nudge: float = 0.01,
    batch: int = 1,
    orders: Sequence[Sequence[int]] | None = None,
    optimizer: str = "sgd",
    hyper: Record | None = None,
    epochs: int,
) -> tuple[list[Record], list[Record]]:
    """The steps of epochs + 1 passes, and the log from epoch 0.

    A line of the log holds the metric with the parameters held as they are after that epoch, and
    that of the next pass, in which they move on.
    """
    numbers = HYPER[optimizer] | (hyper or {})
    delta = numbers.get("delta", 1.0)
    parameters = list(start)
    states: list[Record] = [dict.fromkeys(STATES[optimizer], 0.0) for _ in names]
    t = 0.0
    steps: list[Record] = []
    log: list[Record] = []

    for epoch in range(epochs + 1):
        line: Record = {"epoch": epoch}
        for name, value in zip(names, parameters, strict=True):
            line[name] = value
        for name, state in zip(names, states, strict=True):
            for letter, value in state.items():
                line[f"{letter}_{name}"] = value
        if optimizer in COUNTING:
            line["t"] = t
        line["learn"] = learn
        held_misses = []
        for x, y in zip(xs, ys, strict=True):
            held_misses.append(predict(x, parameters) - y)

        order = range(1, len(xs) + 1) if orders is None else orders[epoch]
        misses = []
        in_batch = 0
        sums = [0.0] * len(names)
        for row, number in enumerate(order, start=1):
            x, y = xs[number - 1], ys[number - 1]
            y_pred = predict(x, parameters)
            misses.append(y_pred - y)
            in_batch = in_batch + 1
            ends = in_batch == batch or row == len(order)

            step: Record = {"epoch": epoch + 1, "row": row}
            if orders is not None:
                step["order"] = number
            step["x"] = x
            step["y"] = y
            for name, value in zip(names, parameters, strict=True):
                step[name] = value
            step["y_pred"] = y_pred
            step |= errors(y_pred, y, loss=loss, metric=metric, delta=delta)
            if batch != 1:
                step["in_batch"] = in_batch
                step["ends"] = 1.0 if ends else 0.0
            if ends:
                t = t + 1
            if optimizer in COUNTING:
                step["t"] = t

            if gradient in ("forward", "central"):
                slopes = nudged_slopes(
                    x,
                    y,
                    parameters,
                    predict=predict,
                    loss=loss,
                    gradient=gradient,
                    nudge=nudge,
                    delta=delta,
                )
            elif gradient in ("analytic", "backprop", "swapped"):
                assert partials is not None, "the closed form needs the partial derivatives"
                slopes = exact_slopes(
                    x,
                    y,
                    parameters,
                    predict=predict,
                    partials=partials,
                    terms=terms,
                    loss=loss,
                    delta=delta,
                )
            else:
                raise ValueError(gradient)
            if gradient == "swapped":
                slopes.reverse()

            following = list(parameters)
            for place, name in enumerate(names):
                if gradient in NUDGED:
                    nudged = predict(x, moved(parameters, place, nudge))
                    step[f"err_{name}1"] = row_loss(loss, nudged, y, delta)
                step[f"de/d{name}"] = slopes[place]
                g = slopes[place]
                if batch != 1:
                    sums[place] = sums[place] + slopes[place]
                    g = sums[place] / in_batch
                    step[f"sum_{name}"] = sums[place]
                    step[f"g_{name}"] = g
                if ends:
                    following[place], states[place] = optimizer_step(
                        optimizer,
                        g,
                        parameters[place],
                        states[place],
                        t=t,
                        learn=learn,
                        hyper=numbers,
                    )
                for letter, value in states[place].items():
                    step[f"{letter}_{name}"] = value
                step[f"new_{name}"] = following[place]
            steps.append(step)

            parameters = following
            if ends:
                in_batch = 0
                sums = [0.0] * len(names)

        line[metric] = metric_value(metric, held_misses, delta)
        line[f"{metric}_pass"] = metric_value(metric, misses, delta)
        log.append(line)
        if gradient == "swapped":
            parameters = [half_up(value, 3) for value in parameters]

    return steps, log


def best_and_waited(values: Sequence[float], tolerance: float) -> tuple[list[float], list[int]]:
    """By epoch the best of the metric's values, and for how many epochs none has been better.

    Better is what is lower by more than the tolerance, which is in the metric's own unit.
    """
    best = [values[0]]
    waited = [0]
    for value in values[1:]:
        if best[-1] - value > tolerance:
            best.append(value)
            waited.append(0)
        else:
            best.append(best[-1])
            waited.append(waited[-1] + 1)
    return best, waited


def stop_epoch(values: Sequence[float], tolerance: float, patience: int) -> int | None:
    """The first epoch by which the metric has not got better for so many epochs."""
    _, waited = best_and_waited(values, tolerance)
    for epoch, count in enumerate(waited):
        if count >= patience:
            return epoch
    return None
