"""The same descent as people write it today: PyTorch's autograd, scikit-learn's regressor.

Both take the derivative itself, not a difference, so they are held against lessons with
the closed form.
"""

from collections.abc import Callable

from benchmarks.harness import imported
from benchmarks.problem import LEARN, START, Points

Ends = tuple[float, float]
"""The parameters after the last epoch."""


def torch_autograd() -> Callable[[Points, int], Ends]:
    """Make a PyTorch loop over rows: forwards, backwards, a step.

    Without an optimiser object, which would take half as long again.
    """
    torch = imported("torch")
    torch.set_num_threads(1)

    def work(data: Points, epochs: int) -> Ends:
        m, b = (torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in START)
        for _ in range(epochs):
            for x, y in zip(data.x_list, data.y_list, strict=True):
                loss = (m * x + b - y) ** 2
                loss.backward()
                with torch.no_grad():
                    m -= LEARN * m.grad
                    b -= LEARN * b.grad
                m.grad = b.grad = None
        return m.item(), b.item()

    return work


def sklearn_sgd() -> Callable[[Points, int], Ends]:
    """Make scikit-learn's SGDRegressor: constant rate, no penalty, no shuffling, no early stop."""
    linear = imported("sklearn.linear_model")

    def work(data: Points, epochs: int) -> Ends:
        regressor = linear.SGDRegressor(
            penalty=None,
            learning_rate="constant",
            eta0=2 * LEARN,  # its loss is half of the squared error
            max_iter=epochs,
            tol=None,
            shuffle=False,
        )
        m, b = START
        regressor.fit(data.x.reshape(-1, 1), data.y, coef_init=[m], intercept_init=[b])
        return float(regressor.coef_[0]), float(regressor.intercept_[0])

    return work
