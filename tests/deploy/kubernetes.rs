//! The manifests: what they set is right, and what they say elsewhere of the same things is the same.

use weft_collector::config::Config;

use super::read;

#[test]
fn the_settings_in_kubernetes_are_right_fit_the_disk_and_are_probed_where_the_collector_listens() {
    let manifests = read("deploy/kubernetes.yaml");
    let (_, settings) = manifests.split_once("  weft.toml: |\n").expect("they are in a ConfigMap");
    let settings = settings.lines().take_while(|line| line.is_empty() || line.starts_with("    "));
    let settings: Vec<_> = settings.map(|line| line.get(4..).unwrap_or_default()).collect();
    // What comes from the Secret is in the environment of the pod alone.
    let settings = settings.join("\n").replace("token_env =", "token =").replace("key_env =", "key =");
    let config = Config::from_toml(&settings).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let said = |before: &str| -> Vec<&str> {
        manifests.lines().filter_map(|line| line.trim().strip_prefix(before)).collect()
    };
    let grace: u64 = said("terminationGracePeriodSeconds: ")[0].parse().expect("in seconds");
    assert!(grace > config.shutdown.as_secs());
    let disk = said("requests: { storage: ")[0].trim_end_matches("Gi }");
    assert!(config.spool.max_bytes < disk.parse::<u64>().expect("in GiB") << 30);
    assert!(said("- { name: data, mountPath: ").contains(&&*format!("{} }}", config.data.display())));
    for (name, address) in [("ingest", config.listen), ("admin", config.admin)] {
        assert!(address.ip().is_unspecified(), "others than the pod reach it");
        assert_eq!(said(&format!("- {{ name: {name}, containerPort: ")), [format!("{} }}", address.port())]);
    }
    assert_eq!(
        said("httpGet: "),
        ["/livez", "/readyz", "/livez"].map(|path| format!("{{ path: {path}, port: admin }}"))
    );
    for secret in ["WEFT_ADMIN_TOKEN", "WEFT_SHOP_API_KEY"] {
        assert_eq!(
            manifests.matches(secret).count(),
            2,
            "{secret} is named in the settings and given to the pod"
        );
    }
}
