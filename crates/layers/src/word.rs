//! Enums as data: a word, or a map from one word to what belongs to it, in every format.
//!
//! JSON and TOML have them so by themselves. YAML's libraries write them as tags (`!first 2`) and ask for tags; here both
//! are understood.

use serde::{
    Deserialize, Deserializer,
    de::{
        EnumAccess, Error, IgnoredAny, IntoDeserializer, MapAccess, Visitor,
        value::{EnumAccessDeserializer, MapAccessDeserializer},
    },
};
use std::{fmt, marker::PhantomData};

pub(crate) fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    d: D,
) -> Result<T, D::Error> {
    d.deserialize_any(Word(PhantomData))
}

struct Word<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for Word<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a word, or a map of one")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<T, E> {
        T::deserialize(word.into_deserializer())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<T, A::Error> {
        let value = T::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_key::<IgnoredAny>()? {
            None => Ok(value),
            Some(_) => Err(A::Error::custom("a map of one word, not two")),
        }
    }

    fn visit_enum<A: EnumAccess<'de>>(self, tagged: A) -> Result<T, A::Error> {
        T::deserialize(EnumAccessDeserializer::new(tagged))
    }
}
