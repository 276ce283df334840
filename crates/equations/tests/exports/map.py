# map
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np


@dataclass
class Parameters:
    a: float = 1.4
    b: float = 0.3


NAMES = ["t", "x", "y", "s"]
initial = np.array([0.1, 0.1])
T0 = 0.0  # where time starts
STEP = 3  # iterations between two rows
ROWS = 4  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out
BOUND = 1000000.0  # the run ends where a variable leaves it


def step(t, state, p):
    """The next state."""
    x, y = state
    return np.array([
        1 - p.a * x**2 + y,  # x(t+1)
        p.b * x,  # y(t+1)
    ], dtype=float)


def auxiliaries(t, state, p):
    """Quantities beside the state."""
    x, y = state
    return [
        x + y + t,  # s
    ]


def simulate(p):
    """Yields a row every STEP iterations."""
    state = initial
    for k in range(ROWS * STEP + 1):
        t = T0 + k
        if k % STEP == 0 and abs(t) >= TRANSIENT:
            yield t, *state, *auxiliaries(t, state, p)
        state = step(t, state, p)
        if not np.all(np.abs(state) <= BOUND):
            print(f"the run left its bounds after t = {t}", file=sys.stderr)
            return


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
