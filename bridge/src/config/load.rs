//! Reads files and folders that a configuration names.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::STANDARD};
use ebms::{
    PModes, PartyId,
    pmode::{self, Partner, Template},
};
use mapping::code_table::{self, CodeTables};
use rustls_pki_types::{CertificateDer, pem::PemObject};

use super::{
    problem::Origin,
    read::{Context, Table, Wrong},
    secret::unreadable,
    tree::{self, Entries},
};

/// A text file of a folder.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct TextFile {
    name: String,
    path: PathBuf,
    text: String,
}

impl TextFile {
    /// The file's name without its ending.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What it says.
    pub(super) fn text(&self) -> &str {
        &self.text
    }
}

/// The `*.toml` of a folder, by name. A folder without any is a problem.
pub(super) fn toml_files(context: &Context, origin: &Origin, folder: &Path) -> Vec<TextFile> {
    let shown = folder.display();
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) => {
            let wrong = unreadable(folder, &error);
            context.problems.add(origin, wrong.problem, wrong.hint);
            return Vec::new();
        }
    };
    let mut paths: Vec<_> = entries.flatten().map(|entry| entry.path()).collect();
    paths.retain(|path| path.extension().is_some_and(|ending| ending == "toml"));
    paths.sort();
    if paths.is_empty() {
        context
            .problems
            .add(origin, format!("{shown} holds no .toml file"), "");
    }
    paths
        .into_iter()
        .filter_map(|path| text_file(context, path))
        .collect()
}

fn text_file(context: &Context, path: PathBuf) -> Option<TextFile> {
    let name = path.file_stem()?.to_str()?.to_owned();
    match read_text(&path) {
        Ok(text) => Some(TextFile { name, path, text }),
        Err(wrong) => {
            context
                .problems
                .add(&Origin::whole_file(&path), wrong.problem, wrong.hint);
            None
        }
    }
}

/// The text of a file.
pub(super) fn read_text(path: &Path) -> Result<String, Wrong> {
    fs::read_to_string(path).map_err(|error| unreadable(path, &error))
}

/// The entries of a second file, whose problems carry its own name.
pub(super) fn entries_of(context: &Context, path: &Path, text: &str) -> Entries {
    tree::parse(path, text, &context.problems)
}

impl Context {
    /// What the mapping package read, or its problems with their places.
    pub(super) fn accept<T>(&self, read: Result<T, Vec<code_table::Problem>>) -> Option<T> {
        let problems = match read {
            Ok(read) => return Some(read),
            Err(problems) => problems,
        };
        // A table that is missing is reported as such; what it would have to hold need not be.
        for problem in problems.iter().filter(|problem| !problem.file().is_empty()) {
            let origin = Origin::File {
                file: problem.file().into(),
                line: problem.line(),
            };
            self.problems.add(&origin, problem.problem(), "");
        }
        None
    }

    /// The mapping tables.
    pub(super) fn tables(&self, files: &[TextFile]) -> Option<CodeTables> {
        if files.is_empty() {
            return None;
        }
        let names: Vec<_> = files
            .iter()
            .map(|file| file.path.display().to_string())
            .collect();
        let texts = names
            .iter()
            .zip(files)
            .map(|(name, file)| (name.as_str(), file.text()));
        self.accept(CodeTables::from_toml(texts))
    }

    /// Templates times partners. `ours` is `None` when our own party id has a problem already.
    pub(super) fn pmodes(
        &self,
        ours: Option<PartyId>,
        templates: &[TextFile],
        partners: &[TextFile],
    ) -> Option<PModes> {
        let read_templates: Vec<_> = templates
            .iter()
            .filter_map(|file| self.fine(file, Template::from_toml(file.name(), file.text())))
            .collect();
        let read_partners: Vec<_> = partners
            .iter()
            .filter_map(|file| {
                let folder = file.path.parent().unwrap_or(Path::new(""));
                let load = |name: &str| read_named(&folder.join(name));
                self.fine(file, Partner::from_toml(file.name(), file.text(), load))
            })
            .collect();
        // An unknown template is no news when templates could not be read.
        let complete = !templates.is_empty()
            && read_templates.len() == templates.len()
            && read_partners.len() == partners.len();
        let ours = ours.filter(|_| complete)?;
        match PModes::new(vec![ours], read_templates, read_partners) {
            Ok(pmodes) => Some(pmodes),
            Err(problems) => {
                for problem in problems {
                    let named = partners.iter().find(|file| file.name() == problem.name());
                    let path = named.map_or(Path::new(problem.name()), |file| &file.path);
                    self.problems
                        .add(&place(path, &problem), problem.message(), "");
                }
                None
            }
        }
    }

    fn fine<T>(&self, file: &TextFile, read: Result<T, pmode::Problems>) -> Option<T> {
        read.map_err(|problems| {
            for problem in problems.all() {
                self.problems
                    .add(&place(&file.path, problem), problem.message(), "");
            }
        })
        .ok()
    }
}

fn place(path: &Path, problem: &pmode::Problem) -> Origin {
    Origin::File {
        file: path.display().to_string().into(),
        line: problem.line().unwrap_or_default(),
    }
}

/// The octets of a file, or those of every file of a folder as one PEM text: an authority may put
/// its revocation lists into a folder.
fn read_named(path: &Path) -> io::Result<Vec<u8>> {
    if !path.is_dir() {
        return fs::read(path);
    }
    let entries = fs::read_dir(path)?.collect::<io::Result<Vec<_>>>()?;
    let mut files: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
    files.retain(|file| file.is_file());
    files.sort();
    let mut all = Vec::new();
    for file in files {
        let bytes = fs::read(&file)?;
        if bytes.first() == Some(&0x30) {
            let text = STANDARD.encode(&bytes);
            all.extend(
                format!("-----BEGIN X509 CRL-----\n{text}\n-----END X509 CRL-----\n").into_bytes(),
            );
        } else {
            all.extend(bytes);
            all.push(b'\n');
        }
    }
    Ok(all)
}

impl Table<'_> {
    /// A required file with its path.
    pub(super) fn whole_file(&mut self, key: &'static str) -> Option<(PathBuf, String)> {
        let path = self.path(key)?;
        match read_text(&path) {
            Ok(text) => Some((path, text)),
            Err(wrong) => {
                self.problem(key, wrong.problem, wrong.hint);
                None
            }
        }
    }

    /// An optional folder that must exist when it is named.
    pub(super) fn folder(&mut self, key: &'static str) -> Option<PathBuf> {
        let path = self.find_path(key)?;
        if path.is_dir() {
            return Some(path);
        }
        self.problem(key, format!("{} is not a folder", path.display()), "");
        None
    }

    /// The text of a required PEM file with at least one certificate.
    pub(super) fn pem_file(&mut self, key: &'static str) -> Option<String> {
        let path = self.path(key)?;
        self.pem_at(key, &path)
    }

    /// The texts of several PEM files.
    pub(super) fn pem_files(&mut self, key: &'static str) -> Vec<String> {
        let names = self.list::<String>(key);
        let path = |name: String| self.context().base.join(name);
        names
            .into_iter()
            .map(path)
            .filter_map(|path| self.pem_at(key, &path))
            .collect()
    }

    fn pem_at(&self, key: &str, path: &Path) -> Option<String> {
        match certificates_text(path) {
            Ok(text) => Some(text),
            Err(wrong) => {
                self.problem(key, wrong.problem, wrong.hint);
                None
            }
        }
    }
}

fn certificates_text(path: &Path) -> Result<String, Wrong> {
    let text = read_text(path)?;
    let found: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(text.as_bytes()).collect();
    if found.is_ok_and(|found| !found.is_empty()) {
        return Ok(text);
    }
    let problem = format!("{} holds no certificate in PEM", path.display());
    Err(Wrong::new(problem, "-----BEGIN CERTIFICATE-----"))
}
