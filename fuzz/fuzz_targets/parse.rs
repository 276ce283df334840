//! Any bytes as a text of equations: reading it, colouring it, and, where it is a model, evaluating and printing it
//! must neither panic nor hang.
#![no_main]

use equations::{Interpreter, annotate, format_ode, mathml, parse, wgsl};
use libfuzzer_sys::fuzz_target;
use numerics::Process;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let parsed = parse(&text);
    let _ = annotate(&text);
    let Some(model) = parsed.model else {
        assert!(!parsed.diagnostics.is_empty(), "a text was refused without a word");
        return;
    };
    let n = model.dimension();
    let system = model.system();
    let mut programs = Interpreter::<f64>::new(system.clone(), &model.parameter_values());
    let mut state = model.initial();
    let inputs = vec![0.5; system.inputs()];
    let mut rate = vec![0.0; n];
    programs.evaluate_with(0.0, &state, &inputs, &mut rate);
    if n <= 64 {
        let mut jacobian = vec![0.0; n * n];
        let _ = programs.jacobian_at(0.0, &state, &mut jacobian);
    }
    programs.history(-1.0, &mut state);
    for event in 0..system.events() {
        let _ = programs.reset(event, 0.0, &mut state, &inputs);
    }
    let _ = (mathml(&model), wgsl(&model));
    let printed = format_ode(&model, &[], &[]);
    // What is printed is read again, unless it has outgrown the bound on a text's size.
    if printed.len() <= equations::bounds::TEXT {
        let again = parse(&printed);
        assert!(again.model.is_some(), "{:?}\n{printed}", again.diagnostics.first());
    }
});
