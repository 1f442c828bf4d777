//! DEFLATE (RFC 1951) with a preset dictionary, small enough to be downloaded: what our bodies need, and no more.
//!
//! Synchronous, because the last chance to send is `pagehide`, and the browser's `CompressionStream` is asynchronous.

mod bits;
mod huffman;
mod matches;
mod told;

use alloc::vec::Vec;

use self::{bits::Bits, huffman::Codes, matches::Matches};
use crate::dictionary::DICTIONARY;

/// The longest block that is stored as it is (RFC 1951, 3.2.4).
const MAX_STORED: usize = 0xffff;

/// What a block holds: a literal, or a length and a distance.
#[derive(Clone, Copy)]
struct Token {
    /// Literal, if there is no distance.
    length: u16,
    distance: u16,
}

/// Deflates `body` behind [`DICTIONARY`] and `earlier`, which whoever inflates it has already. Its first `packed` bytes are noise and stay as
/// they are; from `text` on it is of another kind than before.
pub(crate) fn deflate(earlier: &[u8], body: &[u8], packed: usize, text: usize) -> Vec<u8> {
    let mut bits = Bits::default();
    for chunk in body.get(..packed).unwrap_or_default().chunks(MAX_STORED) {
        bits.put(0, 3);
        bits.align();
        let length = chunk.len() as u16;
        bits.bytes(&length.to_le_bytes());
        bits.bytes(&(!length).to_le_bytes());
        bits.bytes(chunk);
    }
    let mut buffer = DICTIONARY.to_vec();
    buffer.extend_from_slice(earlier);
    let known = buffer.len();
    buffer.extend_from_slice(body);
    let (tokens, split) = tokens(Matches::of(&buffer, known), &buffer, known + packed, known + text);
    let (head, tail) = tokens.split_at_checked(split).unwrap_or_default();
    let (whole, first, second) = (Codes::of(&tokens), Codes::of(head), Codes::of(tail));
    if whole.bits <= first.bits + second.bits {
        whole.write(&tokens, true, &mut bits);
    } else {
        first.write(head, false, &mut bits);
        second.write(tail, true, &mut bits);
    }
    bits.finish()
}

/// What stands for the bytes from `start` on, and how much of it for those before `text`. A match is held back for one byte:
/// there may be a longer one.
fn tokens(mut matches: Matches<'_>, buffer: &[u8], start: usize, text: usize) -> (Vec<Token>, usize) {
    let (mut tokens, mut split, mut at) = (Vec::new(), 0, start);
    let mut held: Option<Token> = None;
    while at < buffer.len() || held.is_some() {
        if at <= text {
            split = tokens.len();
        }
        let found = matches.longest(at);
        match held.take() {
            Some(token) if token.distance > 0 && token.length >= found.length => {
                let end = at - 1 + usize::from(token.length);
                for skipped in at + 1..end {
                    matches.add(skipped);
                }
                tokens.push(token);
                at = end;
                continue;
            }
            Some(_) => tokens.push(Token { length: literal(buffer, at - 1), distance: 0 }),
            None => {}
        }
        if at < buffer.len() {
            held = Some(found);
        }
        at += 1;
    }
    (tokens, split)
}

fn literal(buffer: &[u8], at: usize) -> u16 {
    buffer.get(at).copied().unwrap_or_default().into()
}
