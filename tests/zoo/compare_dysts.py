#!/usr/bin/env python3
"""Holds every right-hand side of the zoo's collection against the Python package dysts.

An independent implementation of the same equations: at 20 random points near each attractor both are evaluated,
and every component has to agree to 1e-12 of its largest magnitude over the points. Maps are compared likewise,
their next state for the rate. A delay system is compared with the delayed values given equal to the present ones.

The package is no dependency of the project, and this script is no part of the test command:

    pip install dysts
    cargo build --release -p cli
    python tests/zoo/compare_dysts.py [NAME ...] [--files]

It asks the program at target/release/separatrix, or at $SEPARATRIX_PROGRAM, for each `dysts:NAME`; with --files
it gives the program the files themselves, so that a file can be compared before the program is built again (named
sets of parameters are not reached that way, and are left out). Prints a table; the exit status is 1 where
something disagrees or could not be compared.
"""

import argparse
import inspect
import json
import os
import re
import subprocess
import sys
import tempfile
import warnings
import zlib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
POINTS = 20
TOLERANCE = 1e-12

try:
    import numpy as np
    from scipy.integrate import solve_ivp

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import dysts.flows
        import dysts.maps
except ImportError as error:
    sys.exit(f"{error}: install the package with `pip install dysts`")


def collection():
    """Name in the collection, slug, and named set of every file that says it belongs to it."""
    found = []
    for path in sorted((ROOT / "crates/zoo/systems").glob("*.ode")):
        line = re.search(r"^#: collection = (.*)$", path.read_text(encoding="utf-8"), re.M)
        if line:
            name, _, chosen = line[1].partition("|")
            found.append((name.strip(), path, chosen.strip().removeprefix("set").strip() or None))
    return found


def walk(rate, start, period, rng):
    """Random points near the attractor: a walk of ten periods, moved by a hundredth of each variable's deviation."""
    times = np.linspace(0.0, 10.0 * period, 401)
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        walked = solve_ivp(lambda t, x: np.asarray(rate(x, t)), (0.0, times[-1]), start, "LSODA", times, rtol=1e-8)
    states = walked.y.T if walked.y.size else np.asarray([start])
    states = states[np.all(np.isfinite(states), axis=1)]
    picked = rng.integers(0, len(states), POINTS)
    spread = np.where(states.std(axis=0) > 0, states.std(axis=0), 0.01)
    return states[picked] + 0.01 * spread * rng.standard_normal((POINTS, states.shape[1])), times[picked]


def orbit(step, start, rng):
    """Random points near a map's attractor, moved by a millionth."""
    states, x = [], np.asarray(start, dtype=float)
    for _ in range(1000):
        x = np.atleast_1d(np.asarray(step(x), dtype=float))
        if not np.all(np.isfinite(x)):
            break
        states.append(x)
    states = np.asarray(states[: len(states) // 2 + 1])
    picked = states[rng.integers(0, len(states), POINTS)]
    return picked * (1.0 + 1e-6 * rng.standard_normal(picked.shape)), np.zeros(POINTS)


def reference(name, rng):
    """Points, times and what the package says there."""
    if name.startswith("map:"):
        system = getattr(dysts.maps, name.removeprefix("map:"))()
        step = lambda x: system._rhs(*x, *system.param_list) if hasattr(system, "_rhs") else system.rhs(x)
        states, times = orbit(step, np.atleast_1d(system.ic), rng)
        return states, times, np.asarray([np.atleast_1d(step(x)) for x in states], dtype=float)
    system = getattr(dysts.flows, name)()
    if "xt" in inspect.signature(type(system)._rhs).parameters:
        start = float(np.atleast_1d(system.ic)[0])
        states = start * (1.0 + 0.1 * rng.standard_normal((POINTS, 1)))
        values = [[system._rhs(x[0], x[0], 0.0, *system.param_list)] for x in states]
        return states, np.zeros(POINTS), np.asarray(values)
    rate = lambda x, t: system.rhs(np.asarray(x), t)
    states, times = walk(rate, np.asarray(system.ic, dtype=float), system.period, rng)
    return states, times, np.asarray([np.asarray(rate(x, t), dtype=float) for x, t in zip(states, times)])


def ours(program, what, states, times):
    """What the program says at the points."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for state, time in zip(states, times):
            file.write(json.dumps({"t": float(time), "state": [float(x) for x in state]}) + "\n")
        file.flush()
        command = [program, "eval", what, "--states", file.name, "--json"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError((answer.stderr or answer.stdout).strip().splitlines()[-1])
    return np.asarray([json.loads(line)["rhs"] for line in answer.stdout.splitlines()], dtype=float)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", help="names in the collection; all without any")
    parser.add_argument("--files", action="store_true", help="give the program the files themselves")
    options = parser.parse_args()
    program = os.environ.get("SEPARATRIX_PROGRAM", str(ROOT / "target/release/separatrix"))
    wanted = {name.lower() for name in options.names}
    bad = compared = 0
    known = collection()
    missing = wanted - {name.lower() for name, _, _ in known}
    if missing:
        sys.exit(f"no file of the zoo names {', '.join(sorted(missing))}")
    print(f"{'collection':<28} {'system':<34} {'difference':>10}")
    for name, path, chosen in known:
        if (wanted and name.lower() not in wanted) or (options.files and chosen):
            continue
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        try:
            states, times, theirs = reference(name, rng)
            values = ours(program, str(path) if options.files else f"dysts:{name}", states, times)
            if values.shape != theirs.shape:
                raise RuntimeError(f"{values.shape[1]} variables here, {theirs.shape[1]} there")
            size = np.abs(theirs).max(axis=0)
            difference = float((np.abs(values - theirs) / np.where(size > 0, size, 1.0)).max())
            agrees, told = difference <= TOLERANCE, f"{difference:10.1e}"
        except (RuntimeError, AttributeError, TypeError, ValueError) as error:
            agrees, told = False, str(error)
        compared += 1
        bad += not agrees
        print(f"{name:<28} {path.stem:<34} {told}{'' if agrees else '  <-- disagrees'}")
    print(f"{compared - bad} of {compared} agree to {TOLERANCE:g}")
    return 1 if bad or not compared else 0


if __name__ == "__main__":
    sys.exit(main())
