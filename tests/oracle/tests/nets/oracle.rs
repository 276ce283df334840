use crate::{apart, batch, fused, sequences, start, wide};
use nets::{Engine, Forcing, Shape, loss_and_gradient};
use pollster::block_on;
use rnn::Force;

/// Rounding in `f32` over 24 steps of a chaotic map, and now and then a rectifier that switches by it.
const TOLERANCE: f64 = 1e-4;

fn shapes() -> Vec<Shape> {
    let shape = |latent, hidden, observed, clipped| Shape { latent, hidden, observed, clipped };
    vec![shape(3, 50, 3, false), shape(3, 50, 3, true), shape(5, 7, 2, false), shape(5, 7, 2, true)]
}

fn forcings() -> Vec<(Forcing, Force)> {
    vec![
        (Forcing::Free, Force::Free),
        (Forcing::Blend { alpha: 0.0 }, Force::Blend(0.0)),
        (Forcing::Blend { alpha: 0.3 }, Force::Blend(0.3)),
        (Forcing::Blend { alpha: 1.0 }, Force::Blend(1.0)),
        (Forcing::Sparse { tau: 1 }, Force::Replace(1)),
        (Forcing::Sparse { tau: 5 }, Force::Replace(5)),
        (Forcing::Sparse { tau: 100 }, Force::Replace(100)),
    ]
}

#[test]
fn fused_gradients_agree_with_automatic_differentiation_under_every_forcing() {
    for shape in shapes() {
        // 19 sequences fill one block of lanes and part of another.
        let rows = sequences(19, 25, shape.observed, 3);
        let parameters = start(shape, 7);
        let batch = batch(&rows, shape.observed);
        let mut in_f32 = fused::<f32>(shape, &rows);
        let mut in_f64 = fused::<f64>(shape, &rows);
        for (forcing, force) in forcings() {
            let found = loss_and_gradient(&Engine::Flex, shape, &parameters, &batch, forcing);
            let (loss, gradient) = block_on(found).unwrap();
            let gradient = wide(&gradient);

            let mut narrow = vec![0.0; parameters.len()];
            let narrow_loss = in_f32.loss_and_gradient(&parameters, force, &mut narrow).unwrap();
            let mut right = vec![0.0; parameters.len()];
            let right_loss = in_f64.loss_and_gradient(&wide(&parameters), force, &mut right).unwrap();

            let of_f32 = apart(&wide(&narrow), &gradient);
            let of_f64 = apart(&gradient, &right);
            println!("{shape:?} {forcing:?}: loss {loss:.3e}, f32 {of_f32:.1e}, f64 {of_f64:.1e}");
            assert!(loss > 0.0 && right.iter().any(|g| g.abs() > 1e-3));
            assert!((loss / right_loss - 1.0).abs() < TOLERANCE, "{loss} {right_loss}");
            assert!((loss / narrow_loss - 1.0).abs() < TOLERANCE, "{loss} {narrow_loss}");
            assert!(of_f32 < TOLERANCE && of_f64 < TOLERANCE, "{of_f32} {of_f64}");
        }
    }
}

#[test]
fn forcing_changes_the_gradient_and_cuts_it_where_data_replace_the_state() {
    let shape = Shape { latent: 3, hidden: 20, observed: 3, clipped: true };
    let rows = sequences(16, 12, 3, 5);
    let parameters = start(shape, 2);
    let batch = batch(&rows, 3);
    let gradient = |forcing| {
        wide(&block_on(loss_and_gradient(&Engine::Flex, shape, &parameters, &batch, forcing)).unwrap().1)
    };
    let free = gradient(Forcing::Free);
    let full = gradient(Forcing::Blend { alpha: 1.0 });
    // Replacing every state is full forcing, replacing none is free running.
    assert!(apart(&gradient(Forcing::Sparse { tau: 1 }), &full) < 1e-6);
    assert!(apart(&gradient(Forcing::Sparse { tau: 12 }), &free) < 1e-6);
    assert!(apart(&free, &full) > 0.1);
    assert!(apart(&gradient(Forcing::Sparse { tau: 4 }), &free) > 1e-3);
}
