"""A loop over RK4 steps of Lorenz, compiled by numba.

Arguments: step, steps of a run, and `process` or `wall`, the clock. Prints the state after 1000 steps, then for each
line that it reads the seconds of one run, until there are no more lines.
"""

import sys
import time

import numba

H, STEPS = float(sys.argv[1]), int(sys.argv[2])
clock = time.process_time if sys.argv[3] == "process" else time.perf_counter


@numba.njit
def slope(x, y, z, sigma, rho, beta):
    return sigma * (y - x), x * (rho - z) - y, x * y - beta * z


@numba.njit
def run(x, y, z, sigma, rho, beta, h, count):
    half, sixth = 0.5 * h, h / 6.0
    for _ in range(count):
        a, b, c = slope(x, y, z, sigma, rho, beta)
        d, e, f = slope(x + half * a, y + half * b, z + half * c, sigma, rho, beta)
        g, i, j = slope(x + half * d, y + half * e, z + half * f, sigma, rho, beta)
        k, m, n = slope(x + h * g, y + h * i, z + h * j, sigma, rho, beta)
        x += sixth * (a + 2.0 * (d + g) + k)
        y += sixth * (b + 2.0 * (e + i) + m)
        z += sixth * (c + 2.0 * (f + j) + n)
    return x, y, z


state = run(1.0, 1.0, 1.0, 10.0, 28.0, 8.0 / 3.0, H, 1000)
print(*state, flush=True)
for _ in sys.stdin:
    began = clock()
    state = run(*state, 10.0, 28.0, 8.0 / 3.0, H, STEPS)
    print(clock() - began, flush=True)
