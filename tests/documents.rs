//! What documents point to is there: files, headings, and the documents that code names.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

/// Files that git tracks or would track.
fn files() -> Vec<String> {
    let output = Command::new("git")
        .args(["ls-files", "--cached", "--others", "--exclude-standard"])
        .current_dir(root())
        .output()
        .expect("git");
    let text = String::from_utf8(output.stdout).expect("UTF-8");
    text.lines().filter(|name| root().join(name).exists()).map(str::to_owned).collect()
}

/// Each document with its prose: without the blocks of code.
fn documents() -> Vec<(String, String)> {
    let prose = |text: &str| text.split("\n```").step_by(2).collect::<Vec<_>>().join("\n");
    let names = files().into_iter().filter(|name| name.ends_with(".md"));
    names.map(|name| (name.clone(), prose(&read(&name)))).collect()
}

/// A heading as a link names it.
fn anchor(heading: &str) -> String {
    let kept = |c: &char| c.is_alphanumeric() || "-_ ".contains(*c);
    heading.to_lowercase().chars().filter(kept).collect::<String>().replace(' ', "-")
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut wrong = Vec::new();
    let mut links = 0;
    for (name, prose) in documents() {
        let folder = root().join(&name).parent().expect("a folder").to_owned();
        for rest in prose.split("](").skip(1) {
            let target = rest.split(')').next().unwrap_or_default();
            if target.contains("://") {
                continue;
            }
            links += 1;
            let (path, heading) = target.split_once('#').unwrap_or((target, ""));
            let file = if path.is_empty() { root().join(&name) } else { folder.join(path) };
            let has_heading = |text: String| {
                let mut headings = text.lines().filter(|line| line.starts_with('#'));
                headings.any(|line| anchor(line.trim_start_matches('#').trim()) == heading)
            };
            if !file.exists() || !heading.is_empty() && !fs::read_to_string(&file).is_ok_and(has_heading) {
                wrong.push(format!("{name}: {target}"));
            }
        }
    }
    assert!(links > 20 && wrong.is_empty(), "{links} links, these lead nowhere:\n{}", wrong.join("\n"));
}

/// The folders of this project; what other projects have is in docs/upstream.md.
const FOLDERS: &str = "audit benches build demo docs examples include npm packaging src tests xtask";

#[test]
fn paths_in_documents_are_there() {
    let mut missing = Vec::new();
    let mut paths = 0;
    for (name, prose) in documents().into_iter().filter(|(name, _)| name != "docs/upstream.md") {
        for quoted in prose.split('`').skip(1).step_by(2) {
            let is_path = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
            let starts = quoted
                .split_once('/')
                .is_some_and(|(first, _)| FOLDERS.split(' ').any(|folder| folder == first));
            if !starts || !quoted.chars().all(is_path) {
                continue;
            }
            paths += 1;
            let beside = root().join(&name).parent().expect("a folder").join(quoted);
            if !root().join(quoted).exists() && !beside.exists() {
                missing.push(format!("{name}: {quoted}"));
            }
        }
    }
    assert!(paths > 50 && missing.is_empty(), "{paths} paths, there are no\n{}", missing.join("\n"));
}

/// Messages and comments send readers to documents.
#[test]
fn documents_that_code_names_are_there() {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let mut missing = Vec::new();
    for file in files() {
        let Ok(text) = fs::read_to_string(root().join(&file)) else { continue };
        for rest in text.split("docs/").skip(1) {
            let name = rest.split(|c| !is_name(c)).next().unwrap_or_default().trim_end_matches('.');
            if name.ends_with(".md") && !Path::new(&root()).join("docs").join(name).exists() {
                missing.push(format!("{file}: docs/{name}"));
            }
        }
    }
    assert!(missing.is_empty(), "there are no\n{}", missing.join("\n"));
}
