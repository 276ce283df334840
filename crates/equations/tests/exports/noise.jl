# noise
# Written by Separatrix. It prints a table as CSV.
using Random

Base.@kwdef mutable struct Parameters
    s::Float64 = 0.5
end

const names = ["t", "x", "y", "z", "now"]
const initial = [0.0, 0.0, 0.0]
const t0 = 0.0  # where time starts
const dt = 0.05  # time between two rows
const rows = 2000  # rows after the first one
const transient = 0.0  # rows before this time are left out
const substeps = 1  # steps in the time of a row
const bound = 1000000.0  # the run ends where a variable leaves it
const seed = 7

kick(a, draws, p) = a * (0.0 + p.s * draws[1]) + 2.0 * draws[2]

"Rates of change of the state."
function rhs!(rate, state, p, t, draws)
    x, y, _ = state
    w1 = draws[1]
    w2 = draws[2]
    rate[1] = -x + p.s * w1 + kick(y, view(draws, 3:4), p)  # x
    rate[2] = w2 + sum(i * (0.0 + 1.0 * draws[5 + (i - 1)]) for i in 1:3; init = 0.0)  # y
    rate[3] = w1  # z
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, p, t, draws)
    x, _, _ = state
    return [
        x + kick(1.0, view(draws, 8:9), p),  # now
    ]
end

"The random numbers of a step of length h; white noise has the variance 1/h."
draw(rng, h) = vcat(randn(rng, 2) ./ sqrt(h), randn(rng, 1), rand(rng, 1), randn(rng, 4), rand(rng, 1))

function main(p = Parameters())
    println(join(names, ","))
    state, next = copy(initial), similar(initial)
    h = dt / substeps
    rng = Xoshiro(seed)
    draws = draw(rng, h)
    for k in 0:(rows * substeps)
        t = t0 + k * h
        if k % substeps == 0
            abs(t) >= transient && println(join([t; state; auxiliaries(state, p, t, draws)], ","))
        end
        draws = draw(rng, h)
        rhs!(next, state, p, t, draws)
        state .+= h .* next
        if !all(x -> abs(x) <= bound, state)
            println(stderr, "the run left its bounds after t = $t")
            return
        end
    end
end

main()
