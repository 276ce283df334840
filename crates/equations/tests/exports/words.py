# words
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    lambda_: float = 0.3
    in_: float = 2.0
    fn: float = 1.5
    end: float = 0.7
    p_: float = 4.0


N = 3
self = 2
NAMES = ["t", "state", "draws", "type", "if_"]
initial = np.array([0.2, 0.4, 1.0])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 20  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def is_(v, P, state_, p):
    return v * p.lambda_ + P * p.in_ + state_


def rhs_(x):
    return x * x / (1 + x**2)


def rhs(t, state, p):
    """Rates of change of the state."""
    state_, draws_, type_ = state
    np_ = state_ * p.fn + draws_
    return np.array([
        is_(np_, draws_, state_, p) + p.p_ * N,  # state'
        -rhs_(state_) + p.end * self,  # draws'
        -type_ * t,  # type'
    ], dtype=float)


def auxiliaries(t, state, p):
    """Quantities beside the state."""
    _, _, type_ = state
    return [
        type_,  # if_
    ]


def simulate(p):
    """Yields a row every STEP: time, state, auxiliary quantities."""
    times = T0 + STEP * np.arange(ROWS + 1)
    t_span = (times[0], times[-1])
    run = solve_ivp(
        rhs, t_span, initial, t_eval=times, args=(p,),
        method="DOP853", rtol=1e-9, atol=1e-12, max_step=0.05,
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
