//! What a `User-Agent` says, by the names of the semantic conventions (user_agent.*, stable and in development).
//!
//! Browsers freeze most of theirs: the system's version is left out where it is one that everybody says.

use woothee::parser::Parser;

/// Key and value of what is known of it.
pub(super) fn conventions(agent: &str) -> impl DoubleEndedIterator<Item = (&'static str, &str)> {
    // What it does not know it calls so; and libraries by what they are.
    let read = Parser::new().parse(agent).filter(|read| !matches!(read.category, "misc" | UNKNOWN));
    let is_bot = read.as_ref().is_some_and(|read| read.category == "crawler");
    let [name, version, os] = read.map_or([""; 3], |read| [read.name, read.version, read.os]);
    let os = match os {
        "iPhone" | "iPad" | "iPod" => "iOS",
        // Whichever it is says 10.
        _ if os.starts_with("Windows") => "Windows",
        _ => os,
    };
    let said = [
        ("user_agent.name", name),
        ("user_agent.version", version),
        ("user_agent.os.name", os),
        ("user_agent.synthetic.type", if is_bot { "bot" } else { "" }),
    ];
    said.into_iter().filter(|(_, said)| !said.is_empty() && *said != UNKNOWN)
}

const UNKNOWN: &str = "UNKNOWN";

#[cfg(test)]
mod tests {
    use super::conventions;

    fn said(agent: &str) -> Vec<String> {
        conventions(agent).map(|(key, value)| format!("{key}={value}")).collect()
    }

    #[test]
    fn browsers_of_today_are_known_by_name_version_and_system() {
        let chromium = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36";
        let edge = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0";
        let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:152.0) Gecko/20100101 Firefox/152.0";
        let safari = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1";
        let bot = "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)";
        for (agent, expected) in [
            (chromium, "user_agent.name=Chrome user_agent.version=156.0.0.0 user_agent.os.name=Linux"),
            (edge, "user_agent.name=Edge user_agent.version=156.0.0.0 user_agent.os.name=Windows"),
            (firefox, "user_agent.name=Firefox user_agent.version=152.0 user_agent.os.name=Windows"),
            (safari, "user_agent.name=Safari user_agent.version=26.0 user_agent.os.name=iOS"),
            (bot, "user_agent.name=Googlebot user_agent.synthetic.type=bot"),
            ("curl/8.0", ""),
            ("", ""),
        ] {
            assert_eq!(said(agent).join(" "), expected, "{agent}");
        }
    }
}
