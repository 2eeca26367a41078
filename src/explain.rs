//! `vestibule explain`: asks a running gateway on this machine what became of a session, as `portal.explainSession` tells it.
//!
//! Owns: the question of a command line, and the answer as lines for people.
//! Must not know: who may see what; the gateway decides by the root key. Nothing that was pasted is printed again.

use std::io::{self, Read};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use chrono::DateTime;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::local_gateway::{self, Question};

/// A little longer than the gateway may take for an answer: it asks its store for each secret that a user's sessions may
/// be under, and waits for each.
const LIMIT: Duration = Duration::from_secs(32);

/// Of standard input: more than a gateway reads.
const MOST_BYTES: u64 = 1 << 16;

/// What a command line asks.
#[derive(clap::Args)]
pub struct Asked {
    /// A session's id (sess_…), or "-" to read it from standard input: it, a session ID, or a whole link as somebody
    /// pasted it. A link is a credential, and a command line stays in the shell's history.
    #[arg(required_unless_present = "user")]
    about: Option<SecretString>,
    /// The portal of --user.
    #[arg(long, requires = "user", conflicts_with = "about")]
    portal: Option<String>,
    /// Your identifier of a user, for that user's latest sessions.
    #[arg(long, requires = "portal")]
    user: Option<String>,
    /// A root key with the right explain.
    #[arg(long, env = "VESTIBULE_ROOT_KEY", hide_env_values = true)]
    root_key: Option<SecretString>,
    /// The configuration file that the gateway runs with.
    #[arg(long)]
    pub config: Option<PathBuf>,
}

/// Why there is no explanation.
#[derive(Debug, thiserror::Error)]
pub enum ExplainError {
    /// Standard input cannot be read, or the gateway does not answer.
    #[error("the question cannot be asked: {0}")]
    Unasked(#[from] io::Error),
    /// It answers something else than JSON.
    #[error("what answers there is no gateway: {0}")]
    Unreadable(#[from] serde_json::Error),
    /// It cannot tell at present.
    #[error("the gateway cannot tell at present (503): {0}")]
    Unavailable(String),
    /// It refuses.
    #[error("the gateway refuses ({status}): {detail}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Why.
        detail: String,
    },
}

impl Asked {
    /// None where neither the argument nor the variable has one.
    pub fn root_key(&self) -> Option<&SecretString> {
        self.root_key.as_ref().filter(|key| !key.expose_secret().is_empty())
    }

    /// Asks the gateway that listens there, and returns the answer as lines.
    pub fn explain(&self, listen: SocketAddr, root_key: &SecretString) -> Result<String, ExplainError> {
        let body = self.body()?.to_string();
        let bearer = format!("Bearer {}", root_key.expose_secret());
        let headers = [("Authorization", bearer.as_str()), ("Content-Type", "application/json")];
        let path = "/v2/portal.explainSession";
        let question = Question { method: "POST", path, headers: &headers, body: &body };
        let answer = local_gateway::ask(listen, &question, LIMIT)?;
        let told: Value = serde_json::from_str(&answer.body)?;
        if answer.status != 200 {
            let detail = told["error"]["detail"].as_str().unwrap_or_default().to_owned();
            return Err(match answer.status {
                503 => ExplainError::Unavailable(detail),
                status => ExplainError::Refused { status, detail },
            });
        }
        Ok(match told["data"].as_array() {
            Some(sessions) if sessions.is_empty() => "Nothing is known of this user.\n".to_owned(),
            Some(sessions) => sessions.iter().map(lines).collect::<Vec<_>>().join("\n"),
            None => lines(&told["data"]),
        })
    }

    fn body(&self) -> io::Result<Value> {
        let Some(about) = &self.about else {
            return Ok(json!({ "slug": self.portal, "externalId": self.user }));
        };
        let about = match about.expose_secret() {
            "-" => SecretString::from(pasted(io::stdin())?),
            _ => about.clone(),
        };
        let text = about.expose_secret().trim();
        Ok(if text.starts_with("sess_") { json!({ "id": text }) } else { json!({ "sessionId": text }) })
    }
}

/// A mail may be in any encoding; a link in it is in ASCII.
fn pasted(input: impl io::Read) -> io::Result<String> {
    let mut bytes = Vec::new();
    input.take(MOST_BYTES + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > MOST_BYTES {
        return Err(io::Error::other("standard input has more than 64 KiB: send the link alone"));
    }
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn lines(session: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let mut lines = vec![format!("{}: {}", text(&session["state"]), text(&session["sentence"]))];
    if let Some(id) = session["id"].as_str() {
        lines.insert(0, format!("{id}, portal {}", text(&session["slug"])));
    }
    for event in session["events"].as_array().into_iter().flatten() {
        lines.push(format!("  {}  {}", time_of(&event["at"]), text(&event["sentence"])));
    }
    lines.join("\n") + "\n"
}

fn time_of(at: &Value) -> String {
    let time = at.as_i64().and_then(DateTime::from_timestamp_millis);
    time.map(|time| time.format("%Y-%m-%d %H:%M:%S UTC").to_string()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_of_any_encoding_is_read_and_a_whole_mailbox_is_not() {
        assert_eq!(
            pasted(&b"Gr\xfc\xdfe: pst_live_x"[..]).expect("a text"),
            "Gr\u{fffd}\u{fffd}e: pst_live_x"
        );
        assert!(pasted(&vec![b'x'; 70_000][..]).is_err());
    }

    #[test]
    fn an_answer_is_told_in_lines() {
        let session = json!({
            "id": "sess_1", "slug": "my-portal", "state": "used", "sentence": "The link has been used.",
            "events": [{ "at": 1_742_000_000_000_i64, "event": "session.created", "sentence": "Created by acme-backend." }],
        });
        let expected = "sess_1, portal my-portal\nused: The link has been used.\n  2025-03-15 00:53:20 UTC  Created by acme-backend.\n";
        assert_eq!(lines(&session), expected);
        let unknown = json!({ "state": "unknown", "sentence": "Nothing is known.", "events": [] });
        assert_eq!(lines(&unknown), "unknown: Nothing is known.\n");
    }
}
