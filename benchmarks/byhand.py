"""Epoch logs written by hand for numba: a plain function for each method.

Each takes the data and the learning rate, and fills an array: a line for each number of the
state, one for the rmse with the parameters held and one for that of the pass; a column for the
start, and for every epoch.
"""

from math import exp, sqrt

from benchmarks.problem import NET_START, NUDGE, SIGMOID_START, START, Floats

BETA1, BETA2, RHO, EPS = 0.9, 0.999, 0.9, 1e-8


def line(xs: Floats, ys: Floats, learn: float, log: Floats) -> None:
    """Log a line under the squared error, by forward differences."""
    m, b = START
    for epoch in range(log.shape[1]):
        log[0, epoch], log[1, epoch] = m, b
        held_m, held_b = m, b
        held = passing = 0.0
        for row in range(len(xs)):
            x, y = xs[row], ys[row]
            error = held_m * x + held_b - y
            held += error * error
            error = m * x + b - y
            error_sq = error * error
            passing += error_sq
            above_m = (m + NUDGE) * x + b - y
            above_b = m * x + (b + NUDGE) - y
            m -= learn * ((above_m * above_m - error_sq) / NUDGE)
            b -= learn * ((above_b * above_b - error_sq) / NUDGE)
        log[2, epoch], log[3, epoch] = sqrt(held / len(xs)), sqrt(passing / len(xs))


def absolute(xs: Floats, ys: Floats, learn: float, log: Floats) -> None:
    """Log a line under the absolute error, by forward differences."""
    m, b = START
    for epoch in range(log.shape[1]):
        log[0, epoch], log[1, epoch] = m, b
        held_m, held_b = m, b
        held = passing = 0.0
        for row in range(len(xs)):
            x, y = xs[row], ys[row]
            error = held_m * x + held_b - y
            held += error * error
            error = m * x + b - y
            passing += error * error
            above_m = abs((m + NUDGE) * x + b - y)
            above_b = abs(m * x + (b + NUDGE) - y)
            m -= learn * ((above_m - abs(error)) / NUDGE)
            b -= learn * ((above_b - abs(error)) / NUDGE)
        log[2, epoch], log[3, epoch] = sqrt(held / len(xs)), sqrt(passing / len(xs))


def adam(xs: Floats, ys: Floats, learn: float, log: Floats) -> None:
    """Log a line under the squared error and Adam, by forward differences."""
    m, b = START
    t = v_m = s_m = v_b = s_b = 0.0
    for epoch in range(log.shape[1]):
        log[0, epoch], log[1, epoch], log[2, epoch] = m, b, t
        log[3, epoch], log[4, epoch], log[5, epoch], log[6, epoch] = v_m, s_m, v_b, s_b
        held_m, held_b = m, b
        held = passing = 0.0
        for row in range(len(xs)):
            x, y = xs[row], ys[row]
            error = held_m * x + held_b - y
            held += error * error
            error = m * x + b - y
            error_sq = error * error
            passing += error_sq
            t += 1.0
            rest1, rest2 = 1.0 - BETA1**t, 1.0 - BETA2**t
            above_m = (m + NUDGE) * x + b - y
            above_b = m * x + (b + NUDGE) - y
            slope_m = (above_m * above_m - error_sq) / NUDGE
            slope_b = (above_b * above_b - error_sq) / NUDGE
            v_m = BETA1 * v_m + (1.0 - BETA1) * slope_m
            s_m = BETA2 * s_m + (1.0 - BETA2) * (slope_m * slope_m)
            v_b = BETA1 * v_b + (1.0 - BETA1) * slope_b
            s_b = BETA2 * s_b + (1.0 - BETA2) * (slope_b * slope_b)
            m -= learn * (v_m / rest1) / (sqrt(s_m / rest2) + EPS)
            b -= learn * (v_b / rest1) / (sqrt(s_b / rest2) + EPS)
        log[7, epoch], log[8, epoch] = sqrt(held / len(xs)), sqrt(passing / len(xs))


def net(xs: Floats, ys: Floats, learn: float, log: Floats) -> None:
    """Log a net of two ReLUs under the squared error, by the chain rule."""
    w1, a1, b1, w2, a2, b2, c = NET_START
    for epoch in range(log.shape[1]):
        log[0, epoch], log[1, epoch], log[2, epoch] = w1, a1, b1
        log[3, epoch], log[4, epoch], log[5, epoch], log[6, epoch] = w2, a2, b2, c
        held_w1, held_a1, held_b1, held_w2, held_a2, held_b2, held_c = w1, a1, b1, w2, a2, b2, c
        held = passing = 0.0
        for row in range(len(xs)):
            x, y = xs[row], ys[row]
            out1, out2 = max(0.0, held_a1 * x + held_b1), max(0.0, held_a2 * x + held_b2)
            error = held_w1 * out1 + held_w2 * out2 + held_c - y
            held += error * error
            in1, in2 = a1 * x + b1, a2 * x + b2
            out1, out2 = max(0.0, in1), max(0.0, in2)
            error = w1 * out1 + w2 * out2 + c - y
            passing += error * error
            slope = 2.0 * error
            slope1, slope2 = slope * out1, slope * out2
            if in1 > 0.0:
                a1, b1 = a1 - learn * (slope * (w1 * x)), b1 - learn * (slope * w1)
            if in2 > 0.0:
                a2, b2 = a2 - learn * (slope * (w2 * x)), b2 - learn * (slope * w2)
            w1, w2, c = w1 - learn * slope1, w2 - learn * slope2, c - learn * slope
        log[7, epoch], log[8, epoch] = sqrt(held / len(xs)), sqrt(passing / len(xs))


def sigmoid(xs: Floats, ys: Floats, learn: float, log: Floats) -> None:
    """Log a sigmoid under the squared error and RMSprop, by forward differences."""
    a, b, c = SIGMOID_START
    s_a = s_b = s_c = 0.0
    for epoch in range(log.shape[1]):
        log[0, epoch], log[1, epoch], log[2, epoch] = a, b, c
        log[3, epoch], log[4, epoch], log[5, epoch] = s_a, s_b, s_c
        held_a, held_b, held_c = a, b, c
        held = passing = 0.0
        for row in range(len(xs)):
            x, y = xs[row], ys[row]
            error = held_a / (1.0 + exp(-held_b * (x - held_c))) - y
            held += error * error
            below = 1.0 + exp(-b * (x - c))
            error = a / below - y
            error_sq = error * error
            passing += error_sq
            above_a = (a + NUDGE) / below - y
            above_b = a / (1.0 + exp(-(b + NUDGE) * (x - c))) - y
            above_c = a / (1.0 + exp(-b * (x - (c + NUDGE)))) - y
            slope_a = (above_a * above_a - error_sq) / NUDGE
            slope_b = (above_b * above_b - error_sq) / NUDGE
            slope_c = (above_c * above_c - error_sq) / NUDGE
            s_a = RHO * s_a + (1.0 - RHO) * (slope_a * slope_a)
            s_b = RHO * s_b + (1.0 - RHO) * (slope_b * slope_b)
            s_c = RHO * s_c + (1.0 - RHO) * (slope_c * slope_c)
            a -= learn * slope_a / (sqrt(s_a) + EPS)
            b -= learn * slope_b / (sqrt(s_b) + EPS)
            c -= learn * slope_c / (sqrt(s_c) + EPS)
        log[6, epoch], log[7, epoch] = sqrt(held / len(xs)), sqrt(passing / len(xs))
