//! Links that went through a mail or a chat: what was added to the session ID is not taken for a part of it.

use serde_json::json;

use crate::landing::{CLICK, ticket};
use crate::landing_form::{Shown, form, inside};
use crate::on_both_stores;
use crate::support::app::{Call, PAGE, TestApp, mistyped};

/// As it stands in the address, after the ID.
const APPENDED: [&str; 14] =
    [".", ",", ")", ").", "%3E", "%3E.", "]", "*", "_", "%22", "'", "=", "?utm_source=mail", "%E3%80%82"];

fn open(app: &TestApp, query: &str) -> Call {
    app.get(&format!("/portal/hosted-portal?{query}")).headers(&CLICK)
}

on_both_stores! {
    async fn what_follows_the_id_is_not_part_of_it(app: TestApp) {
        for appended in APPENDED {
            let id = ticket(&app, json!({})).await;
            let shown = open(&app, &format!("session={id}{appended}")).send().await;
            shown.expect_page(200, "name=\"nonce\"");
            let shown = Shown::of(&shown);
            assert_eq!(shown.session_id, id, "the form has the ID alone");
            inside(&shown.post(&app).send().await);
        }
    }

    async fn an_ampersand_may_have_been_written_for_a_page(app: TestApp) {
        for query in ["utm=x&amp;session=", "utm=x&amp;amp;session=", "amp;session=", "session=&amp;session="] {
            let id = ticket(&app, json!({})).await;
            open(&app, &format!("{query}{id}")).send().await.expect_page(200, "name=\"nonce\"");
            open(&app, &format!("{query}{id}&amp;lang=de")).send().await.expect_page(200, "name=\"nonce\"");
        }
        let id = ticket(&app, json!({})).await;
        let other = open(&app, &format!("mysession={id}&xamp;session={id}")).send().await;
        assert_eq!(other.status, 302, "another parameter: {}", other.text);
    }

    async fn an_exchange_reads_it_the_same_way(app: TestApp) {
        for appended in [".", ")", ">", "],", "\u{3002}", "&amp;lang=de", "#top"] {
            let id = app.fresh_id(json!({})).await;
            let pasted = format!("{id}{appended}");
            assert_eq!(app.exchanging(&pasted).header("origin", PAGE).send().await.status, 200, "{appended}");
            app.exchange(&id).await.expect(401, "authentication/portal_session_not_found");
            let id = app.fresh_id(json!({})).await;
            let by_code = app.post("/v2/portal.exchangeCode", json!({ "code": format!("{id}{appended}") })).send().await;
            assert_eq!(by_code.status, 200, "{appended}: {}", by_code.text);
        }
    }

    async fn a_repeat_is_one_whatever_was_added(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        let call = |text: &str| app.exchanging(text).header("idempotency-key", "0123456789abcdef").send();
        let first = call(&format!("{id}.")).await;
        let again = call(&id).await;
        assert_eq!((first.status, again.status), (200, 200));
        assert_eq!(first.data()["token"], again.data()["token"]);
    }

    async fn another_text_is_no_id_and_spends_none(app: TestApp) {
        let id = app.fresh_id(json!({})).await;
        let cut = &id[..id.len() - 1];
        let table = [
            format!("{id}0"), format!("{id}x."), format!("{id} "), format!("{id}\n"), format!("{cut}."), format!(".{id}"),
            format!("{}.", mistyped(&id)), "pst_live_.".to_owned(),
        ];
        for other in &table {
            app.exchange(other).await.expect(401, "authentication/portal_session_not_found");
        }
        assert_eq!(app.exchange(&id).await.status, 200);
    }

    async fn a_form_is_vouched_for_by_its_own_text(app: TestApp) {
        let id = ticket(&app, json!({})).await;
        let shown = Shown::of(&open(&app, &format!("session={id}")).send().await);
        let added = form(&app, &format!("{id}."), &shown.nonce).header("cookie", &shown.pass).send().await;
        added.expect_page(403, "name=\"nonce\"");
    }
}
