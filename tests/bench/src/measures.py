"""Measures of dynamics by the packages nolds and dysts.

Reads from standard input a JSON list: `{"clock": "process" | "wall"}`, then jobs, each
`{"of": "lyap_r" | "corr_dim", "runs": series, "options": {..}}` or `{"of": "spectrum", "options": {..}}`. Prints a JSON
list of answers: `{"absent": why nothing was measured, "seconds": of one run, "values": one a run, or the exponents}`.
"""

import json
import math
import sys
import time
import warnings

warnings.simplefilter("ignore")
[settings, *jobs] = json.load(sys.stdin)
clock = time.process_time if settings["clock"] == "process" else time.perf_counter


def package(name):
    """The module and nothing, or nothing and why it is not there."""
    try:
        module = __import__(name, fromlist=["_"])
        return module, ""
    except ImportError:
        return None, f"{name.split('.')[0]} is not installed"
    except Exception as error:  # some releases do not go with some versions of Python
        return None, f"{name.split('.')[0]} cannot be imported: {error}"


def of_series(job):
    """Every run by nolds, after one of a tenth to warm up."""
    nolds, absent = package("nolds")
    if nolds is None:
        return {"absent": absent}
    measure, runs = getattr(nolds, job["of"]), job["runs"]
    measure(runs[0][: len(runs[0]) // 10], **job["options"])
    began = clock()
    values = [float(measure(run, **job["options"])) for run in runs]
    return {"seconds": (clock() - began) / len(runs), "values": values}


def spectrum(job):
    """The exponents of Lorenz by dysts; a short run before compiles what dysts lets numba compile."""
    flows, absent = package("dysts.flows")
    analysis, absent_too = package("dysts.analysis")
    if flows is None or analysis is None:
        return {"absent": absent or absent_too}
    measure = analysis.find_lyapunov_exponents
    measure(flows.Lorenz(), 50, **job["options"]["keywords"])
    began = clock()
    values = measure(flows.Lorenz(), job["options"]["length"], **job["options"]["keywords"])
    return {"seconds": clock() - began, "values": [float(value) for value in values]}


def answer(job):
    try:
        found = {"absent": "", "seconds": 0.0, "values": []}
        found.update(spectrum(job) if job["of"] == "spectrum" else of_series(job))
    except Exception as error:
        return {"absent": f"it failed: {error}", "seconds": 0.0, "values": []}
    if not all(map(math.isfinite, found["values"])):
        return {"absent": "it gave no number", "seconds": 0.0, "values": []}
    return found


json.dump([answer(job) for job in jobs], sys.stdout)
