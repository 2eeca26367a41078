//! Files of signing keys: the gateway's own and OpenSSL's are read, and a fault in one tells nothing of what it holds.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::support::app::{ACME_LIVE, TestApp, config, in_portal, text, without_signing_key};
use crate::support::forge::header_of;
use crate::support::gateway::Gateway;
use crate::support::process::run;
use crate::support::signing_keys::{configured, make_key};

/// `openssl`, with the output into a file of the directory.
fn openssl(directory: &Path, name: &str, arguments: &[&str]) -> PathBuf {
    let path = directory.join(name);
    let output =
        Command::new("openssl").args(arguments).arg("-out").arg(&path).current_dir(directory).output();
    let output = output.expect("openssl is installed: tests/run installs it");
    assert!(output.status.success(), "{output:?}");
    path
}

fn checked(directory: &Path, configuration: &str) -> Output {
    let path = directory.join("gateway.toml");
    std::fs::write(&path, configuration).expect("the file is written");
    run(&["check", "--config", path.to_str().expect("a path")])
}

/// The thumbprint of RFC 7638 by another road than the gateway's: OpenSSL derives the public key, and the text is
/// written by hand.
fn thumbprint(directory: &Path, key: &Path, algorithm: &str) -> String {
    let key = key.to_str().expect("a path");
    let path = openssl(directory, "public.der", &["pkey", "-in", key, "-pubout", "-outform", "DER"]);
    let der = std::fs::read(path).expect("the public key");
    let encode = |bytes: &[u8]| URL_SAFE_NO_PAD.encode(bytes);
    let members = if algorithm == "ES256" {
        let (x, y) = der[der.len() - 64..].split_at(32);
        format!(r#"{{"crv":"P-256","kty":"EC","x":"{}","y":"{}"}}"#, encode(x), encode(y))
    } else {
        format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(&der[der.len() - 32..]))
    };
    encode(&Sha256::digest(members))
}

/// A gateway with this key publishes it under this name, signs with it, and accepts what it has signed.
async fn signs_with(key: &Path, algorithm: &str, id: &str) {
    let gateway = Gateway::start_by(&configured("memory:", &[key]), None);
    let app = TestApp::of_process(&gateway.url);
    let set = app.get("/.well-known/jwks.json").send().await.json();
    let keys = set["keys"].as_array().expect("a list");
    assert_eq!(keys.len(), 1);
    assert_eq!(
        (&keys[0]["kid"], &keys[0]["alg"], &keys[0]["use"]),
        (&json!(id), &json!(algorithm), &json!("sig"))
    );
    assert_eq!(keys[0].get("d"), None, "the private half stays");
    let body =
        json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["a"], "format": "jwt" });
    let data = app.backend(ACME_LIVE, "createSessionToken", body).await.data();
    let token = text(&data["token"]);
    assert_eq!(header_of(token), json!({ "typ": "JWT", "alg": algorithm, "kid": id }));
    assert!(app.accepts(token).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_new_key_is_named_by_its_thumbprint() {
    for algorithm in ["ES256", "EdDSA"] {
        let directory = tempfile::tempdir().expect("a directory");
        let key = make_key(directory.path(), "key.pem", algorithm);
        let again = make_key(directory.path(), "again.pem", algorithm);
        assert_ne!(std::fs::read(&key).expect("a key"), std::fs::read(again).expect("a key"));
        let id = thumbprint(directory.path(), &key, algorithm);
        signs_with(&key, algorithm, &id).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn keys_of_openssl_are_as_good() {
    let kinds: [(&str, &[&str]); 2] = [
        ("ES256", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
        ("EdDSA", &["genpkey", "-algorithm", "ED25519"]),
    ];
    for (algorithm, arguments) in kinds {
        let directory = tempfile::tempdir().expect("a directory");
        let key = openssl(directory.path(), "key.pem", arguments);
        let id = thumbprint(directory.path(), &key, algorithm);
        signs_with(&key, algorithm, &id).await;
    }
}

/// Files that hold no key that could sign, each with what makes it one.
fn no_keys(directory: &Path) -> Vec<(&'static str, PathBuf)> {
    let file = |name: &str, bytes: &[u8]| {
        let path = directory.join(name);
        std::fs::write(&path, bytes).expect("the file is written");
        path
    };
    let make = |name: &str, arguments: &[&str]| openssl(directory, name, arguments);
    let good = make_key(directory, "good.pem", "ES256");
    let good = good.to_str().expect("a path");
    let whole = std::fs::read_to_string(good).expect("a key");
    let lines = whole.lines().enumerate().filter(|(index, _)| *index != 2);
    let cut: String = lines.map(|(_, line)| format!("{line}\n")).collect();
    let changed = whole.replacen("MIGHAgEAMBMG", "MIGHAgEAMBMH", 1);
    assert_ne!(changed, whole);
    vec![
        ("empty", file("empty.pem", b"")),
        ("text", file("text.pem", b"correct horse battery staple\n")),
        ("bytes", file("bytes.pem", &[0xff, 0xfe, 0x00, 0x80])),
        ("cut off", file("cut.pem", &whole.as_bytes()[..whole.len() / 2])),
        ("a line is missing", file("line.pem", cut.as_bytes())),
        ("a byte is changed", file("changed.pem", changed.as_bytes())),
        ("the public half", make("public.pem", &["pkey", "-in", good, "-pubout"])),
        ("SEC 1", make("sec1.pem", &["ec", "-in", good])),
        ("encrypted", make("encrypted.pem", &["pkcs8", "-topk8", "-in", good, "-passout", "pass:secret"])),
        ("RSA", make("rsa.pem", &["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"])),
        ("P-384", make("p384.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"])),
        (
            "secp256k1",
            make("k1.pem", &["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:secp256k1"]),
        ),
        ("X25519", make("x25519.pem", &["genpkey", "-algorithm", "X25519"])),
        ("a directory", directory.to_owned()),
        ("missing", directory.join("nowhere.pem")),
    ]
}

#[test]
fn a_file_without_a_key_is_a_fault_that_tells_nothing_of_it() {
    let directory = tempfile::tempdir().expect("a directory");
    for (what, path) in no_keys(directory.path()) {
        let output = checked(directory.path(), &configured("memory:", &[&path]));
        let report = format!("{output:?}");
        assert_eq!(output.status.code(), Some(2), "{what}: {report}");
        assert!(report.contains("tokens.signing_key_files[0]: The file cannot be "), "{what}: {report}");
        let bytes = std::fs::read(&path).unwrap_or_default();
        let contents = String::from_utf8_lossy(&bytes);
        for line in contents.lines().filter(|line| !line.starts_with("-----") && !line.is_empty()) {
            let part = &line[..line.len().min(12)];
            assert!(!report.contains(part), "{what}: {report}");
        }
    }
}

#[test]
fn what_needs_a_key_is_a_fault_where_there_is_none() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = make_key(directory.path(), "key.pem", "ES256");
    let location = "workspaces[0].portals[0].tokens: With Redis, signed tokens need a key.";
    let keyless = |store: &str| configured(store, &[]);
    let direct = in_portal("my-portal", "direct = true");
    let direct_alone = without_signing_key(direct(config("redis://127.0.0.1/0")));
    let key_location = "workspaces[0].root_keys[0].default_format: With Redis, signed tokens need a key.";
    let key_line = "id = \"acme-live\"\n";
    let jwt_alone = direct_alone.replace(key_line, &format!("{key_line}default_format = \"jwt\"\n"));
    let twice = "tokens.signing_key_files[1]: This key is there twice.";
    let cases = [
        ("Redis, no key", keyless("redis://127.0.0.1/0"), Some(location)),
        ("a cluster, no key", keyless("redis+cluster://127.0.0.1:7000"), Some(location)),
        ("memory makes its own", keyless("memory:"), None),
        ("Redis and a key", configured("redis://127.0.0.1/0", &[&key]), None),
        ("opaque tokens need none", direct_alone, None),
        ("JWTs by default", jwt_alone, Some(key_location)),
        ("one key twice", configured("memory:", &[&key, &key]), Some(twice)),
    ];
    for (what, configuration, fault) in cases {
        let output = checked(directory.path(), &configuration);
        let report = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(if fault.is_some() { 2 } else { 0 }), "{what}: {report}");
        assert!(report.contains(fault.unwrap_or_default()), "{what}: {report}");
    }
}

/// Where the configuration could not know: the request tells which key to set.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_request_that_needs_a_key_names_the_setting() {
    let redis = crate::support::redis_server::RedisServer::start();
    let gateway = Gateway::start_by(&without_signing_key(config(&redis.url())), None);
    let app = TestApp::of_process(&gateway.url);
    let body =
        json!({ "slug": "my-portal", "externalId": "user_123", "permissions": ["a"], "format": "jwt" });
    let refused = app.backend(ACME_LIVE, "createSessionToken", body).await;
    refused.expect(403, "authorization/forbidden");
    assert!(text(&refused.error()["detail"]).contains("tokens.signing_key_files"), "{}", refused.text);
    let set: Value = app.get("/.well-known/jwks.json").send().await.json();
    assert_eq!(set, json!({ "keys": [] }));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_with_a_broken_key_file_leaves_the_old_keys() {
    let directory = tempfile::tempdir().expect("a directory");
    let key = make_key(directory.path(), "key.pem", "EdDSA");
    let mut gateway = Gateway::start_by(&configured("memory:", &[&key]), None);
    let app = TestApp::of_process(&gateway.url);
    let before = app.get("/.well-known/jwks.json").send().await;
    assert_eq!(before.header("cache-control"), "public, max-age=300");
    std::fs::write(&key, "-----BEGIN PRIVATE KEY-----\n").expect("the file is written");
    gateway.process().signal("-HUP");
    gateway.process().wait_for_line(|line| line.contains("the old one stays"));
    assert_eq!(app.get("/.well-known/jwks.json").send().await.json(), before.json());
}
