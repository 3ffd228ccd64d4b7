//! Tables of fields: what a type says of itself, and the loops that read and write by it.

use super::read::{unexpected, Read, Result, Wrong};
use super::write::Write;
use super::Value;

pub(crate) use super::read::read_name;
pub(crate) use super::write::write_text;

/// The fields of a type, at most 31, in the order in which they are written.
pub(crate) struct Table {
    /// The value of the field `type`, for one variant of several.
    pub(crate) variant: Option<&'static str>,
    pub(crate) fields: &'static [Field],
}

/// A field.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) need: Need,
}

/// Whether a field may be left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Need {
    /// No.
    Always,
    /// When it is read, for its default.
    Default,
    /// When it is read, and it is when there is nothing to write.
    Optional,
}

/// A type with a table.
pub(crate) trait Tabled {
    fn table(&self) -> &'static Table;
}

/// A type that is read by its table.
pub(crate) trait Slots: Tabled {
    /// The field of that number in the table.
    fn slot(&mut self, at: usize) -> &mut dyn Read;
}

/// A type that is written by its table.
pub(crate) trait Parts: Tabled {
    /// The field of that number in the table.
    fn part(&self, at: usize) -> &dyn Write;
}

/// Name of the field that tells a variant.
const TYPE: &str = "type";

/// Fills `to`, whose fields have their defaults.
pub(crate) fn read_fields(to: &mut dyn Slots, value: &Value) -> Result {
    let Value::Object(given) = value else { return Err(unexpected("an object", value)) };
    let table = to.table();
    let mut seen = 0u32;
    for (name, value) in given {
        let tells_variant = table.variant.is_some() && name == TYPE;
        let at = match table.fields.iter().position(|field| field.name == name) {
            Some(at) => at,
            None if tells_variant => table.fields.len(),
            None => return Err(table.unknown(name)),
        };
        if seen & 1 << at != 0 {
            return Err(Wrong::new(format!("the field `{name}` comes twice")));
        }
        seen |= 1 << at;
        if !tells_variant {
            to.slot(at).read(value).map_err(|wrong| wrong.of(name))?;
        }
    }
    let mut fields = table.fields.iter().enumerate();
    match fields.find(|(at, field)| field.need == Need::Always && seen & 1 << at == 0) {
        Some((_, Field { name, .. })) => Err(Wrong::new(format!("missing field `{name}`{}", table.owner()))),
        None => Ok(()),
    }
}

impl Table {
    /// Whose fields they are, for messages.
    fn owner(&self) -> String {
        self.variant.map_or_else(String::new, |variant| format!(" of {variant}"))
    }

    #[cold]
    fn unknown(&self, name: &str) -> Box<Wrong> {
        let known: Vec<&str> = self.fields.iter().map(|field| field.name).collect();
        let known = match known.len() {
            0 => ", which has none".into(),
            _ => format!(", expected one of {}", known.join(", ")),
        };
        Wrong::new(format!("unknown field `{name}`{}{known}", self.owner()))
    }
}

/// Which of `variants` the field `type` names.
pub(crate) fn read_type(value: &Value, variants: &[&str]) -> std::result::Result<usize, Box<Wrong>> {
    let Value::Object(_) = value else { return Err(unexpected("an object", value)) };
    let variant = value.get(TYPE).ok_or_else(|| Wrong::new(format!("missing field `{TYPE}`")))?;
    read_name(variant, variants).map_err(|wrong| wrong.of(TYPE))
}

/// Writes the fields of `of`.
pub(crate) fn write_fields(of: &dyn Parts, text: &mut String) {
    let Table { variant, fields } = of.table();
    let mut before = '{';
    let mut name_of = |name: &str, text: &mut String| {
        text.push(before);
        before = ',';
        write_text(name, text);
        text.push(':');
    };
    if let Some(variant) = variant {
        name_of(TYPE, text);
        write_text(variant, text);
    }
    for (at, field) in fields.iter().enumerate() {
        let part = of.part(at);
        if field.need != Need::Optional || !part.is_nothing() {
            name_of(field.name, text);
            part.write(text);
        }
    }
    if before == '{' {
        text.push('{');
    }
    text.push('}');
}

/// Makes a struct one that is read and written by a table. Of each field it says its name in JSON, and how it may be left out:
/// by `= default`, or `optional`, which also means that it is not written when there is nothing in it.
macro_rules! record {
    ($Type:ident { $($field:ident: $name:literal $($optional:ident)? $(= $default:expr)?),* $(,)? }) => {
        $crate::json::report!($Type { $($field: $name $($optional)? $(= $default)?),* });

        impl $crate::json::table::Slots for $Type {
            fn slot(&mut self, at: usize) -> &mut dyn $crate::json::Read {
                $crate::json::table::pick!(at, $(&mut self.$field),*)
            }
        }

        impl $crate::json::Read for $Type {
            fn blank() -> Self {
                $Type { $($field: $crate::json::table::blank!($(= $default)?)),* }
            }
            fn read(&mut self, value: &$crate::json::Value) -> $crate::json::Result {
                $crate::json::table::read_fields(self, value)
            }
        }
    };
}

/// Makes a struct one that is written by a table, as [`record`] does; fields that are not named are not written.
macro_rules! report {
    ($Type:ident { $($field:ident: $name:literal $($optional:ident)? $(= $default:expr)?),* $(,)? }) => {
        impl $crate::json::table::Tabled for $Type {
            fn table(&self) -> &'static $crate::json::table::Table {
                &$crate::json::table::Table {
                    variant: None,
                    fields: $crate::json::table::fields!($($name $($optional)? $(= $default)?),*),
                }
            }
        }

        impl $crate::json::table::Parts for $Type {
            fn part(&self, at: usize) -> &dyn $crate::json::Write {
                $crate::json::table::pick!(at, $(&self.$field),*)
            }
        }

        impl $crate::json::Write for $Type {
            fn write(&self, text: &mut String) {
                $crate::json::table::write_fields(self, text);
            }
        }
    };
}

/// Makes an enum one that is read and written by the table of each variant, with the name of the variant in the field `type`.
/// Fields are as those of [`record`]. A variant may stand for several, told apart by a field: `Variant(field = value)`.
macro_rules! variants {
    ($Type:ident { $(
        $Variant:ident $(($fixed:ident = $value:path))?: $variant:literal {
            $($field:ident: $name:literal $($optional:ident)? $(= $default:expr)?),* $(,)?
        }
    ),* $(,)? }) => {
        impl $Type {
            /// The variant of that number with its defaults.
            fn of_type(number: usize) -> Self {
                $crate::json::table::pick!(number, $($Type::$Variant {
                    $($fixed: $value,)?
                    $($field: $crate::json::table::blank!($(= $default)?)),*
                }),*)
            }
        }

        impl $crate::json::table::Tabled for $Type {
            fn table(&self) -> &'static $crate::json::table::Table {
                match self { $(
                    $Type::$Variant { $($fixed: $value,)? .. } => &$crate::json::table::Table {
                        variant: Some($variant),
                        fields: $crate::json::table::fields!($($name $($optional)? $(= $default)?),*),
                    },
                )* }
            }
        }

        impl $crate::json::table::Slots for $Type {
            fn slot(&mut self, at: usize) -> &mut dyn $crate::json::Read {
                match self { $(
                    $Type::$Variant { $($fixed: $value,)? $($field),* } => $crate::json::table::pick!(at, $($field),*),
                )* }
            }
        }

        impl $crate::json::table::Parts for $Type {
            fn part(&self, at: usize) -> &dyn $crate::json::Write {
                match self { $(
                    $Type::$Variant { $($fixed: $value,)? $($field),* } => $crate::json::table::pick!(at, $($field),*),
                )* }
            }
        }

        impl $crate::json::Read for $Type {
            fn blank() -> Self {
                $Type::of_type(0)
            }
            fn read(&mut self, value: &$crate::json::Value) -> $crate::json::Result {
                *self = $Type::of_type($crate::json::table::read_type(value, &[$($variant),*])?);
                $crate::json::table::read_fields(self, value)
            }
        }

        impl $crate::json::Write for $Type {
            fn write(&self, text: &mut String) {
                $crate::json::table::write_fields(self, text);
            }
        }
    };
}

/// Makes an enum of plain variants one that is read and written by their names.
macro_rules! names {
    ($Type:ident { $($Variant:ident: $name:literal),* $(,)? }) => {
        impl $crate::json::Read for $Type {
            fn blank() -> Self {
                [$($Type::$Variant),*][0]
            }
            fn read(&mut self, value: &$crate::json::Value) -> $crate::json::Result {
                *self = [$($Type::$Variant),*][$crate::json::table::read_name(value, &[$($name),*])?];
                Ok(())
            }
        }

        impl $crate::json::Write for $Type {
            fn write(&self, text: &mut String) {
                let name = match self { $($Type::$Variant => $name),* };
                $crate::json::table::write_text(name, text);
            }
        }
    };
}

/// The expression of that number.
macro_rules! pick {
    ($number:expr, $($choice:expr),*) => {{
        #[allow(unused_mut, unused_variables, unused_assignments)]
        let mut number: usize = 0;
        $(
            if $number == number {
                return $choice;
            }
            #[allow(unused_assignments)]
            {
                number += 1;
            }
        )*
        unreachable!()
    }};
}

/// What a field is before it is read.
macro_rules! blank {
    () => {
        $crate::json::Read::blank()
    };
    (= $default:expr) => {
        $default
    };
}

/// The fields of a table.
macro_rules! fields {
    ($($name:literal $($optional:ident)? $(= $default:expr)?),*) => {
        &[$($crate::json::table::Field { name: $name, need: $crate::json::table::need!($($optional)? $(= $default)?) }),*]
    };
}

/// Whether a field may be left out.
macro_rules! need {
    () => {
        $crate::json::table::Need::Always
    };
    (optional) => {
        $crate::json::table::Need::Optional
    };
    (= $default:expr) => {
        $crate::json::table::Need::Default
    };
}

pub(crate) use {blank, fields, names, need, pick, record, report, variants};
