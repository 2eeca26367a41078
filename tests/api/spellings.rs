//! A path is matched as it came: no other spelling of a route is that route, or whoever allows and denies by path before the
//! gateway would judge another path than it does.

use reqwest::Method;

use crate::errors::assert_is_problem;
use crate::operations::{metrics, with_metrics};
use crate::raw;
use crate::support::app::{Call, Kind, PAGE, TestApp};

const ROUTES: [&str; 11] = [
    "/v2/portal.getSession",
    "/v2/portal.createSession",
    "/v2/portal.authorize",
    "/portal/hosted-portal",
    "/portal/hosted-portal/",
    "/health/live",
    "/errors/authentication/missing",
    "/.well-known/jwks.json",
    "/openapi.json",
    "/docs",
    "/docs/guides/express",
];

/// The path with each of its characters encoded in turn, and with all of them.
fn encoded(path: &str) -> Vec<String> {
    let code = |character: char| format!("%{:02x}", u32::from(character));
    let places = path.char_indices().skip(1);
    let one = places.map(|(at, character)| format!("{}{}{}", &path[..at], code(character), &path[at + 1..]));
    one.chain([format!("/{}", path[1..].chars().map(code).collect::<String>())]).collect()
}

async fn status(app: &TestApp, target: &str) -> u16 {
    let request = format!("GET {target} HTTP/1.1\r\nHost: gateway\r\n\r\n");
    raw::send(app, request).await.status
}

#[tokio::test]
async fn an_encoded_path_is_no_route() {
    let app = TestApp::start(Kind::Memory).await;
    for path in ROUTES {
        assert_ne!(status(&app, path).await, 404, "{path}");
        for other in encoded(path).into_iter().chain([format!("{path}%"), format!("{path}%20")]) {
            assert_eq!(status(&app, &other).await, 404, "{other}");
        }
        // What comes behind the path is no part of it.
        for behind in ["?x=%2e%2F", "#x", "#/../%2e", "?x#/y"] {
            assert_ne!(status(&app, &format!("{path}{behind}")).await, 404, "{path}{behind}");
        }
        assert_eq!(status(&app, &format!("/x#{path}")).await, 404, "{path}");
    }
}

#[tokio::test]
async fn neither_slashes_nor_parameters_nor_dots_are_left_out() {
    let app = TestApp::start(Kind::Memory).await;
    for path in ROUTES {
        for other in [
            format!("/{path}"),
            format!("/.{path}"),
            format!("/x/..{path}"),
            format!("{path};x=1"),
            format!("{path}//"),
            format!("{path}/."),
            format!("{path}\\"),
        ] {
            assert!(matches!(status(&app, &other).await, 400 | 404), "{other}");
        }
    }
}

/// It is what every path is that leads nowhere: a problem with an id, a page for a person, and one label for all of them.
#[tokio::test]
async fn an_encoded_path_is_answered_like_any_other_that_is_not_there() {
    let app = with_metrics(Kind::Memory).await;
    for path in ["/v2/portal%2egetSession", "/portal/hosted-portal%20", "/%"] {
        for method in [Method::GET, Method::HEAD, Method::POST, Method::OPTIONS] {
            let preflight = [("origin", PAGE), ("access-control-request-method", "GET")];
            let reply = app.call(method.clone(), path).headers(&preflight).send().await;
            assert_eq!(reply.status, 404, "{method} {path}");
            assert!(reply.header("x-request-id").starts_with("req_"), "{method} {path}");
            assert_eq!(reply.header("access-control-allow-origin"), "", "{method} {path}");
            if method != Method::HEAD {
                reply.expect_common_headers();
                assert_is_problem(&reply);
            }
        }
        let person = app.get(path).header("accept", "text/html").send().await;
        person.expect_page(404, "There is nothing at this address");
    }
    let metrics = metrics(&app).await;
    let mut of_paths = metrics.lines().filter(|line| line.contains("status=\"404\""));
    assert!(
        of_paths.clone().count() > 0 && of_paths.all(|line| line.contains("route=\"none\"")),
        "{metrics}"
    );
}

/// RFC 9112 section 3.2.2: a server accepts it. Its path is judged like any other.
#[tokio::test]
async fn the_path_of_a_whole_address_is_matched_as_it_came_too() {
    let app = TestApp::start(Kind::Memory).await;
    assert_eq!(status(&app, "http://gateway/health/live").await, 200);
    for other in [
        "http://gateway/health%2flive",
        "http://gateway/%68ealth/live",
        "http://gateway//health/live",
        "http://gateway",
    ] {
        assert_eq!(status(&app, other).await, 404, "{other}");
    }
}

#[tokio::test]
async fn nor_does_the_metrics_listener_decode() {
    let app = with_metrics(Kind::Memory).await;
    let address = app.running().metrics_address.expect("a listener for metrics");
    for (path, status) in [("/metrics", 200), ("/%6detrics", 404), ("/metric%73", 404)] {
        let reply = Call(app.client.get(format!("http://{address}{path}"))).send().await;
        assert_eq!(reply.status, status, "{path}");
    }
}
