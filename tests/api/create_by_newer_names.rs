//! `portal.createSession` by newer clients' names: `portal` for `slug`, `scopes` for `permissions`.

use serde_json::{Value, json};

use crate::on_both_stores;
use crate::support::app::{ACME_LIVE, Reply, TestApp, text};

async fn create(app: &TestApp, body: Value) -> Reply {
    app.post("/v2/portal.createSession", body).bearer(ACME_LIVE).send().await
}

on_both_stores! {
    async fn the_newer_names_create_the_same_session(app: TestApp) {
        for (portal, permissions) in
            [("slug", "permissions"), ("portal", "scopes"), ("slug", "scopes"), ("portal", "permissions")]
        {
            let body = json!({ portal: "my-portal", "externalId": "user_123", permissions: ["keys:read"] });
            let created = create(&app, body).await;
            assert_eq!(created.status, 200, "{}", created.text);
            let created = created.data();
            assert!(text(&created["id"]).starts_with("sess_"));
            let session = app.exchange(text(&created["sessionId"])).await.data()["session"].clone();
            assert_eq!(session["slug"], "my-portal");
            assert_eq!(session["permissions"], json!(["keys:read"]));
        }
    }

    async fn faults_stand_where_the_client_wrote_them(app: TestApp) {
        let body = json!({ "portal": "-My-", "externalId": "user_123", "scopes": ["keys:read", "", 5] });
        let refused = create(&app, body).await;
        refused.expect(400, "application/invalid_input");
        assert_eq!(refused.locations(), ["body.portal", "body.scopes[1]", "body.scopes[2]"]);
        let body = json!({ "portal": 1, "externalId": "user_123", "scopes": [] });
        assert_eq!(create(&app, body).await.locations(), ["body.portal", "body.scopes"]);
    }

    async fn one_field_by_both_its_names_is_a_fault_of_the_newer(app: TestApp) {
        let both = json!({
            "slug": "my-portal",
            "portal": "my-portal",
            "externalId": "user_123",
            "permissions": ["keys:read"],
            "scopes": [],
        });
        let refused = create(&app, both).await;
        refused.expect(400, "application/invalid_input");
        assert_eq!(refused.locations(), ["body.portal", "body.scopes"]);
        let error = refused.error();
        assert_eq!(error["errors"][0]["fix"], "Send one of the two: slug or portal.");
        assert_eq!(error["errors"][1]["fix"], "Send one of the two: permissions or scopes.");
    }

    async fn a_field_by_neither_name_is_missing_by_the_older(app: TestApp) {
        let refused = create(&app, json!({ "externalId": "user_123" })).await;
        refused.expect(400, "application/invalid_input");
        assert_eq!(refused.locations(), ["body.slug", "body.permissions"]);
    }

    async fn an_unknown_field_is_told_every_name_once(app: TestApp) {
        let body = json!({ "portal": "my-portal", "externalId": "u", "scopes": ["keys:read"], "user": "u" });
        let refused = create(&app, body).await;
        assert_eq!(refused.locations(), ["body.user"]);
        let error = refused.error();
        let fix = text(&error["errors"][0]["fix"]);
        let (_, known) = fix.split_once("Known here: ").expect("a list of names");
        let names = "path, slug, portal, externalId, permissions, scopes, preview, returnUrl, ttlSeconds, email, \
                     externalOrganizationId, metadata.";
        assert_eq!(known, names);
    }
}
