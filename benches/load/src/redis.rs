//! A Redis of the benchmark's own, and the few questions that it is asked.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::server::{Server, free_port};
use crate::wire;

/// Without persistence: what a disk costs is no business of this benchmark.
pub fn start(directory: &Path, arguments: &[&str]) -> io::Result<Server> {
    let port = free_port()?;
    let mut command = Command::new("redis-server");
    command.args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"]);
    command.arg("--dir").arg(directory).args(arguments).stdout(Stdio::null());
    Server::start(&mut command, port)
}

/// A connection that asks one thing after the other, or many at once.
pub struct Client(BufReader<TcpStream>);

#[derive(Debug)]
pub enum Value {
    Nil,
    Text(String),
    Number(i64),
    List(Vec<Value>),
}

impl Value {
    pub fn text(self) -> String {
        match self {
            Value::Text(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Nil | Value::List(_) => String::new(),
        }
    }

    pub fn list(self) -> Vec<Value> {
        match self {
            Value::List(values) => values,
            Value::Nil | Value::Text(_) | Value::Number(_) => Vec::new(),
        }
    }
}

impl Client {
    pub fn connect(server: &Server) -> io::Result<Self> {
        Ok(Client(BufReader::with_capacity(1 << 20, TcpStream::connect(server.address)?)))
    }

    pub fn ask(&mut self, parts: &[&str]) -> io::Result<Value> {
        let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes()).collect();
        self.0.get_mut().write_all(&wire::command(&parts))?;
        self.read()
    }

    /// Sends commands that are written already and reads that many replies.
    pub fn pipeline(&mut self, commands: &[u8], replies: usize) -> io::Result<()> {
        self.0.get_mut().write_all(commands)?;
        for _ in 0..replies {
            self.read()?;
        }
        Ok(())
    }

    /// One line of `INFO`.
    pub fn info(&mut self, name: &str) -> io::Result<f64> {
        let info = self.ask(&["INFO", "everything"])?.text();
        let line = info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.and_then(|text| text.trim().parse().ok()).ok_or_else(|| io::Error::other(format!("no {name}")))
    }

    fn read(&mut self) -> io::Result<Value> {
        let mut line = String::new();
        self.0.read_line(&mut line)?;
        let Some((kind, rest)) = line.trim_end().split_at_checked(1) else {
            return Err(io::Error::other("Redis closed the connection"));
        };
        let number = || rest.parse::<i64>().map_err(io::Error::other);
        match kind {
            "+" => Ok(Value::Text(rest.to_owned())),
            ":" => Ok(Value::Number(number()?)),
            "$" if number()? < 0 => Ok(Value::Nil),
            "$" => {
                let mut bytes = vec![0; number()? as usize + 2];
                self.0.read_exact(&mut bytes)?;
                bytes.truncate(bytes.len() - 2);
                Ok(Value::Text(String::from_utf8_lossy(&bytes).into_owned()))
            }
            "*" => Ok(Value::List((0..number()?.max(0)).map(|_| self.read()).collect::<Result<_, _>>()?)),
            _ => Err(io::Error::other(line)),
        }
    }
}
