//! Browsers of Debian and their WebDrivers. Not pinned: the suite has one version of each, the newest.

use std::{
    io::{BufRead, BufReader},
    net::{TcpListener, TcpStream},
    os::unix::process::CommandExt,
    path::Path,
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use serde_json::{Value, json};

use crate::{
    Workshop,
    browser::chromium_112,
    tools::{cargo_tool, need},
};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Browser {
    /// V8
    Chromium,
    /// V8 before WebAssembly GC, for stock Pyodide only
    Chromium112,
    /// SpiderMonkey
    Firefox,
    /// JavaScriptCore: WebKitGTK's small browser
    WebKit,
}

impl Browser {
    pub const ALL: [Self; 4] = [Self::Chromium, Self::Chromium112, Self::Firefox, Self::WebKit];

    /// The name for people and files.
    pub fn name(self) -> &'static str {
        match self {
            Self::Chromium => "Chromium",
            Self::Chromium112 => "Chromium 112",
            Self::Firefox => "Firefox",
            Self::WebKit => "WebKit",
        }
    }

    /// What a session is asked for; `profile` is an empty folder. Firefox is dark unless a preference
    /// says otherwise, the others are light: so both are seen.
    pub fn capabilities(
        self,
        workshop: &Workshop,
        profile: &Path,
        preferences: &[(&str, Value)],
    ) -> Result<Value> {
        let add = |mut known: Value| {
            for (name, value) in preferences {
                known[*name] = value.clone();
            }
            known
        };
        Ok(match self {
            Self::Chromium | Self::Chromium112 => json!({ "goog:chromeOptions": add(json!({
                "binary": match self {
                    Self::Chromium112 => chromium_112::program(workshop)?,
                    _ => "/usr/bin/chromium".into(),
                },
                "args": [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
                    "--disable-background-networking", "--disable-component-update", "--disable-sync",
                    "--window-size=1000,900", format!("--user-data-dir={}", profile.display()),
                ],
            })) }),
            Self::Firefox => json!({ "moz:firefoxOptions": {
                "binary": "/usr/bin/firefox-esr",
                "args": ["-headless", "--width=1000", "--height=900"],
                "prefs": add(json!({ "layout.css.prefers-color-scheme.content-override": 0 })),
            } }),
            Self::WebKit => json!({ "webkitgtk:browserOptions": {
                "binary": MINI_BROWSER,
                "args": ["--automation"],
            } }),
        })
    }
}

const MINI_BROWSER: &str = "/usr/lib/x86_64-linux-gnu/webkit2gtk-4.1/MiniBrowser";
/// Packages, and a program of each.
const PACKAGES: [(&str, &str); 5] = [
    ("chromium", "/usr/bin/chromium"),
    ("chromium-driver", "/usr/bin/chromedriver"),
    ("firefox-esr", "/usr/bin/firefox-esr"),
    ("webkit2gtk-driver", "/usr/bin/WebKitWebDriver"),
    ("xvfb", "/usr/bin/Xvfb"),
];

/// Installs what is missing: with apt-get as root, else it says what to install.
pub fn install(workshop: &Workshop) -> Result<()> {
    cargo_tool::install(workshop, "geckodriver")?;
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
        let install =
            ["install", "-y", "--no-install-recommends", "-o", "APT::Keep-Downloaded-Packages=false"];
        let arguments = install.into_iter().chain(missing);
        log.run(&cmd("apt-get", arguments).env("DEBIAN_FRONTEND", "noninteractive"))
    })
}

/// A running WebDriver, with a display where its browser needs one.
#[derive(Debug)]
pub struct Driver {
    processes: Vec<Child>,
    /// What a W3C client connects to.
    pub address: String,
}

impl Driver {
    /// Starts it on a free port of the loopback, installed unless it is there.
    pub fn start(workshop: &Workshop, browser: Browser, preferences: &[(&str, Value)]) -> Result<Self> {
        install(workshop)?;
        let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
        let mut driver = Self { processes: Vec::new(), address: format!("http://127.0.0.1:{port}") };
        let mut command = match browser {
            Browser::Chromium | Browser::Chromium112 => {
                let mut command = Command::new("/usr/bin/chromedriver");
                command.arg(format!("--port={port}"));
                if browser == Browser::Chromium112 {
                    command.arg("--disable-build-check");
                }
                command
            }
            Browser::Firefox => {
                let mut command =
                    Command::new(cargo_tool::install(workshop, "geckodriver")?.join("geckodriver"));
                command.args(["--port", &port.to_string()]);
                command
            }
            Browser::WebKit => {
                let display = driver.start_display()?;
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
        driver
            .processes
            .push(command.process_group(0).spawn().with_context(|| format!("start {command:?}"))?);
        wait_for("the WebDriver", || TcpStream::connect(("127.0.0.1", port)).is_ok())?;
        Ok(driver)
    }

    /// A virtual screen that no other program has; its name.
    fn start_display(&mut self) -> Result<String> {
        let mut command = Command::new("/usr/bin/Xvfb");
        command.args(["-displayfd", "1", "-screen", "0", "1200x1000x24", "-nolisten", "tcp"]);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut process = command.process_group(0).spawn().context("start Xvfb")?;
        let output = process.stdout.take();
        self.processes.push(process);
        // It prints its number when it is ready.
        let mut line = String::new();
        BufReader::new(output.context("Xvfb has no output")?).read_line(&mut line)?;
        let number: u32 = line.trim().parse().context("Xvfb did not start")?;
        Ok(format!(":{number}"))
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        for process in self.processes.iter_mut().rev() {
            // Its browsers as well, which may outlive it. It may have ended already.
            let group = format!("-{}", process.id());
            cmd!("kill", "-TERM", "--", group).stderr_null().unchecked().run().ok();
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
