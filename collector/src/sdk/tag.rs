//! What an author puts into a page, and what an operator sees of it.

use super::{CLASSIC, Sdk};

/// The one that pages import.
const ENTRY: &str = "index.js";

impl Sdk {
    /// Where everything is, what it is known by, and what a page has to say to load it from `origin`.
    pub(crate) fn describe(&self, origin: &str, batches: &str, key: &str) -> String {
        let mut said = String::new();
        if let Some(entry) = self.files.get(ENTRY) {
            let (at, integrity) = (self.address(origin, ENTRY), &entry.integrity);
            said.push_str(&self.import_map(origin));
            said.push_str(&format!(
                "<script type=\"module\" src=\"{at}\" integrity=\"{integrity}\" crossorigin=\"anonymous\"></script>\n\
                 <script type=\"module\">\n  import {{ init }} from \"{at}\";\n  \
                 init({{ key: \"{key}\", endpoint: \"{origin}{batches}\" }});\n</script>\n\n"
            ));
        }
        for (name, file) in &self.files {
            said.push_str(&format!(
                "{}  {} bytes  {}\n",
                self.address(origin, name),
                file.len(),
                file.integrity
            ));
        }
        said.push_str(&format!("{origin}{}/{ENTRY}  leads to the version that is served\n", self.path));
        said
    }

    /// What a module imports has no tag of its own to say this in.
    fn import_map(&self, origin: &str) -> String {
        let modules = self.files.iter().filter(|(name, _)| name.ends_with(".js") && *name != CLASSIC);
        let entries: Vec<_> = modules
            .map(|(name, file)| format!("  \"{}\": \"{}\"", self.address(origin, name), file.integrity))
            .collect();
        let entries = entries.join(",\n");
        format!("<script type=\"importmap\">{{ \"integrity\": {{\n{entries}\n}} }}</script>\n")
    }

    /// For the log.
    pub(crate) fn tell(&self) {
        let integrity = self.files.get(ENTRY).map_or("", |entry| &entry.integrity);
        tracing::info!(at = self.address("", ENTRY), integrity, files = self.files.len(), "serving the SDK");
    }

    fn address(&self, origin: &str, name: &str) -> String {
        format!("{origin}{}/{}/{name}", self.path, self.directory)
    }
}
