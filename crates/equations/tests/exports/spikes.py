# spikes
# Written by Separatrix. Run it with Python; it prints a table as CSV.
import sys
from dataclasses import dataclass

import numpy as np
from scipy.integrate import solve_ivp


@dataclass
class Parameters:
    i: float = 1.5
    count: float = 0.0
    last: float = 0.0


NAMES = ["t", "v", "spikes"]
initial = np.array([0.0])
T0 = 0.0  # where time starts
STEP = 0.01  # time between two rows
ROWS = 1000  # rows after the first one
TRANSIENT = 0.0  # rows before this time are left out


def rhs(t, state, p):
    """Rates of change of the state."""
    v = state[0]
    return np.array([
        p.i - v,  # v'
    ], dtype=float)


def auxiliaries(t, state, p):
    """Quantities beside the state."""
    return [
        p.count,  # spikes
    ]


# Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.
DIRECTIONS = [1, 1]


def conditions(t, state, p):
    v = state[0]
    return [
        v - 1,
        p.count - 3.5,
    ]


def reset(event, t, state, p):
    """The state after an event, whether the run ends, whether a row is written. Parameters change in place."""
    new, stop, output = np.array(state), False, False
    if event == 0:
        new[0], p.count, p.last = (
            0,
            p.count + 1,
            t,
        )
    if event == 1:
        stop = True
    return new, stop, output


def crosses(event, before, after):
    rises, falls = before < 0 <= after, before > 0 >= after
    return (rises and DIRECTIONS[event] >= 0) or (falls and DIRECTIONS[event] <= 0)


def fire(events, t, state, p):
    """Carries out events, and those whose conditions cross zero by that, each once."""
    before, done, stop, output = conditions(t, state, p), set(), False, False
    while events:
        for event in events:
            state, ends, writes = reset(event, t, state, p)
            stop, output = stop or ends, output or writes
        done.update(events)
        after = conditions(t, state, p)
        events = [k for k in range(len(after)) if k not in done and crosses(k, before[k], after[k])]
    return state, stop, output


def watched(event, start, fired):
    """A condition as solve_ivp takes it. One that has just fired and stayed at zero is not seen at once again."""

    def watch(t, state, p):
        value = conditions(t, state, p)[event]
        return np.nan if fired and t == start and abs(value) < 1e-9 else value

    watch.terminal, watch.direction = True, DIRECTIONS[event]
    return watch


def simulate(p):
    """Yields a row every STEP, and where events ask for one."""
    times = T0 + STEP * np.arange(ROWS + 1)
    t, state, events = T0, initial, []
    if abs(t) >= TRANSIENT:
        yield t, *state, *auxiliaries(t, state, p)
    times = times[1:]
    while len(times):
        watches = [watched(k, t, k in events) for k in range(len(DIRECTIONS))]
        run = solve_ivp(
            rhs, (t, times[-1]), state, t_eval=times, events=watches, args=(p,),
            method="DOP853", rtol=1e-9, atol=1e-12, max_step=0.01,
        )
        for t, state in zip(run.t, run.y.T):
            if abs(t) >= TRANSIENT:
                yield t, *state, *auxiliaries(t, state, p)
        times = times[len(run.t) :]
        if run.status != 1:
            if not run.success:
                print(run.message, file=sys.stderr)
            return
        events = [k for k, found in enumerate(run.t_events) if len(found)]
        t, state = run.t_events[events[0]][-1], run.y_events[events[0]][-1]
        state, stop, output = fire(events, t, state, p)
        if output:
            yield t, *state, *auxiliaries(t, state, p)
        if stop:
            return


if __name__ == "__main__":
    print(*NAMES, sep=",")
    for line in simulate(Parameters()):
        print(*line, sep=",")
