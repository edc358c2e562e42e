//! Real browsers: their drivers, their tabs, and a server of static files.

mod chromium_112;
pub mod driver;
pub mod serve;
pub mod tab;
