//! Labels in a picture: a small alphabet of five by seven dots, for who has no page to lay text over it.

use gpu::scene::{Anchor, Label, LabelKind};

/// Dots of a letter, across and down.
const WIDE: usize = 5;
const HIGH: usize = 7;
/// Dots from one letter to the next.
const PACE: usize = WIDE + 1;

/// A letter and its rows, from the top; the highest of five bits is the leftmost dot.
type Glyph = (char, [u8; HIGH]);

/// Rows of a letter; a box for one that the alphabet lacks.
fn rows(letter: char) -> [u8; HIGH] {
    // The true minus and its like look as a hyphen does at this size.
    let letter = match letter {
        '\u{2212}' | '\u{2013}' => '-',
        '\u{b7}' | '\u{d7}' => '*',
        'ϵ' => 'ε',
        'µ' => 'μ',
        other => other,
    };
    if letter.is_whitespace() {
        return [0; HIGH];
    }
    let found = GLYPHS.iter().find(|(glyph, _)| *glyph == letter);
    found.map_or([0b11111, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11111], |(_, rows)| *rows)
}

/// Writes a label into an RGBA picture of `size` pixels, at `scale` pixels a CSS pixel.
pub(crate) fn write(pixels: &mut [u8], size: [u32; 2], label: &Label, scale: f64, ink: [u8; 3]) {
    // Letters of 8 CSS pixels, titles of 16.
    let large = if label.kind == LabelKind::Title { 2.0 } else { 1.0 };
    let dot = ((scale * large * 1.15).round() as i64).max(1);
    let letters: Vec<char> = label.text.chars().collect();
    let length = (letters.len() * PACE).saturating_sub(1) as i64 * dot;
    let left = (label.x * scale).round() as i64
        - match label.anchor {
            Anchor::Start => 0,
            Anchor::Middle => length / 2,
            Anchor::End => length,
        };
    let top = (label.y * scale).round() as i64 - HIGH as i64 * dot / 2;
    for (place, letter) in letters.into_iter().enumerate() {
        for (row, bits) in rows(letter).into_iter().enumerate() {
            for column in (0..WIDE).filter(|column| bits >> (WIDE - 1 - column) & 1 == 1) {
                let x = left + (place * PACE + column) as i64 * dot;
                square(pixels, size, [x, top + row as i64 * dot], dot, ink);
            }
        }
    }
}

/// Fills a square, as far as it lies in the picture.
fn square(pixels: &mut [u8], [width, height]: [u32; 2], [left, top]: [i64; 2], side: i64, ink: [u8; 3]) {
    for y in top.max(0)..(top + side).min(i64::from(height)) {
        for x in left.max(0)..(left + side).min(i64::from(width)) {
            let at = 4 * (y * i64::from(width) + x) as usize;
            if let Some(pixel) = pixels.get_mut(at..at + 3) {
                pixel.copy_from_slice(&ink);
            }
        }
    }
}

#[rustfmt::skip]
const GLYPHS: &[Glyph] = &[
    ('0', [0b01110, 0b10001, 0b10011, 0b10101, 0b11001, 0b10001, 0b01110]),
    ('1', [0b00100, 0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('2', [0b01110, 0b10001, 0b00001, 0b00110, 0b01000, 0b10000, 0b11111]),
    ('3', [0b11110, 0b00001, 0b00001, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('4', [0b00010, 0b00110, 0b01010, 0b10010, 0b11111, 0b00010, 0b00010]),
    ('5', [0b11111, 0b10000, 0b11110, 0b00001, 0b00001, 0b10001, 0b01110]),
    ('6', [0b00110, 0b01000, 0b10000, 0b11110, 0b10001, 0b10001, 0b01110]),
    ('7', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b01000, 0b01000]),
    ('8', [0b01110, 0b10001, 0b10001, 0b01110, 0b10001, 0b10001, 0b01110]),
    ('9', [0b01110, 0b10001, 0b10001, 0b01111, 0b00001, 0b00010, 0b01100]),
    ('A', [0b01110, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('B', [0b11110, 0b10001, 0b10001, 0b11110, 0b10001, 0b10001, 0b11110]),
    ('C', [0b01110, 0b10001, 0b10000, 0b10000, 0b10000, 0b10001, 0b01110]),
    ('D', [0b11110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b11110]),
    ('E', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b11111]),
    ('F', [0b11111, 0b10000, 0b10000, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('G', [0b01110, 0b10001, 0b10000, 0b10111, 0b10001, 0b10001, 0b01111]),
    ('H', [0b10001, 0b10001, 0b10001, 0b11111, 0b10001, 0b10001, 0b10001]),
    ('I', [0b01110, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('J', [0b00111, 0b00010, 0b00010, 0b00010, 0b00010, 0b10010, 0b01100]),
    ('K', [0b10001, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010, 0b10001]),
    ('L', [0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b10000, 0b11111]),
    ('M', [0b10001, 0b11011, 0b10101, 0b10101, 0b10001, 0b10001, 0b10001]),
    ('N', [0b10001, 0b11001, 0b10101, 0b10011, 0b10001, 0b10001, 0b10001]),
    ('O', [0b01110, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('P', [0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000, 0b10000]),
    ('Q', [0b01110, 0b10001, 0b10001, 0b10001, 0b10101, 0b10010, 0b01101]),
    ('R', [0b11110, 0b10001, 0b10001, 0b11110, 0b10100, 0b10010, 0b10001]),
    ('S', [0b01111, 0b10000, 0b10000, 0b01110, 0b00001, 0b00001, 0b11110]),
    ('T', [0b11111, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('U', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('V', [0b10001, 0b10001, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    ('W', [0b10001, 0b10001, 0b10001, 0b10101, 0b10101, 0b11011, 0b10001]),
    ('X', [0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001, 0b10001]),
    ('Y', [0b10001, 0b10001, 0b01010, 0b00100, 0b00100, 0b00100, 0b00100]),
    ('Z', [0b11111, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b11111]),
    ('a', [0b00000, 0b00000, 0b01110, 0b00001, 0b01111, 0b10001, 0b01111]),
    ('b', [0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b10001, 0b11110]),
    ('c', [0b00000, 0b00000, 0b01110, 0b10000, 0b10000, 0b10001, 0b01110]),
    ('d', [0b00001, 0b00001, 0b01111, 0b10001, 0b10001, 0b10001, 0b01111]),
    ('e', [0b00000, 0b00000, 0b01110, 0b10001, 0b11111, 0b10000, 0b01110]),
    ('f', [0b00110, 0b01000, 0b11100, 0b01000, 0b01000, 0b01000, 0b01000]),
    ('g', [0b00000, 0b01111, 0b10001, 0b10001, 0b01111, 0b00001, 0b01110]),
    ('h', [0b10000, 0b10000, 0b11110, 0b10001, 0b10001, 0b10001, 0b10001]),
    ('i', [0b00100, 0b00000, 0b01100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('j', [0b00010, 0b00000, 0b00110, 0b00010, 0b00010, 0b10010, 0b01100]),
    ('k', [0b10000, 0b10000, 0b10010, 0b10100, 0b11000, 0b10100, 0b10010]),
    ('l', [0b01100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b01110]),
    ('m', [0b00000, 0b00000, 0b11010, 0b10101, 0b10101, 0b10101, 0b10101]),
    ('n', [0b00000, 0b00000, 0b11110, 0b10001, 0b10001, 0b10001, 0b10001]),
    ('o', [0b00000, 0b00000, 0b01110, 0b10001, 0b10001, 0b10001, 0b01110]),
    ('p', [0b00000, 0b11110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000]),
    ('q', [0b00000, 0b01111, 0b10001, 0b10001, 0b01111, 0b00001, 0b00001]),
    ('r', [0b00000, 0b00000, 0b10110, 0b11000, 0b10000, 0b10000, 0b10000]),
    ('s', [0b00000, 0b00000, 0b01111, 0b10000, 0b01110, 0b00001, 0b11110]),
    ('t', [0b01000, 0b01000, 0b11100, 0b01000, 0b01000, 0b01001, 0b00110]),
    ('u', [0b00000, 0b00000, 0b10001, 0b10001, 0b10001, 0b10011, 0b01101]),
    ('v', [0b00000, 0b00000, 0b10001, 0b10001, 0b10001, 0b01010, 0b00100]),
    ('w', [0b00000, 0b00000, 0b10001, 0b10101, 0b10101, 0b10101, 0b01010]),
    ('x', [0b00000, 0b00000, 0b10001, 0b01010, 0b00100, 0b01010, 0b10001]),
    ('y', [0b00000, 0b10001, 0b10001, 0b10001, 0b01111, 0b00001, 0b01110]),
    ('z', [0b00000, 0b00000, 0b11111, 0b00010, 0b00100, 0b01000, 0b11111]),
    ('-', [0b00000, 0b00000, 0b00000, 0b11111, 0b00000, 0b00000, 0b00000]),
    ('+', [0b00000, 0b00100, 0b00100, 0b11111, 0b00100, 0b00100, 0b00000]),
    ('.', [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b01100]),
    (',', [0b00000, 0b00000, 0b00000, 0b00000, 0b01100, 0b00100, 0b01000]),
    ('(', [0b00010, 0b00100, 0b01000, 0b01000, 0b01000, 0b00100, 0b00010]),
    (')', [0b01000, 0b00100, 0b00010, 0b00010, 0b00010, 0b00100, 0b01000]),
    ('/', [0b00001, 0b00001, 0b00010, 0b00100, 0b01000, 0b10000, 0b10000]),
    ('=', [0b00000, 0b00000, 0b11111, 0b00000, 0b11111, 0b00000, 0b00000]),
    ('|', [0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100, 0b00100]),
    (':', [0b00000, 0b01100, 0b01100, 0b00000, 0b01100, 0b01100, 0b00000]),
    ('_', [0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b00000, 0b11111]),
    ('\'', [0b00100, 0b00100, 0b01000, 0b00000, 0b00000, 0b00000, 0b00000]),
    ('*', [0b00000, 0b10101, 0b01110, 0b11111, 0b01110, 0b10101, 0b00000]),
    ('^', [0b00100, 0b01010, 0b10001, 0b00000, 0b00000, 0b00000, 0b00000]),
    ('<', [0b00010, 0b00100, 0b01000, 0b10000, 0b01000, 0b00100, 0b00010]),
    ('>', [0b01000, 0b00100, 0b00010, 0b00001, 0b00010, 0b00100, 0b01000]),
    ('%', [0b11001, 0b11001, 0b00010, 0b00100, 0b01000, 0b10011, 0b10011]),
    ('[', [0b01110, 0b01000, 0b01000, 0b01000, 0b01000, 0b01000, 0b01110]),
    (']', [0b01110, 0b00010, 0b00010, 0b00010, 0b00010, 0b00010, 0b01110]),
    ('α', [0b00000, 0b00000, 0b01101, 0b10010, 0b10010, 0b10010, 0b01101]),
    ('β', [0b01110, 0b10001, 0b11110, 0b10001, 0b11110, 0b10000, 0b10000]),
    ('γ', [0b00000, 0b10001, 0b10001, 0b01010, 0b00100, 0b01010, 0b00100]),
    ('δ', [0b00110, 0b01000, 0b00100, 0b01110, 0b10001, 0b10001, 0b01110]),
    ('ε', [0b00000, 0b00000, 0b01111, 0b10000, 0b01110, 0b10000, 0b01111]),
    ('θ', [0b00000, 0b01110, 0b10001, 0b11111, 0b10001, 0b01110, 0b00000]),
    ('λ', [0b01000, 0b00100, 0b00100, 0b01010, 0b01010, 0b10001, 0b10001]),
    ('μ', [0b00000, 0b10001, 0b10001, 0b10011, 0b11101, 0b10000, 0b10000]),
    ('ρ', [0b00000, 0b01110, 0b10001, 0b10001, 0b11110, 0b10000, 0b10000]),
    ('σ', [0b00000, 0b00000, 0b01111, 0b10010, 0b10001, 0b10001, 0b01110]),
    ('τ', [0b00000, 0b00000, 0b11111, 0b00100, 0b00100, 0b00101, 0b00010]),
    ('φ', [0b00100, 0b01110, 0b10101, 0b10101, 0b01110, 0b00100, 0b00100]),
    ('ω', [0b00000, 0b00000, 0b01010, 0b10001, 0b10101, 0b10101, 0b01010]),
    ('π', [0b00000, 0b00000, 0b11111, 0b01010, 0b01010, 0b01010, 0b10011]),
];

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str, x: f64, anchor: Anchor) -> Vec<String> {
        let label = Label { text: text.into(), x, y: 4.0, anchor, kind: LabelKind::Tick, panel: 0 };
        let (width, height) = (12, 8);
        let mut pixels = vec![255; 4 * width * height];
        write(&mut pixels, [width as u32, height as u32], &label, 1.0, [0, 0, 0]);
        let line = |row: &[u8]| row.chunks(4).map(|p| if p[0] == 0 { '#' } else { '.' }).collect();
        pixels.chunks(4 * width).map(line).collect()
    }

    #[test]
    fn a_label_stands_where_its_anchor_says() {
        let start = written("L", 1.0, Anchor::Start);
        assert_eq!(start[1], ".#..........");
        assert_eq!(start[7], ".#####......");
        assert_eq!(written("L", 11.0, Anchor::End)[7], "......#####.");
        assert_eq!(written("L", 6.0, Anchor::Middle)[7], "....#####...");
    }

    #[test]
    fn a_label_is_cut_at_the_edge_of_the_picture() {
        assert_eq!(written("LL", 9.0, Anchor::Start)[7], ".........###");
        assert_eq!(written("L", -2.0, Anchor::Start)[7], "###.........");
        assert!(written("L", 1e12, Anchor::Start).iter().all(|row| !row.contains('#')));
    }

    #[test]
    fn every_letter_looks_like_no_other() {
        for (index, (letter, rows)) in GLYPHS.iter().enumerate() {
            for (other, others) in &GLYPHS[index + 1..] {
                assert!(letter != other && rows != others, "{letter} {other}");
            }
        }
        assert_eq!(rows('\u{2212}'), rows('-'));
    }
}
