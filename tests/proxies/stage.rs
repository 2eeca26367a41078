//! A gateway and a portal behind one proxy, and what their answers must look like.

use super::browser::Request;
use super::document::{Way, blocks};
use super::proxy::{Kind, Places, Proxy};
use crate::support::app::{ACME_LIVE, Reply, TestApp};
use crate::support::echo::{Echo, Seen};
use vestibule::domain::credential::RootKey;

pub const EXPIRED: &str = "https://app.example.com/billing?reason=session_expired";
pub const MISSING: &str = "https://app.example.com/billing?reason=session_missing";
pub use crate::support::app::IDENTITY;

/// A gateway and a portal behind one proxy.
pub struct Stage {
    pub gateway: TestApp,
    pub portal: Echo,
    pub proxy: Proxy,
}

impl Stage {
    pub async fn start(kind: Kind) -> Self {
        Self::start_with(kind, "memory:", "").await
    }

    /// With a public page of the portal, `/enter/`.
    pub async fn with_public_page(kind: Kind) -> Self {
        Self::start_by(Way::OfThePortal, kind, "memory:", "").await
    }

    pub async fn start_with(kind: Kind, store_url: &str, more: &str) -> Self {
        Self::start_by(Way::Hosted, kind, store_url, more).await
    }

    pub async fn start_by(way: Way, kind: Kind, store_url: &str, more: &str) -> Self {
        Self::start_changed(way, kind, store_url, |config| config + more).await
    }

    pub async fn start_changed(
        way: Way,
        kind: Kind,
        store_url: &str,
        change: impl FnOnce(String) -> String,
    ) -> Self {
        let gateway = TestApp::start_at(store_url, |_| change(own_host(store_url))).await;
        let portal = Echo::start();
        let places = Places::new(gateway.running().address, portal.address, way);
        Self::behind(kind, places, gateway, portal)
    }

    /// With everything that the gateway tells where it is asked.
    pub async fn asking_for_more(kind: Kind) -> Self {
        let gateway = TestApp::start_at("memory:", |_| own_host("memory:")).await;
        let portal = Echo::start();
        let places = Places::new(gateway.running().address, portal.address, Way::Hosted);
        Self::behind(kind, Places { wants_more: true, ..places }, gateway, portal)
    }

    fn behind(kind: Kind, places: Places, gateway: TestApp, portal: Echo) -> Self {
        let proxy = Proxy::start(kind, places);
        portal.take();
        Stage { gateway, portal, proxy }
    }

    pub fn get(&self, path: &str) -> Request<'_> {
        self.proxy.browser.get(path)
    }

    pub fn call(&self, method: &str, path: &str) -> Request<'_> {
        self.proxy.browser.call(method, path)
    }

    /// A GET of a path that needs a session comes through; what the portal got.
    pub fn passes(&self, path: &str, token: &str) -> Seen {
        let reply = self.get(path).cookie(token).page().send();
        assert_eq!((reply.status, reply.header("x-portal")), (200, "yes"), "{path}: {}", reply.text);
        self.portal.take_one()
    }
}

/// The gateway's configuration of section 2, with the tests' root key.
pub fn own_host(store_url: &str) -> String {
    gateway_configuration(0, store_url)
}

pub fn gateway_configuration(index: usize, store_url: &str) -> String {
    let text = blocks("# /etc/vestibule/gateway.toml").swap_remove(index);
    let digest = RootKey::parse(ACME_LIVE).expect("a root key").digest().to_hex();
    let key = format!(
        "[[workspaces.root_keys]]\nid = \"my-backend\"\nsha256 = \"{digest}\"\nenvironment = \"live\"\n"
    );
    let places = [
        ("127.0.0.1:8080", "127.0.0.1:0"),
        ("redis://127.0.0.1:6379/0", store_url),
        ("# Paste the lines that `vestibule keys new` printed here.\n", key.as_str()),
        // The document takes the secret from the environment.
        ("[server]\n", "[server]\nsecret = \"a secret of the tests, long enough to be taken\"\n"),
    ];
    let text = places.iter().fold(text, |text, (place, value)| {
        assert!(text.contains(place), "gateway.toml in docs/deploy.md has no {place:?}");
        text.replace(place, value)
    });
    let memory = "url = \"memory:\"";
    text.replace("127.0.0.1:9090", "127.0.0.1:0").replace(memory, &format!("{memory}\nallow_memory = true"))
}

pub fn cookies_of(seen: &Seen) -> Vec<&str> {
    let pairs = seen.all("cookie").into_iter().flat_map(|line| line.split(';'));
    pairs.map(str::trim).filter(|pair| !pair.is_empty()).collect()
}

pub fn is_sent_home(reply: &Reply, home: &str) {
    assert_eq!((reply.status, reply.header("location")), (302, home), "{}", reply.text);
    assert_eq!(reply.header("cache-control"), "no-store");
}

pub fn is_told(reply: &Reply, code: &str, home: &str) {
    reply.expect(401, code);
    assert_eq!(reply.header("content-type"), "application/problem+json");
    assert_eq!(reply.error()["redirectUrl"], home);
    assert_eq!(reply.headers.get_all("www-authenticate").iter().count(), 1);
    assert_eq!(reply.header("location"), "");
}

pub fn is_outage(reply: &Reply, allowed: &[u16]) {
    assert!(allowed.contains(&reply.status), "{} {}", reply.status, reply.text);
    assert!(reply.set_cookies().is_empty() && reply.header("location").is_empty());
}
