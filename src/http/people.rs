//! What people's browsers come to: the landing, the pages about errors, the reference.

mod article;
pub mod error_pages;
pub mod landing;
mod landing_page;
pub mod reference;
pub mod slash;
