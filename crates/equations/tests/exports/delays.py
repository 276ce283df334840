# delays
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import bisect
import sys
from dataclasses import dataclass

import numpy as np


@dataclass
class Parameters:
    tau: float = 1.0


NAMES = ["t", "x", "u0", "u1", "u2", "u3", "old"]
initial = np.array([1.0, 1.0, 2.0, 3.0, 4.0])
T0 = 0.0  # where time starts
STEP = 0.02  # time between two rows
ROWS = 100  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out
SUBSTEPS = 1  # steps in the time of a row
BOUND = 1000000.0  # the run ends where a variable leaves it


def rhs(t, state, p, past):
    """Rates of change of the state."""
    _, u0, u1, u2, u3 = state
    return np.array([
        -past(0, p.tau),  # x'
        -u0 + sum(past(1 + i, 0.5 + 0.1 * i) for i in range(4)) / 8,  # u0'
        -u1 + sum(past(1 + i, 0.5 + 0.1 * i) for i in range(4)) / 8,  # u1'
        -u2 + sum(past(1 + i, 0.5 + 0.1 * i) for i in range(4)) / 8,  # u2'
        -u3 + sum(past(1 + i, 0.5 + 0.1 * i) for i in range(4)) / 8,  # u3'
    ], dtype=float)


def auxiliaries(t, state, p, past):
    """Quantities beside the state."""
    return [
        past(0, 0.25),  # old
    ]


def history(t, p):
    """Where the variables were before the start: at 0 unless the file says otherwise."""
    state = np.zeros_like(initial)
    state[0] = 1 + t * 0
    return state


class Past:
    """The states so far, and the cubics between them."""

    def __init__(self, p):
        self.p = p
        self.t, self.x, self.rate = [], [], []

    def append(self, t, state, rate):
        self.t.append(t)
        self.x.append(state)
        self.rate.append(rate)

    def seen_from(self, t, state):
        """Variables by their index, a lag before t, where the state is the one given."""
        return lambda k, lag: self.value(k, t - lag, t, state)

    def value(self, k, s, t, state):
        if s >= t:
            return state[k]
        # At the start of a step one sees what follows a jump of the past, within it what came before.
        slack = 1e-14 * (abs(t) + abs(s))
        seen = s - slack if self.t and t > self.t[-1] else s + slack
        if not self.t or seen < self.t[0]:
            return history(s, self.p)[k]
        if seen >= self.t[-1]:
            # Within the present step: on the way to its state.
            last, h = self.x[-1][k], t - self.t[-1]
            return state[k] if h == 0 else last + (s - self.t[-1]) / h * (state[k] - last)
        i = bisect.bisect_right(self.t, seen) - 1
        h = self.t[i + 1] - self.t[i]
        if h == 0:
            return self.x[i + 1][k]
        u = (s - self.t[i]) / h
        a, b, da, db = self.x[i][k], self.x[i + 1][k], h * self.rate[i][k], h * self.rate[i + 1][k]
        return a + u * (da + u * (3 * (b - a) - 2 * da - db + u * (2 * (a - b) + da + db)))


def rates(t, state, p, record):
    past = record.seen_from(t, state)
    return rhs(t, state, p, past)


def advance(t, state, h, p, record):
    """A step of Runge and Kutta's method of order four."""
    a = rates(t, state, p, record)
    b = rates(t + h / 2, state + h / 2 * a, p, record)
    c = rates(t + h / 2, state + h / 2 * b, p, record)
    d = rates(t + h, state + h * c, p, record)
    return state + h / 6 * (a + 2 * b + 2 * c + d)


def simulate(p):
    """Yields a row every STEP."""
    state, h = initial, STEP / SUBSTEPS
    record = Past(p)
    for k in range(ROWS * SUBSTEPS + 1):
        t = T0 + k * h
        record.append(t, state, rates(t, state, p, record))
        past = record.seen_from(t, state)
        if k % SUBSTEPS == 0 and abs(t) >= TRANSIENT:
            yield t, *state, *auxiliaries(t, state, p, past)
        state = advance(t, state, h, p, record)
        if not np.all(np.abs(state) <= BOUND):
            print(f"the run left its bounds after t = {t}", file=sys.stderr)
            return


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
