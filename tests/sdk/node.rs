//! Where there is no page there is nothing to record, and nothing to say about it.

use std::path::Path;

use tokio::process::Command;

const PROGRAM: &str = "
    const fetchBefore = globalThis.fetch;
    const before = Reflect.ownKeys(globalThis).length;
    const module = await import(process.argv[1]);
    const weft = module.default ?? module;
    weft.init({ key: 'k', endpoint: 'http://127.0.0.1:1/' });
    weft.event('nothing', { a: 1 });
    if (await weft.flush() !== true) throw new Error('there is something to flush');
    weft.shutdown();
    if (weft.stats().recorded !== 0 || weft.stats().errors !== 0) throw new Error(JSON.stringify(weft.stats()));
    if (globalThis.fetch !== fetchBefore) throw new Error('fetch was changed');
    if (Reflect.ownKeys(globalThis).length !== before) throw new Error('there is a new global');
";

#[tokio::test]
async fn in_node_the_sdk_does_nothing_and_says_nothing_and_lets_the_program_end() {
    for entry in ["index.js", "full.js", "full-shared.js", "index.cjs", "full.cjs"] {
        does_nothing(entry).await;
    }
}

async fn does_nothing(entry: &str) {
    let sdk = Path::new(env!("CARGO_MANIFEST_DIR")).join("../wasm-sdk/dist").join(entry);
    let sdk = sdk.canonicalize().expect("built by `cargo xtask wasm`");
    let ended = Command::new("node")
        .args(["--input-type=module", "--eval", PROGRAM])
        .arg(format!("file://{}", sdk.display()))
        .kill_on_drop(true)
        .output();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(30), ended).await;
    let ended = ended.expect("no timer keeps it alive").expect("node starts");
    let said = (String::from_utf8_lossy(&ended.stdout), String::from_utf8_lossy(&ended.stderr));
    assert!(ended.status.success() && said.0.is_empty() && said.1.is_empty(), "{entry}: {said:?}");
}
