//! Two browsers in one playground: each sees what it did itself.

use super::playground::{Body, Playground};
use super::titles;
use crate::support::app::attributes;

#[tokio::test]
async fn each_browser_sees_its_own_steps_in_both_places() {
    let playground = Playground::start();
    let Playground { app, portal, .. } = &playground;
    let visit = playground.get(&format!("{portal}/"), "").await;
    assert_eq!(attributes(visit.set_cookies()[0]), ["HttpOnly", "Path=/", "SameSite=Lax"]);
    let [one, other] = [visit.jar(), playground.get(&format!("{app}/"), "").await.jar()];
    assert_ne!(one, other);
    for (browser, user) in [(&one, "user=user_ada"), (&other, "user=user_grace")] {
        assert!(playground.form("/log-in", user, browser).await.status == 303);
        // The portal's page asks the app's backend, and its browser is known there.
        let url = format!("{app}/revoke");
        let revoked = playground.post(portal, &url, Body::Form(user), browser).await;
        assert_eq!(revoked.header("access-control-allow-credentials"), "true");
    }
    for (browser, name, stranger) in [(&one, "Ada", "Grace"), (&other, "Grace", "Ada")] {
        for site in [app, portal] {
            let told = titles(&playground.get(&format!("{site}/state"), browser).await.json());
            assert_eq!(told.len(), 3, "{told:?}");
            assert!(told.iter().any(|title| title.contains(name)), "{told:?}");
            assert!(!told.iter().any(|title| title.contains(stranger)), "{told:?}");
        }
    }
    assert_eq!(playground.form("/journal/clear", "", &one).await.status, 204);
    assert!(titles(&playground.get(&format!("{app}/state"), &one).await.json()).is_empty());
    assert_eq!(titles(&playground.get(&format!("{app}/state"), &other).await.json()).len(), 3);
}
