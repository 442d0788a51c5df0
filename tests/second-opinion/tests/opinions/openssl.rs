//! The command `openssl`: for what the installed libxmlsec1 cannot do itself.

use std::{fs, path::Path, process::Command};

/// Unwraps a content key by RSA-OAEP with SHA-256 throughout, as 1.15 has it. [AS4 1.9]
pub(crate) fn unwrap_oaep_sha256(wrapped: &[u8], key_pem: &str) -> Option<[u8; 16]> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("key"), key_pem).unwrap();
    oaep(folder.path(), &["-decrypt", "-inkey", "key"], wrapped)?
        .try_into()
        .ok()
}

/// Wraps a content key, likewise.
pub(crate) fn wrap_oaep_sha256(content_key: &[u8; 16], certificate_pem: &str) -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("certificate"), certificate_pem).unwrap();
    let operation = ["-encrypt", "-certin", "-inkey", "certificate"];
    oaep(folder.path(), &operation, content_key).unwrap()
}

fn oaep(folder: &Path, operation: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    fs::write(folder.join("in"), input).unwrap();
    let done = Command::new("openssl")
        .current_dir(folder)
        .arg("pkeyutl")
        .args(operation)
        .args(["-in", "in", "-out", "out"])
        .args(["-pkeyopt", "rsa_padding_mode:oaep"])
        .args([
            "-pkeyopt",
            "rsa_oaep_md:sha256",
            "-pkeyopt",
            "rsa_mgf1_md:sha256",
        ])
        .output()
        .expect("tests/run installs openssl");
    done.status
        .success()
        .then(|| fs::read(folder.join("out")).unwrap())
}

/// What `openssl x509` prints about a certificate.
pub(crate) fn describe(certificate_pem: &str, options: &[&str]) -> String {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("certificate"), certificate_pem).unwrap();
    let done = Command::new("openssl")
        .current_dir(folder.path())
        .args(["x509", "-in", "certificate", "-noout"])
        .args(options)
        .output()
        .expect("tests/run installs openssl");
    assert!(done.status.success(), "openssl x509 {options:?}");
    String::from_utf8(done.stdout).unwrap()
}
