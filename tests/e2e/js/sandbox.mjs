// node sandbox.mjs ADDRESS REQUESTS: so many requests to examples/sandbox, 50 at a time, one in ten hostile, and some that
// are no proper requests. Prints JSON.

import { connect } from 'node:net';

const [address = '', requests = '0'] = process.argv.slice(2);
const AT_ONCE = 50;
const HOSTILE = [
  'while True: pass',
  'import builtins\nbuiltins.kept = []\nwhile True: builtins.kept.append(bytearray(1_000_000))',
  'import os; os._exit(3)',
  'def f(): f()\nf()',
  'import os\nwhile True: os.open("/tmp", os.O_RDONLY)',
  'import os\nwhile True: os.fork()',
  `import asyncio
class Loop(asyncio.SelectorEventLoop):
    def _make_self_pipe(self): pass
    def _close_self_pipe(self): pass
loop = Loop()
async def bomb():
    while True:
        loop.create_task(bomb())
        await asyncio.sleep(0)
loop.run_until_complete(bomb())`,
  'import sys, builtins\nbuiltins.seen = 1; sys.modules["json"] = None; open("/tmp/seen", "w").write("x")\nbuiltins.print = None',
  'while True: print("x" * 10**6)',
  'import sys\nsys.setrecursionlimit(10**8)\nx = []\nfor _ in range(3000): x = [x]\nx',
  'import os\nf = os.open("/dev/pyem-call", 1)\nos.write(f, b\'{"error":{"code":"queue-full","message":""}}\')\nos.unlink("/dev/pyem-call")',
];
const POLITE = `
import builtins, os, json
seen = [name for name in ('seen', 'kept') if hasattr(builtins, name)] + os.listdir('/tmp')
print(json.dumps(number))
[number * 2, seen]`;

let next = 0;
const seen = {
  polite: 0,
  hostile: 0,
  wrong: /** @type {unknown[]} */ ([]),
  codes: /** @type {Record<string, number>} */ ({}),
};
/** A request that is broken off in its body. @returns {Promise<string>} */
const brokenOff = () =>
  new Promise((resolve) => {
    const { hostname, port } = new URL(address);
    const socket = connect(Number(port), hostname, () => {
      socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"source"');
      setTimeout(() => socket.destroy(), 100);
    });
    socket.on('close', () => resolve('closed'));
  });
const status = async (/** @type {string} */ body, method = 'POST') => {
  const response = await fetch(address, method === 'POST' ? { method, body } : { method });
  await response.text();
  return response.status;
};
const odd = [
  await status('null'),
  await status('{"source": 1}'),
  await status('no JSON'),
  await status('', 'GET'),
  await status('x'.repeat(1_000_001)),
  await brokenOff(),
];

const start = performance.now();
async function client() {
  while (next < Number(requests)) {
    const number = next++;
    const hostile = number % 10 === 9 ? HOSTILE[((number - 9) / 10) % HOSTILE.length] : undefined;
    const body = JSON.stringify({ source: hostile ?? POLITE, globals: { number } });
    const response = await fetch(address, { method: 'POST', body });
    const answer = await response.json();
    if (hostile) {
      if (response.status !== 200) seen.wrong.push([number, response.status, answer]);
      seen.hostile++;
      const code = answer.error?.code ?? 'value';
      seen.codes[code] = (seen.codes[code] ?? 0) + 1;
      continue;
    }
    const expected = { value: [number * 2, []], stdout: `${number}\n`, stderr: '' };
    if (response.status === 200 && JSON.stringify(answer) === JSON.stringify(expected)) seen.polite++;
    else seen.wrong.push([number, response.status, answer]);
  }
}
await Promise.all(Array.from({ length: AT_ONCE }, client));
const seconds = (performance.now() - start) / 1000;
const statistics = await (await fetch(`${address}/statistics`)).json();
process.stdout.write(JSON.stringify({ ...seen, odd, seconds, statistics }));
