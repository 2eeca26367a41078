//! What people open in a browser: the landing, the pages about errors, the reference.

mod article;
pub mod error_pages;
pub mod landing;
mod landing_page;
pub mod reference;
pub mod slash;
