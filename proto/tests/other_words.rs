//! Protobuf can say one thing in several ways, and other clients may use another library than ours: whatever means the
//! same is read as the same.

#![allow(clippy::unwrap_used)]

mod arbitrary;

use proptest::prelude::*;
use prost::encoding::{WireType, decode_key, decode_varint, encode_key, encode_varint};
use weft_proto::{DecodeError, decode, encode};

/// A field: its number, its wire type, and what it holds, as it is.
type Field = (u32, WireType, Vec<u8>);

/// Numbers of the fields of `Batch` that are messages with columns, and which of their fields are packed varints.
const EVENTS: u32 = 9;
const VALUES: u32 = 11;

fn fields(mut message: &[u8]) -> Vec<Field> {
    let mut fields = Vec::new();
    while !message.is_empty() {
        let (number, kind) = decode_key(&mut message).unwrap();
        let length = match kind {
            WireType::Varint => message.iter().position(|byte| *byte < 0x80).unwrap() + 1,
            WireType::SixtyFourBit => 8,
            WireType::LengthDelimited => decode_varint(&mut message).unwrap() as usize,
            _ => unreachable!("we write no others"),
        };
        let (content, rest) = message.split_at(length);
        fields.push((number, kind, content.to_vec()));
        message = rest;
    }
    fields
}

fn message(fields: &[Field]) -> Vec<u8> {
    let mut out = Vec::new();
    for (number, kind, content) in fields {
        encode_key(*number, *kind, &mut out);
        if *kind == WireType::LengthDelimited {
            encode_varint(content.len() as u64, &mut out);
        }
        out.extend_from_slice(content);
    }
    out
}

/// `body` with other fields for each of its columns.
fn with_columns(body: &[u8], column: impl Fn(u32, &[Vec<u8>]) -> Vec<Field>) -> Vec<u8> {
    let mut all = fields(body);
    for (number, _, content) in &mut all {
        if *number == EVENTS || *number == VALUES {
            let of_message = |(inner, kind, packed): Field| {
                let is_packed = *number == EVENTS || inner <= 3;
                if is_packed { column(inner, &numbers(&packed)) } else { vec![(inner, kind, packed)] }
            };
            *content = message(&fields(content).into_iter().flat_map(of_message).collect::<Vec<_>>());
        }
    }
    message(&all)
}

/// The numbers of a column, as they are.
fn numbers(packed: &[u8]) -> Vec<Vec<u8>> {
    packed.split_inclusive(|byte| *byte < 0x80).map(<[u8]>::to_vec).collect()
}

proptest! {
    #[test]
    fn columns_that_are_not_packed_are_columns(batch in arbitrary::batch()) {
        let body = with_columns(&encode(&batch), |number, column| {
            column.iter().map(|cell| (number, WireType::Varint, cell.clone())).collect()
        });
        prop_assert_eq!(decode(&body).unwrap(), batch);
    }

    #[test]
    fn columns_in_two_parts_are_columns(batch in arbitrary::batch()) {
        let body = with_columns(&encode(&batch), |number, column| {
            let (first, second) = column.split_at(column.len() / 2);
            [first, second].map(|part| (number, WireType::LengthDelimited, part.concat())).to_vec()
        });
        prop_assert_eq!(decode(&body).unwrap(), batch);
    }

    #[test]
    fn messages_in_two_parts_are_one(batch in arbitrary::batch()) {
        let mut all = Vec::new();
        for (number, kind, content) in fields(&encode(&batch)) {
            if number == EVENTS || number == VALUES {
                let inner = fields(&content);
                let (first, second) = inner.split_at(inner.len() / 2);
                all.extend([(number, kind, message(first)), (number, kind, message(second))]);
            } else {
                all.push((number, kind, content));
            }
        }
        prop_assert_eq!(decode(&message(&all)).unwrap(), batch);
    }

    #[test]
    fn the_order_of_fields_means_nothing(batch in arbitrary::batch(), by in any::<prop::sample::Index>()) {
        let mut all = fields(&encode(&batch));
        // Only those of one number stay in order.
        all.sort_by_key(|(number, ..)| (*number as usize * 7 + by.index(12)) % 13);
        let mut apart = all.clone();
        apart.sort_by_key(|(number, ..)| *number == 6);
        prop_assert_eq!(decode(&message(&all)).unwrap(), batch.clone());
        prop_assert_eq!(decode(&message(&apart)).unwrap(), batch);
    }

    #[test]
    fn fields_of_a_later_version_are_passed_over(batch in arbitrary::batch(), content: Vec<u8>) {
        let later = |number| [(number, WireType::LengthDelimited, content.clone()), (number, WireType::Varint, vec![0x85, 1])];
        let mut all = fields(&encode(&batch));
        for (number, _, inner) in &mut all {
            if *number == EVENTS || *number == VALUES {
                *inner = message(&[&later(40)[..], &fields(inner), &later(41)].concat());
            }
        }
        let body = message(&[&later(13)[..], &all, &later(300)].concat());
        prop_assert_eq!(decode(&body).unwrap(), batch);
    }
}

#[test]
fn a_number_of_more_than_64_bits_and_one_that_does_not_end_are_no_protobuf() {
    let body = |column: &[u8]| {
        let events = message(&[(1, WireType::LengthDelimited, column.to_vec())]);
        message(&[(8, WireType::Varint, vec![1]), (EVENTS, WireType::LengthDelimited, events)])
    };
    let most = [&[0xff; 9][..], &[1]].concat();
    assert_eq!(decode(&body(&most)), Err(DecodeError::Invalid("event number")));
    let more = [&[0xff; 9][..], &[2]].concat();
    for column in [&more[..], &[0xff; 11], &[1, 0x80]] {
        assert_eq!(decode(&body(column)), Err(DecodeError::Protobuf));
    }
}

#[test]
fn two_strings_of_one_text_are_one_key() {
    let text = (1, WireType::LengthDelimited, b"a.name.that.is.longa.name.that.is.long".to_vec());
    let body = |keys: &[u8]| {
        let shape = message(&[
            (1, WireType::LengthDelimited, keys.to_vec()),
            (2, WireType::LengthDelimited, vec![1; keys.len()]),
        ]);
        message(&[
            text.clone(),
            (2, WireType::LengthDelimited, vec![19, 19]),
            (4, WireType::LengthDelimited, shape),
            (8, WireType::Varint, vec![1]),
            (EVENTS, WireType::LengthDelimited, Vec::new()),
        ])
    };
    assert!(decode(&body(&[0])).is_ok());
    assert_eq!(decode(&body(&[0, 0])), Err(DecodeError::Invalid("shape")));
    assert_eq!(decode(&body(&[0, 1])), Err(DecodeError::Invalid("shape")));
}
