//! A table that people can read.

use crate::{Finding, Report, Verdict};

/// The findings as text: a line each, aligned, the worst first; then the counts.
pub fn table(report: &Report) -> String {
    let mut rows = vec![["verdict", "where", "slot", "declared", "expected", "repair"].map(str::to_owned)];
    rows.extend(report.findings.iter().map(row));
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..rows[0].len()).map(width).collect();
    let mut text = String::new();
    if !report.findings.is_empty() {
        for row in &rows {
            let cells = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            let line = cells.collect::<Vec<_>>().join("  ");
            text.push_str(line.trim_end());
            text.push('\n');
        }
    }
    text.push_str(&summary(report));
    text
}

fn row(finding: &Finding) -> [String; 6] {
    let repair = match finding.mend.reason() {
        _ if finding.verdict == Verdict::Handled => "not required",
        None => "adapter",
        Some(reason) => reason,
    };
    [
        finding.verdict.name().to_owned(),
        finding.full_name(),
        finding.callee.name.to_owned(),
        finding.declared_text(),
        finding.callee.expected().to_string(),
        repair.to_owned(),
    ]
}

fn summary(report: &Report) -> String {
    let count = |verdict| report.findings.iter().filter(|finding| finding.verdict == verdict).count();
    let counts: Vec<String> = Verdict::ALL
        .iter()
        .map(|verdict| (verdict, count(*verdict)))
        .filter(|(_, count)| *count > 0)
        .map(|(verdict, count)| format!("{count} {verdict}"))
        .collect();
    let found = if counts.is_empty() { "all have their types".to_owned() } else { counts.join(", ") };
    let unknown = match report.unknown {
        0 => String::new(),
        count => format!("; {count} could not be compared"),
    };
    format!("{} function pointers: {found}{unknown}\n", report.checked)
}
