//! Payloads of any size through the engine, in and out, in memory that does not grow with them. One
//! test alone in its process, because it looks at what the process uses. `LARGE_MIB` says how large:
//! `tests/run long` asks for a gibibyte. [AS4 1.12]

#[cfg(test)]
#[path = "engine/support.rs"]
#[expect(dead_code, reason = "shared with another suite, which uses the rest")]
mod support;

#[cfg(test)]
mod large {
    use super::support::{self, NOW, SCHEME, TEMPLATE, World, counter, time};
    use aws_lc_rs::digest::{Context, SHA256};
    use ebms::{
        Draft, Incoming, Octets, PModes, PartInfo, PartyId, Payload, Property, Source, Storage,
        Template,
        pmode::Profile,
        receive::{self, Limits},
        send::{Secured, Segment},
    };
    use std::{
        fs::{self, File},
        io::{self, BufWriter, Write},
        os::unix::fs::FileExt,
        path::Path,
        sync::Arc,
    };

    const MIB: u64 = 1 << 20;
    /// What a message of any size may cost (design: resident-set growth).
    const MOST: u64 = 32 * MIB;

    #[derive(Clone, Copy, Debug, Eq, PartialEq)]
    enum Kind {
        Xml,
        Noise,
    }

    /// Octets that are made when they are asked for.
    #[derive(Clone, Copy)]
    struct Generated {
        kind: Kind,
        length: u64,
    }

    const ROW: u64 = 64;

    impl Generated {
        fn row(self, number: u64) -> [u8; ROW as usize] {
            let text = match (self.kind, number) {
                (Kind::Noise, _) => {
                    let mut row = [0; ROW as usize];
                    for (at, eight) in row.chunks_mut(8).enumerate() {
                        let mut x = (number * 8 + at as u64).wrapping_add(0x9E37_79B9_7F4A_7C15);
                        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
                        x = (x ^ (x >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
                        eight.copy_from_slice(&(x ^ (x >> 31)).to_le_bytes());
                    }
                    return row;
                }
                (Kind::Xml, 0) => format!("{:<63}\n", "<records xmlns=\"urn:r\">"),
                (Kind::Xml, last) if (last + 1) * ROW == self.length => {
                    format!("{:<63}\n", "</records>")
                }
                (Kind::Xml, number) => {
                    format!(
                        "{:<54}</record>\n",
                        format!("<record n=\"{number}\">a value of it")
                    )
                }
            };
            let mut row = [b' '; ROW as usize];
            row.copy_from_slice(text.as_bytes());
            row
        }
    }

    impl Source for Generated {
        fn length(&self) -> u64 {
            self.length
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            let most = usize::try_from(self.length - offset)
                .unwrap()
                .min(into.len());
            let mut done = 0;
            while done < most {
                let at = offset + done as u64;
                let row = self.row(at / ROW);
                let rest = &row[usize::try_from(at % ROW).unwrap()..];
                let count = rest.len().min(most - done);
                into[done..done + count].copy_from_slice(&rest[..count]);
                done += count;
            }
            Ok(most)
        }
    }

    struct Kept(File);

    impl Source for Kept {
        fn length(&self) -> u64 {
            self.0.metadata().unwrap().len()
        }

        fn read_at(&self, offset: u64, into: &mut [u8]) -> io::Result<usize> {
            self.0.read_at(into, offset)
        }
    }

    /// Parts on disk.
    struct Files<'f>(&'f Path);

    impl Storage for Files<'_> {
        type Draft = BufWriter<File>;
        type Stored = Octets;

        fn create(&mut self, _: &PartInfo, _: u64) -> io::Result<Self::Draft> {
            Ok(BufWriter::new(tempfile::tempfile_in(self.0)?))
        }

        fn keep(&mut self, draft: Self::Draft) -> io::Result<Octets> {
            let file = draft.into_inner().map_err(io::IntoInnerError::into_error)?;
            Ok(Octets::kept(Arc::new(Kept(file))))
        }
    }

    /// Parts that are only counted and digested.
    struct Digests;

    struct Digest(Context, u64);

    impl Write for Digest {
        fn write(&mut self, chunk: &[u8]) -> io::Result<usize> {
            self.0.update(chunk);
            self.1 += chunk.len() as u64;
            Ok(chunk.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Storage for Digests {
        type Draft = Digest;
        type Stored = (Vec<u8>, u64);

        fn create(&mut self, _: &PartInfo, _: u64) -> io::Result<Digest> {
            Ok(Digest(Context::new(&SHA256), 0))
        }

        fn keep(&mut self, Digest(context, length): Digest) -> io::Result<(Vec<u8>, u64)> {
            Ok((context.finish().as_ref().to_vec(), length))
        }
    }

    fn digest_of(content: Generated) -> Vec<u8> {
        let mut context = Context::new(&SHA256);
        let mut chunk = vec![0; 1 << 16];
        let mut offset = 0;
        while offset < content.length {
            let count = content.read_at(offset, &mut chunk).unwrap();
            context.update(&chunk[..count]);
            offset += count as u64;
        }
        context.finish().as_ref().to_vec()
    }

    /// Octets of memory the process has had at most since the peak was reset.
    fn peak() -> u64 {
        let status = fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|it| it.starts_with("VmHWM:")).unwrap();
        let kib = line.split_whitespace().nth(1).unwrap();
        kib.parse::<u64>().unwrap() * 1024
    }

    fn reset_peak() {
        fs::write("/proc/self/clear_refs", "5").unwrap();
    }

    fn mebibytes() -> u64 {
        #[expect(clippy::disallowed_methods, reason = "a test asks how much is wanted")]
        let wanted = std::env::var("LARGE_MIB");
        wanted.map_or(48, |wanted| wanted.parse().unwrap())
    }

    /// DE takes messages this large.
    fn pmodes(world: &World) -> PModes {
        let most = 2 * mebibytes() * MIB;
        let limits = format!(
            "[limits]\nmessage_bytes = {most}\npayload_bytes = {most}\ntotal_bytes = {most}\n"
        );
        let template = Template::from_toml("oots", &format!("{TEMPLATE}{limits}")).unwrap();
        let ours = PartyId::new("AP_DE_01", Some(SCHEME)).unwrap();
        let fr = world.pmodes.partners().next().unwrap().clone();
        PModes::new(vec![ours], vec![template], vec![fr]).unwrap()
    }

    /// FR's message, as it goes over the wire.
    fn send(world: &World, content: Generated, folder: &Path) -> (String, Octets) {
        let media_type = match content.kind {
            Kind::Xml => "application/xml",
            Kind::Noise => "application/pdf",
        };
        let octets = Octets::kept(Arc::new(content));
        let cid = "large@fr".parse().unwrap();
        let draft = Draft::of_any_size(support::draft().heading().clone())
            .with_property(Property::new("originalSender", "a"))
            .with_property(Property::new("finalRecipient", "b"))
            .with_payload(Payload::new(cid, media_type, octets));
        let (key, recipient) = (world.fr.signing_key(), world.de_decrypt.certificate());
        let secured = Secured {
            leg: world.de_partner.leg(),
            key: &key,
            recipient: Some(&recipient),
        };
        let sent = secured
            .write(&draft, &mut counter(), &mut Files(folder))
            .unwrap();
        let content_type = sent.content_type().to_owned();
        let (segments, _) = sent.into_parts();
        let mut body = BufWriter::new(tempfile::tempfile_in(folder).unwrap());
        for segment in segments {
            match segment {
                Segment::Frame(octets) => body.write_all(&octets).unwrap(),
                Segment::Part(part) => {
                    io::copy(&mut *part.reader(), &mut body).unwrap();
                }
            }
        }
        let body = Kept(body.into_inner().unwrap());
        (content_type, Octets::kept(Arc::new(body)))
    }

    /// Digest and length of the payload that DE has of it.
    fn receive(
        world: &World,
        pmodes: &PModes,
        (content_type, body): (&str, Octets),
    ) -> (Vec<u8>, u64) {
        let limits = Limits {
            body_bytes: usize::MAX,
            ..Limits::default()
        };
        let Incoming::User(sealed) = receive::read(content_type, body, &limits).unwrap() else {
            panic!("a user message")
        };
        let signed = sealed.verify(pmodes, time(NOW)).unwrap();
        let keys = [world.de_decrypt.decryption_key()];
        let message = signed.open_into(&keys, &mut Digests).unwrap();
        let [payload] = message.payloads() else {
            panic!("one payload")
        };
        payload.content().clone()
    }

    fn check(security: &str, kind: Kind, folder: &Path) {
        let world = World::with(Profile::Rsa, security);
        let pmodes = pmodes(&world);
        let content = Generated {
            kind,
            length: mebibytes() * MIB,
        };
        let expected = digest_of(content);
        reset_peak();
        let before = peak();
        let (content_type, body) = send(&world, content, folder);
        let received = receive(&world, &pmodes, (&content_type, body));
        let growth = peak().saturating_sub(before);
        assert_eq!(received, (expected, content.length));
        #[expect(clippy::print_stdout, reason = "the suite prints its table")]
        {
            let size = mebibytes();
            println!("{kind:?} {security:20} {size} MiB: {} KiB", growth / 1024);
        }
        assert!(growth < MOST, "{kind:?} {security}: {growth} octets");
    }

    #[test]
    fn memory_does_not_grow_with_a_payload() {
        let folder = tempfile::tempdir().unwrap();
        check("", Kind::Noise, folder.path());
        check("", Kind::Xml, folder.path());
        check("compress = false", Kind::Xml, folder.path());
    }
}
