"""Holds exported Python programs against the program that wrote them.

    python tests/exports/check_python.py target/release/separatrix crates/zoo/systems/*.ode

needs NumPy and SciPy. For each file: `separatrix export --as python` writes a program; its right-hand side is held
against `separatrix eval` at random points, with delayed values as they are now and random numbers at their means;
then its first rows, of all that is not random, are held against `separatrix run --output`. Prints a line a file and
ends with 1 where a right-hand side differs by more than 1e-12 of the largest component, or rows by more than 1e-3 of
a column's range. A file that `separatrix` refuses is told and passed over.
"""

import csv
import importlib.util
import json
import subprocess
import sys
import tempfile
import warnings
from pathlib import Path

import numpy as np

POINTS = 20
STEPS = 100
# Iterations of a map: chaotic ones double a rounding in each.
ITERATIONS = 20
RATES = 1e-12
ROWS = 1e-3


class Means:
    """Stands for a generator of random numbers."""

    def standard_normal(self, count):
        return np.zeros(count)

    def random(self, count):
        return np.full(count, 0.5)


def load(path):
    spec = importlib.util.spec_from_file_location(path.stem.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    # Its dataclass looks itself up by its module's name.
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def rates(program, module, file):
    """The largest difference of right-hand sides, and how many points were finite in both."""
    rng = np.random.default_rng(1)
    start = module.initial
    states = [start + 0.3 * (1 + np.abs(start)) * rng.standard_normal(len(start)) for _ in range(POINTS)]
    lines = [json.dumps({"t": k / 7, "state": list(map(float, state))}) for k, state in enumerate(states)]
    answer = subprocess.run(
        [program, "eval", file, "--states", "-", "--json"], input="\n".join(lines), capture_output=True, text=True
    )
    if answer.returncode:
        raise ValueError(answer.stderr.strip())
    f = module.step if hasattr(module, "step") else module.rhs
    worst, finite = 0.0, 0
    for k, (state, line) in enumerate(zip(states, answer.stdout.splitlines())):
        wanted = np.array([np.nan if v is None else v for v in json.loads(line)["rhs"]])
        inputs = [module.draw(Means(), 1.0)] if hasattr(module, "draw") else []
        if hasattr(module, "history"):
            inputs.append(lambda i, lag: state[i])
        found = np.asarray(f(k / 7, state, module.Parameters(), *inputs), float)
        both = np.isfinite(wanted) & np.isfinite(found)
        if not np.array_equal(np.isfinite(wanted), np.isfinite(found)) and np.isfinite(wanted).any():
            return np.inf, finite
        if both.any():
            finite += 1
            scale = max(np.abs(wanted[both]).max(), 1e-300)
            worst = max(worst, np.abs(found - wanted)[both].max() / scale)
    return worst, finite


def trajectory(program, module, file, folder):
    """The largest difference of the first rows, as a part of each column's range."""
    output = folder / "run.csv"
    output.unlink(missing_ok=True)
    steps = ITERATIONS if hasattr(module, "step") else STEPS
    answer = subprocess.run(
        [program, "run", file, "--steps", str(steps), "--output", str(output)], capture_output=True, text=True
    )
    if answer.returncode or not output.exists():
        raise ValueError(answer.stderr.strip() or "no table")
    with open(output) as text:
        table = list(csv.reader(text))
    names, wanted = table[0], np.array(table[1:], float)
    substeps = getattr(module, "SUBSTEPS", 1)
    module.ROWS = min(module.ROWS, max(1, steps // max(1, substeps)))
    module.TRANSIENT = 0.0
    found = np.array([list(map(float, line)) for line in module.simulate(module.Parameters())])
    worst = 0.0
    columns = [(names.index(name), module.NAMES.index(name)) for name in names[1:] if name in module.NAMES]
    times = {round(line[0], 9): line for line in wanted}
    pairs = [(times[round(line[0], 9)], line) for line in found if round(line[0], 9) in times]
    if len(pairs) < 2:
        raise ValueError(f"{len(pairs)} rows in common")
    a, b = np.array([pair[0] for pair in pairs]), np.array([pair[1] for pair in pairs])
    for i, j in columns:
        finite = np.isfinite(a[:, i]) & np.isfinite(b[:, j])
        if finite.any():
            # What is conserved has no range but its solver's own error.
            width = np.ptp(a[finite, i]) + 1e-6 * np.abs(a[finite, i]).max() + 1e-12
            worst = max(worst, np.abs(a[finite, i] - b[finite, j]).max() / width)
    return worst, len(pairs)


def main(program, files):
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in files:
            path = folder / (Path(file).stem + ".py")
            answer = subprocess.run(
                [program, "export", file, "--as", "python", "--output", str(path)], capture_output=True, text=True
            )
            stem = Path(file).stem
            if answer.returncode:
                print(f"{stem:24} refused: {answer.stderr.strip().splitlines()[-1][:90]}")
                continue
            try:
                module = load(path)
                worst, finite = rates(program, module, file)
                text = f"{stem:24} rates {worst:.1e} at {finite} points"
                failed = not worst <= RATES
                if hasattr(module, "draw"):
                    text += ", random"
                    # Its rows are no one else's; that they come is all there is to see.
                    module.ROWS = min(module.ROWS, 5)
                    text += f", {len(list(module.simulate(module.Parameters())))} rows"
                else:
                    try:
                        difference, rows = trajectory(program, module, file, folder)
                        text += f", {rows} rows {difference:.1e}"
                        failed |= not difference <= ROWS
                    except ValueError as fault:
                        text += f", rows not compared: {str(fault).splitlines()[-1][:80]}"
            except Exception as fault:  # What a program raises is what is to be told.
                text, failed = f"{stem:24} {type(fault).__name__}: {fault}", True
            bad += failed
            print(("FAIL " if failed else "     ") + text, flush=True)
    print(f"{bad} of {len(files)} differ")
    return int(bad > 0)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], sys.argv[2:]))
