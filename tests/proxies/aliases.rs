//! Header names with a sign in place of a hyphen: many frameworks read `X_Original_Url` as `X-Original-Url`. None of
//! them gets through, whatever it stands for.

use serde_json::json;

use super::document::Way;
use super::proxy::{Kind, Places, Proxy};
use super::stage::{IDENTITY, Stage, own_host};
use super::upstream::{Framework, Upstream};
use crate::support::app::TestApp;

/// What no client may say of itself, of the proxy, or of the request.
const NAMES: [&str; 14] = [
    "Portal-Email",
    "Portal-Metadata",
    "Portal-Assertion",
    "X-Original-Url",
    "X-Original-Uri",
    "X-Rewrite-Url",
    "X-Forwarded-Prefix",
    "X-Forwarded-For",
    "X-Forwarded-Host",
    "X-Forwarded-Proto",
    "X-Forwarded-Port",
    "X-Forwarded-Method",
    "X-Forwarded-Uri",
    "X-Real-Ip",
];

/// All that a header's name may hold besides letters, digits and hyphens.
const SIGNS: &str = "_.!#$%&'*+^`|~";

/// Three spellings of each name: with the sign for every hyphen, for the first and for the last.
fn spellings(sign: char) -> Vec<String> {
    let sign = sign.to_string();
    let odd = |name: &str| {
        let (start, end) = name.rsplit_once('-').expect("a hyphen");
        [name.replace('-', &sign), name.replacen('-', &sign, 1), format!("{start}{sign}{end}")]
    };
    let mut names: Vec<_> = NAMES.into_iter().chain(IDENTITY).flat_map(odd).collect();
    names.sort();
    names.dedup();
    names
}

pub async fn a_name_with_a_sign_for_a_hyphen_is_dropped(kind: Kind) {
    let stage = Stage::with_public_page(kind).await;
    let token = stage.gateway.signed_in(json!({ "permissions": ["admin:read"] })).await;
    let mut faults = Vec::new();
    for path in ["/", "/admin/users", "/enter/"] {
        for sign in SIGNS.chars() {
            let request = stage.get(path).cookie(&token);
            let request =
                spellings(sign).iter().fold(request, |request, name| request.header(name, "forged"));
            let reply = request.send();
            assert_eq!(reply.status, 200, "{path} with {sign}: {}", reply.text);
            let headers = stage.portal.take_one().headers;
            let passed = headers.into_iter().filter(|(name, value)| name.contains(sign) || value == "forged");
            faults.extend(passed.map(|(name, _)| format!("{path}: {name}")));
        }
    }
    assert!(faults.is_empty(), "{faults:#?}");
}

pub async fn a_framework_reads_no_alias(kind: Kind) {
    let gateway = TestApp::start_at("memory:", |_| own_host("memory:")).await;
    let portal = Upstream::start(Framework::Wsgi);
    let places = Places::new(gateway.running().address, portal.address(), Way::OfThePortal);
    let proxy = Proxy::start(kind, places);
    let token = gateway.signed_in(json!({})).await;
    for path in ["/", "/enter/"] {
        for sign in ['_', '.'] {
            let request = proxy.browser.get(path).cookie(&token).header("X-Own", "kept");
            let request =
                spellings(sign).iter().fold(request, |request, name| request.header(name, "forged"));
            let reply = request.send();
            assert_eq!((reply.status, reply.header("x-portal")), (200, "yes"), "{path}: {}", reply.text);
            assert!(reply.text.contains("HTTP_X_OWN: kept"), "{}", reply.text);
            assert!(!reply.text.contains("forged"), "{path}: {}", reply.text);
        }
    }
}
