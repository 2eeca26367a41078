//! What the pure parts cost: minting, parsing and digesting credentials, tags, handles, permissions, stored records,
//! signed tokens.
//! `cargo bench --bench pure --features fuzzing`, the feature for the records alone; what whole requests cost is
//! measured by `benches/load/run`.

use std::hint::black_box;
use std::sync::Arc;

use criterion::{Criterion, criterion_group, criterion_main};
use vestibule::domain::catalog::Catalog;
use vestibule::domain::credential::{BrowserToken, Digest, RootKey, Ticket};
use vestibule::domain::environment::Environment;
use vestibule::domain::handle::{Handle, HandleSuffix};
use vestibule::domain::kept_tokens::{KeptToken, KeptTokens};
use vestibule::domain::permission::{Permission, any_covers};
use vestibule::domain::signed_token::{Claims, Purpose, TokenSigner};
use vestibule::domain::user_tag::{UserRef, UserTagger};
use vestibule::tokens::{Algorithm, Signer, SigningKey};

const USER: UserRef<'static> =
    UserRef { workspace: "acme", environment: Environment::Live, slug: "my-portal", external_id: "user_123" };

fn credentials(criterion: &mut Criterion) {
    let tagger = UserTagger::new(&"a secret of the benchmark".into(), &[]);
    let tag = tagger.tag(&USER);
    let token = BrowserToken::mint(Environment::Live, tag);
    let mut mistyped = token.expose().to_owned();
    mistyped.pop();
    mistyped.push('_');
    criterion.bench_function("user tag", |bench| bench.iter(|| tagger.tag(black_box(&USER))));
    criterion.bench_function("ticket: mint", |bench| bench.iter(|| Ticket::mint(Environment::Live, tag)));
    criterion.bench_function("browser token: parse", |bench| {
        bench.iter(|| BrowserToken::parse(black_box(token.expose())));
    });
    criterion.bench_function("browser token: refuse a mistyped one", |bench| {
        bench.iter(|| BrowserToken::parse(black_box(&mistyped)));
    });
    criterion.bench_function("browser token: digest", |bench| bench.iter(|| black_box(&token).digest()));
    let key = RootKey::mint(Environment::Live);
    criterion.bench_function("root key: parse and digest", |bench| {
        bench.iter(|| RootKey::parse(black_box(key.expose())).map(|key| key.digest()));
    });
    let hex = key.digest().to_hex();
    criterion.bench_function("digest: from hexadecimal", |bench| {
        bench.iter(|| Digest::from_hex(black_box(&hex)));
    });
}

fn handles(criterion: &mut Criterion) {
    let tag = UserTagger::new(&"a secret of the benchmark".into(), &[]).tag(&USER);
    let handle = Handle { tag, created_at_ms: 1_742_000_000_000, suffix: HandleSuffix::mint() };
    let text = handle.to_string();
    criterion.bench_function("handle: write", |bench| bench.iter(|| black_box(&handle).to_string()));
    criterion.bench_function("handle: parse", |bench| bench.iter(|| Handle::parse(black_box(&text))));
}

/// The most that a session can hold, the wanted one last.
fn permissions(criterion: &mut Criterion) {
    let parse = |text: String| Permission::parse(&text).expect("a valid permission");
    let held: Vec<_> = (0..100).map(|index| parse(format!("api.*.key_{index}"))).collect();
    let asked = parse("api.prod.key_99".into());
    criterion.bench_function("permission: parse", |bench| {
        bench.iter(|| Permission::parse(black_box("api.*.read_key")));
    });
    criterion.bench_function("permission: the last of 100 covers", |bench| {
        bench.iter(|| any_covers(black_box(&held), black_box(&asked)));
    });
}

#[cfg(feature = "fuzzing")]
fn records(criterion: &mut Criterion) {
    use vestibule::store::fuzzing::{decode, encode_grant};
    let tag = UserTagger::new(&"a secret of the benchmark".into(), &[]).tag(&USER);
    let line = r#"{"w":"acme","n":"live","x":"user_123","p":["api.*.read_key","api.*.read_analytics"]}"#;
    let record =
        format!("1 1742000000000 1742000001000 1742086401000 86400000 0aM2pS9u my-portal -\n{line}\n");
    let session = decode(tag, &record).expect("a record of version 1");
    criterion.bench_function("record: decode", |bench| bench.iter(|| decode(tag, black_box(&record))));
    criterion.bench_function("record: encode the grant", |bench| {
        bench.iter(|| encode_grant(black_box(&session.grant), &Default::default()));
    });
}

/// Nothing else shows the stored form.
#[cfg(not(feature = "fuzzing"))]
fn records(_: &mut Criterion) {}

/// An assertion of the README's example.
fn signed_tokens(criterion: &mut Criterion) {
    let tag = UserTagger::new(&"a secret of the benchmark".into(), &[]).tag(&USER);
    let parse = |text: &str| Permission::parse(text).expect("a valid permission");
    let claims = Claims {
        audience: "my-portal".to_owned(),
        subject: "user_123".to_owned(),
        handle: Handle { tag, created_at_ms: 1_742_000_000_000, suffix: HandleSuffix::mint() },
        issued_at_s: 1_742_000_000,
        expires_at_s: 1_742_000_060,
        environment: Environment::Live,
        permissions: vec![parse("api.*.read_key"), parse("api.*.read_analytics")],
        organization: None,
        email: None,
        preview: false,
        purpose: Purpose::Assertion,
    };
    for (name, algorithm) in [("ES256", Algorithm::Es256), ("EdDSA", Algorithm::EdDsa)] {
        let key = SigningKey::generate(algorithm).and_then(|text| SigningKey::read(&text)).expect("a key");
        let signer = Signer::new("https://sessions.example.com".to_owned(), vec![key]).expect("a signer");
        let token = signer.sign(&claims).expect("it signs");
        criterion.bench_function(&format!("signed token: sign, {name}"), |bench| {
            bench.iter(|| signer.sign(black_box(&claims)));
        });
        criterion.bench_function(&format!("signed token: verify, {name}"), |bench| {
            bench.iter(|| signer.verify(black_box(&token)));
        });
    }
    let (kept, catalog) = (KeptTokens::default(), Arc::new(Catalog::new(Vec::new(), Vec::new())));
    let key = (claims.handle, claims.purpose);
    criterion.bench_function("signed token: hand out a kept one", |bench| {
        bench.iter(|| {
            kept.get_or_sign(black_box(&catalog), black_box(key), 1_742_000_000_000, || {
                Ok(KeptToken::new("x".repeat(600), &claims))
            })
        });
    });
}

criterion_group!(pure, credentials, handles, permissions, records, signed_tokens);
criterion_main!(pure);
