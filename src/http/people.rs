//! What people open in a browser: the landing, the pages about errors, the documents.

mod article;
pub mod docs;
pub mod error_pages;
pub mod landing;
mod landing_page;
mod library;
mod markdown;
pub mod meant;
pub mod reference;
pub mod slash;
