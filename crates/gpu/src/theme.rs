//! Colours of the stage by night and by day.

use numerics::Real;

/// Dark or light ground.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Theme {
    /// Ink on paper: density takes light away.
    Light,
    /// Light on a dark stage: density adds light.
    Dark,
}

/// The colours of a theme that drawing needs, sRGB-encoded from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tokens {
    /// The ground.
    pub stage: [f32; 3],
    /// What is to be read: lines, marks, heads of trails.
    pub ink: [f32; 3],
    /// The live trajectory.
    pub accent: [f32; 3],
}

const fn hex(rgb: u32) -> [f32; 3] {
    [((rgb >> 16) & 255) as f32 / 255.0, ((rgb >> 8) & 255) as f32 / 255.0, (rgb & 255) as f32 / 255.0]
}

impl Theme {
    /// The colours of the theme.
    pub const fn tokens(self) -> Tokens {
        match self {
            Self::Light => Tokens { stage: hex(0xfdfdfb), ink: hex(0x15181b), accent: hex(0xbf360c) },
            Self::Dark => Tokens { stage: hex(0x07090c), ink: hex(0xe9ebec), accent: hex(0xff7d4d) },
        }
    }
}

/// The colour map viridis (van der Walt and Smith, matplotlib 1.5) at twenty equally spaced places.
const VIRIDIS: [u32; 20] = [
    0x440154, 0x481567, 0x482677, 0x453781, 0x404788, 0x39568c, 0x33638d, 0x2d708e, 0x287d8e, 0x238a8d,
    0x1f968b, 0x20a387, 0x29af7f, 0x3cbb75, 0x55c667, 0x73d055, 0x95d840, 0xb8de29, 0xdce319, 0xfde725,
];

/// viridis at `t` in `[0, 1]`, clamped, sRGB-encoded.
pub fn viridis(t: f32) -> [f32; 3] {
    let t = if t > 0.0 { if t < 1.0 { t } else { 1.0 } } else { 0.0 } * 19.0;
    let i = (t.floor() as usize).clamp(0, 18);
    let (a, b, f) = (hex(VIRIDIS[i]), hex(VIRIDIS[i + 1]), t - i as f32);
    [a[0] + (b[0] - a[0]) * f, a[1] + (b[1] - a[1]) * f, a[2] + (b[2] - a[2]) * f]
}

/// The part of viridis that a theme uses, at `t` in `[0, 1]`: its bright part by night, so that
/// every value glows, and its dark part by day, so that every value stays ink.
pub fn palette(theme: Theme, t: f32) -> [f32; 3] {
    let t = if t > 0.0 { t.smaller(1.0) } else { 0.0 };
    match theme {
        Theme::Dark => viridis(0.18 + 0.80 * t),
        Theme::Light => viridis(0.01 + 0.56 * t).map(|c| 0.86 * c),
    }
}
