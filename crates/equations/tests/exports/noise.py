# noise
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np


@dataclass
class Parameters:
    s: float = 0.5


NAMES = ["t", "x", "y", "z", "now"]
initial = np.array([0.0, 0.0, 0.0])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 2000  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out
SUBSTEPS = 1  # steps in the time of a row
BOUND = 1000000.0  # the run ends where a variable leaves it
SEED = 7


def kick(a, draws, p):
    return a * (0 + p.s * draws[0]) + 2 * draws[1]


def rhs(t, state, p, draws):
    """Rates of change of the state."""
    x, y, _ = state
    w1 = draws[0]
    w2 = draws[1]
    return np.array([
        -x + p.s * w1 + kick(y, draws[2:4], p),  # x'
        w2 + sum(i * (0 + 1 * draws[4 + (i - 1)]) for i in range(1, 4)),  # y'
        w1,  # z'
    ], dtype=float)


def auxiliaries(t, state, p, draws):
    """Quantities beside the state."""
    x, _, _ = state
    return [
        x + kick(1, draws[7:9], p),  # now
    ]


def draw(rng, h):
    """The random numbers of a step of length h; white noise has the variance 1/h."""
    return np.concatenate([
        rng.standard_normal(2) / np.sqrt(h),
        rng.standard_normal(1),
        rng.random(1),
        rng.standard_normal(4),
        rng.random(1),
    ])


def advance(t, state, h, p, draws):
    """A step of Euler and Maruyama."""
    return state + h * rhs(t, state, p, draws)


def simulate(p):
    """Yields a row every STEP."""
    state, h = initial, STEP / SUBSTEPS
    rng = np.random.default_rng(SEED)
    draws = draw(rng, h)
    for k in range(ROWS * SUBSTEPS + 1):
        t = T0 + k * h
        if k % SUBSTEPS == 0 and abs(t) >= TRANSIENT:
            yield t, *state, *auxiliaries(t, state, p, draws)
        draws = draw(rng, h)
        state = advance(t, state, h, p, draws)
        if not np.all(np.abs(state) <= BOUND):
            print(f"the run left its bounds after t = {t}", file=sys.stderr)
            return


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
