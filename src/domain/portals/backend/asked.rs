//! What a request for a direct session asks, as one text: a repeat has the same, any other request another.
//!
//! Owns: that every release writes the same text of the same request, for a repeat may meet another release. A field that
//! a later one adds is written only where it is given. A change of anything that is here needs a new version.
//! Must not know: what is derived from it.

use crate::domain::permission::Permission;
use crate::domain::portal_path::PortalPath;
use crate::domain::session::Grant;
use crate::domain::token_format::TokenFormat;

const VERSION: &str = "1";

/// Of all that the request itself says. Kind, workspace and environment follow from the operation and the key.
pub fn asked(format: TokenFormat, session_ttl_ms: u64, grant: &Grant) -> String {
    let mut text = VERSION.to_owned();
    // With its length, no value can pass for the next field.
    let mut write = |name: &str, value: &str| {
        text.push_str(&format!("\n{name} {} {value}", value.len()));
    };
    write("format", format.name());
    write("ttl_ms", &session_ttl_ms.to_string());
    write("slug", &grant.slug);
    write("external_id", &grant.external_id);
    for permission in &grant.permissions {
        write("permission", Permission::as_str(permission));
    }
    let given = [
        ("organization", grant.external_organization_id.as_deref()),
        ("email", grant.email.as_deref()),
        ("preview", grant.preview.then_some("true")),
        ("metadata", grant.metadata.as_deref()),
        ("return_url", grant.return_url.as_ref().map(url::Url::as_str)),
        ("path", grant.path.as_ref().map(PortalPath::as_str)),
    ];
    given
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .for_each(|(name, value)| write(name, value));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::credential::{Digest, DirectToken};
    use crate::domain::environment::Environment;
    use crate::domain::idempotency::{IdempotencyKey, TokenDeriver};
    use crate::domain::return_url::parse_http_url;
    use crate::domain::session::SessionKind;
    use crate::domain::user_tag::UserTag;

    fn least() -> Grant {
        Grant {
            kind: SessionKind::Direct,
            workspace: "acme".into(),
            slug: "my-portal".into(),
            environment: Environment::Live,
            external_id: "user_123".into(),
            external_organization_id: None,
            email: None,
            permissions: Vec::new(),
            preview: false,
            metadata: None,
            return_url: None,
            path: None,
        }
    }

    fn whole() -> Grant {
        let permissions = ["keys:read", "api.*.read_key"];
        Grant {
            external_organization_id: Some("org_1".into()),
            email: Some("jane@example.com".into()),
            permissions: permissions.map(|text| Permission::parse(text).expect("valid")).into(),
            preview: true,
            metadata: Some("{\"plan\":\"pro\"}".into()),
            return_url: parse_http_url("https://app.example.com/back").ok(),
            path: PortalPath::parse("/invoices/42?code=canary").ok(),
            ..least()
        }
    }

    fn token(asked: &str) -> String {
        let (key, tag) = (IdempotencyKey::parse("0123456789abcdef"), UserTag::parse("aaaaaaaaaaaaaaaa"));
        let (key, tag) = (key.expect("a key"), tag.expect("a tag"));
        let deriver = TokenDeriver::new(&"secret".into());
        let random = deriver.direct(&Digest::of("rk_live_1"), &key, tag, asked);
        DirectToken::from_random(Environment::Live, tag, &random).expose().to_owned()
    }

    /// If this fails, a repeat that meets the other release during an upgrade opens a second session.
    #[test]
    fn the_token_of_a_request_never_changes() {
        for (grant, format, expected) in [
            (least(), TokenFormat::Opaque, "pt_live_aaaaaaaaaaaaaaaa1bl8qeao4cD5COUhubUkukCfgKXJh4UpK1HlqB0"),
            (whole(), TokenFormat::Jwt, "pt_live_aaaaaaaaaaaaaaaasdY0SyoFIfPVNmSIgqpg0Mll0dALxWkpf09aDGl"),
        ] {
            assert_eq!(token(&asked(format, 3_600_000, &grant)), expected);
        }
        let text = asked(TokenFormat::Opaque, 3_600_000, &least());
        assert_eq!(text, "1\nformat 6 opaque\nttl_ms 7 3600000\nslug 9 my-portal\nexternal_id 8 user_123");
    }

    #[test]
    fn each_field_counts() {
        let opaque = |grant: &Grant| asked(TokenFormat::Opaque, 3_600_000, grant);
        let with = |change: fn(&mut Grant)| {
            let mut grant = whole();
            change(&mut grant);
            opaque(&grant)
        };
        let mut texts = vec![
            opaque(&whole()),
            asked(TokenFormat::Jwt, 3_600_000, &whole()),
            asked(TokenFormat::Opaque, 3_600_001, &whole()),
            with(|grant| grant.slug = "my-portal2".into()),
            with(|grant| grant.external_id = "user_123\nemail 1 x".into()),
            with(|grant| grant.external_organization_id = None),
            with(|grant| grant.email = None),
            with(|grant| grant.permissions.reverse()),
            with(|grant| grant.preview = false),
            with(|grant| grant.metadata = None),
            with(|grant| grant.return_url = None),
            with(|grant| grant.path = PortalPath::parse("/invoices/42?code=another").ok()),
        ];
        let count = texts.len();
        texts.sort();
        texts.dedup();
        assert_eq!(texts.len(), count);
    }
}
