// The console: what is typed goes to Python, which reports whether it wants more of it. While Python waits for
// input, it is a line of that.

import { history, historyKeymap, indentWithTab, insertNewlineAndIndent, standardKeymap } from '@codemirror/commands';
import { python } from '@codemirror/lang-python';
import { HighlightStyle, indentUnit, syntaxHighlighting } from '@codemirror/language';
import { EditorState, Prec } from '@codemirror/state';
import { EditorView, keymap } from '@codemirror/view';
import { tags } from '@lezer/highlight';
import { createOutput } from './output.mjs';
import { element, messageOf } from './page.mjs';

/** A line that is surely not whole: Python's own console wants an empty line after it, too. */
const UNFINISHED = /:\s*(#.*)?$|^(async|class|def|for|if|try|while|with)\b|^@/;

const COLOURS = HighlightStyle.define([
  { tag: tags.keyword, color: 'light-dark(#a0268c, #ff9df2)' },
  { tag: [tags.string, tags.number], color: 'light-dark(#0a6640, #7ee2b8)' },
  { tag: tags.comment, color: 'light-dark(#57606a, #9198a1)' },
]);

/** @typedef {import('./input.mjs').Answer} Answer */

/**
 * @param {(source: string) => Promise<boolean>} push runs it; true if Python wants more
 * @param {(answer: Answer) => void} answer for Python that waits for input
 */
export function createConsole(push, answer) {
  const { print, printTyped } = createOutput(element('output'));
  /** @type {string[]} */
  const typed = [];
  let shown = 0;

  const editor = new EditorView({
    parent: element('editor'),
    state: EditorState.create({
      extensions: [
        Prec.highest(
          keymap.of([
            { key: 'Enter', run: () => submit(false) },
            { key: 'Ctrl-d', run: endInput },
            { key: 'ArrowUp', run: () => recall(-1) },
            { key: 'ArrowDown', run: () => recall(1) },
          ]),
        ),
        history(),
        keymap.of([...standardKeymap, ...historyKeymap, indentWithTab]),
        python(),
        indentUnit.of('    '),
        syntaxHighlighting(COLOURS),
        EditorView.contentAttributes.of({ 'aria-label': 'Python statement' }),
      ],
    }),
  });

  /** @param {string} text */
  function replace(text) {
    const { length } = editor.state.doc;
    editor.dispatch({ changes: { from: 0, to: length, insert: text }, selection: { anchor: text.length } });
  }

  /** @param {number} step */
  function recall(step) {
    // Within a block the keys move between its lines.
    const { doc, selection } = editor.state;
    const line = doc.lineAt(selection.main.head).number;
    if (line !== (step < 0 ? 1 : doc.lines)) return false;
    shown = Math.min(typed.length, Math.max(0, shown + step));
    replace(typed[shown] ?? '');
    return true;
  }

  /** @param {boolean} waits for input, from now on or not any more */
  function setWaiting(waits) {
    element('asking').hidden = !waits;
  }

  const isWaiting = () => !element('asking').hidden;

  /** @param {string} line */
  function submitLine(line) {
    replace('');
    printTyped(`${line}\n`);
    setWaiting(false);
    answer({ line });
    return true;
  }

  function endInput() {
    if (!isWaiting() || editor.state.doc.length > 0) return false;
    setWaiting(false);
    answer({ end: true });
    return true;
  }

  /** @param {boolean} whole the Run button: there is no more of it */
  function submit(whole) {
    const source = editor.state.doc.toString();
    if (isWaiting()) return submitLine(source);
    if (source.trim() === '') return true;
    const { head } = editor.state.selection.main;
    // In a block, Enter runs at an empty last line, as in Python's own console.
    const atEnd = head === editor.state.doc.length;
    const block = editor.state.doc.lines > 1;
    // No need to ask Python, and nothing typed ahead gets lost.
    if (!whole && !block && UNFINISHED.test(source)) return insertNewlineAndIndent(editor);
    if (!whole && (!atEnd || (block && !/\n\s*$/.test(source)))) return false;
    void run(block || whole ? `${source.trimEnd()}\n` : source, whole);
    return true;
  }

  /** @param {string} source @param {boolean} whole */
  async function run(source, whole) {
    replace('');
    const shownSource = printTyped(`>>> ${source.trimEnd().replaceAll('\n', '\n... ')}\n`);
    typed.push(source.trimEnd());
    shown = typed.length;
    try {
      if (!(await push(source))) return;
      typed.pop();
      shown = typed.length;
      shownSource.remove();
      // With what was typed since.
      replace(`${whole ? source.trimEnd() : `${source}\n    `}${editor.state.doc}`);
      if (whole) print('Python wants more of this.\n', 'stderr');
    } catch (error) {
      print(`${messageOf(error)}\n`, 'stderr');
    }
  }

  element('run').addEventListener('click', () => {
    submit(true);
    editor.focus();
  });

  return {
    print,
    setWaiting,
    focus: () => editor.focus(),
  };
}
