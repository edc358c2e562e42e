//! Browsers of Debian and their WebDrivers. Not pinned: the suite has one version of each, the newest.

use std::{
    net::{TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::{Value, json};

use crate::{Workshop, page, workshop::need};

/// The three engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// V8
    Chromium,
    /// SpiderMonkey
    Firefox,
    /// JavaScriptCore: WebKitGTK's small browser
    WebKit,
}

impl Browser {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Chromium, Self::Firefox, Self::WebKit];

    /// For people and file names.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// What a session is asked for; `profile` is an empty folder. Firefox is dark unless a preference
    /// says otherwise, the others are light: so both are seen.
    pub fn capabilities(self, profile: &Path, preferences: &[(&str, Value)]) -> Value {
        let mut dark = json!({ "layout.css.prefers-color-scheme.content-override": 0 });
        for (name, value) in preferences {
            dark[*name] = value.clone();
        }
        match self {
            Self::Chromium => json!({ "goog:chromeOptions": {
                "binary": "/usr/bin/chromium",
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--window-size=1000,900", format!("--user-data-dir={}", profile.display()),
                ],
            } }),
            Self::Firefox => json!({ "moz:firefoxOptions": {
                "binary": "/usr/bin/firefox-esr",
                "args": ["-headless", "--width=1000", "--height=900"],
                "prefs": dark,
            } }),
            Self::WebKit => json!({ "webkitgtk:browserOptions": {
                "binary": MINI_BROWSER,
                "args": ["--automation"],
            } }),
        }
    }
}

const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// A program of each package.
const PACKAGES: [(&str, &str); 5] = [
    ("chromium", "/usr/bin/chromium"),
    ("chromium-driver", "/usr/bin/chromedriver"),
    ("firefox-esr", "/usr/bin/firefox-esr"),
    ("webkit2gtk-driver", "/usr/bin/WebKitWebDriver"),
    ("xvfb", "/usr/bin/Xvfb"),
];

/// Installs what is missing: with apt-get as root, else it says what to install.
pub fn install(workshop: &Workshop) -> Result<()> {
    page::cargo_tool(workshop, "geckodriver")?;
    let missing: Vec<&str> =
        PACKAGES.iter().filter(|(_, file)| !Path::new(file).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() {
        return Ok(());
    }
    need("apt-get", "apt")?;
    let root = cmd!("id", "-u").read()?.trim() == "0";
    ensure!(root, "browsers are missing: apt-get install {}", missing.join(" "));
    workshop.steps.always("browsers", |log| {
        log.run(&cmd!("apt-get", "update"))?;
        let arguments = ["install", "-y", "--no-install-recommends"].into_iter().chain(missing);
        log.run(&cmd("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    })
}

/// A running WebDriver, with a display where its browser needs one.
#[derive(Debug)]
pub struct Driver {
    processes: Vec<Child>,
    /// For a W3C client.
    pub address: String,
}

impl Driver {
    /// Starts it on a free port of the loopback.
    pub fn start(workshop: &Workshop, browser: Browser, preferences: &[(&str, Value)]) -> Result<Self> {
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut driver = Self { processes: Vec::new(), address: format!("http://127.0.0.1:{port}") };
        let mut command = match browser {
            Browser::Chromium => {
                let mut command = Command::new("/usr/bin/chromedriver");
                command.arg(format!("--port={port}"));
                command
            }
            Browser::Firefox => {
                let mut command =
                    Command::new(page::cargo_tool(workshop, "geckodriver")?.join("geckodriver"));
                command.args(["--port", &port.to_string()]);
                command
            }
            Browser::WebKit => {
                let display = driver.start_display(port)?;
                let mut command = Command::new("/usr/bin/WebKitWebDriver");
                command.arg(format!("--port={port}")).env("DISPLAY", display);
                for (name, value) in preferences {
                    command.env(name, value.to_string());
                }
                // Its sandbox does not work for root.
                command.env("WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS", "1");
                command
            }
        };
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        driver.processes.push(command.spawn().with_context(|| format!("start {command:?}"))?);
        wait_for("the WebDriver", || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(driver)
    }

    /// A virtual screen; its number is the port's.
    fn start_display(&mut self, port: u16) -> Result<String> {
        let mut command = Command::new("/usr/bin/Xvfb");
        command.args([&format!(":{port}"), "-screen", "0", "1200x1000x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.processes.push(command.spawn().context("start Xvfb")?);
        let socket = format!("/tmp/.X11-unix/X{port}");
        wait_for("Xvfb", || Path::new(&socket).exists())?;
        Ok(format!(":{port}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // It may have ended already.
            process.kill().ok();
            process.wait().ok();
        }
    }
}

fn wait_for(what: &str, ready: impl Fn() -> bool) -> Result<()> {
    let start = Instant::now();
    while !ready() {
        ensure!(start.elapsed() < Duration::from_secs(30), "{what} did not start in 30 s");
        thread::sleep(Duration::from_millis(50));
    }
    Ok(())
}
