# lorenz
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    sigma::Float64 = 10.0
    rho::Float64 = 28.0
    beta::Float64 = 2.6666666666666665
end

const names = ["t", "x", "y", "z", "energy"]
const initial = [1.0, 2.0, 20.0]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 20  # rows after the first one
const transient = 0.2  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    x, y, z = state
    rate[1] = p.sigma * (y - x)  # x
    rate[2] = x * (p.rho - z) - y  # y
    rate[3] = x * y - p.beta * z  # z
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, p, t)
    x, y, z = state
    return [
        (x^2 + y^2 + z^2) / 2.0,  # energy
    ]
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = ODEProblem(rhs!, initial, tspan, p)
    solution = solve(problem, Vern9(); reltol = 1e-9, abstol = 1e-12, saveat = t0 .+ dt .* (0:rows))
    for (t, state) in zip(solution.t, solution.u)
        abs(t) >= transient && println(join([t; state; auxiliaries(state, p, t)], ","))
    end
end

main()
