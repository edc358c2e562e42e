//! Real browsers: their drivers, their tabs, and a server of static files.

pub mod driver;
pub mod files;
pub mod serve;
pub mod tab;
