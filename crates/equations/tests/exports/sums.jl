# sums
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    k0::Float64 = 1.0
    k1::Float64 = 2.0
    k2::Float64 = 3.0
    k3::Float64 = 4.0
    n::Float64 = 2.0
end

const m = 4.0
const names = ["t", "u0", "u1", "u2", "u3", "v"]
const initial = [0.0, 0.25, 0.5, 0.75, 0.0]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 10  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    u0, u1, u2, u3, v = state
    k0_to_k3 = [p.k0, p.k1, p.k2, p.k3]
    j_ = 0.1
    q0 = u0^2 - j_
    q1 = u1^2 - j_
    q2 = u2^2 - j_
    q3 = u3^2 - j_
    q0_to_q3 = [q0, q1, q2, q3]
    rate[1] = -u0 + sum(state[1 + mod(i, 4)] * k0_to_k3[1 + i] for i in 0:3; init = 0.0)  # u0
    rate[2] = -u1 + sum(state[1 + mod(i + 1, 4)] * k0_to_k3[1 + i] for i in 0:3; init = 0.0)  # u1
    rate[3] = -u2 + sum(state[1 + mod(i + 2, 4)] * k0_to_k3[1 + i] for i in 0:3; init = 0.0)  # u2
    rate[4] = -u3 + sum(state[1 + mod(i + 3, 4)] * k0_to_k3[1 + i] for i in 0:3; init = 0.0)  # u3
    rate[5] = sum(sum(q0_to_q3[1 + j] / (1.0 + j) for j in 0:i; init = 0.0) for i in 0:3; init = 0.0) + sum(float(i)^2 for i in 1:2; init = 0.0) - v * 0.0  # v
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
