//! A static server on the loopback address, for looking at the page and for its tests.
//!
//! It knows GET and HEAD, refuses every path that leaves its folders, and tells browsers to ask again each
//! time, so that what was just built is what is seen.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::fault::Fault;

/// A request line and its headers may be this long together.
const LONGEST_HEAD: u64 = 16 * 1024;

/// The site: a built page, and the modules beside it under `pkg/`.
#[derive(Debug, Clone)]
pub(crate) struct Site {
    pub(crate) page: PathBuf,
    pub(crate) modules: PathBuf,
}

impl Site {
    /// The file a path of a request names, when there is one.
    fn file(&self, target: &str) -> Option<PathBuf> {
        let path = decode(target.split(['?', '#']).next()?)?;
        let mut parts = Vec::new();
        for part in path.strip_prefix('/')?.split('/') {
            match part {
                "" => {}
                part if part.starts_with('.') && part != "." => return None,
                part if part.contains(['\\', ':', '\0']) => return None,
                "." => {}
                part => parts.push(part),
            }
        }
        let mut file = match parts.split_first() {
            Some((&"pkg", rest)) => rest.iter().fold(self.modules.clone(), |path, part| path.join(part)),
            _ => parts.iter().fold(self.page.clone(), |path, part| path.join(part)),
        };
        if file.is_dir() {
            file.push("index.html");
        }
        // A link inside a folder must not lead out of it.
        let real = file.canonicalize().ok()?;
        let inside = [&self.page, &self.modules]
            .into_iter()
            .filter_map(|folder| folder.canonicalize().ok())
            .any(|folder| real.starts_with(folder));
        (inside && real.is_file()).then_some(real)
    }
}

/// Undoes percent-encoding; nothing when it is broken or not UTF-8.
fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
            let high = digit(rest.next())?;
            let low = digit(rest.next())?;
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok()
}

/// The MIME type by a file's extension.
fn mime(path: &Path) -> &'static str {
    match path.extension().and_then(|extension| extension.to_str()).unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "map" => "application/json",
        "webmanifest" => "application/manifest+json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "txt" | "ode" | "csv" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// Takes a port of the loopback address; 0 takes a free one.
pub(crate) fn bind(port: u16) -> Result<TcpListener, Fault> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, port)).map_err(|reason| {
        if reason.kind() == io::ErrorKind::AddrInUse {
            Fault::missing(
                format!("port {port} of 127.0.0.1 is taken by another program"),
                "end that program, or choose another port with --port",
            )
        } else {
            Fault::Broken(format!("port {port} of 127.0.0.1 cannot be served: {reason}"))
        }
    })
}

/// Answers requests until the program ends.
pub(crate) fn serve(listener: &TcpListener, site: Site) {
    let site = Arc::new(site);
    for stream in listener.incoming() {
        let Ok(stream) = stream else { continue };
        let site = Arc::clone(&site);
        // A browser that goes away in mid-answer is no fault of ours.
        thread::spawn(move || answer(stream, &site).ok());
    }
}

/// Reads one request and answers it; the connection ends with it.
fn answer(mut stream: TcpStream, site: &Site) -> io::Result<()> {
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    stream.set_write_timeout(Some(Duration::from_secs(30)))?;
    let mut head = BufReader::new(stream.try_clone()?.take(LONGEST_HEAD));
    let mut request = String::new();
    head.read_line(&mut request)?;
    loop {
        let mut line = String::new();
        if head.read_line(&mut line)? == 0 {
            return refuse(&mut stream, "400 Bad Request");
        }
        if line.trim_end().is_empty() {
            break;
        }
    }
    let mut words = request.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    if !matches!(method, "GET" | "HEAD") {
        return refuse(&mut stream, "405 Method Not Allowed");
    }
    let Some(path) = site.file(target) else {
        return refuse(&mut stream, "404 Not Found");
    };
    let mut file = File::open(&path)?;
    let length = file.metadata()?.len();
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: {}\r\nContent-Length: {length}\r\nCache-Control: no-cache\r\n\
         X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
        mime(&path)
    )?;
    if method == "GET" {
        io::copy(&mut file, &mut stream)?;
    }
    stream.flush()
}

fn refuse(stream: &mut TcpStream, status: &str) -> io::Result<()> {
    write!(
        stream,
        "HTTP/1.1 {status}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: {}\r\nAllow: GET, \
         HEAD\r\nCache-Control: no-cache\r\nConnection: close\r\n\r\n{status}",
        status.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    /// A site in a folder of its own, removed at the end, with a file beside it that must not be served.
    struct Fixture {
        folder: PathBuf,
        port: u16,
    }

    impl Fixture {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("server-{name}-{}", std::process::id()));
            fs::create_dir_all(folder.join("page")).unwrap();
            fs::create_dir_all(folder.join("pkg/light")).unwrap();
            fs::write(folder.join("page/index.html"), "<p>page").unwrap();
            fs::write(folder.join("page/.hidden"), "secret").unwrap();
            fs::write(folder.join("pkg/light/m.wasm"), "\0asm").unwrap();
            fs::write(folder.join("outside"), "secret").unwrap();
            let listener = bind(0).unwrap();
            assert!(listener.local_addr().unwrap().ip().is_loopback());
            let port = listener.local_addr().unwrap().port();
            let site = Site { page: folder.join("page"), modules: folder.join("pkg") };
            thread::spawn(move || serve(&listener, site));
            Self { folder, port }
        }

        fn ask(&self, method: &str, path: &str) -> String {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).unwrap();
            write!(stream, "{method} {path} HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
            let mut text = String::new();
            stream.read_to_string(&mut text).unwrap();
            text
        }
    }

    impl Drop for Fixture {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.folder);
        }
    }

    #[test]
    fn serves_the_page_and_the_modules_with_their_types() {
        let site = Fixture::new("types");
        let page = site.ask("GET", "/?query");
        assert!(page.starts_with("HTTP/1.1 200"), "{page}");
        assert!(
            page.contains("text/html") && page.contains("no-cache") && page.ends_with("<p>page"),
            "{page}"
        );
        let module = site.ask("GET", "/pkg/light/m.wasm");
        assert!(module.contains("Content-Type: application/wasm") && module.ends_with("\0asm"), "{module}");
    }

    #[test]
    fn head_tells_the_length_and_sends_nothing() {
        let answer = Fixture::new("head").ask("HEAD", "/index.html");
        assert!(answer.contains("Content-Length: 7\r\n") && answer.ends_with("\r\n\r\n"), "{answer}");
    }

    #[test]
    fn paths_out_of_the_site_hidden_files_and_other_methods_are_refused() {
        let site = Fixture::new("refuse");
        for path in [
            "/../outside",
            "/%2e%2e/outside",
            "/pkg/../../outside",
            "/..%2foutside",
            "/pkg/%2e%2e%5coutside",
            "/.hidden",
            "outside",
            "/%zz",
            "/nothing",
        ] {
            let answer = site.ask("GET", path);
            assert!(answer.starts_with("HTTP/1.1 404") && !answer.contains("secret"), "{path}: {answer}");
        }
        assert!(site.ask("POST", "/").starts_with("HTTP/1.1 405"));
    }

    #[cfg(unix)]
    #[test]
    fn a_link_that_leads_out_of_the_site_is_refused() {
        let site = Fixture::new("link");
        std::os::unix::fs::symlink(site.folder.join("outside"), site.folder.join("page/way")).unwrap();
        assert!(site.ask("GET", "/way").starts_with("HTTP/1.1 404"));
    }
}
