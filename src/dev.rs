//! `vestibule dev`: a gateway to try out, and the commands to try it with.
//!
//! Owns: the guide that is printed.
//! Must not know: how the gateway works; the guide uses the public API only.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use crate::config::DEVELOPMENT;
use crate::domain::credential::{Environment, RootKey};

/// Where `vestibule dev` listens unless told otherwise.
pub const LISTEN: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8080);

/// The configuration for this address with a fresh root key, and that key.
pub fn configuration(listen: SocketAddr) -> (String, RootKey) {
    let key = RootKey::mint(Environment::Live);
    let digest = key.digest().to_hex();
    let entry = format!(
        "\n[[workspaces.root_keys]]\nid = \"development\"\nsha256 = \"{digest}\"\nenvironment = \"live\"\n"
    );
    let development = DEVELOPMENT
        .replace("127.0.0.1:8080", &listen.to_string())
        .replace("http://localhost:8080", &format!("http://localhost:{}", listen.port()));
    (format!("{development}{entry}"), key)
}

/// What to type to see the flow, step by step.
pub fn guide(address: SocketAddr, key: &RootKey) -> String {
    let base = format!("http://localhost:{}", address.port());
    let key = key.expose();
    format!(
        r#"
Vestibule is listening on {base}, on its embedded store: nothing is kept when it ends.
Paste these into another terminal, one after the other.

# 1. Your backend creates a session for one of its users.
curl -sS {base}/v2/portal.createSession \
  -H "Authorization: Bearer {key}" \
  -H "Content-Type: application/json" \
  -d '{{"slug":"my-portal","externalId":"user_123","permissions":["api.*.read_key","api.*.read_analytics"]}}' \
  | tee /tmp/vestibule-session.json; echo

# 2. Your portal exchanges the session ID for an HttpOnly cookie. It works once: try it again afterwards.
curl -sS -i -c /tmp/vestibule-cookies.txt {base}/v2/portal.exchangeSession \
  -H "Content-Type: application/json" \
  -d "{{\"sessionId\":\"$(sed 's/.*"sessionId":"\([^"]*\)".*/\1/' /tmp/vestibule-session.json)\"}}"; echo

# 3. From now on the gateway tells who is there.
curl -sS -b /tmp/vestibule-cookies.txt {base}/v2/portal.getSession; echo

Stop with Ctrl-C. Errors explain themselves: open the "type" of any of them in a browser.
"#
    )
}
