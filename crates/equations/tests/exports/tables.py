# tables
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    a: float = 0.5


NAMES = ["t", "x", "y"]
initial = np.array([0.3, -0.2])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 20  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def between_points(f, points, low, high, x):
    """Straight lines through f(0), f(1), .. at equal distances from low to high; the end lines go on."""
    at = (x - low) / (high - low) * (points - 1)
    first = int(min(max(np.floor(at), 0), points - 2))
    return f(first) + (at - first) * (f(first + 1) - f(first))


def f_at(point, p):
    return np.exp(-p.a * point**2)


def f(x, p):
    return between_points(lambda k: f_at(-2 + k * 0.2, p), 21, -2, 2, x)


G_VALUES = [0, 1, 4, 2]


def g(x):
    return between_points(G_VALUES.__getitem__, 4, -1, 2, x)


R_VALUES = [
    0.8399363898198936, 0.2127092373745606, 0.9384242704625128, 0.6961242311527068,
    0.4351659018747328, 0.8433420424339396, 0.4087160845704424, 0.8267649815421113,
    0.09232573934744914, 0.3403248045778533, 0.06416196688668929,
]


def r(x):
    return between_points(R_VALUES.__getitem__, 11, 0, 10, x)


def rhs(t, state, p):
    """Rates of change of the state."""
    x, y = state
    return np.array([
        f(x, p) + g(y),  # x'
        -f(3 * x, p) * g(4 * y) + r(5 * x),  # y'
    ], dtype=float)


def simulate(p):
    """Yields a row every STEP: time, state."""
    times = T0 + STEP * np.arange(ROWS + 1)
    t_span = (times[0], times[-1])
    run = solve_ivp(
        rhs, t_span, initial, t_eval=times, args=(p,),
        method="DOP853", rtol=1e-9, atol=1e-12,
    )
    if not run.success:
        print(run.message, file=sys.stderr)
    for t, state in zip(run.t, run.y.T):
        if abs(t) >= TRANSIENT:
            yield t, *state


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
