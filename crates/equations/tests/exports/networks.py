# networks
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    b: float = 0.5


NAMES = ["t", "u0", "u1", "u2", "u3", "v0", "v1"]
initial = np.array([0.0, 0.1, 0.2, 0.30000000000000004, 0.0, 0.0])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 10  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def w_at(point, p):
    return np.exp(-point**2 * p.b)


M_VALUES = [1, 2, 3, 4, 5, 6, 7, 8]


IDX_VALUES = [0, 1, 1, 2, 2, 3, 3, 0]


def even(site, state, w_points):
    """conv(even,4,2,w,u0)"""
    total = 0.0
    for offset in range(-2, 2 + 1):
        place = site + offset
        place = -place if place < 0 else place if place < 4 else 6 - place
        if 0 <= place < 4:
            total += w_points[offset + 2] * state[place]
    return total


def ring(site, fu0_to_fu3, w_points):
    """conv(periodic,4,2,w,fu0)"""
    total = 0.0
    for offset in range(-2, 2 + 1):
        place = (site + offset) % 4
        total += w_points[offset + 2] * fu0_to_fu3[place]
    return total


def zero(site, state, p):
    """fconv(0,4,1,m,u0,u0,f)"""
    total = 0.0
    for offset in range(-1, 1 + 1):
        place = site + offset
        if 0 <= place < 4:
            total += M_VALUES[offset + 1] * f(state[place], state[site], p)
    return total


def some(site, state):
    """sparse(4,2,m,idx,u0)"""
    total = 0.0
    for link in range(2 * site, 2 * (site + 1)):
        place = int(IDX_VALUES[link])
        total += M_VALUES[link] * state[place]
    return total


def all_(site, state, p):
    """fmmult(4,2,m,u0,v0,f)"""
    total = 0.0
    for place in range(4):
        total += M_VALUES[4 * site + place] * f(state[place], state[4 + site], p)
    return total


def f(a, c, p):
    return np.sin(c - a) * p.b


def rhs(t, state, p):
    """Rates of change of the state."""
    u0, u1, u2, u3, v0, v1 = state
    fu0 = np.tanh(u0)
    fu1 = np.tanh(u1)
    fu2 = np.tanh(u2)
    fu3 = np.tanh(u3)
    fu0_to_fu3 = [fu0, fu1, fu2, fu3]
    w_points = [w_at(-2 + point * 1, p) for point in range(5)]
    return np.array([
        -u0 + even(0, state, w_points) + ring(0, fu0_to_fu3, w_points) - zero(0, state, p) + some(0, state),  # u0'
        -u1 + even(1, state, w_points) + ring(1, fu0_to_fu3, w_points) - zero(1, state, p) + some(1, state),  # u1'
        -u2 + even(2, state, w_points) + ring(2, fu0_to_fu3, w_points) - zero(2, state, p) + some(2, state),  # u2'
        -u3 + even(3, state, w_points) + ring(3, fu0_to_fu3, w_points) - zero(3, state, p) + some(3, state),  # u3'
        -v0 + all_(0, state, p),  # v0'
        -v1 + all_(1, state, p),  # v1'
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
