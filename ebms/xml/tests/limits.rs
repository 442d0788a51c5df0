//! Documents that are much of something: refused at the limit, in little memory. One test alone in
//! its process, because it looks at what the process uses. [ROB-89]

#[cfg(test)]
mod limits {
    use std::{fs, io::Write};
    use xml::{Document, Limits, StreamLimits, c14n};

    const MIB: usize = 1 << 20;

    /// Each document with what it has too much of, and whether that is nothing to a stream.
    fn documents() -> Vec<(&'static str, String, bool)> {
        let many = |count: usize, text: &dyn Fn(usize) -> String| -> String {
            (0..count).map(text).collect()
        };
        let inside = |content: String| format!("<a>{content}</a>");
        let long = "t".repeat(50 * MIB);
        let attributes = many(100_000, &|at| format!(" a{at}=\"\""));
        let spaces = many(10_000, &|at| format!(" xmlns:n{at}=\"urn:x\""));
        let more = many(100_000, &|at| format!(" xmlns:n{at}=\"u\""));
        let used = many(10_000, &|at| format!(" n{at}:a=\"\""));
        let nested = many(10_000, &|at| format!("<a xmlns:n{at}=\"urn:n{at}\">"));
        vec![
            ("a million deep", "<a>".repeat(1_000_000), false),
            ("100 000 attributes", format!("<a{attributes}/>"), false),
            ("10 000 declarations", format!("<a{spaces}/>"), false),
            ("100 000 declarations", format!("<a{more}/>"), false),
            ("declarations used", format!("<a{spaces}{used}/>"), false),
            ("declarations nested", nested, false),
            ("50 MB of text", inside(long.clone()), true),
            ("50 MB in a value", format!("<a b=\"{long}\"/>"), false),
            (
                "50 MB of CDATA",
                inside(format!("<![CDATA[{long}]]>")),
                true,
            ),
            ("50 MB of comment", inside(format!("<!--{long}-->")), true),
            (
                "50 MB of references",
                inside("&#65;".repeat(10 * MIB)),
                true,
            ),
            ("50 MB in a name", format!("<{long}/>"), false),
            (
                "10 million elements",
                inside("<b/>".repeat(10_000_000)),
                true,
            ),
            ("10 million texts", inside("t<b/>".repeat(10_000_000)), true),
        ]
    }

    /// As much of a document as its reader takes, so that not its size alone stops it.
    fn cut<'t>(text: &'t str, limits: &Limits) -> &'t [u8] {
        let bytes = text.as_bytes();
        bytes.get(..limits.bytes).unwrap_or(bytes)
    }

    /// Octets of memory the process has had at most.
    fn peak() -> usize {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
        let kib = line.split_whitespace().nth(1).unwrap();
        kib.parse::<usize>().unwrap() * 1024
    }

    /// Takes the peak down to what is in use.
    fn reset_peak() {
        let path = "/proc/self/clear_refs";
        let mut file = fs::File::options().write(true).open(path).unwrap();
        file.write_all(b"5").unwrap();
    }

    /// What one call gives, and how much more memory it needs than before.
    fn cost<T>(call: impl FnOnce() -> T) -> (T, usize) {
        reset_peak();
        let before = peak();
        let out = call();
        (out, peak().saturating_sub(before))
    }

    #[test]
    fn too_much_of_anything_is_refused_in_little_memory() {
        for (name, text, harmless) in documents() {
            for (reader, limits) in [("SOAP", Limits::SOAP), ("RegRep", Limits::REGREP)] {
                for bytes in [text.as_bytes(), cut(&text, &limits)] {
                    // The best of three: the harness and its allocator use memory, too.
                    let best = (0..3)
                        .map(|_| cost(|| Document::parse(bytes, &limits).is_err()))
                        .min_by_key(|(_, memory)| *memory);
                    let (refused, memory) = best.unwrap();
                    print(reader, name, memory);
                    assert!(refused, "{reader}: {name} is read");
                    // A tree is at most eight times as large as its document.
                    assert!(
                        memory < 8 * limits.bytes,
                        "{reader}: {name}: {memory} octets"
                    );
                }
            }
            // From a stream the size does not count: much of nothing is read, in no memory.
            let limits = StreamLimits::ATTACHMENT;
            let (read, memory) = cost(|| c14n::stream(text.as_bytes(), &limits, |_| {}).is_ok());
            print("stream", name, memory);
            assert_eq!(read, harmless, "stream: {name}");
            assert!(memory < 16 * MIB, "stream: {name}: {memory} octets");
        }
    }

    fn print(reader: &str, name: &str, memory: usize) {
        #[expect(clippy::print_stdout, reason = "the suite prints its table")]
        {
            println!("{reader:6}  {name:20}  {:>6} KiB", memory / 1024);
        }
    }
}
