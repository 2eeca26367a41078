//! A DNS server of the test's own, as Docker has one for the containers of a network: names of hosts, whose addresses change
//! when a container is made anew.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr, UdpSocket};
use std::sync::{Arc, Mutex, PoisonError};

/// What Docker's own says. Whoever keeps an address for so long does not find the next container.
const TTL_SECONDS: u32 = 600;

const HEADER: usize = 12;

pub struct Names {
    pub address: SocketAddr,
    known: Arc<Mutex<HashMap<String, Ipv4Addr>>>,
}

impl Names {
    pub fn start(names: &[(&str, Ipv4Addr)]) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
        let address = socket.local_addr().expect("an address");
        let names = names.iter().map(|(name, address)| ((*name).to_owned(), *address));
        let known = Arc::new(Mutex::new(names.collect()));
        let shared = known.clone();
        std::thread::spawn(move || {
            let mut question = [0; 512];
            while let Ok((length, client)) = socket.recv_from(&mut question) {
                let known = shared.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(answer) = answer(&question[..length], &known) {
                    let _ = socket.send_to(&answer, client);
                }
            }
        });
        Names { address, known }
    }

    /// The container of this name is another one now.
    pub fn change(&self, name: &str, address: Ipv4Addr) {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(name.to_owned(), address);
    }
}

/// Of one question (RFC 1035, section 4): the address, or that there is no such name.
fn answer(question: &[u8], known: &HashMap<String, Ipv4Addr>) -> Option<Vec<u8>> {
    let mut labels = Vec::new();
    let mut at = HEADER;
    while let length @ 1.. = usize::from(*question.get(at)?) {
        labels.push(std::str::from_utf8(question.get(at + 1..at + 1 + length)?).ok()?);
        at += 1 + length;
    }
    let asked = question.get(HEADER..at + 5)?;
    let address = known.get(&labels.join("."));
    let code = if address.is_some() { 0 } else { 3 };
    let mut answer = question.get(..2)?.to_vec();
    answer.extend([0x81, 0x80 | code, 0, 1, 0, u8::from(address.is_some()), 0, 0, 0, 0]);
    answer.extend(asked);
    if let Some(address) = address {
        // The name is that of the question, type A, class IN.
        answer.extend([0xc0, 12, 0, 1, 0, 1]);
        answer.extend(TTL_SECONDS.to_be_bytes());
        answer.extend([0, 4]);
        answer.extend(address.octets());
    }
    Some(answer)
}
