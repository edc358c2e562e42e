//! Pages in real browsers, by WebDriver.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use fantoccini::{Client, ClientBuilder, Locator, key::Key, wd::Capabilities};
use serde_json::Value;

use crate::{
    Workshop,
    browsers::{Browser, Driver},
};

/// How long anything in a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser with one page.
pub struct Page {
    /// For what the methods do not have.
    pub client: Client,
    /// Whose engine.
    pub browser: Browser,
}

/// Runs a test in a fresh browser.
pub fn with_page<T>(
    workshop: &Workshop,
    browser: Browser,
    test: impl AsyncFnOnce(&Page) -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let profile = tempfile::tempdir()?;
    let driver = Driver::start(workshop, browser)?;
    runtime.block_on(async {
        let Value::Object(capabilities) = browser.capabilities(profile.path()) else {
            anyhow::bail!("capabilities are an object");
        };
        let capabilities: Capabilities = capabilities;
        let client = ClientBuilder::new(hyper_util_connector())
            .capabilities(capabilities)
            .connect(&driver.address)
            .await
            .with_context(|| format!("start {}", browser.name()))?;
        let page = Page { client, browser };
        let result = match tokio::time::timeout(10 * PATIENCE, test(&page)).await {
            Ok(result) => result.with_context(|| browser.name()),
            Err(_) => Err(anyhow::anyhow!("{} does not answer", browser.name())),
        };
        // Its driver ends anyway.
        tokio::time::timeout(Duration::from_secs(5), page.client.clone().close()).await.ok();
        result
    })
}

fn hyper_util_connector() -> hyper_util::client::legacy::connect::HttpConnector {
    hyper_util::client::legacy::connect::HttpConnector::new()
}

impl Page {
    /// The text of an element, by script: WebKitGTK's driver waits for ever on its own command for it
    /// while a worker of the page compiles.
    pub async fn text(&self, selector: &str) -> Result<String> {
        let script = "return document.querySelector(arguments[0]).innerText;";
        let text = self.client.execute(script, vec![selector.into()]).await?;
        Ok(text.as_str().with_context(|| format!("{selector} has no text"))?.to_owned())
    }

    /// Waits until an element's text satisfies.
    pub async fn wait_text(&self, selector: &str, done: impl Fn(&str) -> bool) -> Result<String> {
        let start = std::time::Instant::now();
        loop {
            let text = self.text(selector).await?;
            if done(&text) {
                return Ok(text);
            }
            ensure!(
                start.elapsed() < PATIENCE,
                "{selector} still says {text:?}; errors: {:?}; problem: {:?}",
                self.errors().await?,
                self.text("body").await?
            );
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    }

    /// Presses a button: by the mouse, in WebKitGTK by the keyboard, whose driver waits for ever on a
    /// click where no window manager gives its window the focus.
    pub async fn press(&self, selector: &str) -> Result<()> {
        if self.browser == Browser::WebKit {
            return self.type_into(selector, &char::from(Key::Enter).to_string()).await;
        }
        Ok(self.client.find(Locator::Css(selector)).await?.click().await?)
    }

    /// Types into an element.
    pub async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        Ok(self.client.find(Locator::Css(selector)).await?.send_keys(text).await?)
    }

    /// What went wrong in the page so far: errors.js.
    pub async fn errors(&self) -> Result<Vec<String>> {
        let value = self
            .client
            .execute("return globalThis.pageErrors ?? ['errors.js is not there'];", vec![])
            .await?;
        Ok(serde_json::from_value(value)?)
    }

    /// Keeps a picture for people.
    pub async fn screenshot(&self, folder: &Path, name: &str) -> Result<()> {
        fs::create_dir_all(folder)?;
        let picture = self.client.screenshot().await?;
        fs::write(folder.join(format!("{}-{name}.png", self.browser.name().to_lowercase())), picture)?;
        Ok(())
    }
}
