//! The pages of the dialogue: templates with the words put in, nothing else. They escape by
//! default and need no script.

use super::words::Words;
use askama::Template;

/// One requirement of an order with what the Common Services offer for it.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) requirement: String,
    pub(super) country: String,
    /// Name of the form field that carries the choice.
    pub(super) field: String,
    pub(super) offers: Vec<Offer>,
}

/// One way to satisfy a requirement: an evidence type of one provider.
#[derive(Debug)]
pub(super) struct Offer {
    pub(super) id: String,
    pub(super) value: String,
    pub(super) title: String,
    pub(super) provider: String,
    pub(super) format: String,
    pub(super) chosen: bool,
}

/// The question: what shall be fetched from whom.
#[derive(Template)]
#[template(path = "offer.html")]
pub(super) struct OfferPage<'a> {
    lang: &'a str,
    title: &'a str,
    sender: &'a str,
    footer: &'a str,
    refresh_secs: Option<u32>,
    intro: String,
    problem: Option<&'a str>,
    action: &'a str,
    csrf: &'a str,
    items: &'a [Item],
    any_offer: bool,
    label_country: &'a str,
    label_provider: &'a str,
    label_format: &'a str,
    none_found: &'a str,
    consent: &'a str,
    button_request: &'a str,
    button_cancel: &'a str,
}

impl<'a> OfferPage<'a> {
    pub(super) fn new(words: &'a Words, frame: &Frame<'a>, items: &'a [Item]) -> Self {
        Self {
            lang: words.lang,
            title: words.offer_title,
            sender: frame.sender,
            footer: words.footer,
            refresh_secs: None,
            intro: words.offer_intro.replace("{consumer}", frame.consumer),
            problem: None,
            action: frame.action,
            csrf: frame.csrf,
            items,
            any_offer: items.iter().any(|item| !item.offers.is_empty()),
            label_country: words.label_country,
            label_provider: words.label_provider,
            label_format: words.label_format,
            none_found: words.none_found,
            consent: words.consent,
            button_request: words.button_request,
            button_cancel: words.button_cancel,
        }
    }

    pub(super) fn with_problem(mut self, problem: &'a str) -> Self {
        self.problem = Some(problem);
        self
    }
}

/// What every page of one conversation shares.
#[derive(Debug)]
pub(super) struct Frame<'a> {
    /// Name of the platform in the page's language.
    pub(super) sender: &'a str,
    /// Name of the body that ordered.
    pub(super) consumer: &'a str,
    /// Where the form goes.
    pub(super) action: &'a str,
    /// Synchronizer token of the form.
    pub(super) csrf: &'a str,
}

/// A page that only says something.
#[derive(Template)]
#[template(path = "notice.html")]
pub(super) struct NoticePage<'a> {
    lang: &'a str,
    title: &'a str,
    sender: &'a str,
    footer: &'a str,
    refresh_secs: Option<u32>,
    text: &'a str,
    link: Option<String>,
    link_text: &'a str,
}

impl<'a> NoticePage<'a> {
    pub(super) fn new(words: &'a Words, sender: &'a str, title: &'a str, text: &'a str) -> Self {
        Self {
            lang: words.lang,
            title,
            sender,
            footer: words.footer,
            refresh_secs: None,
            text,
            link: None,
            link_text: words.link_back,
        }
    }

    /// Asks again by itself: for waiting without script.
    pub(super) fn refreshing(mut self, seconds: u32) -> Self {
        self.refresh_secs = Some(seconds);
        self
    }
}
