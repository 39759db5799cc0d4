//! What is written, against the schemas in docs/schema: nothing missing, nothing undocumented.

use std::fs;
use std::path::Path;

use jsonschema::Validator;
use serde_json::{Value, json};
use windlass::kit::measure::contender::Better;
use windlass::kit::measure::record::Record;

use crate::made_up::claims::{against_threads, all, claim};
use crate::made_up::{built, full_size, scratch};

/// The published schema called `name`; `strict`: no field beyond those it names.
fn schema(name: &str, strict: bool) -> Validator {
    let path = format!("{}/docs/schema/{name}.schema.json", env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut schema: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    if strict {
        close(&mut schema);
    }
    jsonschema::draft202012::new(&schema).unwrap()
}

/// Forbids every object further fields.
fn close(schema: &mut Value) {
    match schema {
        Value::Object(fields) => {
            fields.values_mut().for_each(close);
            if fields.get("properties").is_some_and(Value::is_object) && fields.contains_key("type")
            {
                fields.insert("additionalProperties".to_owned(), json!(false));
            }
        }
        Value::Array(items) => items.iter_mut().for_each(close),
        _ => {}
    }
}

fn check(schema: &Validator, value: &Value, what: &str) {
    let wrong: Vec<String> = schema
        .iter_errors(value)
        .take(5)
        .map(|error| format!("{}: {error:.300}", error.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{what}: {wrong:#?}");
}

/// A whole made-up run, with a contender that failed and one that was skipped.
fn records() -> Vec<Record> {
    let mut records = all();
    records.truncate(5);
    let mut broken = against_threads("broken", Better::Lower, 1.0, 2.0);
    broken.contenders[1].failure = Some("no socket".to_owned());
    broken.contenders[1].values[3] = None;
    broken.rounds[2].noisy.push("stolen time 9 %".to_owned());
    broken.rounds[2].replaced = true;
    records.push(claim("broken", vec![broken]));
    records.extend(full_size());
    records
}

#[test]
fn records_results_and_lines_are_as_their_schemas_say() {
    let records = records();
    let (_, _, results) = built("schema-all", &records);
    let dir = Path::new(env!("CARGO_TARGET_TMPDIR")).join("schema-all");
    let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap();
    let value: Value = serde_json::from_str(&read("report/results.json")).unwrap();
    check(&schema("results", true), &value, "results.json");
    assert!(results.benches.len() >= 11);
    let of_record = schema("record", true);
    for record in &records {
        let file = format!("records/{}.json", record.bench);
        check(&of_record, &serde_json::from_str(&read(&file)).unwrap(), &file);
    }
    let of_line = schema("samples", true);
    let lines = read("report/records.jsonl");
    let lines: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for line in &lines {
        check(&of_line, line, &line.to_string());
    }
    let count = |kind: &str| lines.iter().filter(|line| line["kind"] == kind).count();
    let groups = || records.iter().flat_map(|record| &record.groups);
    let values = groups().flat_map(|group| &group.contenders).flat_map(|one| &one.values);
    assert_eq!(count("sample"), values.flatten().count(), "one line a sample");
    assert_eq!((count("run"), count("group")), (records.len(), groups().count()));
    assert!(count("distribution") > 0 && count("series") == 2 && count("failure") == 2);
    let replaced = lines.iter().find(|line| line["group"] == "broken" && line["round"] == 2);
    assert_eq!(replaced.unwrap()["counted"], false);
}

#[test]
fn the_schemas_refuse_what_is_wrong() {
    let (of_line, of_record) = (schema("samples", false), schema("record", false));
    let good = json!({
        "schema": 1, "bench": "ring", "kind": "sample", "group": "a", "contender": "windlass",
        "role": "subject", "round": 0, "counted": true, "backward": false, "noisy": [],
        "value": 1.5, "unit": "ns", "side": {"p99_us": 0.0}, "ops": null
    });
    assert!(of_line.is_valid(&good));
    let changes = [
        ("schema", json!(2)),
        ("kind", json!("guess")),
        ("role", json!("friend")),
        ("value", json!(0)),
        ("counted", json!("yes")),
        ("side", json!({"p99_us": "fast"})),
    ];
    for (field, value) in changes {
        let mut bad = good.clone();
        bad[field] = value;
        assert!(!of_line.is_valid(&bad), "{field}");
    }
    let empty =
        json!({"format": "windlass-record", "schema": 1, "bench": "a", "runs": [], "groups": []});
    assert!(of_record.is_valid(&empty));
    let mut other = empty.clone();
    other["format"] = json!("another");
    assert!(!of_record.is_valid(&other));
}

#[test]
fn a_record_from_before_claims_is_still_read() {
    let dir = scratch("schema-before");
    let old = json!({
        "format": "windlass-record", "schema": 1, "bench": "old",
        "runs": [{"environment": {"command": "cargo bench"}, "profile": "quick", "noise": {}}],
        "groups": [{
            "id": "a", "title": "a", "unit": "ns", "better": "lower", "rounds": [{}],
            "contenders": [{"name": "windlass", "role": "subject", "values": [2.0]}]
        }]
    });
    let path = dir.join("old.json");
    fs::write(&path, old.to_string()).unwrap();
    let record = Record::read(&path).unwrap();
    assert_eq!((record.claim, record.groups[0].boundary), (None, false));
}
