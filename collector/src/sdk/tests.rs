//! One version, and another.

use super::*;

fn sdk(index: &str) -> Sdk {
    let files = [("index.js", index.as_bytes()), ("weft.wasm", b"\0asm")];
    Sdk::of("/w", files.into_iter().map(|(name, bytes)| (name.to_owned(), bytes.to_vec())).collect())
}

#[test]
fn the_directory_changes_with_any_file_and_with_nothing_else() {
    assert_eq!(sdk("export {};").directory, sdk("export {};").directory);
    assert_ne!(sdk("export {};").directory, sdk("export { };").directory);
    assert_eq!(sdk("").directory.len(), DIGITS);
}

#[test]
fn what_an_author_copies_names_the_version_and_what_it_is_known_by() {
    let sdk = sdk("export {};");
    let said = sdk.describe("https://t.example", "/api/telemetry", "pk_shop");
    // `printf 'export {};' | openssl dgst -sha384 -binary | base64`
    let integrity = "sha384-OURA3k5hJ74BsGlX4ksLSFQSEcbEi1C7beG3lEqFBTVv+fXU25n0GbzRVMFK1W0P";
    let tag = format!(
        "<script type=\"module\" src=\"https://t.example/w/{}/index.js\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>\n",
        sdk.directory
    );
    let map = format!(
        "<script type=\"importmap\">{{ \"integrity\": {{\n  \"https://t.example/w/{}/index.js\": \"{integrity}\"\n}} }}</script>\n",
        sdk.directory
    );
    assert!(said.starts_with(&(map + &tag)), "{said}");
    assert!(said.contains("init({ key: \"pk_shop\", endpoint: \"https://t.example/api/telemetry\" });"));
}

#[test]
fn a_request_gets_the_smallest_coding_that_it_takes() {
    use super::file::Coding;
    assert_eq!(Coding::of("gzip, deflate, br, zstd"), Coding::Brotli);
    assert_eq!(Coding::of("gzip;q=1.0, br;q=0"), Coding::Gzip);
    assert_eq!(Coding::of("GZIP"), Coding::Gzip);
    assert_eq!(Coding::of("identity, *;q=0"), Coding::Identity);
    assert_eq!(Coding::of(""), Coding::Identity);
}
