//! `house-bench measure` prints what this machine does as JSON; `house-bench table NATIVE BROWSER` prints the
//! table of two reports; `house-bench kernels [SLUG...]` prints how the zoo's kernels compile and step;
//! `house-bench measures` prints the rows of the table that hold measures of dynamics beside those of others.
#![forbid(unsafe_code)]

#[cfg(not(target_arch = "wasm32"))]
fn main() -> std::process::ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let text = match words[..] {
        ["measure"] => native::measure(),
        ["table", native, browser] => native::table(native, browser),
        ["kernels", ref slugs @ ..] => native::kernels(slugs),
        ["measures"] => native::measures(),
        _ => {
            eprintln!(
                "usage: house-bench measure | house-bench table NATIVE.json BROWSER.json | house-bench kernels [SLUG...] \
                 | house-bench measures"
            );
            return std::process::ExitCode::from(2);
        }
    };
    match text {
        Ok(text) => {
            println!("{text}");
            std::process::ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            std::process::ExitCode::FAILURE
        }
    }
}

/// In a browser the library alone is used.
#[cfg(target_arch = "wasm32")]
fn main() {}

#[cfg(not(target_arch = "wasm32"))]
mod native {
    use house_bench::{Error, table};
    use serde::de::DeserializeOwned;

    fn unreadable(path: &str, reason: impl std::fmt::Display) -> Error {
        Error::Report { path: path.to_owned(), reason: reason.to_string() }
    }

    #[cfg(feature = "gpu")]
    fn device() -> Result<house_bench::DeviceReport, Error> {
        pollster::block_on(house_bench::measure_device(None))
    }

    #[cfg(not(feature = "gpu"))]
    fn device() -> Result<house_bench::DeviceReport, Error> {
        let absent = "built without the GPU".to_owned();
        Ok(house_bench::DeviceReport { absent, ..house_bench::DeviceReport::default() })
    }

    /// The first number of a file of the system, where there is one.
    fn load() -> Option<f64> {
        std::fs::read_to_string("/proc/loadavg").ok()?.split(' ').next()?.parse().ok()
    }

    pub(crate) fn measure() -> Result<String, Error> {
        let report = table::Native {
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            platform: format!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
            load: load(),
            figures: house_bench::measure()?,
            zoo: house_bench::measure_zoo()?,
            peers: house_bench::measure_peers()?,
            measures: house_bench::measure_measures()?,
            device: device()?,
        };
        serde_json::to_string_pretty(&report).map_err(|reason| unreadable("the native report", reason))
    }

    pub(crate) fn measures() -> Result<String, Error> {
        Ok(table::print_measures(&house_bench::measure_measures()?))
    }

    #[cfg(feature = "gpu")]
    pub(crate) fn kernels(slugs: &[&str]) -> Result<String, Error> {
        let figures = pollster::block_on(house_bench::measure_kernels(slugs))?;
        Ok(house_bench::print_kernels(&figures))
    }

    #[cfg(not(feature = "gpu"))]
    pub(crate) fn kernels(_slugs: &[&str]) -> Result<String, Error> {
        Ok("built without the GPU".to_owned())
    }

    fn read<T: DeserializeOwned>(path: &str) -> Result<T, Error> {
        let text = std::fs::read_to_string(path).map_err(|reason| unreadable(path, reason))?;
        serde_json::from_str(&text).map_err(|reason| unreadable(path, reason))
    }

    pub(crate) fn table(native: &str, browser: &str) -> Result<String, Error> {
        table::print(&read(native)?, &read(browser)?)
    }
}
