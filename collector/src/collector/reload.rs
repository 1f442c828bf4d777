//! Other settings while it runs, as far as they can change without a restart.

use std::sync::Arc;

use super::Collector;
use crate::{
    config::{self, Config},
    pipeline::admit::Gate,
};

impl Collector {
    /// Goes on with other settings, as far as they can change without a restart.
    pub(super) async fn reload(&mut self, config: Config) {
        for setting in needs_restart(&self.config, &config) {
            tracing::warn!(setting, "has changed: this takes effect at the next start");
        }
        let mut wanted = config.destinations.clone();
        // The spool stays as large as it is until the next start.
        let most = self.config.spool.most_for_a_destination();
        for to in wanted.0.iter_mut().filter(|to| to.max_bytes > most) {
            Arc::make_mut(to).max_bytes = most;
        }
        let wanted = Arc::new(wanted);
        if let Some(spool) = self.intake.spool()
            && let Err(error) = self.forwarding.change(&wanted, &spool).await
        {
            return tracing::error!(%error, "cannot reload: destinations may be incomplete until this is mended");
        }
        self.certificate.change(config.tls.0.clone());
        self.intake.change(&config, Gate::new(&config, &self.own_key, &self.clock));
        tracing::info!(
            keys = config.keys.len(),
            destinations = config.destinations.0.len(),
            "settings are reloaded"
        );
        let Config { keys, destinations, forward_other, max_skew, shutdown, linker, long_spans, .. } = config;
        let linker =
            config::Linker { rules: linker.rules, sessions: linker.sessions, ..self.config.linker.clone() };
        let announce_open = long_spans.announce_open;
        let long_spans = config::LongSpans { announce_open, ..self.config.long_spans.clone() };
        let before = self.config.clone();
        self.config =
            Config { keys, destinations, forward_other, max_skew, shutdown, linker, long_spans, ..before };
    }
}

/// Settings that differ and cannot change while the collector runs.
fn needs_restart(now: &Config, wanted: &Config) -> Vec<&'static str> {
    let differs = [
        ("listen", now.listen != wanted.listen),
        ("admin", now.admin != wanted.admin),
        ("admin_token", now.admin_token != wanted.admin_token),
        ("tls, whether there is any", now.tls.0.is_some() != wanted.tls.0.is_some()),
        ("data", now.data != wanted.data),
        ("path", now.path != wanted.path),
        ("log", now.log != wanted.log),
        ("limits or scrub", now.limits != wanted.limits),
        ("spool", now.spool != wanted.spool),
        ("memory_limit_mib", now.memory_limit != wanted.memory_limit),
        ("telemetry", now.telemetry != wanted.telemetry),
        (
            "linker.wait_ms, max_waiting_mib, max_values, or the longest link.within",
            differs_in_size(&now.linker, &wanted.linker),
        ),
        ("long_spans, but for announce_open", differs_but_announcing(&now.long_spans, &wanted.long_spans)),
        ("sdk", now.sdk != wanted.sdk),
        ("explorer", now.explorer != wanted.explorer),
        ("canary_seconds", now.canary != wanted.canary),
    ];
    differs.into_iter().filter_map(|(name, differs)| differs.then_some(name)).collect()
}

fn differs_in_size(now: &config::Linker, wanted: &config::Linker) -> bool {
    let sizes =
        |linker: &config::Linker| (linker.wait, linker.most_waiting, linker.most_values, linker.keeps());
    sizes(now) != sizes(wanted)
}

fn differs_but_announcing(now: &config::LongSpans, wanted: &config::LongSpans) -> bool {
    *now != config::LongSpans { announce_open: now.announce_open, ..wanted.clone() }
}
