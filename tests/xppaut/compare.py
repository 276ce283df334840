#!/usr/bin/env python3
"""Runs the example files of XPPAUT in XPPAUT and here, and compares the columns that both write.

    python3 tests/xppaut/compare.py [FILE.ode ...] [--program target/release/separatrix] [--json OUT.json]

It needs the program `xppaut` (Debian's package of that name) and a built `separatrix`; Python's standard library is
enough. Without files it takes the examples that XPPAUT installs. Nothing of the corpus is kept.

Each file runs in a folder of its own, with its named sets taken out, since XPPAUT would write one file a set. Compared
are the first 10 units of time or the first 100 rows, whichever is longer; a file agrees where no value differs by more
than 1e-3 of its column's range. Where one differs, XPPAUT runs again with steps ten, a hundred and a thousand times
finer, or, with a method that chooses its steps, with smaller tolerances. The verdict is

    same        within 1e-3 as the file stands
    finer       within 1e-3 once XPPAUT takes finer steps: the difference was its own error
    both        within 1e-3 once both take finer steps: the system magnifies the errors of either
    defect      XPPAUT has a defect here, which this script shows by a file whose answer is known
    differs     none of these
    refused     we say which feature we do not have
    random      the file draws random numbers: no two runs agree
    no output   XPPAUT itself writes nothing for this file

The exit status is 1 if fewer than 95 % of the comparable files are the same or become so, or if any file differs
unexplained.
"""

import argparse
import csv
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

EXAMPLES = pathlib.Path("/usr/share/doc/xppaut/examples/ode")
RANDOM = re.compile(r"\b(ran|normal|poisson)\s*\(|^\s*(wiener|w|markov|m)\s+\w", re.I | re.M)
TOLERANCE = 1e-3


def read_text(path):
    return path.read_bytes().decode("latin-1")


def without_sets(text):
    lines, skip = [], False
    for line in text.splitlines():
        if skip or re.match(r"\s*set\s+\S.*\{", line, re.I):
            skip = line.rstrip().endswith("\\")
            continue
        lines.append(line)
    return "\n".join(lines) + "\n"


def option(text, name):
    """The last value that the `@` lines give a setting."""
    found = None
    for line in text.splitlines():
        if line.strip().lower() in ("done", "d"):
            break
        if line.lstrip().startswith("@"):
            for key, value in re.findall(r"([\w]+)\s*=\s*([^\s,]+)", line):
                if key.lower() in name:
                    found = value
    return found


def with_settings(text, settings):
    """The text with one more `@` line before its end."""
    lines = text.splitlines()
    end = next((k for k, line in enumerate(lines) if line.strip().lower() in ("done", "d")), len(lines))
    return "\n".join(lines[:end] + ["@ " + ",".join(settings)] + lines[end:]) + "\n"


def adapts(text):
    """Whether the method chooses its steps; XPPAUT tells methods apart by their first letters."""
    name = (option(text, ("meth", "method")) or "").lower()
    return name[:2] in ("qu", "ge", "st", "cv", "5d", "83", "rb", "ro", "2r") or name in ("5", "8", "9", "10", "11", "12", "13")


def finer(text, factor):
    """Settings for the same rows from so many times as many steps, or from tolerances as much smaller."""
    if adapts(text):
        tolerance = {10: 1e-6, 100: 1e-8, 1000: 1e-10}[factor]
        return [f"toler={tolerance}", f"atoler={tolerance}"]
    dt = float(option(text, ("dt", "delta_t")) or 0.05)
    rows = int(float(option(text, ("nout", "njmp")) or 1))
    # XPPAUT knows the number of steps a row as njmp alone.
    return [f"dt={dt / factor!r}", f"njmp={rows * factor}"]


def fconv_is_broken():
    """Whether XPPAUT gives 0 for a convolution by a function of two sites, where 1 * 1 + 2 * 1 + 1 * 1 = 4 is right."""
    text = (
        "table w % 3 -1 1 2-abs(t)\nf(a,b)=a*b\nspecial k=fconv(even,3,1,w,u0,v0,f)\nx'=k(1)\nu[0..2]'=0\n"
        "v[0..2]'=0\ninit u0=1,u1=1,u2=1,v0=1,v1=1,v2=1\n@ total=1,dt=1,meth=euler\ndone\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        rows = run_xppaut(text, pathlib.Path(folder), [])
    return rows is None or abs(rows[-1][1] - 4.0) > 1e-3


def run_xppaut(text, folder, beside):
    for file in beside:
        shutil.copy(file, folder)
    source = folder / "model.ode"
    source.write_text(text, encoding="latin-1")
    try:
        subprocess.run(
            ["xppaut", "model.ode", "-silent"], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, timeout=120, check=False,
        )
    except subprocess.TimeoutExpired:
        return None
    output = folder / "output.dat"
    if not output.exists():
        return None
    rows = []
    for line in output.read_text(encoding="latin-1").splitlines():
        try:
            rows.append([float(word) for word in line.split()])
        except ValueError:
            return None
    return rows or None


def run_here(program, text, folder, beside):
    for file in beside:
        shutil.copy(file, folder)
    source = folder / "model.ode"
    source.write_text(text, encoding="latin-1")
    output = folder / "here.csv"
    result = subprocess.run(
        [program, "run", str(source), "--output", str(output)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        timeout=300, check=False,
    )
    if not output.exists():
        return None, result.stderr.strip()
    with output.open(newline="") as file:
        table = list(csv.reader(file))
    rows = [[float(word) if word else math.nan for word in row] for row in table[1:]]
    return rows, result.stderr.strip()


def span(rows):
    """How many rows are compared: 10 units of time or 100 rows, whichever is longer."""
    if not rows:
        return 0
    begin = rows[0][0]
    return max(100, sum(1 for row in rows if row[0] - begin <= 10 + 1e-9))


def difference(ours, theirs):
    """The largest difference in shares of a column's range, its column, and how many rows were compared."""
    count = min(span(theirs), len(theirs), len(ours))
    width = min(len(ours[0]), len(theirs[0])) if count else 0
    worst, where = 0.0, 0
    for column in range(width):
        values = [row[column] for row in theirs[:count]]
        finite = [value for value in values if math.isfinite(value)]
        extent = max(finite) - min(finite) if finite else 0.0
        # A column that stands still is measured against its size; XPPAUT writes seven digits or so.
        scale = max(extent, 1e-4 * max((abs(value) for value in finite), default=0.0), 1e-12)
        for a, b in zip((row[column] for row in ours[:count]), values):
            if math.isnan(a) and math.isnan(b):
                continue
            error = abs(a - b) / scale
            if not error <= worst:
                worst, where = (error if not math.isnan(error) else math.inf), column
    return worst, where, count, len(ours[0]) == len(theirs[0]) if count else False


def examine(path, program):
    text = without_sets(read_text(path))
    beside = [file for file in path.parent.iterdir() if file.suffix in (".tab", ".dat", ".set")]
    found = {"file": path.name}
    random = bool(RANDOM.search("\n".join(line for line in text.splitlines() if not line.startswith("#"))))
    with tempfile.TemporaryDirectory() as folder:
        ours, said = run_here(program, text, pathlib.Path(folder), beside)
    said = said.splitlines()
    errors = [line for line in said if "not supported" in line or "error" in line.lower()]
    found["said"] = (errors or said or [""])[0][-150:]
    if ours is None:
        return found | {"verdict": "refused"}
    if random:
        return found | {"verdict": "random", "rows": len(ours)}
    with tempfile.TemporaryDirectory() as folder:
        theirs = run_xppaut(text, pathlib.Path(folder), beside)
    if theirs is None:
        return found | {"verdict": "no output", "rows": len(ours)}
    worst, column, rows, whole = difference(ours, theirs)
    found |= {"difference": worst, "column": column, "rows": rows}
    if not whole:
        return found | {"verdict": "differs", "said": f"{len(ours[0])} columns against {len(theirs[0])}"}
    if worst <= TOLERANCE and rows >= min(span(theirs), len(theirs)):
        return found | {"verdict": "same"}
    if "fconv(" in text and fconv_is_broken():
        return found | {"verdict": "defect", "said": "XPPAUT gives 0 for fconv"}
    for factor in (10, 100, 1000):
        fine = with_settings(text, finer(text, factor))
        with tempfile.TemporaryDirectory() as folder:
            theirs = run_xppaut(fine, pathlib.Path(folder), beside)
        if theirs is None:
            break
        found["finer"] = difference(ours, theirs)[0]
        if found["finer"] <= TOLERANCE:
            return found | {"verdict": "finer"}
        with tempfile.TemporaryDirectory() as folder:
            finely, _ = run_here(program, fine, pathlib.Path(folder), beside)
        found["both"] = difference(finely, theirs)[0] if finely else math.inf
        if found["both"] <= TOLERANCE:
            return found | {"verdict": "both"}
    return found | {"verdict": "differs"}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("files", nargs="*", type=pathlib.Path)
    parser.add_argument("--program", default=os.environ.get("SEPARATRIX_PROGRAM", "target/release/separatrix"))
    parser.add_argument("--json", type=pathlib.Path)
    arguments = parser.parse_args()
    program = str(pathlib.Path(arguments.program).resolve())
    if shutil.which("xppaut") is None:
        sys.exit("the program xppaut is not installed; Debian's package is called xppaut")
    if not pathlib.Path(program).is_file():
        sys.exit(f"there is no program {program}; build it with cargo build --release -p cli, or name it by --program")
    files = arguments.files or sorted(EXAMPLES.glob("*.ode"))
    all_found = []
    for path in files:
        found = examine(path, program)
        all_found.append(found)
        moved = "".join(f"  {key} {found[key]:.1e}" for key in ("finer", "both") if key in found)
        size = f"{found['difference']:.1e} in column {found['column']}" if "difference" in found else ""
        said = found["said"] if found["verdict"] in ("refused", "defect", "differs") else ""
        print(f"{found['verdict']:10} {path.name:22} {found.get('rows', 0):6} rows  {size}{moved}  {said}", flush=True)
    counts = {}
    for found in all_found:
        counts[found["verdict"]] = counts.get(found["verdict"], 0) + 1
    comparable = sum(counts.get(verdict, 0) for verdict in ("same", "finer", "both", "defect", "differs"))
    same = counts.get("same", 0)
    settled = same + counts.get("finer", 0) + counts.get("both", 0)
    print(", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items())))
    if comparable:
        print(f"{same} of {comparable} comparable files are the same: {100 * same / comparable:.1f} %")
        print(f"{settled} are so once steps are fine enough: {100 * settled / comparable:.1f} %")
    if arguments.json:
        arguments.json.write_text(json.dumps(all_found, indent=1))
    sys.exit(1 if comparable and (settled < 0.95 * comparable or counts.get("differs", 0)) else 0)


if __name__ == "__main__":
    main()
