//! Cost of a check, printed as a table: our sets natively, and published files, where they are at
//! hand, on the XPath engine.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "a benchmark measures time, reads files and prints"
)]

use rules::{DocumentKind, Release, RuleFile, RuleSet, check, check_parsed, official};
use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};
use xml::{Document, Limits};

const FOLDER: &str = concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../../../shared/reference/oots"
);

/// Processor time of one run, on average over about half a second; wall time where the system does
/// not tell. Other programs do not count.
fn measure(mut run: impl FnMut()) -> Duration {
    run();
    let start = Instant::now();
    let before = processor_time();
    let mut runs = 0;
    while start.elapsed() < Duration::from_millis(500) || runs < 10 {
        run();
        runs += 1;
    }
    let spent = match (before, processor_time()) {
        (Some(before), Some(after)) => after.saturating_sub(before),
        _ => start.elapsed(),
    };
    spent / runs
}

fn processor_time() -> Option<Duration> {
    let text = fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    let nanoseconds = text.split(' ').next()?.parse().ok()?;
    Some(Duration::from_nanos(nanoseconds))
}

fn micros(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1e6)
}

fn schemas(folder: &str) -> Option<RuleSet> {
    let mut files = Vec::new();
    for entry in fs::read_dir(Path::new(FOLDER).join(folder)).ok()? {
        let path: PathBuf = entry.ok()?.path();
        files.push(RuleFile {
            name: path.file_name()?.to_string_lossy().into_owned(),
            content: fs::read(&path).ok()?,
        });
    }
    official(&files).ok()
}

/// A response of 2.0 with this many documents, each with an annex and its association.
fn large(documents: usize) -> Vec<u8> {
    let mut text = HEAD.to_owned();
    for number in 0..documents {
        text.push_str(&PAIR.replace("NUMBER", &format!("{number:08x}")));
    }
    text.push_str(
        "</rim:RegistryObjectList></rim:RegistryObject></rim:RegistryObjectList></query:QueryResponse>",
    );
    text.into_bytes()
}

const HEAD: &str = r#"<query:QueryResponse
 xmlns:query="urn:oasis:names:tc:ebxml-regrep:xsd:query:4.0"
 xmlns:rim="urn:oasis:names:tc:ebxml-regrep:xsd:rim:4.0"
 xmlns:sdg="http://data.europa.eu/p4s"
 xmlns:xlink="http://www.w3.org/1999/xlink"
 xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 status="urn:oasis:names:tc:ebxml-regrep:ResponseStatusType:Success"
 requestId="urn:uuid:4ffb5281-179d-4578-adf2-39fd13ccc797"><rim:RegistryObjectList>
<rim:RegistryObject xsi:type="rim:RegistryPackageType"
 id="urn:uuid:4ffb5281-179d-4578-adf2-39fd13ccc798"><rim:RegistryObjectList>"#;

const PAIR: &str = r#"
<rim:RegistryObject xsi:type="rim:ExtrinsicObjectType" id="urn:uuid:NUMBER-179d-4578-adf2-a9fd13ccc797">
<rim:Slot name="EvidenceMetadata"><rim:SlotValue xsi:type="rim:AnyValueType"><sdg:Evidence>
<sdg:Identifier>NUMBER-179d-4578-adf2-d9fd13ccc797</sdg:Identifier>
<sdg:IsAbout><sdg:NaturalPerson>
<sdg:Identifier schemeID="eidas">FR/DE/123123123</sdg:Identifier>
<sdg:FamilyName>Muster</sdg:FamilyName><sdg:GivenName>Eva</sdg:GivenName>
<sdg:DateOfBirth>1992-10-22</sdg:DateOfBirth></sdg:NaturalPerson></sdg:IsAbout>
<sdg:IssuingAuthority>
<sdg:Identifier schemeID="urn:cef.eu:names:identifier:EAS:0204">991-1</sdg:Identifier>
<sdg:Name lang="DE">Standesamt</sdg:Name></sdg:IssuingAuthority>
<sdg:IsConformantTo><sdg:EvidenceTypeClassification>https://sr.oots.tech.ec.europa.eu/evidencetypeclassifications/DE/ca8afed6-2dc0-422a-a931-d21c3d8d370e</sdg:EvidenceTypeClassification>
<sdg:Title lang="EN">Certificate of Birth</sdg:Title></sdg:IsConformantTo>
<sdg:IssuingDate>1970-03-03</sdg:IssuingDate>
<sdg:Distribution><sdg:Format>application/pdf</sdg:Format></sdg:Distribution>
</sdg:Evidence></rim:SlotValue></rim:Slot>
<rim:Classification id="urn:uuid:NUMBER-179d-4578-adf2-a9fd13ccc798"
 classificationScheme="urn:fdc:oots:classification:edm" classificationNode="MainEvidence"/>
<rim:RepositoryItemRef xlink:href="cid:a.NUMBER@example.org" xlink:title="Evidence"/></rim:RegistryObject>
<rim:RegistryObject xsi:type="rim:ExtrinsicObjectType" id="urn:uuid:NUMBER-179d-4578-adf2-b9fd13ccc797">
<rim:Slot name="EvidenceMetadata"><rim:SlotValue xsi:type="rim:AnyValueType"><sdg:Evidence>
<sdg:Identifier>NUMBER-179d-4578-adf2-e9fd13ccc797</sdg:Identifier>
<sdg:Distribution><sdg:Format>application/pdf</sdg:Format></sdg:Distribution>
</sdg:Evidence></rim:SlotValue></rim:Slot>
<rim:Classification id="urn:uuid:NUMBER-179d-4578-adf2-b9fd13ccc798"
 classificationScheme="urn:fdc:oots:classification:edm" classificationNode="Annex"/>
<rim:RepositoryItemRef xlink:href="cid:b.NUMBER@example.org" xlink:title="Annex"/></rim:RegistryObject>
<rim:RegistryObject xsi:type="rim:AssociationType" id="urn:uuid:NUMBER-179d-4578-adf2-c9fd13ccc797"
 type="urn:oasis:names:tc:ebxml-regrep:AssociationType:Annex"
 sourceObject="urn:uuid:NUMBER-179d-4578-adf2-b9fd13ccc797"
 targetObject="urn:uuid:NUMBER-179d-4578-adf2-a9fd13ccc797"/>"#;

const SAMPLES: [(&str, Release, DocumentKind, &str); 7] = [
    (
        "v2.0/xml/edm/request.xml",
        Release::V2_0,
        DocumentKind::Request,
        "v2.0/sch-reconstructed",
    ),
    (
        "v2.0/xml/edm/response.xml",
        Release::V2_0,
        DocumentKind::Response,
        "v2.0/sch-reconstructed",
    ),
    (
        "v2.0/xml/edm/error-timeout.xml",
        Release::V2_0,
        DocumentKind::Error,
        "v2.0/sch-reconstructed",
    ),
    (
        "v2.0/xml/derived/request-all-optional.xml",
        Release::V2_0,
        DocumentKind::Request,
        "v2.0/sch-reconstructed",
    ),
    (
        "v1.2/xml/edm/1-request.xml",
        Release::V1_2,
        DocumentKind::Request,
        "v1.2/sch-reconstructed",
    ),
    (
        "v1.0/xml/edm/birth-1-request.xml",
        Release::V1_0,
        DocumentKind::Request,
        "v1.0/sch",
    ),
    (
        "v1.0/xml/edm/birth-2-response.xml",
        Release::V1_0,
        DocumentKind::Response,
        "v1.0/sch",
    ),
];

fn samples() {
    println!(
        "| message | bytes | rules of ours | ours, bytes in (µs) | ours, parsed (µs) | Schematron (µs) |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    for (name, release, kind, folder) in SAMPLES {
        let Ok(bytes) = fs::read(Path::new(FOLDER).join(name)) else {
            println!("| {name} | not at hand | | | | |");
            continue;
        };
        let document = Document::parse(&bytes, &Limits::REGREP).expect("a message");
        let rules = check(release, kind, &bytes).rules();
        let ours = micros(measure(|| drop(check(release, kind, &bytes))));
        let parsed = micros(measure(|| drop(check_parsed(release, kind, &document))));
        let theirs = schemas(folder).map_or("–".to_owned(), |set| {
            micros(measure(|| drop(set.check(kind, &bytes))))
        });
        let bytes = bytes.len();
        println!("| {name} | {bytes} | {rules} | {ours} | {parsed} | {theirs} |");
    }
}

fn growth() {
    println!("\n| documents in one package | bytes | ours (ms) | ns per byte |");
    println!("| --- | --- | --- | --- |");
    for documents in [10, 100, 1_000, 2_500] {
        let bytes = large(documents);
        let time = measure(|| {
            let report = check(Release::V2_0, DocumentKind::Response, &bytes);
            assert!(report.is_complete(), "the bound is for hostile messages");
        });
        let per_byte = time.as_secs_f64() * 1e9 / bytes.len() as f64;
        println!(
            "| {documents} | {} | {:.2} | {per_byte:.0} |",
            bytes.len(),
            time.as_secs_f64() * 1e3
        );
    }
}

fn main() {
    // `cargo test` runs a benchmark once to see that it starts.
    if std::env::args().any(|argument| argument == "--test") {
        return;
    }
    let first = Instant::now();
    drop(check(Release::V2_0, DocumentKind::Request, b"<a/>"));
    println!(
        "first check of a process, set compiled: {} µs\n",
        micros(first.elapsed())
    );
    samples();
    growth();
    if let Some(set) = schemas("v1.0/sch") {
        let start = Instant::now();
        let problems = set.compile();
        println!(
            "\n{} published rules compiled in {:.0} ms on one thread, {} problems",
            set.rules(),
            start.elapsed().as_secs_f64() * 1e3,
            problems.len()
        );
    }
}
