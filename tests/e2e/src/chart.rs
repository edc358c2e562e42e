//! Charts of the demo page.

use anyhow::{Result, ensure};
use serde_json::json;
use xtask::browser::tab::Page;

/// A chart shows each of its texts whole, as large as it was drawn, without scrolling.
pub async fn check_chart(page: &Page, place: &str) -> Result<()> {
    let script = "const place = document.querySelector(arguments[0]);
        const picture = place.querySelector('svg');
        const { left, right } = place.getBoundingClientRect();
        const outside = [...picture.querySelectorAll('text')]
            .filter((text) => text.getBoundingClientRect().left < left - 1 || text.getBoundingClientRect().right > right + 1)
            .map((text) => text.textContent);
        const scale = picture.getBoundingClientRect().width / picture.viewBox.baseVal.width;
        return [outside, Math.round(scale * 100)];";
    let found = page.client.execute(script, vec![json!(place)]).await?;
    ensure!(found == json!([[], 100]), "{place}: cut off, and scale in percent: {found}");
    Ok(())
}
