//! One table of digests for native and wasm: this file runs as both.

#[cfg(not(target_arch = "wasm32"))]
use core::prelude::v1::test;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_dedicated_worker);

#[test]
fn every_scene_has_its_golden_digest() {
    let mut differing = String::new();
    for (name, digest) in house_tests::SCENES {
        let digest = digest();
        if house_tests::golden(name) != Some(digest) {
            differing.push_str(&format!("\n\"{name}\" = \"{digest:016x}\""));
        }
    }
    assert!(differing.is_empty(), "these differ from tests/golden.toml:{differing}");
}
