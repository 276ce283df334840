# tables
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    a::Float64 = 0.5
end

const names = ["t", "x", "y"]
const initial = [0.3, -0.2]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 20  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Straight lines through f(0), f(1), .. at equal distances from low to high; the end lines go on."
function between_points(f, points, low, high, x)
    at = (x - low) / (high - low) * (points - 1)
    first = clamp(floor(at), 0.0, points - 2.0)
    a, b = f(Int(first)), f(Int(first) + 1)
    return a + (at - first) * (b - a)
end

f_at(point, p) = exp(-p.a * point^2)

f(x, p) = between_points(k -> f_at(-2.0 + k * 0.2, p), 21, -2.0, 2.0, x)

const G_VALUES = [0.0, 1.0, 4.0, 2.0]

g(x) = between_points(k -> G_VALUES[k + 1], 4, -1.0, 2.0, x)

const R_VALUES = [
    0.8399363898198936, 0.2127092373745606, 0.9384242704625128, 0.6961242311527068,
    0.4351659018747328, 0.8433420424339396, 0.4087160845704424, 0.8267649815421113,
    0.09232573934744914, 0.3403248045778533, 0.06416196688668929,
]

r(x) = between_points(k -> R_VALUES[k + 1], 11, 0.0, 10.0, x)

"Rates of change of the state."
function rhs!(rate, state, p, t)
    x, y = state
    rate[1] = f(x, p) + g(y)  # x
    rate[2] = -f(3.0 * x, p) * g(4.0 * y) + r(5.0 * x)  # y
    return nothing
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = ODEProblem(rhs!, initial, tspan, p)
    solution = solve(problem, Vern9(); reltol = 1e-9, abstol = 1e-12, saveat = t0 .+ dt .* (0:rows))
    for (t, state) in zip(solution.t, solution.u)
        abs(t) >= transient && println(join([t; state], ","))
    end
end

main()
