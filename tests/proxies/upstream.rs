//! Portals on real frameworks, which route by the path as it comes: Express, Fastify, and one like Python's
//! `http.server`. Each answers with the kind of its page in `X-Page`. One on WSGI tells how it reads headers.

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use crate::support::node;
use crate::support::process::Process;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framework {
    Express,
    Fastify,
    HttpServer,
    /// Any path is a page, and its text says which headers the application sees.
    Wsgi,
}

/// Those that tell the kind of a page.
pub const ALL: [Framework; 3] = [Framework::Express, Framework::Fastify, Framework::HttpServer];

/// Killed with the value.
pub struct Upstream(Process);

impl Upstream {
    pub fn start(framework: Framework) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/proxies/upstreams");
        let mut command = match framework {
            Framework::Express => script(node::binary(), "express.mjs"),
            Framework::Fastify => script(node::binary(), "fastify.mjs"),
            Framework::HttpServer => script("python3".into(), "http_server.py"),
            Framework::Wsgi => script("python3".into(), "wsgi.py"),
        };
        command.current_dir(folder);
        // The first line of each is its port.
        Upstream(Process::start(&mut command, |line| Some(([127, 0, 0, 1], line.parse().ok()?).into())))
    }

    pub fn address(&self) -> SocketAddr {
        self.0.address
    }
}

fn script(program: std::path::PathBuf, file: &str) -> Command {
    let mut command = Command::new(program);
    command.arg(file);
    command
}
