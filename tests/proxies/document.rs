//! The configurations of `docs/deploy.md`: found in the document, filled with what a test needs, written to a file.

use std::path::{Path, PathBuf};

use super::proxy::Kind;

/// How people get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// By the gateway's own page, as the configurations stand there: nothing of the portal is public.
    Hosted,
    /// By a page of the portal, with the rules that the document has for it.
    OfThePortal,
}

/// Where the document wants these rules.
const PLACE: &str = "Public pages of the portal, if it has any, go here.";

/// A configuration of the document on its way to a proxy.
pub struct Configuration {
    pub text: String,
    pub directory: PathBuf,
}

impl Configuration {
    /// Puts what the test needs in the place of what stands in the document.
    pub fn put(self, place: &str, value: &str) -> Self {
        assert!(
            self.text.contains(place),
            "the configuration in docs/deploy.md has no {place:?}:\n{}",
            self.text
        );
        Configuration { text: self.text.replace(place, value), ..self }
    }

    /// With what the document says for a portal that wants email, metadata and an assertion.
    pub fn with_more_identity(self, kind: Kind) -> Self {
        let asking = self.put("preflight=allow", "preflight=allow&with=email,metadata&assertion=true");
        match kind {
            Kind::Caddy => asking.put(
                "copy_headers Portal-Permissions",
                "copy_headers Portal-Email Portal-Metadata Portal-Assertion Portal-Permissions",
            ),
            Kind::Nginx | Kind::Traefik | Kind::Envoy => asking,
        }
    }

    /// With the rules for a way in of the portal's own, where the test wants that way.
    pub fn with_way(self, way: Way, kind: Kind) -> Self {
        let line = self.text.lines().find(|line| line.contains(PLACE)).expect(PLACE).to_owned();
        let rules = match way {
            Way::Hosted => line.clone(),
            Way::OfThePortal => block(match kind {
                Kind::Nginx => "    # The way in",
                Kind::Caddy => "\t# The way in",
                Kind::Traefik => "    # Traefik",
                Kind::Envoy => "                        # Envoy",
            }),
        };
        self.put(&line, &rules)
    }

    pub fn write(self, name: &str) -> PathBuf {
        write(&self.directory, name, &self.text)
    }
}

/// One of the document's files, with the places of the certificate.
pub fn configuration(file: &str, directory: &Path) -> Configuration {
    let configuration = Configuration { text: block(&format!("# {file}")), directory: directory.to_owned() };
    let path = |name: &str| directory.join(name).display().to_string();
    configuration
        .put("/etc/ssl/portal.example.com.pem", &path("certificate.pem"))
        .put("/etc/ssl/portal.example.com.key", &path("key.pem"))
}

/// The one block of `docs/deploy.md` that begins with this line, or with more after it.
pub fn block(first_line: &str) -> String {
    let mut found = blocks(first_line);
    assert_eq!(found.len(), 1, "blocks of docs/deploy.md that begin with {first_line:?}");
    found.remove(0)
}

/// All of them.
pub fn blocks(first_line: &str) -> Vec<String> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/deploy.md");
    let document = std::fs::read_to_string(path).expect("docs/deploy.md");
    let fenced = document.split("\n```").skip(1).step_by(2);
    let blocks = fenced.filter_map(|block| block.split_once('\n').map(|(_, text)| format!("{text}\n")));
    blocks.filter(|block| block.starts_with(first_line)).collect()
}

pub fn write(directory: &Path, name: &str, text: &str) -> PathBuf {
    let path = directory.join(name);
    std::fs::write(&path, text).expect("a file is written");
    path
}
