//! Signing keys as their operator handles them: made, read from files, refused, named and replaced.

#[path = "signing/key_files.rs"]
mod key_files;
#[path = "signing/rotation.rs"]
mod rotation;
mod support;
