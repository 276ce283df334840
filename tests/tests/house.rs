//! The rules of the house that no compiler checks.
#![cfg(not(target_arch = "wasm32"))]
// Helpers of tests: what is not as expected ends the test.
#![allow(clippy::unwrap_used, clippy::panic)]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// The floor of each crate, as ARCHITECTURE.md tells; crates of one floor do not know each other.
const FLOORS: &[(&str, u32)] = &[
    ("numerics", 0),
    ("equations", 1),
    ("recipe", 1),
    ("zoo", 2),
    ("dynamics", 3),
    ("gpu", 3),
    ("nets", 4),
    ("rnn", 4),
    ("analysis", 4),
    ("exhibits", 5),
    ("playground", 6),
    ("cli", 6),
    ("xtask", 7),
];

/// Crates whose results must be the same bits everywhere.
const NUMERIC: &[&str] =
    &["numerics", "equations", "recipe", "zoo", "dynamics", "analysis", "rnn", "exhibits"];

/// Crates that may hold `unsafe`: `playground` calls the static constructors of its dependencies once.
const UNSAFE: &[&str] = &["playground"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_path_buf()
}

fn crates() -> Vec<(String, PathBuf)> {
    let mut found: Vec<_> = fs::read_dir(root().join("crates"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.join("Cargo.toml").is_file())
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), path))
        .collect();
    found.sort();
    assert!(found.len() >= 9, "the crates are not where this test looks");
    found
}

/// The names in every table of dependencies of a manifest, whatever its kind or target.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    let mut inside = false;
    for line in manifest.lines().map(str::trim) {
        if let Some(table) = line.strip_prefix('[') {
            let table = table.trim_end_matches(']');
            inside = table.ends_with("dependencies");
            if let Some((_, name)) = table.rsplit_once("dependencies.") {
                names.insert(name.to_owned());
            }
        } else if inside && let Some((name, value)) = line.split_once('=') {
            let name = name.trim().split('.').next().unwrap();
            let renamed = value.split_once("package = \"").and_then(|(_, rest)| rest.split('"').next());
            names.insert(renamed.unwrap_or(name).to_owned());
        }
    }
    names
}

fn floor(name: &str) -> Option<u32> {
    FLOORS.iter().find(|(crate_name, _)| *crate_name == name).map(|(_, floor)| *floor)
}

#[test]
fn dependencies_point_only_downwards() {
    for (name, folder) in crates() {
        let own = floor(&name).unwrap_or_else(|| panic!("crates/{name} stands on no floor"));
        let manifest = fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for other in dependencies(&manifest) {
            if let Some(below) = floor(&other) {
                assert!(below < own, "{name} (floor {own}) may not use {other} (floor {below})");
                assert!(own < 7, "{name} uses none of ours, yet names {other}");
            }
        }
    }
}

#[test]
fn dependencies_are_read_from_every_kind_of_table() {
    let manifest = "[package]\nname = \"a\"\n[dependencies]\nb = { workspace = true }\nc.workspace = true\n\
                    other = { package = \"d\", version = \"1\" }\n[dev-dependencies.e]\nworkspace = true\n\
                    [target.'cfg(unix)'.dependencies]\nf = \"1\"\n[features]\ng = []\n";
    let names: Vec<_> = dependencies(manifest).into_iter().collect();
    assert_eq!(names, ["b", "c", "d", "e", "f"]);
}

#[test]
fn libraries_forbid_unsafe_code_and_numeric_crates_bar_the_platforms_functions() {
    for (name, folder) in crates() {
        let library = folder.join("src/lib.rs");
        if library.is_file() && !UNSAFE.contains(&name.as_str()) {
            let text = fs::read_to_string(&library).unwrap();
            assert!(text.contains("#![forbid(unsafe_code)]"), "{name} does not forbid unsafe code");
        }
        if NUMERIC.contains(&name.as_str()) {
            let clippy = fs::read_to_string(folder.join("clippy.toml")).unwrap_or_default();
            for function in ["f64::sin", "f32::exp", "f64::mul_add", "f64::powi", "f64::min"] {
                assert!(clippy.contains(function), "crates/{name}/clippy.toml does not bar {function}");
            }
        }
    }
}

/// Every text file of the project, but what is built or downloaded.
fn sources(folder: &Path, found: &mut Vec<(PathBuf, String)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let built = name.starts_with("target")
            || matches!(name.as_str(), ".git" | "node_modules" | "dist" | "pkg" | "test-results");
        if path.is_dir() && !built {
            sources(&path, found);
        } else if path.is_file()
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.push((path, text));
        }
    }
}

#[test]
fn no_file_names_a_place_on_one_machine() {
    let mut found = Vec::new();
    sources(&root(), &mut found);
    assert!(found.len() > 30, "the sources are not where this test looks");
    // Put together here, so that this file does not hold them itself.
    let places = [["/", "home/"], ["/", "root/"], ["/", "Users/"], ["/", "work/"], ["C:", "\\Users"]];
    let places = places.map(|halves| halves.concat());
    for (path, text) in found.iter().filter(|(path, _)| path.file_name().is_some_and(|name| name != ".git")) {
        for (number, line) in text.lines().enumerate() {
            for place in &places {
                let absolute = line.match_indices(place.as_str()).any(|(at, _)| {
                    !line[..at]
                        .ends_with(|before: char| before.is_alphanumeric() || "._-)}/".contains(before))
                });
                assert!(!absolute, "{}:{} names {place}", path.display(), number + 1);
            }
        }
    }
}

#[test]
fn the_front_end_names_no_exhibit() {
    // An exhibit is a folder of crates/exhibits/src; its slug is the folder's name with hyphens.
    let mut slugs: Vec<String> = fs::read_dir(root().join("crates/exhibits/src"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .map(|path| path.file_name().unwrap().to_string_lossy().replace('_', "-"))
        .collect();
    slugs.push("generalized-teacher-forcing".to_owned());
    let mut found = Vec::new();
    sources(&root().join("web/src"), &mut found);
    found.push((root().join("index.html"), fs::read_to_string(root().join("index.html")).unwrap()));
    for (path, text) in &found {
        for slug in &slugs {
            // A slug of one word is also a word of the language: it counts when it stands as a string.
            let forms = if slug.contains('-') {
                vec![slug.clone(), slug.replace('-', "_")]
            } else {
                ["'", "\"", "`"].map(|quote| format!("{quote}{slug}{quote}")).to_vec()
            };
            for form in forms {
                assert!(!text.contains(&form), "{} knows the exhibit {slug} by name", path.display());
            }
        }
    }
}
