//! The pages that a portal's users see: the landing, and the messages when something is in the way.
//!
//! Owns: their texts, look and policy. Each says what happened and what to do, has one action, and looks like its
//! portal, as far as that is configured.
//! Must not know: when a page is shown ([`super::refusal`] decides that), or what a session is.

use askama::Template;
use url::Url;

use super::breakable::Breakable;
use super::policy::Policy;
use crate::domain::appearance::Color;
use crate::domain::origin::policy_source;
use crate::domain::portal::Portal;
use crate::domain::return_url::{Home, Reason};
use crate::http::gateway::languages::{Language, Texts};

const STYLE: &str = include_str!("pages/pages.css");
const SCRIPT: &str = include_str!("pages/landing.js");

/// What a message is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Message<'a> {
    /// There is no live session.
    Home(&'a Home),
    /// The portal is switched off.
    PortalDisabled,
    /// The session lacks a permission.
    NoAccess,
    /// The person is signed in in too many places.
    TooManySessions,
    /// The store does not answer.
    ServiceUnavailable,
    /// The address leads nowhere.
    NotFound,
    /// Anything else.
    SomethingWrong,
}

/// Who a page is for.
#[derive(Clone, Copy)]
pub struct View<'a> {
    /// The language of the page.
    pub language: &'a Language,
    /// The portal it speaks for, if that is known.
    pub portal: Option<&'a Portal>,
    /// What the operator finds in the log.
    pub reference: &'a str,
}

/// The form that spends a ticket.
#[derive(Clone, Debug, Default)]
pub struct Form {
    /// Where it is sent to, relative to the page.
    pub action: String,
    /// The ticket.
    pub session_id: String,
    /// Ties the form to the browser that got it.
    pub nonce: String,
    /// The handle of somebody else's session that would be replaced, as the person is told; empty if there is none.
    pub replaces: String,
    /// A person came here with a click, so the page need not ask for another.
    pub goes_on: bool,
}

/// What the landing page asks.
#[derive(Clone, Debug, Default)]
pub struct Question {
    /// Whose session it is, if the person is to be asked.
    pub confirm: Option<String>,
    /// Who is signed in now and would be signed out.
    pub replaces: Option<String>,
    /// Where people go who say no.
    pub way_out: Option<Url>,
}

/// A page, and the policy for what it may do.
#[derive(Debug)]
pub struct Page {
    /// The text.
    pub html: String,
    /// Its `Content-Security-Policy`.
    pub policy: String,
    /// Its `Content-Language`.
    pub language: String,
}

struct Frame<'a> {
    language: &'a Language,
    reference: &'a str,
    title: String,
    heading: Breakable,
    name: Option<&'a str>,
    logo: Option<&'a Url>,
    style: &'static str,
    brand: String,
}

struct FormView<'a> {
    action: &'a str,
    session_id: &'a str,
    nonce: &'a str,
    replaces: &'a str,
    goes_on: bool,
    label: &'a str,
    way_out: Option<(&'a str, &'a str)>,
}

#[derive(Template)]
#[template(path = "message.html")]
struct MessageTemplate<'a> {
    frame: Frame<'a>,
    text: &'a str,
    action: Option<(&'a str, &'a str)>,
    form: Option<FormView<'a>>,
}

#[derive(Template)]
#[template(path = "landing.html")]
struct LandingTemplate<'a> {
    frame: Frame<'a>,
    texts: Vec<Breakable>,
    form: FormView<'a>,
    script: &'static str,
}

/// A page that says what is in the way. `retry`: a form that was sent and may be sent again.
pub fn message(view: View<'_>, message: Message<'_>, retry: Option<&Form>) -> Page {
    let language = view.language;
    let back = view.portal.and_then(|portal| portal.return_url.as_ref()).map(Url::as_str);
    let again = Some("");
    let (title, text, label, address) = match message {
        Message::Home(home) => {
            let texts = match home.reason {
                Reason::SessionExpired => &language.session_expired,
                Reason::SessionMissing => &language.session_missing,
                Reason::LinkUsed => &language.link_used,
            };
            let text = if home.url.is_some() { &texts.text } else { &texts.alone };
            (&texts.title, text, &texts.action, home.url.as_ref().map(Url::as_str))
        }
        Message::PortalDisabled => parts(&language.portal_disabled, back),
        Message::NoAccess => parts(&language.no_access, back),
        Message::TooManySessions => parts(&language.too_many_sessions, again),
        Message::ServiceUnavailable => parts(&language.service_unavailable, again),
        Message::NotFound => parts(&language.not_found, back),
        Message::SomethingWrong => parts(&language.something_wrong, again),
    };
    // Only a page that offers to try again carries the form.
    let form = retry.filter(|_| address == again).map(|form| FormView::new(form, label));
    let frame = Frame::new(view, title.clone());
    let policy = policy(view, &frame, None, form.is_some());
    let action = address.map(|address| (label.as_str(), address));
    rendered(MessageTemplate { frame, text, action, form }, policy, language)
}

/// The page that leads into the portal.
pub fn landing(view: View<'_>, form: &Form, question: &Question) -> Page {
    let language = view.language;
    let for_user = |text: &str, user: &str| text.replace("{user}", user);
    let mut texts = Vec::new();
    let (title, label) = match &question.confirm {
        Some(user) => {
            texts.push(for_user(&language.confirm.text, user));
            (for_user(&language.confirm.title, user), &language.confirm.action)
        }
        None => {
            let waits = if form.goes_on { &language.landing.text } else { &language.landing.text_button };
            texts.push(waits.clone());
            (language.landing.title.clone(), &language.landing.action)
        }
    };
    texts.extend(question.replaces.as_ref().map(|user| for_user(&language.replaces.text, user)));
    let way_out = question.way_out.as_ref().filter(|_| question.confirm.is_some());
    let way_out = way_out.map(|url| (language.confirm.way_out.as_str(), url.as_str()));
    let frame = Frame::new(view, title);
    let policy = policy(view, &frame, Some(SCRIPT), true);
    let form = FormView { way_out, ..FormView::new(form, label) };
    let texts = texts.into_iter().map(Breakable).collect();
    rendered(LandingTemplate { frame, texts, form, script: SCRIPT }, policy, language)
}

fn parts<'a>(
    texts: &'a Texts,
    address: Option<&'a str>,
) -> (&'a String, &'a String, &'a String, Option<&'a str>) {
    (&texts.title, &texts.text, &texts.action, address)
}

fn rendered(template: impl Template, policy: String, language: &Language) -> Page {
    // Templates write to memory, which cannot fail.
    let html = template.render().unwrap_or_default();
    Page { html, policy, language: language.tag.clone() }
}

impl<'a> Frame<'a> {
    fn new(view: View<'a>, title: String) -> Self {
        let appearance = view.portal.map(|portal| &portal.appearance);
        let color = appearance.and_then(|appearance| appearance.primary_color).unwrap_or(Color::DEFAULT);
        Frame {
            language: view.language,
            reference: view.reference,
            heading: Breakable(title.clone()),
            title,
            name: appearance.and_then(|appearance| appearance.display_name.as_deref()),
            logo: appearance.and_then(|appearance| appearance.logo_url.as_ref()),
            style: STYLE,
            brand: format!(":root {{ --brand: {color}; --on-brand: {}; }}", color.readable_text()),
        }
    }
}

impl<'a> FormView<'a> {
    fn new(form: &'a Form, label: &'a str) -> Self {
        let Form { action, session_id, nonce, replaces, goes_on } = form;
        FormView { action, session_id, nonce, replaces, goes_on: *goes_on, label, way_out: None }
    }
}

fn policy(view: View<'_>, frame: &Frame<'_>, script: Option<&str>, has_form: bool) -> String {
    let images = frame.logo.map(|logo| match logo.scheme() {
        "data" => "data:".to_owned(),
        _ => logo.origin().ascii_serialization(),
    });
    let targets = view.portal.filter(|_| has_form).map(form_targets);
    Policy {
        styles: &[frame.style, &frame.brand],
        script,
        images: images.as_deref(),
        form_targets: targets.as_deref(),
    }
    .header()
}

/// Where the answer to the form may redirect: into the portal, or home.
fn form_targets(portal: &Portal) -> Vec<String> {
    let urls = [Some(&portal.url), portal.test_url.as_ref(), portal.return_url.as_ref()];
    let mut sources: Vec<String> = Vec::new();
    for source in urls.into_iter().flatten().chain(&portal.return_urls).map(policy_source) {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    sources
}
