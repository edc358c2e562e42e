//! The console of the demo page, used as a visitor would.

use anyhow::Result;
use fantoccini::key::Key;
use xtask::browser::tab::Page;

/// Where statements are typed.
pub const EDITOR: &str = "#editor .cm-content";

/// Opens the page, and returns the line about Python when there is one.
pub async fn open(page: &Page, address: &str) -> Result<String> {
    page.client.goto(address).await?;
    page.wait_text("#status", |text| text.contains(" · path ")).await
}

/// Types lines, each with Enter.
pub async fn enter(page: &Page, lines: &str) -> Result<()> {
    let keys = format!("{lines}\n").replace('\n', &String::from(char::from(Key::Enter)));
    page.type_into(EDITOR, &keys).await
}

/// Runs a statement, and waits for a part of what comes after it. Returns all that came.
pub async fn run(page: &Page, statement: &str, expected: &str) -> Result<String> {
    enter(page, statement).await?;
    wait_after(page, statement, expected).await
}

/// Waits for a part of what comes after the last statement of this text.
pub async fn wait_after(page: &Page, statement: &str, expected: &str) -> Result<String> {
    let typed = format!(">>> {statement}\n");
    let after = |text: &str| text.rsplit_once(&typed).map(|(_, after)| after.to_owned());
    let text =
        page.wait_text("#output", |text| after(text).is_some_and(|text| text.contains(expected))).await?;
    Ok(after(&text).unwrap_or_default())
}

/// Waits until Python asks for a line of input.
pub async fn wait_for_question(page: &Page) -> Result<()> {
    page.wait_text("#asking", |text| text.contains("waits for a line")).await?;
    Ok(())
}
