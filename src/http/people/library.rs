//! The documents that the gateway carries: `docs/`, without the internals and what only its makers need.
//!
//! Owns: which they are, and where a link of a document leads at the gateway.
//! Must not know: HTML.

/// Its place below `docs/`, without the extension, and its Markdown.
pub struct Document {
    pub name: &'static str,
    pub markdown: &'static str,
}

macro_rules! documents {
    ($($name:literal),* $(,)?) => {
        &[$(Document { name: $name, markdown: include_str!(concat!("../../../docs/", $name, ".md")) }),*]
    };
}

/// The index, and then all others. A test compares them with the folder.
pub const DOCUMENTS: &[Document] = documents![
    "README",
    "api",
    "clients",
    "coming-from",
    "comparison",
    "concepts",
    "containers",
    "deploy",
    "embedding",
    "faq",
    "guides/embedded",
    "guides/express",
    "guides/fastapi",
    "guides/mobile",
    "guides/nextjs",
    "guides/vite-react",
    "hosted-redis",
    "metrics",
    "operations",
    "performance",
    "quickstart",
    "reliability",
    "scaling",
    "sdk",
    "security",
    "support",
    "tokens",
    "troubleshooting",
    "upgrading",
];

/// The document of this name. The index has no name of its own.
pub fn document(name: &str) -> Option<&'static Document> {
    DOCUMENTS.iter().find(|document| document.name == name && name != INDEX)
}

/// The index.
pub fn index() -> &'static Document {
    &DOCUMENTS[0]
}

const INDEX: &str = "README";

/// Where a link leads that stands in the document `from` (its place below `docs/`). None: to a file that is only in the
/// repository.
pub fn address_of(link: &str, from: &str) -> Option<String> {
    if link.starts_with('#') || link.contains("://") || link.starts_with("mailto:") {
        return Some(link.to_owned());
    }
    let (path, anchor) = match link.split_once('#') {
        Some((path, anchor)) => (path, format!("#{anchor}")),
        None => (link, String::new()),
    };
    let mut place: Vec<&str> = from.split('/').collect();
    place.pop();
    for step in path.split('/') {
        match step {
            "." | "" => {}
            ".." => drop(place.pop()?),
            name => place.push(name),
        }
    }
    let place = place.join("/");
    if place == "errors" {
        return Some("/errors/".to_owned());
    }
    let name = place.strip_suffix(".md")?;
    let path = match name {
        INDEX => "/docs".to_owned(),
        name if name.starts_with("errors/") => format!("/{name}"),
        name => format!("/docs/{}", document(name)?.name),
    };
    Some(path + &anchor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_document_for_users_is_carried() {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/docs");
        let mut found = Vec::new();
        for (folder, prefix) in [(root.to_owned(), ""), (format!("{root}/guides"), "guides/")] {
            for entry in std::fs::read_dir(folder).expect("a folder") {
                let name = entry.expect("an entry").file_name().into_string().expect("a name");
                found.extend(name.strip_suffix(".md").map(|name| format!("{prefix}{name}")));
            }
        }
        found.retain(|name| !["dependencies", "releasing", "security-review"].contains(&name.as_str()));
        found.sort_unstable();
        let carried: Vec<&str> = DOCUMENTS.iter().map(|document| document.name).collect();
        assert_eq!(found, carried);
    }

    #[test]
    fn a_link_leads_to_where_its_document_is_at_the_gateway() {
        for (from, link, address) in [
            ("README", "guides/nextjs.md", Some("/docs/guides/nextjs")),
            ("guides/nextjs", "../deploy.md#nginx", Some("/docs/deploy#nginx")),
            ("guides/nextjs", "express.md", Some("/docs/guides/express")),
            ("api", "README.md", Some("/docs")),
            ("api", "errors/authentication/missing.md", Some("/errors/authentication/missing")),
            ("errors/authentication/missing", "malformed.md", Some("/errors/authentication/malformed")),
            ("errors/authentication/missing", "../../api.md#x", Some("/docs/api#x")),
            ("README", "errors", Some("/errors/")),
            ("api", "#session-events", Some("#session-events")),
            ("api", "https://www.rfc-editor.org/rfc/rfc9110", Some("https://www.rfc-editor.org/rfc/rfc9110")),
            ("README", "../config/default.toml", None),
            ("guides/nextjs", "../../examples/next-portal", None),
            ("README", "internals/performance.md", None),
            ("README", "../../../etc/passwd.md", None),
        ] {
            assert_eq!(address_of(link, from).as_deref(), address, "{link} in {from}");
        }
    }
}
