// Starts each program of programs.json in a worker and collects what it and its threads print (link-options.js).

/** How long a program may take. */
const PATIENCE = 10_000;

/** @type {[folder: string, file: string, lines: number][]} */
const programs = await (await fetch('programs.json')).json();
/** By folder, sorted. @type {Record<string, string[]>} */
const printed = {};
Object.assign(globalThis, { printed });

for (const [folder, file, count] of programs) {
  /** @type {string[]} */
  const lines = [];
  printed[folder] = lines;
  await new Promise((resolve) => {
    const worker = new Worker(`${folder}/${file}`, { type: file.endsWith('.mjs') ? 'module' : 'classic' });
    const channel = new BroadcastChannel(new URL(folder, location.href).pathname);
    const end = () => {
      clearTimeout(timer);
      channel.close();
      worker.terminate();
      resolve(undefined);
    };
    const timer = setTimeout(() => {
      lines.push('it does not end');
      end();
    }, PATIENCE);
    channel.onmessage = ({ data }) => {
      lines.push(data);
      if (lines.length >= count) end();
    };
    worker.onerror = (event) => {
      lines.push(`error: ${event.message}`);
      end();
    };
  });
  lines.sort();
}
document.title = 'done';
