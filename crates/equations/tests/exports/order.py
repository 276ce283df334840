# order
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    a: float = 0.7


NAMES = ["t", "x", "y", "z", "u", "w"]
initial = np.array([1.1, 0.9, 0.4, 0.0, 0.0])
T0 = 0.0  # where time starts
STEP = 0.005  # time between two rows
ROWS = 20  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    x, y, z, _, _ = state
    return np.array([
        (2**3)**2 * x - x**2 + (-x)**3 - 2**-x + x**-2 + (x**0.5)**2,  # x'
        float(x > 0.5) + float(x < 1) * 2 - float(x == y) + float(x != y) * float(not x > y),  # y'
        (-x if z != 0 else y) if x > 0.5 and y < 2 or z > 3 else x - (y - z) - x / y / z,  # z'
        (1 if p.a > z else 2)**2 - p.a**(x + 1),  # u'
        -(x + y) * -z + float(float(x > y) > float(y > z)),  # w'
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
