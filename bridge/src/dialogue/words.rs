//! What the dialogue says, in the languages it speaks. A language is complete or does not compile.

/// All words of one language.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) lang: &'static str,
    pub(super) footer: &'static str,
    pub(super) offer_title: &'static str,
    /// `{consumer}` stands for the body that ordered.
    pub(super) offer_intro: &'static str,
    pub(super) label_country: &'static str,
    pub(super) label_provider: &'static str,
    pub(super) label_format: &'static str,
    pub(super) none_found: &'static str,
    pub(super) consent: &'static str,
    pub(super) button_request: &'static str,
    pub(super) button_cancel: &'static str,
    pub(super) choose_one: &'static str,
    pub(super) waiting_title: &'static str,
    pub(super) waiting_text: &'static str,
    pub(super) gone_title: &'static str,
    pub(super) gone_text: &'static str,
    pub(super) unavailable_title: &'static str,
    pub(super) unavailable_text: &'static str,
    pub(super) forged_title: &'static str,
    pub(super) forged_text: &'static str,
    pub(super) link_back: &'static str,
}

/// The words in a language; English where it is not spoken here.
pub(super) fn words(language: &str) -> &'static Words {
    match language {
        "de" => &DE,
        _ => &EN,
    }
}

const DE: Words = Words {
    lang: "de",
    footer: "Diese Seite gehört zum Nationalen Once-Only-Technical-System (NOOTS). Ihre Angaben werden nur für diesen Abruf verwendet und danach gelöscht.",
    offer_title: "Nachweis aus dem Ausland abrufen",
    offer_intro: "{consumer} benötigt für Ihren Antrag den folgenden Nachweis. Sie können ihn hier direkt bei der ausländischen Behörde abrufen lassen.",
    label_country: "Staat",
    label_provider: "Ausstellende Behörde",
    label_format: "Format",
    none_found: "Für diesen Nachweis ist in diesem Staat keine Behörde angeschlossen. Bitte reichen Sie ihn auf anderem Weg ein.",
    consent: "Mit „Nachweis abrufen“ bitten Sie ausdrücklich darum, dass der Nachweis angefordert und an die oben genannte Stelle übermittelt wird. Die Nutzung ist freiwillig.",
    button_request: "Nachweis abrufen",
    button_cancel: "Abbrechen",
    choose_one: "Bitte wählen Sie für jeden Nachweis eine Behörde aus.",
    waiting_title: "Der Nachweis wird abgerufen",
    waiting_text: "Die Anfrage ist unterwegs. Diese Seite aktualisiert sich von selbst und führt Sie danach zurück zu Ihrem Antrag.",
    gone_title: "Dieser Abruf ist nicht mehr verfügbar",
    gone_text: "Der Link ist unbekannt oder abgelaufen. Bitte kehren Sie zu Ihrem Antrag zurück und starten Sie den Abruf dort neu.",
    unavailable_title: "Der Abruf ist gerade nicht möglich",
    unavailable_text: "Das Verzeichnis der ausländischen Behörden ist zurzeit nicht erreichbar. Bitte laden Sie diese Seite in einigen Minuten neu.",
    forged_title: "Die Eingabe konnte nicht zugeordnet werden",
    forged_text: "Bitte laden Sie die Seite neu und versuchen Sie es noch einmal.",
    link_back: "Zurück zum Antrag",
};

const EN: Words = Words {
    lang: "en",
    footer: "This page is part of the German National Once-Only Technical System (NOOTS). Your data is used for this retrieval only and then deleted.",
    offer_title: "Fetch evidence from abroad",
    offer_intro: "{consumer} needs the following evidence for your application. You can have it fetched directly from the foreign authority here.",
    label_country: "Country",
    label_provider: "Issuing authority",
    label_format: "Format",
    none_found: "No authority of this country is connected for this evidence. Please hand it in another way.",
    consent: "With “Fetch evidence” you expressly ask for the evidence to be requested and passed on to the body named above. Use is voluntary.",
    button_request: "Fetch evidence",
    button_cancel: "Cancel",
    choose_one: "Please choose one authority for each evidence.",
    waiting_title: "The evidence is being fetched",
    waiting_text: "The request is on its way. This page refreshes by itself and then takes you back to your application.",
    gone_title: "This retrieval is no longer available",
    gone_text: "The link is unknown or has expired. Please return to your application and start the retrieval again there.",
    unavailable_title: "Fetching is not possible at the moment",
    unavailable_text: "The directory of foreign authorities cannot be reached at the moment. Please reload this page in a few minutes.",
    forged_title: "Your input could not be assigned",
    forged_text: "Please reload the page and try again.",
    link_back: "Back to the application",
};
