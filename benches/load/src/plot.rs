//! Plots as SVG, small enough to read as text. Colours hold on light and on dark pages.
//!
//! Owns: axes, lines, bars, legends.
//! Must not know: what the numbers mean.

use std::fmt::Write;

const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 360.0;
const LEFT: f64 = 64.0;
const RIGHT: f64 = 150.0;
const TOP: f64 = 36.0;
const BOTTOM: f64 = 44.0;
const COLOURS: [&str; 7] = ["#2f6fde", "#d9822b", "#3a9d5d", "#c0427a", "#7a5bd0", "#8a8f98", "#b5a100"];
const INK: &str = "#7d8590";

pub struct Line {
    pub name: String,
    /// Ascending.
    pub points: Vec<(f64, f64)>,
}

/// Lines over a logarithmic x axis; y from zero.
pub fn lines(title: &str, x_label: &str, y_label: &str, lines: &[Line]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let (least, most) =
        all().fold((f64::MAX, 1.0_f64), |(least, most), (x, _)| (least.min(*x), most.max(*x)));
    let top = nice_top(all().fold(0.0, |most: f64, (_, y)| most.max(*y)));
    let span = (most.ln() - least.ln()).max(1e-9);
    let x_of = |x: f64| LEFT + (x.ln() - least.ln()) / span * (WIDTH - LEFT - RIGHT);
    let mut svg = frame(title, x_label, y_label, top);
    let mut tick = 10_f64.powf(least.log10().ceil());
    while tick <= most * 1.0001 {
        text(&mut svg, x_of(tick), HEIGHT - BOTTOM + 16.0, "middle", &short(tick));
        tick *= 10.0;
    }
    for (index, line) in lines.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<String> =
            line.points.iter().map(|(x, y)| format!("{:.1},{:.1}", x_of(*x), y_of(*y, top))).collect();
        let _ = writeln!(
            svg,
            r#"<polyline points="{}" fill="none" stroke="{colour}" stroke-width="2"/>"#,
            points.join(" ")
        );
        for (x, y) in &line.points {
            let _ = writeln!(
                svg,
                r#"<circle cx="{:.1}" cy="{:.1}" r="3" fill="{colour}"/>"#,
                x_of(*x),
                y_of(*y, top)
            );
        }
        legend(&mut svg, index, colour, &line.name);
    }
    svg + "</svg>\n"
}

/// Groups of bars, one bar a series; the value stands on each. A bar higher than `top` is cut.
pub fn bars(
    title: &str,
    y_label: &str,
    groups: &[&str],
    series: &[(String, Vec<Option<f64>>)],
    top: f64,
) -> String {
    let mut svg = frame(title, "", y_label, top);
    let group_width = (WIDTH - LEFT - RIGHT) / groups.len() as f64;
    let bar_width = group_width * 0.86 / series.len() as f64;
    for (at, group) in groups.iter().enumerate() {
        let middle = LEFT + (at as f64 + 0.5) * group_width;
        text(&mut svg, middle, HEIGHT - BOTTOM + 16.0, "middle", group);
        for (index, (_, values)) in series.iter().enumerate() {
            let Some(value) = values[at] else { continue };
            let x = LEFT + at as f64 * group_width + group_width * 0.07 + index as f64 * bar_width;
            let y = y_of(value.min(top), top);
            let colour = COLOURS[index % COLOURS.len()];
            let (width, height) = (bar_width * 0.9, HEIGHT - BOTTOM - y);
            let _ = writeln!(
                svg,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" fill="{colour}"/>"#
            );
            text(&mut svg, x + width / 2.0, y - 4.0, "middle", &short(value));
        }
    }
    for (index, (name, _)) in series.iter().enumerate() {
        legend(&mut svg, index, COLOURS[index % COLOURS.len()], name);
    }
    svg + "</svg>\n"
}

fn frame(title: &str, x_label: &str, y_label: &str, top: f64) -> String {
    let mut svg = format!(
        r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="12" fill="{INK}">"#
    );
    svg.push('\n');
    let _ = writeln!(svg, r#"<title>{title}</title>"#);
    text(&mut svg, LEFT, 16.0, "start", title);
    text(&mut svg, LEFT, 30.0, "start", y_label);
    text(&mut svg, (LEFT + WIDTH - RIGHT) / 2.0, HEIGHT - 8.0, "middle", x_label);
    for step in 0..=4 {
        let value = top * f64::from(step) / 4.0;
        let y = y_of(value, top);
        let _ = writeln!(
            svg,
            r#"<line x1="{LEFT}" y1="{y:.1}" x2="{:.1}" y2="{y:.1}" stroke="{INK}" stroke-opacity="0.3"/>"#,
            WIDTH - RIGHT
        );
        text(&mut svg, LEFT - 6.0, y + 4.0, "end", &short(value));
    }
    svg
}

fn y_of(value: f64, top: f64) -> f64 {
    HEIGHT - BOTTOM - value / top * (HEIGHT - TOP - BOTTOM)
}

fn legend(svg: &mut String, index: usize, colour: &str, name: &str) {
    let y = TOP + 10.0 + index as f64 * 18.0;
    let x = WIDTH - RIGHT + 12.0;
    let _ = writeln!(svg, r#"<rect x="{x}" y="{:.1}" width="10" height="10" fill="{colour}"/>"#, y - 9.0);
    text(svg, x + 15.0, y, "start", name);
}

fn text(svg: &mut String, x: f64, y: f64, anchor: &str, text: &str) {
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let _ = writeln!(svg, r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}">{text}</text>"#);
}

fn nice_top(most: f64) -> f64 {
    let unit = 10_f64.powf(most.max(1e-9).log10().floor());
    [1.0, 2.0, 4.0, 6.0, 8.0, 10.0]
        .into_iter()
        .map(|step| step * unit)
        .find(|top| *top >= most)
        .unwrap_or(most)
}

/// A number of few digits.
pub fn short(value: f64) -> String {
    match value {
        value if value >= 1e6 => format!("{}M", value / 1e6),
        value if value >= 1e4 => format!("{}k", (value / 1e3).round()),
        value if value >= 100.0 || value == value.round() => format!("{value:.0}"),
        value if value >= 10.0 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    }
}
