//! Small pictures for the gallery, drawn by the program itself.

use crate::error::ExhibitError;
use crate::exhibit::Means;
use crate::session::Session;
use gpu::raster::Raster;
use gpu::scene::{Camera, Theme};
use recipe::Recipe;

/// Steps before the picture is taken.
const STEPS: u64 = 700;
/// Copies on a thumbnail.
const COPIES: &str = "24";

/// An RGBA picture of a member of the gallery, `size` pixels square.
///
/// # Errors
/// There is no such member.
pub fn thumbnail(slug: &str, size: u32, dark: bool) -> Result<Vec<u8>, ExhibitError> {
    let mut recipe = Recipe::new(slug);
    let mut session = match zoo::find(slug) {
        Some(_) => {
            recipe.set_control("copies", Some(COPIES.into()));
            Session::start(recipe, Means::default())?
        }
        // What an exhibit learns stands for it; training for a thumbnail would be too dear.
        None => Session::start(recipe, Means::default())?,
    };
    if zoo::find(slug).is_some() {
        session.run().advance(crate::exhibit::Budget {
            deadline: web_time::Instant::now() + std::time::Duration::from_secs(1),
            until: Some(STEPS),
        });
    }
    let mut scene = session.run().scene();
    scene.panels.truncate(1);
    let theme = if dark { Theme::Dark } else { Theme::Light };
    Ok(Raster::new(size, size).draw(&scene, &Camera::default(), theme, 1.0).to_vec())
}
