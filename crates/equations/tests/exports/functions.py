# functions
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy import special
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    """The model has none."""


NAMES = ["t", "x", "y", "z", "u", "v"]
initial = np.array([0.4, 0.3, -0.2, 1.0, 0.1])
T0 = 0.0  # where time starts
STEP = 0.05  # time between two rows
ROWS = 10  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    x, y, z, _, v = state
    return np.array([
        np.sin(x) + np.cos(y) + np.tan(0.1 * x) + np.arcsin(0.2 * y) + np.arccos(0.1 * x) + np.arctan(y) + np.arctan2(y, x),  # x'
        np.sinh(0.2 * x) + np.cosh(0.1 * y) + np.tanh(x) - np.exp(-x**2) + np.log(1 + x**2) + np.log10(2 + y**2) + np.sqrt(1 + y**2),  # y'
        abs(x) - np.sign(y) + np.heaviside(z, 1) + np.heaviside(x - 5, 1) + min(x, y) * max(z, 2) + x % 2 + y % -3 + np.floor(3 * z) + np.ceil(z),  # z'
        special.erf(x) - special.erfc(y) + special.erfc(2 + x * x) + special.gammaln(1.5 + x**2) + special.gammaln(-0.3) + special.jv(0, x) + special.jv(3, 4 * y) - special.iv(1, z) + special.iv(2, -y),  # u'
        np.exp(1) + np.sqrt(2)**2 + min(1, 2) - max(0.5, -v),  # v'
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
