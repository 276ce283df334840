# networks
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    b::Float64 = 0.5
end

const names = ["t", "u0", "u1", "u2", "u3", "v0", "v1"]
const initial = [0.0, 0.1, 0.2, 0.30000000000000004, 0.0, 0.0]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 10  # rows after the first one
const transient = 0.0  # rows before this time are left out

w_at(point, p) = exp(-point^2 * p.b)

const M_VALUES = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0]

const IDX_VALUES = [0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0, 0.0]

# conv(even,4,2,w,u0)
function even(site, state, w_points)
    total = 0.0
    for offset in -2:2
        place = site + offset
        place = place < 0 ? -place : place < 4 ? place : 6 - place
        0 <= place < 4 || continue
        total += w_points[offset + 3] * state[place + 1]
    end
    return total
end

# conv(periodic,4,2,w,fu0)
function ring(site, fu0_to_fu3, w_points)
    total = 0.0
    for offset in -2:2
        place = mod(site + offset, 4)
        total += w_points[offset + 3] * fu0_to_fu3[place + 1]
    end
    return total
end

# fconv(0,4,1,m,u0,u0,f)
function zero_(site, state, p)
    total = 0.0
    for offset in -1:1
        place = site + offset
        0 <= place < 4 || continue
        total += M_VALUES[offset + 2] * f(state[place + 1], state[site + 1], p)
    end
    return total
end

# sparse(4,2,m,idx,u0)
function some(site, state)
    total = 0.0
    for link in (2 * site + 1):(2 * (site + 1))
        place = Int(IDX_VALUES[link])
        total += M_VALUES[link] * state[place + 1]
    end
    return total
end

# fmmult(4,2,m,u0,v0,f)
function all_(site, state, p)
    total = 0.0
    for place in 0:3
        total += M_VALUES[4 * site + place + 1] * f(state[place + 1], state[site + 5], p)
    end
    return total
end

f(a, c, p) = sin(c - a) * p.b

"Rates of change of the state."
function rhs!(rate, state, p, t)
    u0, u1, u2, u3, v0, v1 = state
    fu0 = tanh(u0)
    fu1 = tanh(u1)
    fu2 = tanh(u2)
    fu3 = tanh(u3)
    fu0_to_fu3 = [fu0, fu1, fu2, fu3]
    w_points = [w_at(-2.0 + point * 1.0, p) for point in 0:4]
    rate[1] = -u0 + even(0, state, w_points) + ring(0, fu0_to_fu3, w_points) - zero_(0, state, p) + some(0, state)  # u0
    rate[2] = -u1 + even(1, state, w_points) + ring(1, fu0_to_fu3, w_points) - zero_(1, state, p) + some(1, state)  # u1
    rate[3] = -u2 + even(2, state, w_points) + ring(2, fu0_to_fu3, w_points) - zero_(2, state, p) + some(2, state)  # u2
    rate[4] = -u3 + even(3, state, w_points) + ring(3, fu0_to_fu3, w_points) - zero_(3, state, p) + some(3, state)  # u3
    rate[5] = -v0 + all_(0, state, p)  # v0
    rate[6] = -v1 + all_(1, state, p)  # v1
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
