#!/usr/bin/env python3
"""Holds the right-hand sides of the textbook's systems against formulas written down a second time.

Each function below is the paper's formula with the paper's numbers, and takes nothing from the `.ode` file: at 20
random points in the ranges given beside it both are evaluated, and every component has to agree to 1e-12 of its
largest magnitude over the points. A number that differs between file and paper is a disagreement as well.

Needs NumPy alone, and is no part of the test command:

    cargo build --release -p cli
    python tests/zoo/compare_textbook.py [SLUG ...]

It asks the program at target/release/separatrix, or at $SEPARATRIX_PROGRAM, for each file. Prints a table; the exit
status is 1 where something disagrees or could not be compared.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import zlib
from pathlib import Path

try:
    import numpy as np
    from numpy import cos, cosh, exp, pi, sin, sqrt, tanh
except ImportError as error:
    sys.exit(f"{error}: install it with `pip install numpy`")

ROOT = Path(__file__).resolve().parents[2]
POINTS = 20
TOLERANCE = 1e-12
SYSTEMS = {}


def system(slug, *ranges, times=(0.0, 0.0)):
    """Enters a right-hand side f(t, state) with the range of each of its variables."""

    def enter(function):
        SYSTEMS[slug] = (function, ranges, times)
        return function

    return enter


# Neurons


@system("hodgkin-huxley", (-90, 50), (0, 1), (0, 1), (0, 1))
def hodgkin_huxley(t, s):
    v, m, h, n = s
    u = -65.0 - v  # the paper's displacement from rest, depolarisation negative
    am, bm = 0.1 * (u + 25) / (exp((u + 25) / 10) - 1), 4 * exp(u / 18)
    ah, bh = 0.07 * exp(u / 20), 1 / (exp((u + 30) / 10) + 1)
    an, bn = 0.01 * (u + 10) / (exp((u + 10) / 10) - 1), 0.125 * exp(u / 80)
    ionic = 120 * m**3 * h * (v - 50) + 36 * n**4 * (v + 77) + 0.3 * (v + 54.387)
    return [10 - ionic, am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]


@system("fitzhugh-nagumo", (-2, 2), (-1, 2))
def fitzhugh_nagumo(t, s):
    v, w = s
    return [v - v**3 / 3 - w + 0.5, 0.08 * (v + 0.7 - 0.8 * w)]


@system("morris-lecar", (-80, 60), (0, 1))
def morris_lecar(t, s):
    v, w = s
    ionic = 4.4 * (1 + tanh((v + 1.2) / 18)) / 2 * (v - 120) + 8 * w * (v + 84) + 2 * (v + 60)
    return [(90 - ionic) / 20, 0.04 * ((1 + tanh((v - 2) / 30)) / 2 - w) * cosh((v - 2) / 60)]


@system("hindmarsh-rose", (-2, 2), (-10, 1), (2, 4))
def hindmarsh_rose(t, s):
    x, y, z = s
    return [y - x**3 + 3 * x**2 - z + 3.2, 1 - 5 * x**2 - y, 0.006 * (4 * (x + 1.6) - z)]


@system("connor-stevens", (-90, 50), (0, 1), (0, 1), (0, 1), (0, 1), (0, 1))
def connor_stevens(t, s):
    v, m, h, n, a, b = s
    am = 0.38 * (v + 29.7) / (1 - exp(-0.1 * (v + 29.7)))
    bm = 15.2 * exp(-0.0556 * (v + 54.7))
    ah, bh = 0.266 * exp(-0.05 * (v + 48)), 3.8 / (1 + exp(-0.1 * (v + 18)))
    an = 0.02 * (v + 45.7) / (1 - exp(-0.1 * (v + 45.7)))
    bn = 0.25 * exp(-0.0125 * (v + 55.7))
    ainf = (0.0761 * exp(0.0314 * (v + 94.22)) / (1 + exp(0.0346 * (v + 1.17)))) ** (1 / 3)
    taua = 0.3632 + 1.158 / (1 + exp(0.0497 * (v + 55.96)))
    binf = (1 / (1 + exp(0.0688 * (v + 53.3)))) ** 4
    taub = 1.24 + 2.678 / (1 + exp(0.0624 * (v + 50)))
    # The book's conductances are in mS/mm², its capacitance in µF/mm².
    ionic = 0.003 * (v + 17) + 1.2 * m**3 * h * (v - 55) + 0.2 * n**4 * (v + 72) + 0.477 * a**3 * b * (v + 75)
    gates = [am * (1 - m) - bm * m, ah * (1 - h) - bh * h, an * (1 - n) - bn * n]
    return [(0.1 - ionic) / 0.01, *gates, (ainf - a) / taua, (binf - b) / taub]


@system("persistent-sodium", (-90, 30), (0, 1))
def persistent_sodium(t, s):
    v, n = s
    minf, ninf = 1 / (1 + exp((-20 - v) / 15)), 1 / (1 + exp((-25 - v) / 5))
    return [10 - 8 * (v + 80) - 20 * minf * (v - 60) - 10 * n * (v + 90), ninf - n]


@system("wang-buzsaki", (-90, 50), (0, 1), (0, 1))
def wang_buzsaki(t, s):
    v, h, n = s
    am = -0.1 * (v + 35) / (exp(-0.1 * (v + 35)) - 1)
    minf = am / (am + 4 * exp(-(v + 60) / 18))
    ah, bh = 0.07 * exp(-(v + 58) / 20), 1 / (exp(-0.1 * (v + 28)) + 1)
    an, bn = -0.01 * (v + 34) / (exp(-0.1 * (v + 34)) - 1), 0.125 * exp(-(v + 44) / 80)
    ionic = 35 * minf**3 * h * (v - 55) + 9 * n**4 * (v + 90) + 0.1 * (v + 65)
    return [1 - ionic, 5 * (ah * (1 - h) - bh * h), 5 * (an * (1 - n) - bn * n)]


@system("butera", (-80, 30), (0, 1), (0, 1))
def butera(t, s):
    v, n, h = s
    inf = lambda theta, sigma: 1 / (1 + exp((v - theta) / sigma))
    tau = lambda longest, theta, sigma: longest / cosh((v - theta) / (2 * sigma))
    ionic = 2.8 * inf(-40, -6) * h * (v - 50) + 28 * inf(-34, -5) ** 3 * (1 - n) * (v - 50)
    ionic += 11.2 * n**4 * (v + 85) + 2.8 * (v + 58)
    return [-ionic / 21, (inf(-29, -4) - n) / tau(10, -29, -4), (inf(-48, 6) - h) / tau(10000, -48, 6)]


@system("tsodyks-markram", (0, 1), (0, 1), (0, 0.2), times=(0, 2000))
def tsodyks_markram(t, s):
    x, u, i = s
    rate = 0.02 if 200 <= t < 1500 else 0.0
    sent = u * x * rate
    return [(1 - x) / 800 - sent, (0.5 - u) / 20 + 0.5 * (1 - u) * rate, -i / 3 + sent]


@system("rulkov", (-2, 2), (-3, -2))
def rulkov(t, s):
    x, y = s
    return [4.3 / (1 + x * x) + y, y - 0.001 * (x + 1)]


@system("chialvo", (0, 3), (0, 2))
def chialvo(t, s):
    x, y = s
    return [x * x * exp(y - x) + 0.03, 0.89 * y - 0.18 * x + 0.28]


@system("izhikevich", (-80, 25), (-20, 10), times=(0, 100))
def izhikevich(t, s):
    v, u = s
    return [0.04 * v**2 + 5 * v + 140 - u + (14 if t >= 10 else 0), 0.02 * (0.2 * v - u)]


@system("leaky-integrate-and-fire", (-70, -50), (0, 0.5))
def leaky_integrate_and_fire(t, s):
    v, g = s
    return [(-65 - v - g * (v + 70) + 10 * 1.75) / 10, -g / 100]


@system("quadratic-integrate-and-fire", (-50, 50))
def quadratic_integrate_and_fire(t, s):
    return [s[0] ** 2 + 1]


@system("adex", (-80, -31), (-100, 400))  # below the peak, where the file's exponential is the paper's
def adex(t, s):
    v, w = s
    rate = -30 * (v + 70.6) + 30 * 2 * exp((v + 50.4) / 2) - w + 800
    return [rate / 281, (4 * (v + 70.6) - w) / 144]


# Networks


@system("wilson-cowan", (0, 0.5), (0, 0.5))
def wilson_cowan(t, s):
    e, i = s
    response = lambda x, a, theta: 1 / (1 + exp(-a * (x - theta))) - 1 / (1 + exp(a * theta))
    return [
        -e + (1 - e) * response(16 * e - 12 * i + 1.25, 1.3, 4),
        -i + (1 - i) * response(15 * e - 3 * i, 2, 3.7),
    ]


@system("jansen-rit", (0, 0.2), (0, 30), (0, 30), (-10, 10), (-500, 500), (-500, 500))
def jansen_rit(t, s):
    y0, y1, y2, y3, y4, y5 = s
    sigm = lambda v: 2 * 2.5 / (1 + exp(0.56 * (6 - v)))
    c1, c2, c3, c4 = 135, 108, 33.75, 33.75
    return [
        y3,
        y4,
        y5,
        3.25 * 100 * sigm(y1 - y2) - 200 * y3 - 100**2 * y0,
        3.25 * 100 * (220 + c2 * sigm(c1 * y0)) - 200 * y4 - 100**2 * y1,
        22 * 50 * c4 * sigm(c3 * y0) - 100 * y5 - 50**2 * y2,
    ]


def wong_wang_rate(x):
    return (270 * x - 108) / (1 - exp(-0.154 * (270 * x - 108)))


@system("wong-wang", (0, 0.8), (0, 0.8))
def wong_wang(t, s):
    s1, s2 = s
    x1 = 0.2609 * s1 - 0.0497 * s2 + 0.3255 + 5.2e-4 * 30 * (1 + 0.064)
    x2 = 0.2609 * s2 - 0.0497 * s1 + 0.3255 + 5.2e-4 * 30 * (1 - 0.064)
    return [
        -s1 / 0.1 + (1 - s1) * 0.641 * wong_wang_rate(x1),
        -s2 / 0.1 + (1 - s2) * 0.641 * wong_wang_rate(x2),
    ]


@system("montbrio-pazo-roxin", (0, 2), (-2, 2))
def montbrio_pazo_roxin(t, s):
    r, v = s
    return [1 / pi + 2 * r * v, v**2 - 5 + 15 * r - pi**2 * r**2]


@system("matsuoka", (-1, 1), (-1, 1), (0, 0.5), (0, 0.5))
def matsuoka(t, s):
    x1, x2, f1, f2 = s
    y1, y2 = max(0.0, x1), max(0.0, x2)
    return [1 - x1 - 2.5 * f1 - 1.5 * y2, 1 - x2 - 2.5 * f2 - 1.5 * y1, (y1 - f1) / 12, (y2 - f2) / 12]


@system("wang-rinzel", (-90, 0), (-90, 0), (0, 0.5), (0, 0.5))
def wang_rinzel(t, s):
    v1, v2, h1, h2 = s

    def cell(v, h, other):
        minf, hinf = 1 / (1 + exp(-(v + 65) / 7.8)), 1 / (1 + exp((v + 81) / 11))
        sinf = 1 / (1 + exp(-(other + 44) / 2))
        rate = -0.3 * minf**3 * h * (v - 120) - 0.1 * (v + 60) - 0.3 * sinf * (v + 80)
        return rate, 3 * (hinf - h) / (hinf * exp((v + 162.3) / 17.8))

    (a, c), (b, d) = cell(v1, h1, v2), cell(v2, h2, v1)
    return [a, b, c, d]


@system("kuramoto", *[(0, 2 * pi)] * 32)
def kuramoto(t, s):
    natural = 0.5 * np.tan(pi * (np.arange(1, 33) - 16.5) / 33)
    return natural + 1.5 / 32 * sin(s[None, :] - s[:, None]).sum(axis=1)


@system("theta-network", *[(0, 2 * pi)] * 64)
def theta_network(t, s):
    eta = 10.75 + 0.5 * np.tan(pi * (np.arange(1, 65) - 32.5) / 65)
    current = eta - 9 * np.mean(2 / 3 * (1 - cos(s)) ** 2)
    return 1 - cos(s) + (1 + cos(s)) * current


@system("sompolinsky-crisanti-sommers", *[(-3, 3)] * 64)
def sompolinsky_crisanti_sommers(t, s):
    # Whole numbers of any size: no rounding in the couplings but the last division.
    u = lambda k: (((k * k) % 1000003 + 613 * k + 104729) % 1000003) ** 2 % 1000003 / 1000003
    j = np.array([[2 * u(64 * (row - 1) + column) - 1 for column in range(1, 65)] for row in range(1, 65)])
    return -s + 3 * sqrt(3 / 64) * j @ tanh(s)


@system("ring-attractor", *[(0, 1)] * 64)
def ring_attractor(t, s):
    angle = 2 * pi * np.arange(64) / 64
    coupling = -6 + 6 * cos(angle[:, None] - angle[None, :])
    return -s + np.maximum(0, 1 + coupling @ s / 64)


@system("amari", *[(-1, 1)] * 64, times=(0, 4))
def amari(t, s):
    place = np.arange(64)
    apart = np.abs(place[:, None] - place[None, :])
    distance = np.minimum(apart, 64 - apart) * 0.25
    weight = 2 * exp(-(distance**2) / 2) - exp(-(distance**2) / 8)
    touch = 1.5 * (t < 2) * exp(-(((place - 32) * 0.25) ** 2) / 2)
    return -s - 0.5 + weight @ (1 / (1 + exp(-20 * s))) * 0.25 + touch


@system("hopfield-memory", *[(-1, 1)] * 64, times=(0, 2))
def hopfield_memory(t, s):
    plus = ["...##..."] * 3 + ["########"] * 2 + ["...##..."] * 3
    bars = ["##..##.."] * 8
    frame = ["........", ".######.", ".######.", ".##..##.", ".##..##.", ".######.", ".######.", "........"]
    pictures = np.array([[1.0 if dot == "#" else -1.0 for dot in "".join(rows)] for rows in (plus, bars, frame)])
    weights = pictures.T @ pictures / 64
    np.fill_diagonal(weights, 0)
    k = np.arange(1, 65)
    cue = np.where((7 * k**2 + 3 * k) % 64 < 16, -1, 1) * 0.5 * pictures[0] * (t < 1)
    return -s + weights @ tanh(4 * s) + cue


@system("chimera", *[(0, 2 * pi)] * 64)
def chimera(t, s):
    x = 2 * pi * np.arange(64) / 64
    kernel = (1 + 0.995 * cos(x[:, None] - x[None, :])) / (2 * pi)
    return -(kernel * sin(s[:, None] - s[None, :] + pi / 2 - 0.18)).sum(axis=1) * 2 * pi / 64


# Noise, of which the drift alone is compared, and delays, with the delayed values equal to the present ones


@system("wong-wang-noise", (0, 0.8), (0, 0.8), (-0.05, 0.05), (-0.05, 0.05))
def wong_wang_noise(t, s):
    s1, s2, n1, n2 = s  # the drift alone: the noise is 0
    x1 = 0.2609 * s1 - 0.0497 * s2 + 0.3255 + 5.2e-4 * 30 * (1 + 0.064) + n1
    x2 = 0.2609 * s2 - 0.0497 * s1 + 0.3255 + 5.2e-4 * 30 * (1 - 0.064) + n2
    gates = [-a / 0.1 + (1 - a) * 0.641 * wong_wang_rate(x) for a, x in ((s1, x1), (s2, x2))]
    return [*gates, -n1 / 0.002, -n2 / 0.002]


@system("wilson-cowan-delay", (0.3, 0.9), (0, 1))
def wilson_cowan_delay(t, s):
    u, v = s  # the delayed values are the present ones
    f = lambda z: 1 / (1 + exp(-60 * z))
    return [-u + f(0.7 - u - 0.4 * v), -v + f(0.5 - u)]


@system("hutchinson", (0, 5))
def hutchinson(t, s):
    return [1.8 * s[0] * (1 - s[0])]


# Populations and chemistry


@system("lotka-volterra", (0, 3), (0, 3))
def lotka_volterra(t, s):
    x, y = s
    return [2 / 3 * x - 4 / 3 * x * y, x * y - y]


@system("may-leonard", (0, 1), (0, 1), (0, 1))
def may_leonard(t, s):
    n = np.asarray(s)
    matrix = np.array([[1, 0.8, 1.3], [1.3, 1, 0.8], [0.8, 1.3, 1]])
    return n * (1 - matrix @ n)


@system("sir", (0, 1), (0, 1), (0, 1))
def sir(t, s):
    new, healed = 0.5 * s[0] * s[1], 0.2 * s[1]
    return [-new, new - healed, healed]


@system("seir-seasonal", (0.02, 0.1), (0, 0.002), (0, 0.001), times=(0, 3))
def seir_seasonal(t, s):
    s, e, i = s
    new = 1800 * (1 + 0.28 * cos(2 * pi * t)) * s * i
    return [0.02 * (1 - s) - new, new - 35.86 * e, 35.84 * e - 100.02 * i]


@system("brusselator", (0, 4), (0, 5))
def brusselator(t, s):
    x, y = s
    return [1 - 4 * x + x * x * y, 3 * x - x * x * y]


@system("oregonator", (0, 1), (0, 2), (0, 0.4))
def oregonator(t, s):
    x, y, z = s
    q = 8e-4
    return [(q * y - x * y + x * (1 - x)) / 4e-2, (-q * y - x * y + z) / 4e-4, x - z]


@system("repressilator", (0, 100), (0, 100), (0, 100), (0, 60), (0, 60), (0, 60))
def repressilator(t, s):
    m, p = np.asarray(s[:3]), np.asarray(s[3:])
    return [*(-m + 216 / (1 + np.roll(p, 1) ** 2) + 0.216), *(-0.2 * (p - m))]


@system("selkov", (0, 2), (0, 4))
def selkov(t, s):
    x, y = s
    made = (0.08 + x * x) * y
    return [made - x, 0.6 - made]


@system("goodwin", (0, 1), (0, 2), (0, 3))
def goodwin(t, s):
    x, y, z = s
    return [1 / (1 + z**12) - 0.5 * x, x - 0.5 * y, y - 0.5 * z]


# Mechanics and normal forms


@system("pendulum", (-3, 3), (-6, 6), times=(0, 20))
def pendulum(t, s):
    return [s[1], -9.81 * sin(s[0])]


@system("cart-pole", (-2, 2), (-2, 2), (-3, 3), (-6, 6))
def cart_pole(t, s):
    x, v, theta, omega = s
    mc, m, l, g, muc, mup = 1.0, 0.1, 0.5, 9.8, 0.0005, 0.000002
    # The same mechanics from its two equations of motion, solved as a linear system for the accelerations.
    matrix = [[mc + m, m * l * cos(theta)], [cos(theta), 4 / 3 * l]]
    right = [m * l * omega**2 * sin(theta) - muc * np.sign(v), g * sin(theta) - mup * omega / (m * l)]
    push, turn = np.linalg.solve(matrix, right)
    return [v, push, omega, turn]


@system("three-body", *[(-1, 1)] * 12)
def three_body(t, s):
    q, u = np.reshape(s[:6], (3, 2)), s[6:]
    pulls = np.zeros((3, 2))
    for i in range(3):
        for j in range(3):
            if i != j:
                pulls[i] += (q[j] - q[i]) / np.linalg.norm(q[j] - q[i]) ** 3
    return [*u, *pulls.ravel()]


@system("saddle-node-circle", (-1.5, 1.5), (-1.5, 1.5))
def saddle_node_circle(t, s):
    x, y = s
    r, theta = np.hypot(x, y), np.arctan2(y, x)
    # In polar coordinates: r'=r(1-r²), and theta'=mu-sin(theta) on the circle, mu-y off it.
    grow, turn = r * (1 - r * r), 1.05 - r * sin(theta)
    return [grow * cos(theta) - r * turn * sin(theta), grow * sin(theta) + r * turn * cos(theta)]


@system("hopf-normal-form", (-1, 1), (-1, 1))
def hopf_normal_form(t, s):
    z = complex(*s)
    rate = (0.2 + 1j) * z - abs(z) ** 2 * z
    return [rate.real, rate.imag]


@system("cusp", (-2, 2), (-1, 1), times=(0, 200))
def cusp(t, s):
    x, force = s
    return [force + x - x**3, 0.8 * 0.05 * cos(0.05 * t)]


# Chains, fields and lattices


@system("fermi-pasta-ulam-tsingou", *[(-1, 1)] * 64)
def fermi_pasta_ulam_tsingou(t, s):
    stretch = np.diff(s[:32], prepend=0, append=0)
    return [*s[32:], *np.diff(stretch + 0.25 * stretch**2)]


@system("lorenz-96-40", *[(-5, 10)] * 40)
def lorenz_96_40(t, s):
    return (np.roll(s, -1) - np.roll(s, 2)) * np.roll(s, 1) - s + 8


def neighbours(s):
    return np.roll(s, 1) + np.roll(s, -1) - 2 * s


@system("excitable-ring", *[(-2, 2)] * 64, *[(-1, 2)] * 64)
def excitable_ring(t, s):
    v, w = s[:64], s[64:]
    return [*(v - v**3 / 3 - w + 0.5 * neighbours(v)), *(0.08 * (v + 0.7 - 0.8 * w))]


@system("gray-scott", *[(0, 1)] * 64, *[(0, 0.5)] * 64)
def gray_scott(t, s):
    u, v = s[:64], s[64:]
    reaction = u * v**2
    return [
        *(2e-5 * neighbours(u) / 0.02**2 - reaction + 0.03 * (1 - u)),
        *(1e-5 * neighbours(v) / 0.02**2 + reaction - (0.03 + 0.0565) * v),
    ]


@system("ginzburg-landau", *[(-1, 1)] * 128)
def ginzburg_landau(t, s):
    a = s[:64] + 1j * s[64:]
    rate = a + (1 + 2j) * neighbours(a) - (1 - 1.2j) * abs(a) ** 2 * a
    return [*rate.real, *rate.imag]


@system("kuramoto-sivashinsky", *[(-1, 1)] * 64)
def kuramoto_sivashinsky(t, s):
    # The field itself on a fine grid, its derivatives mode by mode, and the product back onto the sines: no sum over
    # pairs of modes.
    q = 2 * pi * np.arange(1, 65) / 100
    x = 100 * np.arange(512) / 512
    waves = sin(np.outer(x, q))
    u, slope = waves @ s, cos(np.outer(x, q)) @ (q * s)
    return (q**2 - q**4) * s - 2 / 512 * waves.T @ (u * slope)


@system("coupled-map-lattice", *[(-1, 1)] * 64)
def coupled_map_lattice(t, s):
    f = 1 - 1.9 * s**2
    return 0.9 * f + 0.05 * (np.roll(f, 1) + np.roll(f, -1))


# Maps that the package of the collection does not compute, or computes in another form


@system("standard-map", (0, 2 * pi), (0, 2 * pi))
def standard_map(t, s):
    theta, p = s
    p = (p + 1.2 * sin(theta)) % (2 * pi)
    return [(theta + p) % (2 * pi), p]


@system("arnold-cat", (0, 1), (0, 1))
def arnold_cat(t, s):
    return (np.array([[1, 1], [1, 2]]) @ s) % 1


@system("zaslavskii", (0, 1), (-1, 1))
def zaslavskii(t, s):
    x, y = s
    eps, nu, r = 0.3, 400 / 3, 3.0
    mu = (1 - exp(-r)) / r
    return [(x + nu * (1 + mu * y) + eps * nu * mu * cos(2 * pi * x)) % 1, exp(-r) * (y + eps * cos(2 * pi * x))]


@system("zeraoulia-sprott", (-5, 5), (-5, 5))
def zeraoulia_sprott(t, s):
    x, y = s
    return [-3.7 * x / (1 + y * y), x + 0.6 * y]


@system("blinking-vortex-map", (0.05, 0.95), (-3, 3), (1, 1))
def blinking_vortex_map(t, s):
    r, theta, side = s
    stirrer = 0.5 * side
    image = 1 / stirrer
    z = r * exp(1j * theta)
    # The particle's circle is the locus of one ratio of distances to the stirrer and to its image.
    ratio = abs(z - stirrer) / abs(z - image)
    eta = (stirrer - ratio**2 * image) / (1 - ratio**2)
    rho = abs(ratio / (1 - ratio**2) * (image - stirrer))
    eccentricity = 2 * ratio / (1 + ratio**2)
    start = np.angle(z - eta)
    whole = (2 * pi) ** 2 * rho**2 * (1 + ratio**2) / (1 - ratio**2)
    mean = start - eccentricity * sin(start) + 2 * pi * 1.5 / whole
    low, high = mean - 1.0, mean + 1.0
    for _ in range(200):  # Kepler's equation by bisection: no step in common with the file's method
        middle = (low + high) / 2
        low, high = (middle, high) if middle - eccentricity * sin(middle) < mean else (low, middle)
    end = eta + rho * exp(1j * (low + high) / 2)
    return [abs(end), np.angle(end), -side]


def ours(program, path, states, times):
    """What the program says at the points."""
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        for state, time in zip(states, times):
            file.write(json.dumps({"t": float(time), "state": [float(x) for x in state]}) + "\n")
        file.flush()
        command = [program, "eval", str(path), "--states", file.name, "--json"]
        answer = subprocess.run(command, capture_output=True, text=True, check=False)
    if answer.returncode:
        raise RuntimeError((answer.stderr or answer.stdout).strip().splitlines()[-1])
    return np.asarray([json.loads(line)["rhs"] for line in answer.stdout.splitlines()], dtype=float)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slugs", nargs="*", help="systems by slug; all without any")
    chosen = parser.parse_args().slugs or list(SYSTEMS)
    program = os.environ.get("SEPARATRIX_PROGRAM", str(ROOT / "target/release/separatrix"))
    unknown = [slug for slug in chosen if slug not in SYSTEMS]
    if unknown:
        sys.exit(f"no formula here for {', '.join(unknown)}")
    bad = 0
    print(f"{'system':<28} {'states':>6} {'difference':>10}")
    for slug in chosen:
        formula, ranges, span = SYSTEMS[slug]
        rng = np.random.default_rng(zlib.crc32(slug.encode()))
        low, high = np.transpose(ranges)
        states = rng.uniform(low, high, (POINTS, len(ranges)))
        times = rng.uniform(*span, POINTS)
        try:
            theirs = np.asarray([formula(t, s) for t, s in zip(times, states)], dtype=float)
            values = ours(program, ROOT / f"crates/zoo/systems/{slug}.ode", states, times)
            if values.shape != theirs.shape:
                raise RuntimeError(f"{values.shape[1]} variables in the file, {theirs.shape[1]} here")
            size = np.abs(theirs).max(axis=0)
            difference = float((np.abs(values - theirs) / np.where(size > 0, size, 1.0)).max())
            agrees, told = difference <= TOLERANCE, f"{difference:10.1e}"
        except RuntimeError as error:
            agrees, told = False, str(error)
        bad += not agrees
        print(f"{slug:<28} {len(ranges):>6} {told}{'' if agrees else '  <-- disagrees'}")
    print(f"{len(chosen) - bad} of {len(chosen)} agree to {TOLERANCE:g}")
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
