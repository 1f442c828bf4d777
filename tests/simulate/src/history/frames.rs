//! Frames, as JavaScript writes them for the recorder: see `wasm-sdk/src/frame.rs`.

/// An attribute: a text, or a list with this one text.
#[derive(Clone, Debug)]
pub(super) enum Told {
    Text(String),
    List(String),
}

/// What an event is called and has.
pub(super) fn finish(name: &str, attributes: &[(&str, Told)]) -> Vec<u8> {
    let mut frame = Vec::new();
    text(&mut frame, name);
    frame.extend((attributes.len() as u32).to_le_bytes());
    for (key, value) in attributes {
        text(&mut frame, key);
        match value {
            Told::Text(value) => {
                frame.push(0);
                text(&mut frame, value);
            }
            Told::List(value) => {
                frame.push(4);
                frame.extend(1u32.to_le_bytes());
                text(&mut frame, value);
            }
        }
    }
    frame
}

fn text(frame: &mut Vec<u8>, text: &str) {
    frame.extend((text.len() as u32).to_le_bytes());
    frame.extend(text.as_bytes());
}
