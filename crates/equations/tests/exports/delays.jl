# delays
# Written by Separatrix. It prints a table as CSV.
using DelayDiffEq, OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    tau::Float64 = 1.0
end

const names = ["t", "x", "u0", "u1", "u2", "u3", "old"]
const initial = [1.0, 1.0, 2.0, 3.0, 4.0]
const t0 = 0.0  # where time starts
const dt = 0.02  # time between two rows
const rows = 100  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, history, p, t)
    _, u0, u1, u2, u3 = state
    rate[1] = -history(p, t - p.tau; idxs = 1)  # x
    rate[2] = -u0 + sum(history(p, t - (0.5 + 0.1 * i); idxs = 2 + i) for i in 0:3; init = 0.0) / 8.0  # u0
    rate[3] = -u1 + sum(history(p, t - (0.5 + 0.1 * i); idxs = 2 + i) for i in 0:3; init = 0.0) / 8.0  # u1
    rate[4] = -u2 + sum(history(p, t - (0.5 + 0.1 * i); idxs = 2 + i) for i in 0:3; init = 0.0) / 8.0  # u2
    rate[5] = -u3 + sum(history(p, t - (0.5 + 0.1 * i); idxs = 2 + i) for i in 0:3; init = 0.0) / 8.0  # u3
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, history, p, t)
    return [
        history(p, t - 0.25; idxs = 1),  # old
    ]
end

"Where the variables were before the start: at 0 unless the file says otherwise."
function history_of(p, t; idxs = nothing)
    state = zeros(length(initial))
    state[1] = 1.0 + t * 0.0
    return idxs === nothing ? state : state[idxs]
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = DDEProblem(rhs!, initial, history_of, tspan, p)
    solution = solve(problem, MethodOfSteps(Vern9()); reltol = 1e-9, abstol = 1e-12, saveat = t0 .+ dt .* (0:rows))
    history(p, s; idxs) = s < t0 ? history_of(p, s; idxs = idxs) : solution(s; idxs = idxs)
    for (t, state) in zip(solution.t, solution.u)
        abs(t) >= transient && println(join([t; state; auxiliaries(state, history, p, t)], ","))
    end
end

main()
