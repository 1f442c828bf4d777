//! Whether a value is as a schema says: as much of JSON Schema as the document of the admin port uses. Anything else in
//! it is a mistake.

use serde_json::Value as Json;

/// What is wrong with `value`, by where. `document`: where schemas refer to.
pub(super) fn mistakes(document: &Json, schema: &Json, value: &Json) -> Vec<String> {
    let mut found = Vec::new();
    judge(document, schema, value, "", &mut found);
    found
}

const KNOWN: [&str; 11] = [
    "$ref",
    "type",
    "description",
    "properties",
    "required",
    "additionalProperties",
    "items",
    "enum",
    "pattern",
    "format",
    "minimum",
];

fn judge(document: &Json, schema: &Json, value: &Json, at: &str, found: &mut Vec<String>) {
    for word in schema.as_object().unwrap().keys() {
        assert!(KNOWN.contains(&word.as_str()), "nobody judges by {word}");
    }
    if let Some(to) = schema["$ref"].as_str() {
        let to = document.pointer(to.trim_start_matches('#')).unwrap_or_else(|| panic!("{to} is not there"));
        return judge(document, to, value, at, found);
    }
    if !has_type(&schema["type"], value) {
        found.push(format!("{at} is no {}: {value}", schema["type"]));
    }
    if schema["enum"].as_array().is_some_and(|all| !all.contains(value)) {
        found.push(format!("{at} is none of {}: {value}", schema["enum"]));
    }
    if let (Some(all), Some(items)) = (value.as_array(), schema.get("items")) {
        for (number, item) in all.iter().enumerate() {
            judge(document, items, item, &format!("{at}/{number}"), found);
        }
    }
    if let Some(fields) = value.as_object() {
        for required in schema["required"].as_array().into_iter().flatten() {
            if !fields.contains_key(required.as_str().unwrap()) {
                found.push(format!("{at} has no {required}"));
            }
        }
        for (name, field) in fields {
            let at = format!("{at}/{name}");
            match (&schema["properties"][name], &schema["additionalProperties"]) {
                (Json::Null, Json::Bool(false)) => found.push(format!("{at} is not described")),
                (Json::Null, Json::Null) => {}
                (Json::Null, others) => judge(document, others, field, &at, found),
                (described, _) => judge(document, described, field, &at, found),
            }
        }
    }
}

fn has_type(types: &Json, value: &Json) -> bool {
    let is = |name: &str| match name {
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.as_u64().is_some(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        "null" => value.is_null(),
        other => panic!("nobody knows the type {other}"),
    };
    match types {
        Json::String(name) => is(name),
        Json::Array(names) => names.iter().any(|name| is(name.as_str().unwrap())),
        _ => true,
    }
}
