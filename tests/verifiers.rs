//! Third APIs that check signed tokens with real libraries, as `docs/tokens.md` shows them. Each accepts what the gateway
//! signed, though the gateway is away, and refuses every forgery.

#[path = "verifiers/api.rs"]
mod api;
#[path = "verifiers/checks.rs"]
mod checks;
#[path = "verifiers/document.rs"]
mod document;
mod support;

use api::Kind;
use support::rust_api::sample;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jose_in_node() {
    checks::by_the_public_keys(Kind::Node).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pyjwt_in_python() {
    checks::by_the_public_keys(Kind::Python).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sdk_in_node() {
    checks::by_the_public_keys(Kind::Sdk).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jsonwebtoken_in_rust() {
    checks::by_the_public_keys(Kind::Rust).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jwt_authn_in_envoy() {
    checks::by_the_public_keys(Kind::Envoy).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn auth_request_in_nginx() {
    checks::by_asking_the_gateway().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_api_behind_envoy_gets_the_claims_and_no_others() {
    checks::envoy_hands_on_the_claims().await;
}

#[test]
fn the_document_shows_the_check_in_rust_that_is_tested() {
    assert_eq!(document::block("use jsonwebtoken::"), sample());
}
