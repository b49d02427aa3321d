//! Places in answers and options, by name: `ContainerInfo.config.labels`. So a lie about one field is one word.

use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Map, Value};
use std::any::Any;
use wharf_core::*;

/// What happens to a field.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Change {
    /// It is at its default.
    Lost,
    /// It has another value: the other truth, one more, one letter more, the other order.
    Wrong,
}

/// Changes the field wherever the value has it; the items of a list each. Panics where a value cannot be so: no case
/// has judged then.
pub(crate) fn change(value: &mut dyn Any, place: &str, change: Change) {
    let (name, path) = place.split_once('.').unwrap_or((place, ""));
    let path: Vec<_> = path.split('.').collect();
    macro_rules! types { ($($Type:ident)*) => { match name {
        $( stringify!($Type) => {
            changed::<$Type>(value, &path, change);
            changed::<Vec<$Type>>(value, &path, change);
        } )*
        _ => panic!("{name} is not among the types that have places"),
    } } }
    types! {
        Info Version Ping DiskUsage
        ContainerInfo ContainerSummary CreatedContainer Exit ExecOutput LogChunk Pruned
        ImageInfo ImageSummary RemovedImages PullProgress
        VolumeInfo Event
        ContainerConfig StopOptions RestartOptions KillOptions RemoveOptions InspectOptions ListOptions
        WaitOptions LogsOptions ExecConfig PruneContainersOptions
        PullOptions ListImagesOptions RemoveImageOptions PruneImagesOptions
        VolumeConfig ListVolumesOptions RemoveVolumeOptions PruneVolumesOptions EventsOptions
    }
}

/// What JSON loses by itself would be a lie that nobody named: it panics too.
fn changed<T: Any + PartialEq + Serialize + DeserializeOwned>(
    value: &mut dyn Any,
    path: &[&str],
    change: Change,
) {
    let Some(value) = value.downcast_mut::<T>() else {
        return;
    };
    let other = serde_json::to_value(&*value).and_then(|mut json| {
        assert!(
            serde_json::from_value::<T>(json.clone())? == *value,
            "{path:?} is of what JSON does not say as it is"
        );
        walk(&mut json, path, change);
        serde_json::from_value(json)
    });
    match other {
        Ok(other) => *value = other,
        Err(error) => panic!("{path:?} cannot be {change:?}: {error}"),
    }
}

fn walk(json: &mut Value, path: &[&str], change: Change) {
    match (json, path) {
        (Value::Array(items), path) => {
            for item in items {
                walk(item, path, change);
            }
        }
        (Value::Object(fields), [last]) => at(fields, last, change),
        (Value::Object(fields), [first, rest @ ..]) => {
            if let Some(field) = fields.get_mut(*first) {
                walk(field, rest, change);
            }
        }
        _ => {}
    }
}

fn at(fields: &mut Map<String, Value>, name: &str, change: Change) {
    let Some(field) = fields.get_mut(name) else {
        return;
    };
    match (change, &mut *field) {
        (Change::Lost, _) => drop(fields.remove(name)),
        (Change::Wrong, Value::Bool(truth)) => *truth = !*truth,
        (Change::Wrong, Value::Number(number)) => {
            *field = number
                .as_i64()
                .map_or(Value::Null, |number| (number + 1).into());
        }
        (Change::Wrong, Value::String(text)) => text.push('0'),
        (Change::Wrong, Value::Array(items)) => items.reverse(),
        (Change::Wrong, Value::Object(_) | Value::Null) => {}
    }
}
