# stiff
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    mu::Float64 = 1000.0
end

const names = ["t", "x"]
const initial = [0.0]
const t0 = 0.0  # where time starts
const dt = 0.5  # time between two rows
const rows = 6  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    x = state[1]
    rate[1] = -p.mu * (x - cos(t))  # x
    return nothing
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = ODEProblem(rhs!, initial, tspan, p)
    solution = solve(problem, Rodas5P(); reltol = 1e-8, abstol = 1e-8, dtmax = 0.5, saveat = t0 .+ dt .* (0:rows))
    for (t, state) in zip(solution.t, solution.u)
        abs(t) >= transient && println(join([t; state], ","))
    end
end

main()
