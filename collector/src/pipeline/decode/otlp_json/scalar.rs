//! A scalar of JSON → the bytes of a protobuf field.

use base64::{
    Engine,
    alphabet::{STANDARD, URL_SAFE},
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use prost::encoding::{WireType, encode_key, encode_varint};
use serde::de::{Error, Unexpected};

use super::schema::{Kind, Number};

/// A scalar as JSON has it.
#[derive(Clone, Copy)]
pub(super) enum Scalar<'a> {
    Bool(bool),
    Int(i128),
    Double(f64),
    Text(&'a str),
}

/// Writes `scalar` as field `number` of this kind.
pub(super) fn write<E: Error>(
    out: &mut Vec<u8>,
    number: u32,
    kind: Kind,
    scalar: Scalar<'_>,
) -> Result<(), E> {
    let key = |wire: WireType, out: &mut Vec<u8>| encode_key(number, wire, out);
    match kind {
        Kind::Text | Kind::Texts => delimited(out, number, scalar.text()?.as_bytes()),
        Kind::Bytes => delimited(out, number, &unbase64(scalar.text()?)?),
        Kind::Id => delimited(out, number, &unhex(scalar.text()?)?),
        Kind::Bool => {
            let Scalar::Bool(flag) = scalar else { return Err(scalar.not("true or false")) };
            key(WireType::Varint, out);
            out.push(u8::from(flag));
        }
        Kind::Int(least, most) => {
            let int = scalar.int(least, most)?;
            key(WireType::Varint, out);
            encode_varint(int as u64, out);
        }
        Kind::IntOrDouble(as_double) => {
            let (least, most) = (i128::from(i64::MIN), i128::from(i64::MAX));
            let is_too_large = match scalar {
                Scalar::Int(int) => !(least..=most).contains(&int),
                Scalar::Double(double) => double.fract() == 0.0 && scalar.int::<E>(least, most).is_err(),
                Scalar::Text(_) | Scalar::Bool(_) => false,
            };
            return if is_too_large {
                write(out, as_double, Kind::Double, scalar)
            } else {
                write(out, number, Kind::Int(least, most), scalar)
            };
        }
        Kind::Zigzag => {
            let int = scalar.int(i128::from(i32::MIN), i128::from(i32::MAX))? as i64;
            key(WireType::Varint, out);
            encode_varint(((int << 1) ^ (int >> 63)) as u64, out);
        }
        Kind::Enum(names) => {
            let value = scalar.named(names)?;
            key(WireType::Varint, out);
            encode_varint(value, out);
        }
        Kind::Fixed32 => {
            let int = scalar.int(0, i128::from(u32::MAX))?;
            key(WireType::ThirtyTwoBit, out);
            out.extend_from_slice(&(int as u32).to_le_bytes());
        }
        Kind::Fixed64(least) => {
            let most = if least < 0 { i128::from(i64::MAX) } else { i128::from(u64::MAX) };
            let int = scalar.int(least, most)?;
            key(WireType::SixtyFourBit, out);
            out.extend_from_slice(&(int as u64).to_le_bytes());
        }
        Kind::Double => {
            let double = scalar.double()?;
            key(WireType::SixtyFourBit, out);
            out.extend_from_slice(&double.to_le_bytes());
        }
        Kind::One(_) | Kind::Many(_) | Kind::Packed(_) => return Err(scalar.not("an object or a list")),
    }
    Ok(())
}

/// Adds `scalar` to what is packed.
pub(super) fn pack<E: Error>(out: &mut Vec<u8>, number: Number, scalar: Scalar<'_>) -> Result<(), E> {
    let unsigned = || scalar.int(0, i128::from(u64::MAX));
    match number {
        Number::Fixed64 => out.extend_from_slice(&(unsigned()? as u64).to_le_bytes()),
        Number::Varint => encode_varint(unsigned()? as u64, out),
        Number::Double => out.extend_from_slice(&scalar.double()?.to_le_bytes()),
    }
    Ok(())
}

impl Scalar<'_> {
    fn text<E: Error>(&self) -> Result<&str, E> {
        if let Scalar::Text(text) = self { Ok(text) } else { Err(self.not("a string")) }
    }

    /// A whole number, also as a string, and also with a fraction or an exponent that change nothing.
    fn int<E: Error>(self, least: i128, most: i128) -> Result<i128, E> {
        let whole = |double: f64| {
            // 2^64: beyond it nothing fits, and below it every whole double is an i128.
            (double.fract() == 0.0 && double.abs() <= 18_446_744_073_709_551_616.0).then_some(double as i128)
        };
        let int = match self {
            Scalar::Int(int) => Some(int),
            Scalar::Double(double) => whole(double),
            Scalar::Text(text) => text.parse().ok().or_else(|| whole(text.parse().ok()?)),
            Scalar::Bool(_) => None,
        };
        int.filter(|int| (least..=most).contains(int))
            .ok_or_else(|| self.not(&format!("a whole number from {least} to {most}")))
    }

    fn double<E: Error>(self) -> Result<f64, E> {
        match self {
            Scalar::Int(int) => Ok(int as f64),
            Scalar::Double(double) => Ok(double),
            Scalar::Text("NaN") => Ok(f64::NAN),
            Scalar::Text("Infinity") => Ok(f64::INFINITY),
            Scalar::Text("-Infinity") => Ok(f64::NEG_INFINITY),
            Scalar::Text(text) if text.ends_with(|end: char| end.is_ascii_digit() || end == '.') => {
                let read = text.parse().ok().filter(|double: &f64| double.is_finite());
                read.ok_or_else(|| self.not("a number"))
            }
            Scalar::Text(_) | Scalar::Bool(_) => Err(self.not("a number")),
        }
    }

    /// An enum: OTLP writes its number, other writers of protobuf its name.
    fn named<E: Error>(self, names: &[&str]) -> Result<u64, E> {
        let known = match self {
            Scalar::Text(name) => names.iter().position(|known| *known == name),
            _ => None,
        };
        known.map_or_else(
            || Ok(self.int(i128::from(i32::MIN), i128::from(i32::MAX))? as u64),
            |at| Ok(at as u64),
        )
    }

    fn not<E: Error>(&self, expected: &str) -> E {
        let found = match *self {
            Scalar::Bool(flag) => Unexpected::Bool(flag),
            Scalar::Int(_) => Unexpected::Other("a number"),
            Scalar::Double(double) => Unexpected::Float(double),
            Scalar::Text(text) => Unexpected::Str(text),
        };
        E::invalid_value(found, &expected)
    }
}

pub(super) fn delimited(out: &mut Vec<u8>, number: u32, bytes: &[u8]) {
    encode_key(number, WireType::LengthDelimited, out);
    encode_varint(bytes.len() as u64, out);
    out.extend_from_slice(bytes);
}

fn unhex<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    let digit = |byte: &u8| char::from(*byte).to_digit(16).map(|digit| digit as u8);
    let pair = |pair: &[u8]| match pair {
        [high, low] => Some(digit(high)? << 4 | digit(low)?),
        _ => None,
    };
    let id: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
    id.ok_or_else(|| E::invalid_value(Unexpected::Str(text), &"an id in hexadecimal"))
}

/// As protobuf's JSON mapping: either alphabet, with or without padding.
fn unbase64<E: Error>(text: &str) -> Result<Vec<u8>, E> {
    const EITHER: GeneralPurposeConfig =
        GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent);
    let alphabet = if text.contains(['-', '_']) { URL_SAFE } else { STANDARD };
    let read = GeneralPurpose::new(&alphabet, EITHER).decode(text);
    read.map_err(|_| E::invalid_value(Unexpected::Str(text), &"base64"))
}
