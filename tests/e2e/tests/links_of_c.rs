//! A C host in many links, with the oldest and the newest emscripten: each calls every signature on each path, or fails
//! with a sentence that names what to do. docs/links.md has the table.

use std::{
    path::{Path as File, PathBuf},
    process::ExitCode,
};

use anyhow::{Context, Result, ensure};
use duct::cmd;
use e2e::{
    Bench, Once, every_cell,
    link_cells::{
        ByDefault, Cell,
        Fate::{self, Fails, NotRun, Unlinked, Works},
        LOST, LOST_BY_OLDEST, cells,
    },
    link_page::{Session, session},
    link_programs::{WHICH, link, place},
    record, trial_beside,
};
use libtest_mimic::{Arguments, Trial};
use xtask::{
    build::check::{self, Live},
    engines::{self, Ability, Engine, Path},
    tools::{markdown, today},
};

/// The rows that browsers see by default: they load programs, threads and side modules in other ways than Node.
const IN_BROWSERS: [&str; 5] = ["-O2", "MODULARIZE, EXPORT_ES6", "SINGLE_FILE", "-pthread", "MAIN_MODULE=2"];

fn main() -> ExitCode {
    let mut trials = Vec::new();
    for (cell, newest) in chosen() {
        let name = format!("{}::{}", WHICH[usize::from(newest)], cell.name);
        trials.push(trial_beside(name, move |bench| in_node(bench, &cell, newest)));
    }
    trials.push(trial_beside("documentation_has_the_table", documentation));
    trials.push(trial_beside("each_flag_is_linked_by_default", |_| flags_are_covered()));
    trials.extend(in_chromium());
    e2e::run_at_once(Ok(trials), |bench| if every_cell() { note_run(bench) } else { Ok(()) })
}

/// The cells of this run.
fn chosen() -> Vec<(Cell, bool)> {
    let all = cells().flat_map(|cell| [(*cell, false), (*cell, true)]);
    all.filter(|(cell, newest)| cell.is_chosen(*newest, every_cell())).collect()
}

fn fate(cell: &Cell, newest: bool) -> Fate {
    cell.fates[usize::from(newest)]
}

fn in_node(bench: &Bench, cell: &Cell, newest: bool) -> Result<()> {
    let linked = link(bench, cell, newest)?;
    let fate = fate(cell, newest);
    match (fate, linked.refused) {
        (Unlinked(message), Some(printed)) if printed.contains(message) => return Ok(()),
        (Unlinked(message), None) => anyhow::bail!("it is linked, and not refused with {message}"),
        (_, Some(printed)) => anyhow::bail!("link: {printed}"),
        _ => {}
    }
    check(cell, fate, &linked.program)?;
    let [old, new] = engines::oldest_and_newest_node()?;
    let runs = [
        (old, None, "probe"),
        (old, Some(Path::Reflection), "reflection"),
        (new, None, "wasm-gc"),
        (new, Some(Path::Probe), "probe"),
    ];
    for (node, force, live) in runs {
        let entry = engines::entry(Engine::Node(node))?;
        if cell.has("-sJSPI") && entry.jspi != Ability::Yes {
            continue;
        }
        let folder = linked.program.parent().context("a folder")?;
        let start = ["60".into(), bench.node(node)?, "--no-warnings".into()];
        let flag = match force.map(|path| entry.path(path)) {
            Some(Ability::Flag(flag)) => Some(PathBuf::from(flag)),
            _ => None,
        };
        let words: Vec<PathBuf> = start.into_iter().chain(flag).chain([linked.program.clone()]).collect();
        let mut command = cmd("timeout", &words).dir(folder).stderr_to_stdout().stdout_capture().unchecked();
        if let Some(path) = force {
            command = command.env("PYEM_PATH", path.name());
        }
        let printed = command.run()?;
        // Node prints the line of glue code that threw: all of it.
        let text = String::from_utf8_lossy(&printed.stdout);
        let mut lines: Vec<&str> = text.lines().filter(|line| line.len() < 1000).collect();
        let text = lines.join("\n");
        if let Fails(message) = fate {
            ensure!(text.contains(message) && !printed.status.success(), "Node {node}: {text}");
            continue;
        }
        lines.sort_unstable();
        ensure!(lines == cell.output(live), "Node {node}, {live}: {text}");
        ensure!(printed.status.success(), "Node {node}, {live}: {:?} after all was printed", printed.status);
    }
    Ok(())
}

/// What `cargo xtask check` reports of the files: our trampoline, and advice where nothing runs the hook.
fn check(cell: &Cell, fate: Fate, program: &File) -> Result<()> {
    let glue = program.with_file_name(if cell.is_module() { "host.mjs" } else { "host.js" });
    if cell.has("-sSINGLE_FILE") || cell.has("-sWASM=0") {
        let refused = check::Linked::read(&glue).err().context("it has no .wasm file")?.to_string();
        ensure!(refused.contains("-sSINGLE_FILE and -sWASM=0 make none"), "{refused}");
        return Ok(());
    }
    let found = check::Linked::read(&glue.with_extension("wasm"))?;
    let advice = found.advice();
    let expected = usize::from(matches!(fate, Fails(LOST | LOST_BY_OLDEST)));
    ensure!(found.live == Live::Ours && advice.len() == expected, "check: {found}");
    ensure!(advice.iter().all(|sentence| sentence.contains("$addOnPreRun")), "check: {found}");
    Ok(())
}

/// A trial for each program; those that are asked for run in one session.
fn in_chromium() -> Vec<Trial> {
    static SESSION: Once<Session> = Once::new();
    let filter = Arguments::from_args().filter.unwrap_or_default();
    let name = |cell: &Cell, newest| format!("chromium::{}::{}", WHICH[usize::from(newest)], cell.name);
    let cells: Vec<(Cell, bool)> = chosen()
        .into_iter()
        .filter(|(cell, newest)| {
            // Its glue code expects the HTML of emscripten.
            fate(cell, *newest) == Works
                && !cell.has("-sMINIMAL_RUNTIME")
                && (every_cell() || IN_BROWSERS.contains(&cell.name))
                && name(cell, *newest).contains(&filter)
        })
        .collect();
    let trials = cells.clone().into_iter().map(|(cell, newest)| {
        let cells = cells.clone();
        trial_beside(name(&cell, newest), move |bench| {
            let session = SESSION.get(|| session(bench, &cells))?;
            let printed = session.printed.get(&place(&cell, newest)).context("the page ran it")?;
            ensure!(*printed == cell.output("wasm-gc"), "{printed:?}");
            Ok(())
        })
    });
    trials.collect()
}

/// What docs/testing.md says of the selection.
fn flags_are_covered() -> Result<()> {
    for cell in cells() {
        let [oldest, newest] = [false, true].map(|newest| cell.is_chosen(newest, false));
        ensure!(oldest || newest || cell.by_default == ByDefault::Neither, "{} is never run", cell.name);
        let same = cell.fates[0] == cell.fates[1] || cell.by_default == ByDefault::Neither;
        let can_be_run = !cell.fates.iter().any(|fate| matches!(fate, NotRun(_)));
        ensure!(same || !can_be_run || oldest && newest, "{}: only one of two fates is tested", cell.name);
    }
    for name in IN_BROWSERS {
        ensure!(cells().any(|cell| cell.name == name), "no row {name}");
    }
    Ok(())
}

/// The table that follows from [`cells`].
fn table(bench: &Bench) -> String {
    let pins = &bench.workshop.pins;
    let (oldest, newest) = (&pins.oldest_emscripten.version, &pins.emscripten.version);
    let mut text = format!("| link | emscripten {oldest} | emscripten {newest} |\n| --- | --- | --- |\n");
    for cell in cells() {
        let [oldest, newest] = cell.fates.map(|fate| match fate {
            Works => "works".to_owned(),
            Fails(message) => format!("fails: {message}"),
            Unlinked(message) => format!("emcc: {message}"),
            NotRun(why) => format!("not run: {why}"),
        });
        text += &format!("| `{}` | {oldest} | {newest} |\n", cell.name);
    }
    text
}

/// How many cells there are, and what they run on: a text that is old by the next pin or row.
fn what_runs(bench: &Bench) -> Result<String> {
    let pins = &bench.workshop.pins;
    let count = cells().flat_map(|cell| cell.fates).filter(|fate| !matches!(fate, NotRun(_))).count();
    let [old, new] = engines::oldest_and_newest_node()?;
    let (oldest, newest) = (&pins.oldest_emscripten.version, &pins.emscripten.version);
    Ok(format!(
        "{count} cells, emscripten {oldest} and {newest}, Node {} and {}",
        pins.node[&old.to_string()],
        pins.node[&new.to_string()]
    ))
}

/// After a run of all cells in which none failed.
fn note_run(bench: &Bench) -> Result<()> {
    let date = today()?;
    let text = format!("Last run of all cells: {date}, {}, Chromium.\n", what_runs(bench)?);
    markdown::replace(&bench.workshop.root.join("docs/links.md"), "links-run", &text)
}

fn documentation(bench: &Bench) -> Result<()> {
    record::table(bench, "links", &table(bench))?;
    // This run may be the one that is noted when it has ended.
    let run = markdown::part(&bench.workshop.root.join("docs/links.md"), "links-run")?;
    let now = what_runs(bench)?;
    ensure!(
        every_cell() || run.contains(&now),
        "not all cells have been run with {now}: cargo xtask test --only links_of_c --all"
    );
    Ok(())
}
