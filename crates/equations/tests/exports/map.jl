# map
# Written by Separatrix. It prints a table as CSV.

Base.@kwdef mutable struct Parameters
    a::Float64 = 1.4
    b::Float64 = 0.3
end

const names = ["t", "x", "y", "s"]
const initial = [0.1, 0.1]
const t0 = 0.0  # where time starts
const dt = 3  # iterations between two rows
const rows = 4  # rows after the first one
const transient = 0.0  # rows before this time are left out
const bound = 1000000.0  # the run ends where a variable leaves it

"The next state."
function step!(next, state, p, t)
    x, y = state
    next[1] = 1.0 - p.a * x^2 + y  # x
    next[2] = p.b * x  # y
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, p, t)
    x, y = state
    return [
        x + y + t,  # s
    ]
end

function main(p = Parameters())
    println(join(names, ","))
    state, next = copy(initial), similar(initial)
    for k in 0:(rows * dt)
        t = t0 + k
        if k % dt == 0
            abs(t) >= transient && println(join([t; state; auxiliaries(state, p, t)], ","))
        end
        step!(next, state, p, t)
        state .= next
        if !all(x -> abs(x) <= bound, state)
            println(stderr, "the run left its bounds after t = $t")
            return
        end
    end
end

main()
