//! What is measured: the gateway and its peers, each with requests that it answers.

use std::collections::HashMap;
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;

use serde::{Deserialize, Serialize};

use crate::pump::{self, Load};
use crate::server::{Server, free_port};
use crate::wire::{self, Protocol};

const CREATE: &str = "/v2/portal.createSession";
const EXCHANGE: &str = "/v2/portal.exchangeSession";
const GET_SESSION: &str = "/v2/portal.getSession";
const AUTHORIZE: &str = "/v2/portal.authorize";
/// Live sessions that are verified in turn.
const SESSIONS: usize = 2_000;
const CONNECTIONS: usize = 64;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Operation {
    Create,
    Exchange,
    GetSession,
    Authorize,
}

impl Operation {
    pub const ALL: [Operation; 4] =
        [Operation::Create, Operation::Exchange, Operation::GetSession, Operation::Authorize];

    pub fn name(self) -> &'static str {
        match self {
            Operation::Create => "create",
            Operation::Exchange => "exchange",
            Operation::GetSession => "verify (getSession)",
            Operation::Authorize => "verify (authorize)",
        }
    }
}

pub struct Target {
    pub name: &'static str,
    pub address: SocketAddr,
    pub protocol: Protocol,
    pub operations: Vec<Operation>,
    create: Vec<Vec<u8>>,
    get_session: Vec<Vec<u8>>,
    authorize: Vec<Vec<u8>>,
}

impl Target {
    /// One that answers create, exchange and verify, with live sessions made through itself.
    pub fn gateway_like(
        name: &'static str,
        address: SocketAddr,
        root_key: &str,
        last: &[Operation],
    ) -> io::Result<Self> {
        let mut target = Target::empty(name, address);
        target.operations = [&[Operation::Create, Operation::Exchange, Operation::GetSession], last].concat();
        target.create = create_requests(root_key, 50_000);
        let mut cookies = Vec::new();
        let tickets = target.tickets(SESSIONS)?;
        target.send(&exchange_requests(&tickets), SESSIONS, None, |head, _| {
            cookies.extend(cookie_in(head));
        })?;
        target.present(&cookies);
        Ok(target)
    }

    /// One whose sessions begin with a cookie.
    pub fn cookie_session(name: &'static str, address: SocketAddr) -> io::Result<Self> {
        let mut target = Target::empty(name, address);
        target.operations = vec![Operation::GetSession];
        let mut cookies = Vec::new();
        target.send(&create_requests("", SESSIONS), SESSIONS, None, |head, _| {
            cookies.extend(cookie_in(head))
        })?;
        target.present(&cookies);
        Ok(target)
    }

    /// Redis itself, asked for one of the keys.
    pub fn raw_redis(address: SocketAddr, keys: &[String]) -> Self {
        let get = |key: &String| wire::command(&[b"GET", key.as_bytes()]);
        Target {
            protocol: Protocol::Redis,
            operations: vec![Operation::GetSession],
            get_session: keys.iter().map(get).collect(),
            ..Target::empty("Redis GET", address)
        }
    }

    fn empty(name: &'static str, address: SocketAddr) -> Self {
        let (create, get_session, authorize) = (Vec::new(), Vec::new(), Vec::new());
        Target {
            name,
            address,
            protocol: Protocol::Http,
            operations: Vec::new(),
            create,
            get_session,
            authorize,
        }
    }

    fn present(&mut self, cookies: &[String]) {
        let request = |path: &str, cookie: &String| wire::get(path, &format!("Cookie: {cookie}\r\n"));
        let authorize = format!("{AUTHORIZE}?slug=my-portal");
        self.get_session = cookies.iter().map(|cookie| request(GET_SESSION, cookie)).collect();
        self.authorize = cookies.iter().map(|cookie| request(&authorize, cookie)).collect();
    }

    pub fn has(&self, operation: Operation) -> bool {
        self.operations.contains(&operation)
    }

    /// Creates sessions, to be exchanged later.
    pub fn tickets(&self, count: usize) -> io::Result<Vec<String>> {
        self.tickets_of(&self.create, count)
    }

    /// The same by these requests.
    pub fn tickets_of(&self, create: &[Vec<u8>], count: usize) -> io::Result<Vec<String>> {
        let mut tickets = Vec::with_capacity(count);
        self.send(create, count, None, |_, body| tickets.extend(ticket_in(body)))?;
        Ok(tickets)
    }

    /// The requests of an operation; an exchange needs tickets that nobody has spent.
    pub fn requests(&self, operation: Operation, count: usize) -> io::Result<Vec<Vec<u8>>> {
        Ok(match operation {
            Operation::Create => self.create.clone(),
            Operation::Exchange => exchange_requests(&self.tickets(count)?),
            Operation::GetSession => self.get_session.clone(),
            Operation::Authorize => self.authorize.clone(),
        })
    }

    pub fn send(
        &self,
        requests: &[Vec<u8>],
        count: usize,
        rate: Option<f64>,
        on_reply: impl FnMut(&[u8], &[u8]),
    ) -> io::Result<pump::Outcome> {
        self.send_over(CONNECTIONS, requests, count, rate, on_reply)
    }

    /// Like [`Target::send`], over so many connections.
    pub fn send_over(
        &self,
        connections: usize,
        requests: &[Vec<u8>],
        count: usize,
        rate: Option<f64>,
        on_reply: impl FnMut(&[u8], &[u8]),
    ) -> io::Result<pump::Outcome> {
        let (address, protocol) = (self.address, self.protocol);
        let load = Load { address, protocol, connections, requests, count, rate };
        pump::run(&load, on_reply).map_err(|error| io::Error::other(format!("{}: {error}", self.name)))
    }

    /// What it answers to one request of each operation, for [`bare`].
    fn answers(&self) -> io::Result<HashMap<&'static str, Answer>> {
        let paths = [CREATE, EXCHANGE, GET_SESSION, AUTHORIZE];
        let mut answers = HashMap::new();
        for (operation, path) in Operation::ALL.into_iter().zip(paths) {
            let requests = self.requests(operation, 1)?;
            self.send(&requests, 1, None, |head, body| {
                answers.insert(path, Answer::read(head, body));
            })?;
        }
        Ok(answers)
    }
}

#[derive(Serialize)]
struct Answer {
    headers: Vec<(String, String)>,
    body: String,
}

impl Answer {
    fn read(head: &[u8], body: &[u8]) -> Self {
        let head = String::from_utf8_lossy(head).into_owned();
        let headers = head.lines().skip(1).filter_map(|line| line.split_once(": "));
        // These two the bare server sets by itself.
        let kept = headers
            .filter(|(name, _)| !["content-length", "date"].iter().any(|own| name.eq_ignore_ascii_case(own)));
        Answer {
            headers: kept.map(|(name, value)| (name.to_owned(), value.to_owned())).collect(),
            body: String::from_utf8_lossy(body).into_owned(),
        }
    }
}

/// Starts the bare server with the answers of the gateway.
pub fn bare(gateway: &Target, directory: &Path, workers: usize) -> io::Result<Server> {
    let file = directory.join("answers.json");
    std::fs::write(&file, serde_json::to_string(&gateway.answers()?)?)?;
    let port = free_port()?;
    let mut command = beside("bare")?;
    Server::start(command.args([port.to_string(), workers.to_string()]).arg(file), port)
}

/// Starts the sketch on the gateway's own libraries.
pub fn sketch(redis_port: u16, workers: usize) -> io::Result<Server> {
    let port = free_port()?;
    let arguments = [port.to_string(), workers.to_string(), redis_port.to_string()];
    Server::start(beside("sketch")?.args(arguments), port)
}

/// Another program of this package.
fn beside(name: &str) -> io::Result<Command> {
    Ok(Command::new(std::env::current_exe()?.with_file_name(name)))
}

fn create_requests(root_key: &str, count: usize) -> Vec<Vec<u8>> {
    (0..count).map(|index| create_request(root_key, &format!("user_{index}"))).collect()
}

/// The README's example.
pub fn create_request(root_key: &str, user: &str) -> Vec<u8> {
    let body = format!(
        r#"{{"slug":"my-portal","externalId":"{user}","permissions":["api.*.read_key","api.*.read_analytics"]}}"#
    );
    wire::post(CREATE, &authorization(root_key), &body)
}

pub fn list_request(root_key: &str, user: &str) -> Vec<u8> {
    of_user("/v2/portal.listSessions", root_key, user)
}

pub fn revoke_request(root_key: &str, user: &str) -> Vec<u8> {
    of_user("/v2/portal.revokeSession", root_key, user)
}

fn of_user(path: &str, root_key: &str, user: &str) -> Vec<u8> {
    wire::post(path, &authorization(root_key), &format!(r#"{{"slug":"my-portal","externalId":"{user}"}}"#))
}

fn authorization(root_key: &str) -> String {
    if root_key.is_empty() { String::new() } else { format!("Authorization: Bearer {root_key}\r\n") }
}

pub fn exchange_requests(tickets: &[String]) -> Vec<Vec<u8>> {
    let body = |ticket: &String| format!(r#"{{"sessionId":"{ticket}"}}"#);
    tickets.iter().map(|ticket| wire::post(EXCHANGE, "", &body(ticket))).collect()
}

fn ticket_in(body: &[u8]) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (_, rest) = body.split_once("\"sessionId\":\"")?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// `name=value` of the first cookie that is set.
fn cookie_in(head: &[u8]) -> Option<String> {
    let head = std::str::from_utf8(head).ok()?;
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with("set-cookie: "))?;
    Some(line["set-cookie: ".len()..].split(';').next()?.to_owned())
}
