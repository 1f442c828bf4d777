//! The collector's own metrics as OTLP: the same as on `/metrics`, sent by OpenTelemetry's SDK to wherever the operator
//! says, and never through the collector itself.

mod samples;

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use opentelemetry::{
    KeyValue,
    metrics::{Meter, MeterProvider as _},
};
use opentelemetry_otlp::{MetricExporter, Protocol, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::{
    Resource,
    metrics::{PeriodicReader, SdkMeterProvider},
};

use self::samples::{Kind, Samples};
use crate::{clock::Clock, config, metrics::Metrics, pipeline::signal::Signal};

/// Sends until it is dropped.
pub(crate) struct Telemetry(SdkMeterProvider);

/// Every instrument looks at the same state: one that is not older than this.
const SAME: Duration = Duration::from_secs(1);

/// The metrics as they were a moment ago.
struct Latest {
    metrics: Metrics,
    clock: Clock,
    read: Mutex<Option<(Duration, Arc<Samples>)>>,
}

impl Telemetry {
    /// Begins to send `metrics`.
    pub(crate) fn start(to: &config::Telemetry, metrics: &Metrics, clock: &Clock) -> Result<Self, String> {
        // Whoever installed one before us keeps it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let headers: HashMap<_, _> =
            to.headers.iter().map(|(name, value)| (name.clone(), value.expose().to_owned())).collect();
        let exporter = MetricExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}{}", to.base, Signal::Metrics.path()))
            .with_headers(headers)
            .build()
            .map_err(|error| error.to_string())?;
        let reader = PeriodicReader::builder(exporter).with_interval(to.interval).build();
        let resource = Resource::builder().with_service_name("weft-collector").build();
        let provider = SdkMeterProvider::builder().with_reader(reader).with_resource(resource).build();
        let latest =
            Arc::new(Latest { metrics: metrics.clone(), clock: clock.clone(), read: Mutex::default() });
        let meter = provider.meter("weft-collector");
        for (name, kind) in latest.get().families() {
            observe(&meter, name, *kind, &latest);
        }
        Ok(Self(provider))
    }

    /// Sends once more, and ends.
    pub(crate) fn stop(&self) {
        if let Err(error) = self.0.shutdown() {
            tracing::debug!(%error, "the last metrics were not sent");
        }
    }
}

impl Latest {
    fn get(&self) -> Arc<Samples> {
        let now = self.clock.monotonic();
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        match &*read {
            Some((at, samples)) if now.saturating_sub(*at) < SAME => Arc::clone(samples),
            _ => {
                let samples = Arc::new(Samples::of(&self.metrics.encode()));
                *read = Some((now, Arc::clone(&samples)));
                samples
            }
        }
    }
}

fn observe(meter: &Meter, name: &str, kind: Kind, latest: &Arc<Latest>) {
    let (family, latest) = (name.to_owned(), Arc::clone(latest));
    let each = move |observe: &dyn Fn(f64, &[KeyValue])| {
        for (labels, value) in latest.get().of_name(&family) {
            let labels: Vec<_> =
                labels.iter().map(|(name, value)| KeyValue::new(name.clone(), value.clone())).collect();
            observe(*value, &labels);
        }
    };
    // Instruments live as long as their provider.
    match kind {
        Kind::Counter => {
            let counter = meter.f64_observable_counter(name.to_owned());
            counter.with_callback(move |to| each(&|value, labels| to.observe(value, labels))).build();
        }
        Kind::Gauge => {
            let gauge = meter.f64_observable_gauge(name.to_owned());
            gauge.with_callback(move |to| each(&|value, labels| to.observe(value, labels))).build();
        }
    }
}
