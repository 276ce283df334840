# spikes
# Written by Separatrix. It prints a table as CSV.
using OrdinaryDiffEq

Base.@kwdef mutable struct Parameters
    i::Float64 = 1.5
    count::Float64 = 0.0
    last_::Float64 = 0.0
end

const names = ["t", "v", "spikes"]
const initial = [0.0]
const t0 = 0.0  # where time starts
const dt = 0.01  # time between two rows
const rows = 1000  # rows after the first one
const transient = 0.0  # rows before this time are left out

"Rates of change of the state."
function rhs!(rate, state, p, t)
    v = state[1]
    rate[1] = p.i - v  # v
    return nothing
end

"Quantities beside the state."
function auxiliaries(state, p, t)
    return [
        p.count,  # spikes
    ]
end

# Which way each condition must cross zero: 1 upwards, -1 downwards, 0 either.
const directions = [1, 1]

function conditions(state, p, t)
    v = state[1]
    return [
        v - 1.0,
        p.count - 3.5,
    ]
end

"Carries out one event. Tells whether the run ends, and whether a row is written."
function reset!(integrator, event)
    state, p, t = copy(integrator.u), integrator.p, integrator.t
    ends, writes = false, false
    if event == 1
        integrator.u[1], p.count, p.last_ = 0.0, p.count + 1.0, t
    end
    if event == 2
        ends = (true)
    end
    return ends, writes
end

function crosses(event, before, after)
    rises, falls = before < 0 <= after, before > 0 >= after
    return (rises && directions[event] >= 0) || (falls && directions[event] <= 0)
end

"Carries out events, and those whose conditions cross zero by that, each once."
function fire!(integrator, events)
    look() = conditions(integrator.u, integrator.p, integrator.t)
    before, done, ends, writes = look(), Int[], false, false
    while !isempty(events)
        for event in events
            stops, tells = reset!(integrator, event)
            ends, writes = ends || stops, writes || tells
        end
        append!(done, events)
        after = look()
        events = [k for k in eachindex(after) if !(k in done) && crosses(k, before[k], after[k])]
    end
    writes && println(join([integrator.t; integrator.u; auxiliaries(integrator.u, integrator.p, integrator.t)], ","))
    ends && terminate!(integrator)
    return nothing
end

function watch(event)
    happens!(integrator) = fire!(integrator, [event])
    return ContinuousCallback(
        (state, t, integrator) -> conditions(state, integrator.p, t)[event],
        directions[event] >= 0 ? happens! : nothing,
        directions[event] <= 0 ? happens! : nothing;
        save_positions = (false, false),
    )
end

function main(p = Parameters())
    println(join(names, ","))
    tspan = (t0, t0 + rows * dt)
    problem = ODEProblem(rhs!, initial, tspan, p)
    integrator = init(problem, Vern9(); reltol = 1e-9, abstol = 1e-12, dtmax = 0.01, callback = CallbackSet(watch.(eachindex(directions))...), save_everystep = false)
    for row in 0:rows
        row > 0 && step!(integrator, t0 + row * dt - integrator.t, true)
        t, state = integrator.t, integrator.u
        abs(t) >= transient && println(join([t; state; auxiliaries(state, p, t)], ","))
        integrator.sol.retcode == ReturnCode.Terminated && break
    end
end

main()
