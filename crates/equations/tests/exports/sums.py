# sums
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    k0: float = 1.0
    k1: float = 2.0
    k2: float = 3.0
    k3: float = 4.0
    n: float = 2.0


m = 4
NAMES = ["t", "u0", "u1", "u2", "u3", "v"]
initial = np.array([0.0, 0.25, 0.5, 0.75, 0.0])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 10  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    u0, u1, u2, u3, v = state
    k0_to_k3 = [p.k0, p.k1, p.k2, p.k3]
    j_ = 0.1
    q0 = u0**2 - j_
    q1 = u1**2 - j_
    q2 = u2**2 - j_
    q3 = u3**2 - j_
    q0_to_q3 = [q0, q1, q2, q3]
    return np.array([
        -u0 + sum(state[i % 4] * k0_to_k3[i] for i in range(4)),  # u0'
        -u1 + sum(state[(i + 1) % 4] * k0_to_k3[i] for i in range(4)),  # u1'
        -u2 + sum(state[(i + 2) % 4] * k0_to_k3[i] for i in range(4)),  # u2'
        -u3 + sum(state[(i + 3) % 4] * k0_to_k3[i] for i in range(4)),  # u3'
        sum(sum(q0_to_q3[j] / (1 + j) for j in range(i + 1)) for i in range(4)) + sum(i**2 for i in range(1, 3)) - v * 0,  # v'
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
