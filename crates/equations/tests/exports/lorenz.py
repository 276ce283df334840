# lorenz
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    sigma: float = 10.0
    rho: float = 28.0
    beta: float = 2.6666666666666665


NAMES = ["t", "x", "y", "z", "energy"]
initial = np.array([1.0, 2.0, 20.0])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 20  # rows after the first one
TRANSIENT = 0.2  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    x, y, z = state
    return np.array([
        p.sigma * (y - x),  # x'
        x * (p.rho - z) - y,  # y'
        x * y - p.beta * z,  # z'
    ], dtype=float)


def auxiliaries(t, state, p):
    """Quantities beside the state."""
    x, y, z = state
    return [
        (x**2 + y**2 + z**2) / 2,  # energy
    ]


def simulate(p):
    """Yields a row every STEP: time, state, auxiliary quantities."""
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
            yield t, *state, *auxiliaries(t, state, p)


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
