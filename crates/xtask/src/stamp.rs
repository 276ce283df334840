//! Stamps: a file beside what was built that holds the digest of what it was built from.

use std::fs;
use std::hash::Hasher;
use std::path::{Path, PathBuf};

use crate::fault::Fault;

/// FNV-1a, enough to notice a change and the same in every version of the compiler.
struct Fnv(u64);

impl Hasher for Fnv {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
    }
}

/// The digest of files and folders: every path and every byte, in the order of the paths.
///
/// Folders named `node_modules`, `dist`, `pkg` and whatever begins with a dot are passed over; what is not
/// there counts as empty.
pub(crate) fn digest(inputs: &[PathBuf]) -> Result<String, Fault> {
    let mut hash = Fnv(0xcbf2_9ce4_8422_2325);
    for input in inputs {
        let mut files = Vec::new();
        collect(input, &mut files)?;
        files.sort();
        for file in files {
            let relative = file.strip_prefix(input).unwrap_or(&file);
            hash.write(relative.to_string_lossy().as_bytes());
            hash.write(&[0]);
            let bytes = fs::read(&file).map_err(Fault::file(&file))?;
            hash.write(&(bytes.len() as u64).to_le_bytes());
            hash.write(&bytes);
        }
        hash.write(&[1]);
    }
    Ok(format!("{:016x}", hash.finish()))
}

fn collect(path: &Path, files: &mut Vec<PathBuf>) -> Result<(), Fault> {
    if path.is_file() {
        files.push(path.to_path_buf());
    } else if path.is_dir() {
        for entry in fs::read_dir(path).map_err(Fault::file(path))? {
            let entry = entry.map_err(Fault::file(path))?;
            let name = entry.file_name();
            let name = name.to_string_lossy();
            if !matches!(name.as_ref(), "node_modules" | "dist" | "pkg") && !name.starts_with('.') {
                collect(&entry.path(), files)?;
            }
        }
    }
    Ok(())
}

/// Whether the stamp says this digest.
pub(crate) fn fresh(stamp: &Path, digest: &str) -> bool {
    fs::read_to_string(stamp).is_ok_and(|text| text == digest)
}

/// Writes the stamp; only after the work is done.
pub(crate) fn write(stamp: &Path, digest: &str) -> Result<(), Fault> {
    fs::write(stamp, digest).map_err(Fault::file(stamp))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digest_changes_with_content_and_name_and_passes_over_what_is_built() {
        let folder = std::env::temp_dir().join(format!("stamp-{}", std::process::id()));
        fs::create_dir_all(folder.join("node_modules")).unwrap();
        let of = || digest(std::slice::from_ref(&folder)).unwrap();
        fs::write(folder.join("a"), "1").unwrap();
        let first = of();
        fs::write(folder.join("node_modules/b"), "1").unwrap();
        assert_eq!(of(), first);
        fs::write(folder.join("a"), "2").unwrap();
        let second = of();
        assert_ne!(second, first);
        fs::rename(folder.join("a"), folder.join("c")).unwrap();
        assert_ne!(of(), second);
        fs::remove_dir_all(&folder).unwrap();
    }
}
