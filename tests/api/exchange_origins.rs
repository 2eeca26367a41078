//! `portal.exchangeSession`: from whose pages an ID may be spent; a refused page never spends it.

use serde_json::json;

use crate::on_both_stores;
use crate::support::app::{PAGE, SECOND_PAGE, TestApp, in_portal};

on_both_stores! {
    async fn pages_of_the_portal_may_exchange(app: TestApp) {
        // By default: the origins of url, test_url and public_url. The portals without a public_url of their
        // own share the server's.
        let table = [
            ("my-portal", PAGE),
            ("my-portal", "https://portal-test.example.com"),
            ("second-portal", SECOND_PAGE),
            ("second-portal", "https://sessions.example.com"),
            ("no-return", "https://sessions.example.com"),
        ];
        for (slug, origin) in table {
            let id = app.fresh_id(json!({ "slug": slug })).await;
            let reply = app.exchanging(&id).header("origin", origin).send().await;
            assert_eq!(reply.status, 200, "{slug} from {origin}: {}", reply.text);
            assert_eq!(reply.header("access-control-allow-origin"), origin);
        }
    }

    async fn a_foreign_page_is_refused_and_does_not_spend_the_id(app: TestApp) {
        let origins = [
            "null",
            "",
            "*",
            "https://evil.example",
            "https://portal.example.com.evil",
            "https://portal.example.com.evil.example",
            "https://evil-portal.example.com",
            "https://sub.portal.example.com",
            "https://example.com",
            "http://portal.example.com",
            "https://portal.example.com:8443",
            "https://PORTAL.EXAMPLE.COM",
            "https://portal.example.com/",
            "https://portal.example.com, https://evil.example",
            "portal.example.com",
            // Listed by other portals only.
            SECOND_PAGE,
            "https://umbrella.example.com",
            "https://sessions.example.com",
            "https://disabled.example.com",
        ];
        for origin in origins {
            let id = app.fresh_id(json!({})).await;
            for fetch_site in ["cross-site", "same-origin"] {
                let call = app.exchanging(&id).header("origin", origin).header("sec-fetch-site", fetch_site);
                let reply = call.send().await;
                reply.expect(403, "authorization/forbidden");
                assert!(reply.set_cookies().is_empty(), "{origin:?}");
            }
            let right = app.exchanging(&id).header("origin", PAGE).send().await;
            assert_eq!(right.status, 200, "after {origin:?}: {}", right.text);
        }
    }

    async fn a_page_that_no_portal_lists_learns_nothing_of_an_id(app: TestApp) {
        let live = app.fresh_id(json!({})).await;
        let from_evil = |id| app.exchanging(id).header("origin", "https://evil.example").send();
        let first = from_evil("garbage").await;
        first.expect(403, "authorization/forbidden");
        assert_eq!(from_evil(&live).await.but_its_id(), first.but_its_id());
    }

    async fn a_dead_id_is_dead_for_another_portals_page_too(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        assert_eq!(app.exchange(&id).await.status, 200);
        let reply = app.exchanging(&id).header("origin", SECOND_PAGE).send().await;
        reply.expect(401, "authentication/portal_session_not_found");
    }

    async fn configured_origins_join_the_portals_own(app: TestApp) {
        let listed = "allowed_origins = [\"https://widgets.example.com:8443\", \"capacitor://localhost\"]";
        app.reload(in_portal("my-portal", listed));
        for origin in ["https://widgets.example.com", "capacitor://localhost:80", "ionic://localhost", "null"] {
            let id = app.fresh_id(json!({})).await;
            let reply = app.exchanging(&id).header("origin", origin).send().await;
            reply.expect(403, "authorization/forbidden");
        }
        let own = [PAGE, "https://portal-test.example.com"];
        for origin in own.into_iter().chain(["https://widgets.example.com:8443", "capacitor://localhost"]) {
            let id = app.fresh_id(json!({})).await;
            let reply = app.exchanging(&id).header("origin", origin).send().await;
            assert_eq!(reply.status, 200, "{origin}: {}", reply.text);
            assert_eq!(reply.header("access-control-allow-origin"), origin);
        }
    }

    async fn a_disabled_portal_exchanges_nothing(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        app.reload(in_portal("my-portal", "enabled = false"));
        for call in [app.exchanging(&id), app.exchanging(&id).header("origin", PAGE)] {
            let reply = call.send().await;
            reply.expect(403, "authorization/forbidden");
            assert!(reply.set_cookies().is_empty());
        }
        let other = app.fresh_id(json!({ "slug": "second-portal" })).await;
        assert_eq!(app.exchange(&other).await.status, 200, "the other portals go on");
    }
}
