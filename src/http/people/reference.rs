//! `GET /docs/reference`: the OpenAPI document as a page to read.
//!
//! Owns: its HTML. One page, nothing loaded from elsewhere.
//! Must not know: any endpoint. Everything comes from the document.

use std::fmt::Write;

use actix_web::HttpResponse;
use serde_json::{Map, Value};

use super::article::{self, escape};
use crate::http::answer::breakable::with_breaks;
use crate::http::openapi;

/// Serves the page.
pub async fn handle() -> HttpResponse {
    let document = serde_json::to_value(openapi::document()).unwrap_or_default();
    article::html("Vestibule: the API", &render(&document))
}

fn render(document: &Value) -> String {
    let mut html = String::from("<p><a href=\"/docs\">The documentation</a></p>");
    let info = &document["info"];
    let _ = write!(
        html,
        "<h1>{} <small>{}</small></h1><p>{}</p><p>The same for programs: <a href=\"/openapi.json\">/openapi.json</a></p>",
        text(&info["title"]),
        text(&info["version"]),
        text(&info["description"])
    );
    html.push_str(&contents(document));
    for (path, item) in entries(&document["paths"]) {
        // HEAD is GET without a body, and would only repeat it.
        let methods: Vec<&String> =
            entries(item).map(|(method, _)| method).filter(|method| *method != "head").collect();
        let Some(first) = methods.first() else { continue };
        let names: Vec<String> = methods.iter().map(|method| method.to_ascii_uppercase()).collect();
        let operation = &item[first.as_str()];
        let _ = write!(
            html,
            "<h2 id=\"{id}\"><a href=\"#{id}\">{summary}</a></h2><p><code>{methods} {path}</code></p><p>{description}</p>",
            id = text(&operation["operationId"]),
            summary = text(&operation["summary"]),
            methods = names.join(", "),
            path = with_breaks(&escape(path)),
            description = with_code(&text(&operation["description"])),
        );
        render_operation(document, operation, &mut html);
    }
    html
}

/// A link to each operation.
fn contents(document: &Value) -> String {
    let mut html = String::from("<nav aria-labelledby=\"contents\"><h2 id=\"contents\">Contents</h2><ul>");
    for (_, item) in entries(&document["paths"]) {
        let first = entries(item).find(|(method, _)| *method != "head");
        let Some((_, operation)) = first else { continue };
        let (id, summary) = (text(&operation["operationId"]), text(&operation["summary"]));
        let _ = write!(html, "<li><a href=\"#{id}\">{summary}</a></li>");
    }
    html + "</ul></nav>"
}

fn render_operation(document: &Value, operation: &Value, html: &mut String) {
    let schemes: Vec<String> =
        items(&operation["security"]).flat_map(entries).map(|(name, _)| escape(name)).collect();
    if !schemes.is_empty() {
        let _ = write!(html, "<p>Needs: {}</p>", schemes.join(" or "));
    }
    let parameters: Vec<&Value> = items(&operation["parameters"]).collect();
    if !parameters.is_empty() {
        html.push_str("<table><tr><th>parameter</th><th>in</th><th>meaning</th></tr>");
        for parameter in parameters {
            let (name, place) = (text(&parameter["name"]), text(&parameter["in"]));
            let _ = write!(
                html,
                "<tr><td><code>{name}</code></td><td>{place}</td><td>{}</td></tr>",
                with_code(&text(&parameter["description"]))
            );
        }
        html.push_str("</table>");
    }
    let request = &operation["requestBody"]["content"]["application/json"]["schema"];
    if !request.is_null() {
        html.push_str("<h3>Request</h3>");
        render_schema(document, request, html);
    }
    html.push_str("<h3>Answers</h3>");
    for (status, response) in entries(&operation["responses"]) {
        let paragraphs = text(&response["description"]).replace("\n\n", "<br>");
        let _ = write!(html, "<p><strong>{status}</strong> {}</p>", with_code(&paragraphs));
        let data = &response["content"]["application/json"]["schema"]["properties"]["data"];
        if status == "200" && !data.is_null() {
            render_schema(document, data, html);
        }
    }
}

/// The fields of an object, one row each.
fn render_schema(document: &Value, schema: &Value, html: &mut String) {
    let schema = resolve(document, schema);
    for (index, choice) in items(&schema["oneOf"]).enumerate() {
        html.push_str(if index == 0 { "" } else { "<p>or</p>" });
        render_schema(document, choice, html);
    }
    if schema["type"] == "array" {
        html.push_str("<p>A list of:</p>");
        return render_schema(document, &schema["items"], html);
    }
    let fields: Vec<(&String, &Value)> = entries(&schema["properties"]).collect();
    if fields.is_empty() {
        return;
    }
    html.push_str("<table><tr><th>field</th><th>type</th><th>meaning</th></tr>");
    for (name, field) in fields {
        let required = items(&schema["required"]).any(|required| required == name.as_str());
        let mark = if required { ", required" } else { "" };
        let resolved = resolve(document, field);
        let meaning = if field["description"].is_string() { field } else { resolved };
        let _ = write!(
            html,
            "<tr><td><code>{}</code></td><td>{}{mark}</td><td>{}{}</td></tr>",
            escape(name),
            type_of(document, resolved),
            with_code(&text(&meaning["description"])),
            bounds(resolved),
        );
    }
    html.push_str("</table>");
}

/// In words; a field that may be null has several types, and one of several forms has theirs.
fn type_of(document: &Value, schema: &Value) -> String {
    let of = |schema: &Value| type_of(document, resolve(document, schema));
    if schema["type"] == "array" {
        return format!("list of {}", of(&schema["items"]));
    }
    let choices = ["oneOf", "anyOf", "allOf"].iter().flat_map(|name| items(&schema[*name])).map(of);
    let mut names: Vec<String> = items(&schema["type"]).map(text).chain(choices).collect();
    names.dedup();
    match schema["type"].as_str() {
        Some(name) => escape(name),
        None if names.is_empty() => "any".to_owned(),
        None => names.join(" or "),
    }
}

fn bounds(schema: &Value) -> String {
    let names = [
        "minLength",
        "maxLength",
        "minimum",
        "maximum",
        "minItems",
        "maxItems",
        "pattern",
        "default",
        "example",
        "enum",
    ];
    let present = names.iter().filter(|name| !schema[**name].is_null());
    present
        .map(|name| {
            format!(
                "<br><small>{name}: <code>{}</code></small>",
                with_breaks(&escape(&schema[*name].to_string()))
            )
        })
        .collect()
}

fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let target =
        schema["$ref"].as_str().and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    target.unwrap_or(schema)
}

fn entries(value: &Value) -> impl Iterator<Item = (&String, &Value)> {
    value.as_object().into_iter().flat_map(Map::iter)
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn text(value: &Value) -> String {
    escape(value.as_str().unwrap_or_default())
}

/// Text between backticks is code.
fn with_code(escaped: &str) -> String {
    let mut html = String::new();
    for (index, part) in escaped.split('`').enumerate() {
        let part = with_breaks(part);
        let _ = if index % 2 == 1 { write!(html, "<code>{part}</code>") } else { write!(html, "{part}") };
    }
    html
}
