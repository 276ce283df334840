# words
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    lambda::Float64 = 0.3
    in_::Float64 = 2.0
    fn::Float64 = 1.5
    end_::Float64 = 0.7
    p_::Float64 = 4.0
end

const N = 3.0
const self = 2.0
const names = ["t", "state", "draws", "type", "if_"]
const initial = [0.2, 0.4, 1.0]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 20  # rows after the first one
const transient = 0.0  # rows before this time are left out

is(v, P, state_, p) = v * p.lambda + P * p.in_ + state_

rhs_(x) = x * x / (1.0 + x^2)

"Rates of change of the state."
function rhs!(rate, state, p, t)
    state_, draws_, type_ = state
    np = state_ * p.fn + draws_
    rate[1] = is(np, draws_, state_, p) + p.p_ * N  # state
    rate[2] = -rhs_(state_) + p.end_ * self  # draws
    rate[3] = -type_ * t  # type
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, p, t)
    _, _, type_ = state
    return [
        type_,  # if_
    ]
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = ODEProblem(rhs!, initial, tspan, p)
    solution = solve(problem, Vern9(); reltol = 1e-9, abstol = 1e-12, dtmax = 0.05, saveat = t0 .+ dt .* (0:rows))
    for (t, state) in zip(solution.t, solution.u)
        abs(t) >= transient && println(join([t; state; auxiliaries(state, p, t)], ","))
    end
end

main()
