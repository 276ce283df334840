//! What the tasks ask for.
#![allow(clippy::unwrap_used)]

use numerics::Stream;
use rnn::tasks::{Example, HiddenMarkov, Topology};
use rnn::{Loss, Series, TaskKind};

fn wave() -> Series {
    let values = (0..400).map(|k| (k % 17) as f64 - 8.0).collect();
    Series::new(["a", "b"].map(String::from).to_vec(), values).unwrap()
}

fn draw(task: TaskKind, seed: u64) -> Example {
    let series = wave();
    task.check(Some(&series)).unwrap();
    let mut example = Example::default();
    task.draw(series.values(), &mut Stream::new(seed, "examples"), &mut example);
    example
}

#[test]
fn every_task_is_determined_by_its_seed_and_has_its_sizes() {
    for task in TaskKind::examples() {
        let [inputs, steps, outputs] = task.sizes();
        let one = draw(task, 1);
        assert_eq!(one, draw(task, 1));
        assert_ne!(one, draw(task, 2), "{task:?}");
        assert_eq!((one.inputs.len(), one.targets.len()), (inputs * steps, outputs * steps));
        assert_eq!((one.weights.len(), one.present.len()), (steps, steps));
        assert!(one.weights.iter().any(|&w| w > 0.0));
        assert_eq!(one.present.iter().all(|p| *p), !task.has_absent_steps(), "{task:?}");
        if task.loss() == Loss::CrossEntropy {
            for (row, &weight) in one.targets.chunks(outputs).zip(&one.weights) {
                assert!(weight == 0.0 || row.iter().sum::<f64>() == 1.0, "{task:?}");
            }
        }
    }
}

#[test]
fn a_flip_flop_holds_the_last_pulse() {
    let task = TaskKind::FlipFlop { channels: 2, steps: 4000, rate: 0.1 };
    let e = draw(task, 3);
    let mut held = [0.0; 2];
    let mut pulses = 0;
    for s in 0..4000 {
        for c in 0..2 {
            if e.inputs[2 * s + c] != 0.0 {
                held[c] = e.inputs[2 * s + c];
                pulses += 1;
            }
            assert_eq!(e.targets[2 * s + c], held[c]);
        }
    }
    assert!((700..900).contains(&pulses), "{pulses}");
}

#[test]
fn a_sine_turns_at_the_frequency_that_its_input_names() {
    let task = TaskKind::Sine { channels: 2, frequencies: 4, steps: 60 };
    for seed in 0..20 {
        let e = draw(task, seed);
        for c in 0..2 {
            let input = e.inputs[2 * 30 + c];
            let frequency = 0.02 + (input * 4.0 - 1.0) * 0.08 / 3.0;
            for s in 0..60 {
                let on = s >= 5;
                assert_eq!(e.inputs[2 * s + c], if on { input } else { 0.0 });
                let phase = 2.0 * std::f64::consts::PI * frequency * (s as f64 - 5.0);
                let want = if on { numerics::Real::sin(phase) } else { 0.0 };
                assert!((e.targets[2 * s + c] - want).abs() < 1e-9);
            }
        }
    }
}

#[test]
fn a_discrimination_is_answered_after_the_second_number() {
    let e = draw(TaskKind::Discrimination { channels: 1, delay: 20 }, 3);
    assert_eq!(e.weights.iter().position(|&w| w > 0.0), Some(30));
    let sign = if e.inputs[25] > e.inputs[0] { 1.0 } else { -1.0 };
    assert!(e.targets[30..].iter().all(|&t| t == sign));
    assert!(e.inputs[5..25].iter().chain(&e.inputs[30..]).all(|&x| x == 0.0));
}

#[test]
fn a_path_stays_in_its_bounds_and_follows_its_velocities_but_at_them() {
    let e = draw(TaskKind::PathIntegration { dimensions: 2, steps: 4000 }, 3);
    let (mut x, mut reflected, mut squares) = ([0.0; 2], 0, 0.0);
    for s in 0..4000 {
        for d in 0..2 {
            let (v, to) = (e.inputs[2 * s + d], e.targets[2 * s + d]);
            assert!(to.abs() <= 1.0);
            if (x[d] + v - to).abs() > 1e-12 {
                reflected += 1;
                assert!((2.0 - (x[d] + v).abs() - to.abs()).abs() < 1e-12);
            }
            squares += v * v / 8000.0;
            x[d] = to;
        }
    }
    assert!(reflected > 50 && reflected < 1000, "{reflected}");
    assert!((squares / 0.01 - 1.0).abs() < 0.1, "{squares}");
}

#[test]
fn adding_copying_and_latching_ask_at_the_end() {
    for seed in 0..20 {
        let e = draw(TaskKind::Adding { steps: 31 }, seed);
        let marked: Vec<usize> = (0..31).filter(|s| e.inputs[2 * s + 1] == 1.0).collect();
        assert!(marked.len() == 2 && marked[0] < 15 && marked[1] >= 15);
        assert_eq!(e.targets[30], e.inputs[2 * marked[0]] + e.inputs[2 * marked[1]]);
        assert_eq!(e.weights.iter().sum::<f64>(), 1.0);

        let e = draw(TaskKind::CopyMemory { symbols: 3, length: 4, delay: 6 }, seed);
        assert_eq!(e.inputs.chunks(4).position(|x| x[3] == 1.0), Some(9));
        for s in 0..4 {
            assert_eq!(e.inputs[4 * s..][..3], e.targets[3 * (10 + s)..][..3]);
        }
        assert_eq!(e.weights.iter().sum::<f64>(), 4.0);
        assert!(e.inputs[16..36].iter().all(|&x| x == 0.0));

        let e = draw(TaskKind::Latch { steps: 30 }, seed);
        assert_eq!(e.inputs[0], 2.0 * e.targets[29] - 1.0);
        assert!((1..30).all(|s| e.inputs[2 * s] == 0.0 && e.inputs[2 * s + 1] != 0.0));
    }
}

#[test]
fn parity_can_be_worked_out_from_values_and_lengths_alone() {
    let mut odd = 0.0;
    for seed in 0..200 {
        let e = draw(TaskKind::Parity { pad: 9, timed: true }, seed);
        let untimed = draw(TaskKind::Parity { pad: 9, timed: false }, seed);
        let (mut ones, mut length) = (0.0, 0.0);
        for s in (0..8).filter(|&s| e.present[s]) {
            ones += e.inputs[2 * s] * e.inputs[2 * s + 1] * 4.0;
            length += e.inputs[2 * s + 1] * 4.0;
            assert!(s == 0 || e.inputs[2 * s] != e.inputs[2 * s - 2]);
            assert_eq!((untimed.inputs[2 * s], untimed.inputs[2 * s + 1]), (e.inputs[2 * s], 1.0));
        }
        assert!((2.0..=8.0).contains(&length) && e.present[0]);
        assert_eq!(e.targets[7], ones % 2.0);
        assert_eq!((e.weights[7], e.weights.iter().sum::<f64>()), (1.0, 1.0));
        odd += e.targets[7];
    }
    assert!((70.0..130.0).contains(&odd), "{odd}");
}

#[test]
fn bits_are_compared_with_those_around_them() {
    let e = draw(TaskKind::TemporalXor { steps: 24 }, 3);
    assert!((1..24).all(|s| e.targets[s] == (e.inputs[s] - e.inputs[s - 1]).abs()));
    assert_eq!(e.weights.iter().sum::<f64>(), 23.0);
    let e = draw(TaskKind::Majority { steps: 16 }, 3);
    for s in 2..14 {
        let sum = e.inputs[s - 2] + e.inputs[s] + e.inputs[s + 2];
        assert_eq!(e.targets[s], if sum >= 2.0 { 1.0 } else { 0.0 });
    }
    assert_eq!(e.weights.iter().sum::<f64>(), 12.0);
}

#[test]
fn a_forecast_is_the_series_further_on() {
    let series = wave();
    for ahead in [1, 7] {
        let e = draw(TaskKind::Forecast { channels: 2, steps: 20, ahead }, 3);
        let first = (0..series.rows()).find(|&k| series.values()[2 * k..].starts_with(&e.inputs)).unwrap();
        assert_eq!(e.targets, series.values()[2 * (first + ahead)..][..40]);
    }
}

#[test]
fn hidden_markov_models_visit_and_emit_as_their_matrices_say() {
    for topology in
        [Topology::Chain(2), Topology::Chain(5), Topology::Leaving(0.2), Topology::Cyclic, Topology::Full]
    {
        let model = HiddenMarkov::new(topology).unwrap();
        let m = model.states();
        let (mut moved, mut emitted) = (vec![0.0; m * m], vec![0.0; m * 3]);
        let mut before = None;
        model.run(200_000, &mut Stream::new(2, "chain"), |_, state, symbol| {
            emitted[3 * state + symbol] += 1.0;
            if let Some(before) = before {
                moved[m * before + state] += 1.0;
            }
            before = Some(state);
        });
        for (counts, chances, width) in [(moved, model.transitions(), m), (emitted, model.emissions(), 3)] {
            for (row, chances) in counts.chunks(width).zip(chances.chunks(width)) {
                let sum: f64 = row.iter().sum();
                assert!((chances.iter().sum::<f64>() - 1.0).abs() < 1e-12);
                for (count, chance) in row.iter().zip(chances) {
                    assert!((count / sum - chance).abs() < 0.01, "{topology:?}: {count} of {sum}, {chance}");
                }
            }
        }
    }
    // The chance of leaving of the published chains.
    for (states, leave) in [(2, 0.05), (3, 0.224), (4, 0.368), (5, 0.473)] {
        let model = HiddenMarkov::new(Topology::Chain(states)).unwrap();
        assert!((model.transitions()[1] - leave).abs() < 1e-3);
    }
}

#[test]
fn tasks_that_cannot_be_are_refused_and_draw_nothing() {
    let bad = [
        TaskKind::FlipFlop { channels: 0, steps: 4, rate: 0.1 },
        TaskKind::FlipFlop { channels: 1, steps: 4, rate: 1.5 },
        TaskKind::Sine { channels: 1, frequencies: 0, steps: 10 },
        TaskKind::Discrimination { channels: 1, delay: usize::MAX },
        TaskKind::Adding { steps: 1 },
        TaskKind::CopyMemory { symbols: 0, length: 2, delay: 2 },
        TaskKind::CopyMemory { symbols: 2, length: 2, delay: 0 },
        TaskKind::Parity { pad: 2, timed: true },
        TaskKind::TemporalXor { steps: 1 },
        TaskKind::Latch { steps: 0 },
        TaskKind::Majority { steps: 4 },
        TaskKind::HiddenMarkov { topology: Topology::Chain(9), steps: 4 },
        TaskKind::HiddenMarkov { topology: Topology::Leaving(2.0), steps: 4 },
        TaskKind::Forecast { channels: 1, steps: 5000, ahead: 1 },
        TaskKind::Forecast { channels: 2, steps: 5, ahead: 0 },
    ];
    let series = wave();
    for task in bad {
        assert!(task.check(Some(&series)).is_err(), "{task:?}");
        let mut example = Example::default();
        task.draw(series.values(), &mut Stream::new(1, "examples"), &mut example);
        assert!(example.weights.is_empty(), "{task:?}");
    }
    let short = TaskKind::Forecast { channels: 2, steps: 200, ahead: 1 };
    assert!(short.check(Some(&series)).unwrap_err().to_string().contains("201"));
    assert!(short.check(None).unwrap_err().to_string().contains("series"));
    let mut example = Example::default();
    short.draw(series.values(), &mut Stream::new(1, "examples"), &mut example);
    assert!(example.weights.iter().all(|&w| w == 0.0));
    let other = TaskKind::Forecast { channels: 3, steps: 20, ahead: 1 };
    assert!(other.check(Some(&series)).unwrap_err().to_string().contains("2 channels"));
}
