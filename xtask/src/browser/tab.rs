//! Pages in real browsers, by WebDriver.

use std::{fs, path::Path, time::Duration};

use anyhow::{Context, Result, ensure};
use fantoccini::{Client, ClientBuilder, Locator, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::Value;

use crate::{
    Workshop,
    browser::{
        chromium_112,
        driver::{Browser, Driver},
    },
};

/// How long anything in a page may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// One browser with one page.
pub struct Page {
    /// For all that has no method here.
    pub client: Client,
    pub browser: Browser,
}

/// Runs a test in a fresh browser.
pub fn with_page<T>(
    workshop: &Workshop,
    browser: Browser,
    test: impl AsyncFnOnce(&Page) -> Result<T>,
) -> Result<T> {
    with_preferences(workshop, browser, &[], test)
}

/// The same with preferences: `about:config` of Firefox, options of Chromium, variables of WebKit's process.
pub fn with_preferences<T>(
    workshop: &Workshop,
    browser: Browser,
    preferences: &[(&str, Value)],
    test: impl AsyncFnOnce(&Page) -> Result<T>,
) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let profile = tempfile::tempdir()?;
    let driver = Driver::start(workshop, browser, preferences)?;
    runtime.block_on(async {
        let capabilities = browser.capabilities(workshop, profile.path(), preferences)?;
        let capabilities: Capabilities =
            serde_json::from_value(capabilities).context("capabilities are an object")?;
        let client = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities)
            .connect(&driver.address)
            .await
            .with_context(|| format!("start {}", browser.name()))?;
        let page = Page { client, browser };
        let result = match tokio::time::timeout(2 * PATIENCE, test(&page)).await {
            Ok(result) => result.with_context(|| browser.name()),
            Err(_) => Err(anyhow::anyhow!("{} does not answer", browser.name())),
        };
        // Its driver ends anyway.
        tokio::time::timeout(Duration::from_secs(5), page.client.clone().close()).await.ok();
        result
    })
}

impl Page {
    pub async fn text(&self, selector: &str) -> Result<String> {
        let element = self.client.find(Locator::Css(selector)).await?;
        Ok(element.text().await?)
    }

    /// Waits until `done` accepts an element's text; returns the text.
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

    pub async fn count(&self, selector: &str) -> Result<usize> {
        Ok(self.client.find_all(Locator::Css(selector)).await?.len())
    }

    /// The browser's version, as its driver reports it.
    pub fn version(&self) -> Result<String> {
        let version = self.client.capabilities().and_then(|found| found.get("browserVersion")?.as_str());
        Ok(version.context("no browserVersion among the capabilities")?.to_owned())
    }

    pub async fn press(&self, selector: &str) -> Result<()> {
        Ok(self.client.find(Locator::Css(selector)).await?.click().await?)
    }

    pub async fn type_into(&self, selector: &str, text: &str) -> Result<()> {
        Ok(self.client.find(Locator::Css(selector)).await?.send_keys(text).await?)
    }

    /// What went wrong in the page so far: errors.js.
    pub async fn errors(&self) -> Result<Vec<String>> {
        let value = self.evaluate("globalThis.pageErrors ?? ['errors.js is not there']").await?;
        Ok(serde_json::from_value(value)?)
    }

    /// Leaves for another address.
    pub async fn open(&self, address: &str) -> Result<()> {
        if self.browser == Browser::Chromium112 {
            return self.evaluate(&format!("location.href = '{address}'")).await.map(drop);
        }
        Ok(self.client.goto(address).await?)
    }

    /// The value of a JavaScript expression.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        if self.browser == Browser::Chromium112 {
            let command = chromium_112::Evaluate(expression.to_owned());
            return chromium_112::value(&self.client.issue_cmd(command).await?);
        }
        Ok(self.client.execute(&format!("return {expression};"), vec![]).await?)
    }

    /// Keeps a picture for people.
    pub async fn screenshot(&self, folder: &Path, name: &str) -> Result<()> {
        fs::create_dir_all(folder)?;
        self.client.execute("scrollTo(0, 0)", vec![]).await?;
        let picture = self.client.screenshot().await?;
        fs::write(folder.join(format!("{}-{name}.png", self.browser.name().to_lowercase())), picture)?;
        Ok(())
    }
}
