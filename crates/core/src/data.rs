//! The macros behind the plain data: structs with setters, and words that may be new.

/// A struct of plain data: `non_exhaustive`, with serde, and one `with_*` setter for each field that is not
/// `required`. With a `required` block it gets `new(required…)`; without one it derives or implements `Default`.
macro_rules! data {
    ($(#[$meta:meta])* pub struct $name:ident { $($body:tt)* }) => {
        $crate::data::define! { $(#[$meta])* pub struct $name { $($body)* } }
        $crate::data::setters! { $name { $($body)* } }
    };
}

macro_rules! define {
    ($(#[$meta:meta])* pub struct $name:ident {
        required { $( $(#[$rmeta:meta])* pub $req:ident : $rty:ty, )+ }
        $( $(#[$fmeta:meta])* pub $field:ident : $fty:ty, )*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$rmeta])* pub $req: $rty, )+
            $( $(#[$fmeta])* #[serde(default)] pub $field: $fty, )*
        }
        impl $name {
            #[doc = concat!("A `", stringify!($name), "` with what is always there; all else is at its default.")]
            pub fn new($($req: impl Into<$rty>),+) -> Self {
                Self { $($req: $req.into(),)+ $($field: Default::default(),)* }
            }
        }
    };
    ($(#[$meta:meta])* pub struct $name:ident {
        $( $(#[$fmeta:meta])* pub $field:ident : $fty:ty, )*
    }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, serde::Serialize, serde::Deserialize)]
        #[serde(default)]
        #[non_exhaustive]
        pub struct $name {
            $( $(#[$fmeta])* pub $field: $fty, )*
        }
    };
}

/// One setter a field, by the shape of its type: numbers and flags as they are, everything else by `Into`, an option
/// by what is in it, collections from anything that can be iterated.
macro_rules! setters {
    ($name:ident {}) => {};
    ($name:ident { required { $($required:tt)* } $($rest:tt)* }) => {
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<u64>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (u64) (value) (Some(value)) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<u32>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (u32) (value) (Some(value)) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<i64>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (i64) (value) (Some(value)) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<f64>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (f64) (value) (Some(value)) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<bool>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (bool) (value) (Some(value)) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<Vec<$t:ty>>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (impl IntoIterator<Item = impl Into<$t>>) (value)
            (Some(value.into_iter().map(Into::into).collect())) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Option<$t:ty>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (impl Into<$t>) (value) (Some(value.into())) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : Vec<$t:ty>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (impl IntoIterator<Item = impl Into<$t>>) (value)
            (value.into_iter().map(Into::into).collect()) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : BTreeMap<$k:ty, $v:ty>, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (impl IntoIterator<Item = (impl Into<$k>, impl Into<$v>)>) (value)
            (value.into_iter().map(|(key, value)| (key.into(), value.into())).collect()) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : bool, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (bool) (value) (value) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : u64, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (u64) (value) (value) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : u32, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (u32) (value) (value) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : usize, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (usize) (value) (value) }
        $crate::data::setters! { $name { $($rest)* } }
    };
    ($name:ident { $(#[$m:meta])* pub $f:ident : $t:ty, $($rest:tt)* }) => {
        $crate::data::setter! { $name $f (impl Into<$t>) (value) (value.into()) }
        $crate::data::setters! { $name { $($rest)* } }
    };
}

macro_rules! setter {
    ($name:ident $f:ident ($($arg:tt)*) ($value:ident) ($($set:tt)*)) => {
        pastey::paste! {
            impl $name {
                #[doc = concat!("Sets [`", stringify!($f), "`](Self::", stringify!($f), ").")]
                #[must_use]
                pub fn [<with_ $f>](mut self, $value: $($arg)*) -> Self {
                    self.$f = $($set)*;
                    self
                }
            }
        }
    };
}

/// An enum of words that an engine may say: each known word a variant, anything new kept in `Other`, so that no answer
/// of a later engine breaks decoding. `Display`, `From<&str>`, `FromStr` and serde all use the words.
macro_rules! words {
    ($(#[$meta:meta])* pub enum $name:ident { $( $(#[$vmeta:meta])* $variant:ident = $word:literal, )+ }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        #[serde(from = "String", into = "String")]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$vmeta])* $variant, )+
            /// A word that this version of wharf does not know.
            Other(String),
        }
        impl $name {
            /// The words that are known, in the order of the variants.
            pub const WORDS: &'static [&'static str] = &[$($word),+];

            /// The word.
            pub fn as_str(&self) -> &str {
                match self { $( Self::$variant => $word, )+ Self::Other(word) => word }
            }
        }
        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result { f.pad(self.as_str()) }
        }
        impl From<&str> for $name {
            fn from(word: &str) -> Self {
                match word { $( $word => Self::$variant, )+ other => Self::Other(other.to_owned()) }
            }
        }
        impl From<String> for $name {
            fn from(word: String) -> Self {
                match word.as_str() { $( $word => Self::$variant, )+ _ => Self::Other(word) }
            }
        }
        impl From<$name> for String {
            fn from(word: $name) -> Self { word.as_str().to_owned() }
        }
    };
}

pub(crate) use {data, define, setter, setters, words};
