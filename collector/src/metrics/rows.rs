//! Counters and gauges whose rows are looked up when somebody asks.

use std::fmt;

use prometheus_client::{
    encoding::{DescriptorEncoder, EncodeMetric, NoLabelSet},
    metrics::{MetricType, gauge::ConstGauge},
};

pub(super) type Labels<'a> = Vec<(&'static str, &'a str)>;
pub(super) type Rows<'a> = Vec<(Labels<'a>, u64)>;

pub(super) fn counter(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, rows: Rows<'_>) -> fmt::Result {
    let mut metric = to.encode_descriptor(name, help, None, MetricType::Counter)?;
    for (labels, value) in rows {
        let mut row = metric.encode_family(&labels)?;
        row.encode_counter::<NoLabelSet, _, u64>(&value, None)?;
    }
    Ok(())
}

pub(super) fn gauge(to: &mut DescriptorEncoder<'_>, name: &str, help: &str, rows: Rows<'_>) -> fmt::Result {
    let mut metric = to.encode_descriptor(name, help, None, MetricType::Gauge)?;
    for (labels, value) in rows {
        let value = i64::try_from(value).unwrap_or(i64::MAX);
        ConstGauge::new(value).encode(metric.encode_family(&labels)?)?;
    }
    Ok(())
}
