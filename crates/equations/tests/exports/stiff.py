# stiff
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    mu: float = 1000.0


NAMES = ["t", "x"]
initial = np.array([0.0])
T0 = 0.0  # where time starts
STEP = 0.5  # time between two rows
ROWS = 6  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    x = state[0]
    return np.array([
        -p.mu * (x - np.cos(t)),  # x'
    ], dtype=float)


def simulate(p):
    """Yields a row every STEP: time, state."""
    times = T0 + STEP * np.arange(ROWS + 1)
    t_span = (times[0], times[-1])
    run = solve_ivp(
        rhs, t_span, initial, t_eval=times, args=(p,),
        method="LSODA", rtol=1e-8, atol=1e-8, max_step=0.5,
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
