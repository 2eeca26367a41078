//! One nginx with a site of the test's own; gone with the value.

use std::fs::File;
use std::net::TcpStream;
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::proxy_binary::binary;

pub struct Nginx {
    child: Child,
    directory: TempDir,
}

impl Nginx {
    /// When it returns, it listens on this port. The site is what stands in a file of `conf.d`.
    pub fn start(port: u16, site: &str) -> Self {
        let directory = tempfile::tempdir().expect("a directory");
        let place = directory.path().display();
        let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
            .map(|name| format!("{name}_temp_path {place}/{name};\n"))
            .concat();
        // One process, so that killing it ends all of it.
        let main = format!(
            "daemon off;\nmaster_process off;\npid {place}/pid;\nerror_log stderr;\n\
             events {{ worker_connections 4096; }}\nhttp {{\naccess_log off;\n{temporary}{site}}}\n"
        );
        let path = directory.path().join("nginx.conf");
        std::fs::write(&path, main).expect("a file is written");
        let log = File::create(directory.path().join("log")).expect("a file");
        let mut command = binary("nginx");
        command.args(["-e", "stderr", "-p"]).arg(directory.path()).arg("-c").arg(path);
        command.stderr(log.try_clone().expect("a file")).stdout(log).stdin(Stdio::null());
        let mut nginx = Nginx { child: command.spawn().expect("nginx runs"), directory };
        nginx.wait(port);
        nginx
    }

    fn wait(&mut self, port: u16) {
        let deadline = Instant::now() + Duration::from_secs(20);
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let ended = self.child.try_wait().expect("it can be waited for");
            assert!(ended.is_none() && Instant::now() < deadline, "nginx does not serve: {}", self.log());
            // A wait for the condition above, not for time to pass.
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What it has written.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.directory.path().join("log")).unwrap_or_default()
    }
}

impl Drop for Nginx {
    #[allow(clippy::print_stdout)] // The test runner shows it with the failure.
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
        if std::thread::panicking() {
            println!("{}", self.log());
        }
    }
}
