use crate::{apart, batch, sequences, start, wide};
use nets::{
    Engine, Error, Forcing, Method, Schedule, Settings, Shape, Trainer, required_features, required_limits,
};
use pollster::block_on;

struct Objects {
    instance: wgpu::Instance,
    adapter: wgpu::Adapter,
    device: wgpu::Device,
    queue: wgpu::Queue,
}

/// A device made as the house makes it: with what is needed, no more. `None`, said aloud, without an adapter.
fn objects(wide: bool) -> Option<Objects> {
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor::new_without_display_handle());
    let Ok(adapter) = block_on(instance.request_adapter(&wgpu::RequestAdapterOptions::default())) else {
        println!("no adapter");
        return None;
    };
    println!("adapter: {:?}", adapter.get_info());
    let limits = wgpu::Limits::downlevel_defaults();
    let (required_features, required_limits) = if wide {
        (required_features(&adapter), required_limits(&adapter, wgpu::Limits::default()))
    } else {
        (wgpu::Features::empty(), wgpu::Limits { max_compute_invocations_per_workgroup: 64, ..limits })
    };
    let (device, queue) = block_on(adapter.request_device(&wgpu::DeviceDescriptor {
        required_features,
        required_limits,
        ..Default::default()
    }))
    .unwrap();
    Some(Objects { instance, adapter, device, queue })
}

fn engine(o: &Objects) -> Result<Engine, Error> {
    block_on(Engine::wgpu(&o.instance, &o.adapter, &o.device, &o.queue))
}

#[test]
fn burn_shares_our_device_and_trains_on_it_as_on_the_cpu() {
    let Some(objects) = objects(true) else { return };
    let shared = engine(&objects).unwrap();
    let Engine::Wgpu(known) = &shared else { panic!("another engine than asked for") };
    println!("deviation {:.1e}", known.deviation());
    assert!(known.deviation() > 0.0, "the device and the CPU are not one and the same");
    let Engine::Wgpu(again) = engine(&objects).unwrap() else { panic!("another engine than asked for") };
    assert_eq!(known.deviation(), again.deviation());
    assert_eq!(shared.device(), Engine::Wgpu(again).device(), "registered twice");

    let shape = Shape { latent: 4, hidden: 20, observed: 3, clipped: true };
    let settings = Settings {
        shape,
        forcing: Forcing::Blend { alpha: 0.2 },
        method: Method::Adam,
        schedule: Schedule::Constant(5e-3),
        regularisation: 1e-3,
        read_every: 6,
    };
    let parameters = start(shape, 1);
    let data = batch(&sequences(16, 10, 3, 1), 3);
    let train = |engine: &Engine| {
        let mut trainer = Trainer::new(engine, settings, &parameters).unwrap();
        block_on(trainer.verify(&data)).unwrap();
        let mut losses = Vec::new();
        for _ in 0..12 {
            losses.extend(block_on(trainer.step(&data)).unwrap().measured.map(|m| m.loss));
        }
        (losses, wide(&block_on(trainer.parameters()).unwrap()))
    };
    let (there, found) = train(&shared);
    let (here, right) = train(&Engine::Flex);
    let (moved, off) = (apart(&right, &wide(&parameters)), apart(&found, &right));
    println!("losses {there:?} {here:?}, moved {moved:.1e}, apart {off:.1e}");
    assert!(there[1] < there[0]);
    assert!((there[1] / here[1] - 1.0).abs() < 1e-3);
    assert!(moved > 1e-2 && off < 1e-2 * moved);

    // Our own work goes on on the same device.
    let buffer = objects.device.create_buffer(&wgpu::BufferDescriptor {
        label: None,
        size: 16,
        usage: wgpu::BufferUsages::COPY_DST,
        mapped_at_creation: false,
    });
    objects.queue.write_buffer(&buffer, 0, &[1; 16]);
    objects.queue.submit([]);
    objects.device.poll(wgpu::PollType::wait_indefinitely()).unwrap();
}

#[test]
fn a_device_narrower_than_its_adapter_is_refused() {
    let Some(objects) = objects(false) else { return };
    let fault = engine(&objects).unwrap_err();
    println!("{fault}");
    assert!(matches!(fault, Error::Narrow { .. }), "{fault}");
}
