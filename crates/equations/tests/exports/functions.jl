# functions
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq
using SpecialFunctions

Base.@kwdef mutable struct Parameters
end

const names = ["t", "x", "y", "z", "u", "v"]
const initial = [0.4, 0.3, -0.2, 1.0, 0.1]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 10  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    x, y, z, _, v = state
    rate[1] = sin(x) + cos(y) + tan(0.1 * x) + asin(0.2 * y) + acos(0.1 * x) + atan(y) + atan(y, x)  # x
    rate[2] = sinh(0.2 * x) + cosh(0.1 * y) + tanh(x) - exp(-x^2) + log(1.0 + x^2) + log10(2.0 + y^2) + sqrt(1.0 + y^2)  # y
    rate[3] = abs(x) - sign(y) + float(z >= 0.0) + float(x - 5.0 >= 0.0) + min(x, y) * max(z, 2.0) + mod(x, 2.0) + mod(y, -3.0) + floor(3.0 * z) + ceil(z)  # z
    rate[4] = erf(x) - erfc(y) + erfc(2.0 + x * x) + logabsgamma(1.5 + x^2)[1] + logabsgamma(-0.3)[1] + besselj(0.0, x) + besselj(3.0, 4.0 * y) - besseli(1.0, z) + besseli(2.0, -y)  # u
    rate[5] = exp(1.0) + sqrt(2.0)^2 + min(1.0, 2.0) - max(0.5, -v)  # v
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
