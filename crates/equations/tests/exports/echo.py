# echo
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import bisect
import sys
from dataclasses import dataclass

import numpy as np


@dataclass
class Parameters:
    """The model has none."""


NAMES = ["t", "x", "before"]
initial = np.array([0.5])
T0 = 0.0  # where time starts
STEP = 1  # iterations between two rows
ROWS = 8  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out
BOUND = 1000000.0  # the run ends where a variable leaves it


def step(t, state, p, past):
    """The next state."""
    x = state[0]
    return np.array([
        0.5 * past(0, 2) + 0.1 * float(x > 2),  # x(t+1)
    ], dtype=float)


def auxiliaries(t, state, p, past):
    """Quantities beside the state."""
    return [
        past(0, 1),  # before
    ]


def history(t, p):
    """Where the variables were before the start: at 0 unless the file says otherwise."""
    state = np.zeros_like(initial)
    state[0] = 1 - t
    return state


class Past:
    """The states so far, and straight lines between them."""

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
        return self.x[i][k] + (s - self.t[i]) / h * (self.x[i + 1][k] - self.x[i][k])


# Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.
DIRECTIONS = [1]


def conditions(t, state, p, past):
    x = state[0]
    return [
        x - 1,
    ]


def reset(event, t, state, p, past):
    """The state after an event, whether the run ends, whether a row is written. Parameters change in place."""
    new, stop, output = np.array(state), False, False
    if event == 0:
        x = state[0]
        new[0] = x + 3
        output = True
    return new, stop, output


def crosses(event, before, after):
    rises, falls = before < 0 <= after, before > 0 >= after
    return (rises and DIRECTIONS[event] >= 0) or (falls and DIRECTIONS[event] <= 0)


def fire(events, t, state, p, past):
    """Carries out events, and those whose conditions cross zero by that, each once."""
    before, done, stop, output = conditions(t, state, p, past), set(), False, False
    while events:
        for event in events:
            state, ends, writes = reset(event, t, state, p, past)
            stop, output = stop or ends, output or writes
        done.update(events)
        after = conditions(t, state, p, past)
        events = [k for k in range(len(after)) if k not in done and crosses(k, before[k], after[k])]
    return state, stop, output


def simulate(p):
    """Yields a row every STEP iterations."""
    state = initial
    record = Past(p)
    for k in range(ROWS * STEP + 1):
        t = T0 + k
        record.append(t, state, np.zeros_like(state))
        past = record.seen_from(t, state)
        if k % STEP == 0 and abs(t) >= TRANSIENT:
            yield t, *state, *auxiliaries(t, state, p, past)
        before = conditions(t, state, p, past)
        state = step(t, state, p, past)
        t = t + 1
        past = record.seen_from(t, state)
        after = conditions(t, state, p, past)
        events = [i for i in range(len(after)) if crosses(i, before[i], after[i])]
        if events:
            state, stop, output = fire(events, t, state, p, past)
            if output:
                yield t, *state, *auxiliaries(t, state, p, past)
            if stop:
                return
        if not np.all(np.abs(state) <= BOUND):
            print(f"the run left its bounds after t = {t}", file=sys.stderr)
            return


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
