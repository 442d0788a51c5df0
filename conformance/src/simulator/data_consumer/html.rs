//! Just enough HTML to fill in a form as a citizen would: forms, links, refreshes
//!
//! Not an HTML parser: the platform's pages are well formed and need no script.

use std::borrow::Cow;

/// A page, reduced to what a user can do with it
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Page {
    /// The forms
    pub forms: Vec<Form>,
    /// Addresses of links that look like buttons
    pub buttons: Vec<String>,
    /// Refresh after so many seconds, to this address or the page's own
    pub refresh: Option<(u64, Option<String>)>,
    /// Whether there is any script
    pub has_script: bool,
}

/// A form
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Form {
    /// Where it goes; empty is the page itself
    pub action: String,
    /// `get` or `post`
    pub method: String,
    /// Its fields in document order
    pub fields: Vec<Field>,
}

/// A field of a form
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub struct Field {
    /// `hidden`, `radio`, `checkbox`, `submit`, `text` and so on
    pub kind: String,
    /// Name; a field without one is not sent
    pub name: String,
    /// Value
    pub value: String,
    /// Whether it is chosen already
    pub checked: bool,
}

impl Form {
    /// What is sent when the user chooses the first of every choice and presses a button
    #[must_use]
    pub fn filled(&self, button: Option<&Field>) -> Vec<(String, String)> {
        let mut sent: Vec<(String, String)> = Vec::new();
        for field in self.fields.iter().filter(|field| !field.name.is_empty()) {
            let chosen = match field.kind.as_str() {
                "submit" | "button" | "reset" | "image" => Some(field) == button,
                "radio" => self.is_choice(field),
                _ => true,
            };
            if chosen {
                sent.push((field.name.clone(), field.value.clone()));
            }
        }
        sent
    }

    /// The buttons that send the form
    pub fn buttons(&self) -> impl DoubleEndedIterator<Item = &Field> {
        self.fields.iter().filter(|field| field.kind == "submit")
    }

    /// The chosen one of a group of radio buttons, or its first
    fn is_choice(&self, field: &Field) -> bool {
        let group = || {
            self.fields
                .iter()
                .filter(|other| other.kind == "radio" && other.name == field.name)
        };
        let chosen = group()
            .find(|other| other.checked)
            .or_else(|| group().next());
        chosen == Some(field)
    }
}

/// Reads a page
#[must_use]
pub fn read(text: &str) -> Page {
    let mut page = Page::default();
    let mut open: Option<Form> = None;
    let mut rest = text;
    while let Some((_, after)) = rest.split_once('<') {
        let Some((tag, after)) = split_tag(after) else {
            break;
        };
        rest = after;
        let name = tag
            .split([' ', '\n', '\t', '/'])
            .next()
            .unwrap_or_default()
            .to_ascii_lowercase();
        match name.as_str() {
            "form" => open = Some(form(tag)),
            "input" | "button" | "select" => {
                if let Some(form) = &mut open {
                    form.fields.push(field(&name, tag));
                }
            }
            "a" => page.buttons.extend(button_link(tag)),
            "meta" => page.refresh = page.refresh.or_else(|| refresh(tag)),
            "script" => {
                page.has_script = true;
                rest = skip_past(rest, "</script");
            }
            "style" => rest = skip_past(rest, "</style"),
            "" if tag.starts_with("/form") => page.forms.extend(open.take()),
            _ => {}
        }
    }
    page.forms.extend(open);
    page
}

/// Splits at the `>` that ends a tag, quotes respected
fn split_tag(text: &str) -> Option<(&str, &str)> {
    if let Some(comment) = text.strip_prefix("!--") {
        return comment.split_once("-->").map(|(_, after)| ("!--", after));
    }
    let mut quote = None;
    for (index, character) in text.char_indices() {
        match (quote, character) {
            (None, '>') => {
                return text
                    .split_at_checked(index)
                    .map(|(tag, rest)| (tag, rest.trim_start_matches('>')));
            }
            (None, '"' | '\'') => quote = Some(character),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
    }
    None
}

fn skip_past<'t>(text: &'t str, end: &str) -> &'t str {
    text.split_once(end).map_or("", |(_, after)| after)
}

fn form(tag: &str) -> Form {
    Form {
        action: attribute(tag, "action").unwrap_or_default(),
        method: attribute(tag, "method")
            .unwrap_or_else(|| "get".to_owned())
            .to_ascii_lowercase(),
        fields: Vec::new(),
    }
}

fn field(name: &str, tag: &str) -> Field {
    let default = if name == "button" { "submit" } else { "text" };
    Field {
        kind: attribute(tag, "type")
            .unwrap_or_else(|| default.to_owned())
            .to_ascii_lowercase(),
        name: attribute(tag, "name").unwrap_or_default(),
        value: attribute(tag, "value").unwrap_or_default(),
        checked: attribute(tag, "checked").is_some(),
    }
}

fn button_link(tag: &str) -> Option<String> {
    let classes = attribute(tag, "class")?;
    classes
        .split_ascii_whitespace()
        .any(|class| class == "button")
        .then(|| attribute(tag, "href"))?
}

fn refresh(tag: &str) -> Option<(u64, Option<String>)> {
    if !attribute(tag, "http-equiv")?.eq_ignore_ascii_case("refresh") {
        return None;
    }
    let content = attribute(tag, "content")?;
    let (seconds, address) = match content.split_once(';') {
        None => (content.as_str(), None),
        Some((seconds, address)) => (
            seconds,
            address.trim().strip_prefix("url=").map(str::to_owned),
        ),
    };
    Some((seconds.trim().parse().ok()?, address))
}

/// The value of an attribute; empty for one without value
fn attribute(tag: &str, wanted: &str) -> Option<String> {
    let mut rest = tag.split_once([' ', '\n', '\t'])?.1;
    loop {
        rest = rest.trim_start_matches([' ', '\n', '\t', '/']);
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(['=', ' ', '\n', '\t']).unwrap_or(rest.len());
        let (name, after) = rest.split_at_checked(end)?;
        let (value, after) = value(after);
        if name.eq_ignore_ascii_case(wanted) {
            return Some(unescape(value).into_owned());
        }
        rest = after;
    }
}

fn value(text: &str) -> (&str, &str) {
    let Some(text) = text.strip_prefix('=') else {
        return ("", text);
    };
    for quote in ['"', '\''] {
        if let Some(quoted) = text.strip_prefix(quote) {
            return quoted.split_once(quote).unwrap_or((quoted, ""));
        }
    }
    text.split_once([' ', '\n', '\t']).unwrap_or((text, ""))
}

fn unescape(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut plain = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('&') {
        plain.push_str(before);
        let reference = after
            .split_once(';')
            .and_then(|(name, after)| Some((character(name)?, after)));
        match reference {
            Some((character, after)) => {
                plain.push(character);
                rest = after;
            }
            None => {
                plain.push('&');
                rest = after;
            }
        }
    }
    plain.push_str(rest);
    Cow::Owned(plain)
}

fn character(name: &str) -> Option<char> {
    match name {
        "amp" => Some('&'),
        "lt" => Some('<'),
        "gt" => Some('>'),
        "quot" => Some('"'),
        "apos" => Some('\''),
        _ => {
            let number = name.strip_prefix('#')?;
            let code = match number.strip_prefix(['x', 'X']) {
                Some(hex) => u32::from_str_radix(hex, 16).ok()?,
                None => number.parse().ok()?,
            };
            char::from_u32(code)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = r#"<!doctype html><html><head>
        <meta charset="utf-8"><meta http-equiv="refresh" content="3; url=/next">
        <style>a > b {}</style></head><body>
        <!-- <form action="/wrong"> -->
        <form method="post" action="/abruf/x?a=1&amp;b=2">
        <input type="hidden" name="csrf" value="t&#34;k">
        <input type="radio" id="a" name="offer-0" value="one">
        <input type="radio" id="b" name="offer-0" value="two" checked>
        <input type="radio" name="offer-1" value="three">
        <button class="primary" type="submit" name="decision" value="request">Ja</button>
        <button type="submit" name="decision" value="cancel">Nein</button>
        </form>
        <a class="big button" href="/away">Weiter</a><a href="/plain">x</a>
        </body></html>"#;

    #[test]
    fn a_form_is_found_with_its_fields() {
        let page = read(PAGE);
        assert_eq!(page.forms.len(), 1);
        let form = &page.forms[0];
        assert_eq!(
            (form.action.as_str(), form.method.as_str()),
            ("/abruf/x?a=1&b=2", "post")
        );
        assert_eq!(form.fields[0].value, "t\"k");
        assert_eq!(form.buttons().count(), 2);
    }

    #[test]
    fn the_first_button_sends_one_choice_of_each_group() {
        let page = read(PAGE);
        let form = &page.forms[0];
        let sent = form.filled(form.buttons().next());
        let sent: Vec<_> = sent
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(
            sent,
            [
                "csrf=t\"k",
                "offer-0=two",
                "offer-1=three",
                "decision=request"
            ]
        );
    }

    #[test]
    fn refreshes_and_button_links_are_found() {
        let page = read(PAGE);
        assert_eq!(page.refresh, Some((3, Some("/next".to_owned()))));
        assert_eq!(page.buttons, ["/away"]);
        assert!(!page.has_script);
    }

    #[test]
    fn a_script_is_noticed_and_not_read() {
        let page = read("<script>if (a<b) '<form>'</script><form action=/x></form>");
        assert!(page.has_script);
        assert_eq!(page.forms.len(), 1);
        assert_eq!(page.forms[0].action, "/x");
    }
}
