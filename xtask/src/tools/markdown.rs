//! What records say, in Markdown that people write: between `<!-- name -->` and `<!-- /name -->`.

use std::{fs, path::Path};

use anyhow::{Context, Result};

/// Replaces what stands between the marks of a name.
pub fn replace(file: &Path, name: &str, text: &str) -> Result<()> {
    let known = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let [begin, end] = [format!("<!-- {name} -->\n"), format!("<!-- /{name} -->")];
    let place = known.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
    let (before, after) =
        place.with_context(|| format!("{} has no {} and {end}", file.display(), begin.trim_end()))?;
    Ok(fs::write(file, format!("{before}{begin}\n{text}\n{end}{after}"))?)
}

/// What stands between the marks of a name.
pub fn part(file: &Path, name: &str) -> Result<String> {
    let text = fs::read_to_string(file).with_context(|| format!("read {}", file.display()))?;
    let [begin, end] = [format!("<!-- {name} -->"), format!("<!-- /{name} -->")];
    let part = text.split_once(&begin).and_then(|(_, rest)| rest.split_once(&end));
    let (part, _) = part.with_context(|| format!("{} has no {begin} and {end}", file.display()))?;
    Ok(part.to_owned())
}

/// The cells of all lines of tables, however they are padded.
pub fn rows(text: &str) -> Vec<Vec<String>> {
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect();
    text.lines().filter(|line| line.starts_with('|') && !line.contains("---")).map(cells).collect()
}
