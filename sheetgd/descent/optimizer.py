"""Optimisers: how a parameter moves once its gradient is known.

The rules are the textbooks'. What an optimiser remembers of earlier steps, its state,
starts at 0 and has a column of its own for every parameter.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from sheetgd.expression.functions import divided, larger, power, root, square, when_equal
from sheetgd.expression.numbers import Q


class Remember(Protocol):
    """A state after a step, from the state before it, the gradient and the settings.

    With the settings come the states before it in the optimiser's order, by their letters.
    """

    def __call__(self, before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
        """Return the new state."""
        ...


class Move(Protocol):
    """A parameter after a step; `settings` hold learn, the hyperparameters and t."""

    def __call__(
        self, parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]
    ) -> Q:
        """Return the new value."""
        ...


def velocity(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the velocity, v = beta * v + g: steps in the same direction add up.

    >>> velocity(10.0, 1.0, {"beta": 0.9})
    10.0
    """
    return settings["beta"] * before + gradient


def average_gradient(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the moving average of the gradients, v = beta * v + (1 - beta) * g.

    >>> average_gradient(2.0, 4.0, {"beta": 0.5})
    3.0
    """
    return settings["beta"] * before + (1 - settings["beta"]) * gradient


def first_moment(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the moving average of the gradients, v = beta1 * v + (1 - beta1) * g.

    >>> first_moment(2.0, 4.0, {"beta1": 0.5})
    3.0
    """
    return settings["beta1"] * before + (1 - settings["beta1"]) * gradient


def second_moment(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the moving average of their squares, s = beta2 * s + (1 - beta2) * g^2.

    >>> second_moment(2.0, 4.0, {"beta2": 0.5})
    9.0
    """
    return settings["beta2"] * before + (1 - settings["beta2"]) * square(gradient)


def sum_of_squares(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the sum of the squared gradients, s = s + g^2: it only ever grows.

    >>> sum_of_squares(2.0, 4.0, {})
    18.0
    """
    return before + square(gradient)


def average_square(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Update the moving average of the squared gradients, s = rho * s + (1 - rho) * g^2.

    >>> average_square(2.0, 4.0, {"rho": 0.5})
    9.0
    """
    return settings["rho"] * before + (1 - settings["rho"]) * square(gradient)


def highest_moment(before: Q, gradient: Q, settings: Mapping[str, Q]) -> Q:
    """Keep the highest average of the squares so far, h = max(h, s): it never falls.

    >>> highest_moment(2.0, 0.0, {"s": 9.0}), highest_moment(12.0, 0.0, {"s": 9.0})
    (9.0, 12.0)
    """
    return larger(before, settings["s"])


def safe_quotient(dividend: Q, divisor: Q) -> Q:
    """Divide; 0 where the divisor is 0, so that a parameter that never had a slope stays.

    >>> safe_quotient(1.0, 4.0), safe_quotient(0.0, 0.0)
    (0.25, 0.0)
    >>> from sheetgd.expression.sheet_cells import formula_of
    >>> from sheetgd.expression.tree import Symbol
    >>> str(formula_of(safe_quotient(Symbol("g"), Symbol("size"))))
    'IF(size=0,0,g/size)'
    """
    return when_equal(divisor, 0.0, 0.0, divided(dividend, divisor))


def plain_step(parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]) -> Q:
    """Take one step downhill, p - learn * g.

    >>> plain_step(1.0, -500.0, {}, {"learn": 0.0001})
    1.05
    """
    return parameter - settings["learn"] * gradient


def velocity_step(
    parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]
) -> Q:
    """Take one step along the velocity, p - learn * v.

    >>> velocity_step(1.0, 0.0, {"v": -500.0}, {"learn": 0.0001})
    1.05
    """
    return parameter - settings["learn"] * state["v"]


def nesterov_step(
    parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]
) -> Q:
    """Take one step along where the velocity is about to be, p - learn * (g + beta * v).

    >>> nesterov_step(1.0, 4.0, {"v": 2.0}, {"learn": 0.1, "beta": 0.5})
    0.5
    """
    return parameter - settings["learn"] * (gradient + settings["beta"] * state["v"])


def scaled_step(parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]) -> Q:
    """Take one step of the parameter's own size, p - learn * g / (sqrt(s) + eps).

    Where the divisor is 0, as with eps 0 before the first slope, there is no step.

    >>> scaled_step(1.0, -2.0, {"s": 16.0}, {"learn": 0.5, "eps": 0.0})
    1.25
    """
    return _over_root(parameter, gradient, state["s"], settings)


def _over_root(parameter: Q, along: Q, s: Q, settings: Mapping[str, Q]) -> Q:
    return parameter - safe_quotient(settings["learn"] * along, root(s) + settings["eps"])


def adam_step(parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]) -> Q:
    """Take Adam's step, p - learn * (v / (1 - beta1^t)) / (sqrt(s / (1 - beta2^t)) + eps).

    The divisions by 1 - beta^t make up for states that started at 0; t counts the steps
    from 1.

    >>> settings = {"learn": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "t": 1.0}
    >>> round(adam_step(1.0, 5.0, {"v": 0.5, "s": 0.025}, settings), 9)  # the first step is learn
    0.9
    """
    return _moment_step(parameter, state["v"], state["s"], settings)


def amsgrad_step(parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]) -> Q:
    """Take AMSGrad's step: Adam's, with the highest average of the squares in place of the last.

    >>> settings = {"learn": 0.1, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "t": 1.0}
    >>> round(amsgrad_step(1.0, 5.0, {"v": 0.5, "s": 0.025, "h": 0.1}, settings), 9)
    0.95
    """
    return _moment_step(parameter, state["v"], state["h"], settings)


def _moment_step(parameter: Q, v: Q, s: Q, settings: Mapping[str, Q]) -> Q:
    v = divided(v, 1 - power(settings["beta1"], settings["t"]))
    s = divided(s, 1 - power(settings["beta2"], settings["t"]))
    return _over_root(parameter, v, s, settings)


def uncorrected_step(
    parameter: Q, gradient: Q, state: Mapping[str, Q], settings: Mapping[str, Q]
) -> Q:
    """Take Adam's step without its corrections, p - learn * v / (sqrt(s) + eps).

    >>> settings = {"learn": 0.1, "eps": 0.0}
    >>> round(uncorrected_step(1.0, 5.0, {"v": 0.5, "s": 0.025}, settings), 3)  # sqrt(10) times
    0.684
    """
    return _over_root(parameter, state["v"], state["s"], settings)


@dataclass(frozen=True, kw_only=True)
class Optimizer:
    """An optimiser by the name that lessons give it.

    Attributes:
        name: its name.
        summary: what it is, in a phrase.
        text: what it does, for a learner.
        move: how a parameter moves.
        states: what it remembers for each parameter: the letter of each state, and how
            it changes in a step.
        hyper: its hyperparameters and the values that textbooks give them.
        counts: whether it needs t, the number of steps made.
    """

    name: str
    summary: str
    text: str
    move: Move
    states: Mapping[str, Remember] = field(default_factory=dict)
    hyper: Mapping[str, float] = field(default_factory=dict)
    counts: bool = False


OPTIMIZERS: Mapping[str, Optimizer] = {
    optimizer.name: optimizer
    for optimizer in (
        Optimizer(
            name="sgd",
            summary="plain gradient descent",
            text="Each parameter moves against its own derivative, by learn times the derivative.",
            move=plain_step,
        ),
        Optimizer(
            name="momentum",
            summary="momentum: a velocity that adds up the gradients",
            text="Each parameter has a velocity v: what is left of the last one (beta times it) "
            "plus the new derivative. It moves by learn times v, like a ball that keeps "
            "rolling: faster where the slope stays the same, and past the bottom if beta is large.",
            move=velocity_step,
            states={"v": velocity},
            hyper={"beta": 0.9},
        ),
        Optimizer(
            name="momentum-ema",
            summary="momentum, averaged: a moving average of the gradients",
            text="Each parameter keeps a moving average v of its derivatives: beta times the last "
            "one plus 1 - beta times the new derivative. It moves by learn times v, "
            "so that a single odd derivative does little.",
            move=velocity_step,
            states={"v": average_gradient},
            hyper={"beta": 0.9},
        ),
        Optimizer(
            name="nesterov",
            summary="Nesterov's momentum: the velocity, and the slope once more",
            text="Each parameter has a velocity v as with momentum: beta times the last one plus "
            "the new derivative. It moves by learn times (the derivative plus beta times v), which "
            "is where the next velocity would take it: so it brakes sooner before an ascent.",
            move=nesterov_step,
            states={"v": velocity},
            hyper={"beta": 0.9},
        ),
        Optimizer(
            name="adagrad",
            summary="Adagrad: steps are divided by the root of the sum of squared derivatives",
            text="Each parameter adds up the squares of its derivatives in s, and divides its "
            "step by the root of s. So a parameter with large derivatives and one with small ones "
            "begin with steps of the same size, learn, and steps get shorter as s grows.",
            move=scaled_step,
            states={"s": sum_of_squares},
            hyper={"eps": 1e-8},
        ),
        Optimizer(
            name="rmsprop",
            summary="RMSprop: steps are divided by the root of an average of squared derivatives",
            text="Each parameter keeps a moving average s of its squared derivatives (rho times "
            "the last one plus 1 - rho times the new square), and divides its step by the "
            "root of s. Like Adagrad, but it forgets, so that steps do not die away.",
            move=scaled_step,
            states={"s": average_square},
            hyper={"rho": 0.9, "eps": 1e-8},
        ),
        Optimizer(
            name="adam",
            summary="Adam: momentum and scaled steps in one",
            text="Each parameter keeps two moving averages: v of its derivatives and s of their "
            "squares. It moves by learn times v over the root of s. Both started at 0 and are too "
            "small at first, so v is divided by 1 - beta1^t and s by 1 - beta2^t, t being the "
            "number of steps.",
            move=adam_step,
            states={"v": first_moment, "s": second_moment},
            hyper={"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
            counts=True,
        ),
        Optimizer(
            name="amsgrad",
            summary="AMSGrad: Adam with steps that never grow longer again",
            text="Each parameter keeps Adam's two moving averages, v of its derivatives and s of "
            "their squares, and in h the highest s so far. It moves by learn times v over the root "
            "of h, so that a slope that once was steep is not forgotten.",
            move=amsgrad_step,
            states={"v": first_moment, "s": second_moment, "h": highest_moment},
            hyper={"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
            counts=True,
        ),
        Optimizer(
            name="adam-uncorrected",
            summary="Adam without the corrections for states that start at 0",
            text="Each parameter keeps Adam's two moving averages, v of its derivatives and s of "
            "their squares, and moves by learn times v over the root of s. Both start at 0, and "
            "nothing makes up for that: s is too small for longer than v, so the first steps are "
            "longer than Adam's.",
            move=uncorrected_step,
            states={"v": first_moment, "s": second_moment},
            hyper={"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
        ),
    )
}
"""The optimisers by name, the default first."""
