# order
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    a::Float64 = 0.7
end

const names = ["t", "x", "y", "z", "u", "w"]
const initial = [1.1, 0.9, 0.4, 0.0, 0.0]
const t0 = 0.0  # where time starts
const dt = 0.005  # time between two rows
const rows = 20  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    x, y, z, _, _ = state
    rate[1] = (2.0^3)^2 * x - x^2 + (-x)^3 - 2.0^(-x) + x^(-2) + (x^0.5)^2  # x
    rate[2] = float(x > 0.5) + float(x < 1.0) * 2.0 - float(x == y) + float(x != y) * float(!(x > y))  # y
    rate[3] = x > 0.5 && y < 2.0 || z > 3.0 ? (z != 0.0 ? -x : y) : x - (y - z) - x / y / z  # z
    rate[4] = (p.a > z ? 1.0 : 2.0)^2 - p.a^(x + 1.0)  # u
    rate[5] = -(x + y) * -z + float(float(x > y) > float(y > z))  # w
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
