//! OTLP/JSON as exporters write it, tolerant as the specification asks: 64-bit numbers as strings or numbers, numbers that are
//! none by name, enums by number or name, bytes as base64, ids as hex, null for what is left out.

use base64::{Engine, engine::general_purpose::STANDARD};
use opentelemetry_proto::tonic::{
    collector::trace::v1::ExportTraceServiceRequest as Request,
    common::v1::{AnyValue, ArrayValue, EntityRef, InstrumentationScope, KeyValue, KeyValueList, any_value},
    resource::v1::Resource,
    trace::v1::{ResourceSpans, ScopeSpans, Span, SpanFlags, Status, span, status},
};
use serde_json::Value as Json;

use crate::Failure;

/// Spans of a file, each with what it stands in.
pub struct Recorded {
    pub(super) spans: Vec<One>,
    pub(super) resources: Vec<(Resource, String, Json)>,
    pub(super) scopes: Vec<(InstrumentationScope, String, Json)>,
}

/// A span of a file.
pub(super) struct One {
    pub(super) span: Span,
    json: Json,
    /// Position in the resources, and in the scopes.
    pub(super) resource: usize,
    pub(super) scope: usize,
}

impl Recorded {
    /// Reads a request, or several, one a line.
    ///
    /// # Errors
    /// It is no OTLP/JSON.
    pub fn read(text: &str) -> Result<Self, Failure> {
        let mut all = Self { spans: Vec::new(), resources: Vec::new(), scopes: Vec::new() };
        for request in serde_json::Deserializer::from_str(text).into_iter::<Json>() {
            for resource in list(&request?, "resourceSpans")? {
                all.resource(resource)?;
            }
        }
        Ok(all)
    }

    fn resource(&mut self, json: &Json) -> Result<(), Failure> {
        let about = &json["resource"];
        let resource = Resource {
            attributes: attributes(about)?,
            dropped_attributes_count: number(&about["droppedAttributesCount"])? as u32,
            entity_refs: list(about, "entityRefs")?.iter().map(entity).collect::<Result<_, _>>()?,
        };
        let at = position(&mut self.resources, (resource, string(&json["schemaUrl"])?, about.clone()));
        for scope in list(json, "scopeSpans")? {
            let about = &scope["scope"];
            let read = InstrumentationScope {
                name: string(&about["name"])?,
                version: string(&about["version"])?,
                attributes: attributes(about)?,
                dropped_attributes_count: number(&about["droppedAttributesCount"])? as u32,
            };
            let of = position(&mut self.scopes, (read, string(&scope["schemaUrl"])?, about.clone()));
            for json in list(scope, "spans")? {
                self.spans.push(One { span: span(json)?, json: json.clone(), resource: at, scope: of });
            }
        }
        Ok(())
    }

    /// These spans as one request.
    pub(super) fn request(&self, spans: &[usize]) -> Request {
        let mut request = Request::default();
        for one in spans.iter().filter_map(|at| self.spans.get(*at)) {
            let Some((resource, resource_schema, _)) = self.resources.get(one.resource) else { continue };
            let Some((scope, schema, _)) = self.scopes.get(one.scope) else { continue };
            let (resource, scope) = (Some(resource.clone()), Some(scope.clone()));
            if request.resource_spans.last().is_none_or(|last| last.resource != resource) {
                let schema_url = resource_schema.clone();
                request.resource_spans.push(ResourceSpans { resource, schema_url, scope_spans: Vec::new() });
            }
            let Some(last) = request.resource_spans.last_mut() else { continue };
            let at =
                last.scope_spans.iter().position(|known| known.scope == scope && known.schema_url == *schema);
            let at = at.unwrap_or_else(|| {
                let schema_url = schema.clone();
                last.scope_spans.push(ScopeSpans { scope, schema_url, spans: Vec::new() });
                last.scope_spans.len() - 1
            });
            if let Some(known) = last.scope_spans.get_mut(at) {
                known.spans.push(one.span.clone());
            }
        }
        request
    }

    /// These spans as one request in JSON, each as it was written.
    pub(super) fn json(&self, spans: &[usize]) -> Vec<u8> {
        let mut scopes: Vec<(usize, Vec<&Json>)> = Vec::new();
        let mut resource = 0;
        for one in spans.iter().filter_map(|at| self.spans.get(*at)) {
            resource = one.resource;
            match scopes.iter_mut().find(|(scope, _)| *scope == one.scope) {
                Some((_, spans)) => spans.push(&one.json),
                None => scopes.push((one.scope, vec![&one.json])),
            }
        }
        let about = |at: usize| self.scopes.get(at).map(|(_, _, json)| json);
        let scopes: Vec<_> = scopes
            .into_iter()
            .map(|(scope, spans)| serde_json::json!({ "scope": about(scope), "spans": spans }))
            .collect();
        let resource = self.resources.get(resource).map(|(_, _, json)| json);
        let request =
            serde_json::json!({ "resourceSpans": [{ "resource": resource, "scopeSpans": scopes }] });
        request.to_string().into_bytes()
    }
}

fn position<T: PartialEq>(all: &mut Vec<T>, one: T) -> usize {
    all.iter().position(|other| *other == one).unwrap_or_else(|| {
        all.push(one);
        all.len() - 1
    })
}

fn span(json: &Json) -> Result<Span, Failure> {
    Ok(Span {
        trace_id: id(&json["traceId"])?,
        span_id: id(&json["spanId"])?,
        trace_state: string(&json["traceState"])?,
        parent_span_id: id(&json["parentSpanId"])?,
        flags: number(&json["flags"])? as u32,
        name: string(&json["name"])?,
        kind: kind(&json["kind"])?,
        start_time_unix_nano: number(&json["startTimeUnixNano"])?,
        end_time_unix_nano: number(&json["endTimeUnixNano"])?,
        attributes: attributes(json)?,
        dropped_attributes_count: number(&json["droppedAttributesCount"])? as u32,
        events: list(json, "events")?.iter().map(event).collect::<Result<_, _>>()?,
        dropped_events_count: number(&json["droppedEventsCount"])? as u32,
        links: list(json, "links")?.iter().map(link).collect::<Result<_, _>>()?,
        dropped_links_count: number(&json["droppedLinksCount"])? as u32,
        status: status(&json["status"])?,
    })
}

fn event(json: &Json) -> Result<span::Event, Failure> {
    Ok(span::Event {
        time_unix_nano: number(&json["timeUnixNano"])?,
        name: string(&json["name"])?,
        attributes: attributes(json)?,
        dropped_attributes_count: number(&json["droppedAttributesCount"])? as u32,
    })
}

fn link(json: &Json) -> Result<span::Link, Failure> {
    Ok(span::Link {
        trace_id: id(&json["traceId"])?,
        span_id: id(&json["spanId"])?,
        trace_state: string(&json["traceState"])?,
        attributes: attributes(json)?,
        dropped_attributes_count: number(&json["droppedAttributesCount"])? as u32,
        flags: number(&json["flags"])? as u32,
    })
}

fn entity(json: &Json) -> Result<EntityRef, Failure> {
    let strings = |key| list(json, key)?.iter().map(string).collect::<Result<_, _>>();
    Ok(EntityRef {
        schema_url: string(&json["schemaUrl"])?,
        r#type: string(&json["type"])?,
        id_keys: strings("idKeys")?,
        description_keys: strings("descriptionKeys")?,
    })
}

/// A status that says nothing is the same as none.
fn status(json: &Json) -> Result<Option<Status>, Failure> {
    let code = match &json["code"] {
        Json::String(name) if name.parse::<i32>().is_err() => {
            status::StatusCode::from_str_name(name).ok_or_else(|| format!("no status: {name}"))? as i32
        }
        code => number(code)? as i32,
    };
    let said = Status { message: string(&json["message"])?, code };
    Ok(Some(said).filter(|said| *said != Status::default()))
}

fn kind(json: &Json) -> Result<i32, Failure> {
    match json {
        Json::String(name) if name.parse::<i32>().is_err() => {
            Ok(span::SpanKind::from_str_name(name).ok_or_else(|| format!("no kind: {name}"))? as i32)
        }
        kind => Ok(number(kind)? as i32),
    }
}

fn attributes(json: &Json) -> Result<Vec<KeyValue>, Failure> {
    list(json, "attributes")?.iter().map(attribute).collect()
}

fn attribute(json: &Json) -> Result<KeyValue, Failure> {
    let value = json.get("value").filter(|value| !value.is_null()).map(any_value).transpose()?;
    Ok(KeyValue { key: string(&json["key"])?, value, ..KeyValue::default() })
}

fn any_value(json: &Json) -> Result<AnyValue, Failure> {
    use any_value::Value;
    let said = json.as_object().and_then(|object| object.iter().find(|(_, value)| !value.is_null()));
    let Some((kind, said)) = said else { return Ok(AnyValue { value: None }) };
    let value = match kind.as_str() {
        "stringValue" => Value::StringValue(string(said)?),
        "boolValue" => Value::BoolValue(said.as_bool().ok_or("a boolean is none")?),
        "intValue" => Value::IntValue(number(said)? as i64),
        "doubleValue" => Value::DoubleValue(double(said)?),
        "bytesValue" => Value::BytesValue(STANDARD.decode(string(said)?)?),
        "arrayValue" => {
            let values = list(said, "values")?.iter().map(any_value).collect::<Result<_, _>>()?;
            Value::ArrayValue(ArrayValue { values })
        }
        "kvlistValue" => {
            let values = list(said, "values")?.iter().map(attribute).collect::<Result<_, _>>()?;
            Value::KvlistValue(KeyValueList { values })
        }
        other => return Err(format!("a value is of no known kind: {other}").into()),
    };
    Ok(AnyValue { value: Some(value) })
}

fn list<'a>(json: &'a Json, key: &str) -> Result<&'a [Json], Failure> {
    match &json[key] {
        Json::Null => Ok(&[]),
        Json::Array(values) => Ok(values),
        _ => Err(format!("{key} is no list").into()),
    }
}

fn string(json: &Json) -> Result<String, Failure> {
    match json {
        Json::Null => Ok(String::new()),
        Json::String(text) => Ok(text.clone()),
        other => Err(format!("no string: {other}").into()),
    }
}

/// 64 bits, with a sign or without.
fn number(json: &Json) -> Result<u64, Failure> {
    let read = match json {
        Json::Null => Some(0),
        Json::Number(number) => {
            number.as_u64().or(number.as_i64().map(|number| number as u64)).or(whole(number.as_f64()))
        }
        Json::String(text) => {
            let signed = || text.parse::<i64>().ok().map(|number| number as u64);
            text.parse().ok().or_else(signed).or_else(|| whole(text.parse().ok()))
        }
        _ => None,
    };
    read.ok_or_else(|| format!("no integer: {json}").into())
}

fn whole(number: Option<f64>) -> Option<u64> {
    number
        .filter(|number| number.fract() == 0.0)
        .map(|number| if number < 0.0 { number as i64 as u64 } else { number as u64 })
}

fn double(json: &Json) -> Result<f64, Failure> {
    let read = match json {
        Json::Number(number) => number.as_f64(),
        Json::String(text) => match text.as_str() {
            "Infinity" => Some(f64::INFINITY),
            "-Infinity" => Some(f64::NEG_INFINITY),
            text => text.parse().ok(),
        },
        _ => None,
    };
    read.ok_or_else(|| format!("no number: {json}").into())
}

fn id(json: &Json) -> Result<Vec<u8>, Failure> {
    let text = string(json)?;
    unhex(&text).ok_or_else(|| format!("no id: {text}").into())
}

/// What hex digits say.
pub(super) fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits = text.chars().map(|digit| digit.to_digit(16).map(|digit| digit as u8));
    let digits = digits.collect::<Option<Vec<u8>>>().filter(|digits| digits.len() % 2 == 0)?;
    Some(digits.chunks(2).map(|two| two.iter().fold(0, |byte, digit| byte << 4 | digit)).collect())
}

/// Hex digits that say it.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What flags say that OpenTelemetry JS 3 sets on each span of a page: sampled, and known to have no remote parent.
pub(super) const USUAL_FLAGS: u32 = SpanFlags::ContextHasIsRemoteMask as u32 | 1;
