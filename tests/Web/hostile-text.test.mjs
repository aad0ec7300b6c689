import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Worker } from 'node:worker_threads';
import { pieces } from '../../web/page/text.js';

/** Time limit in ms. Even on a busy machine, a linear algorithm needs less time. Other algorithms need minutes. */
const DEADLINE = 20_000;

/** Messages of about 4,000 characters, the default limit of the server. */
const HOSTILE = {
  'dots inside and at the end': `http://a${'.'.repeat(2660)}a${'.'.repeat(1331)}`,
  'closing brackets': `http://a${')'.repeat(3992)}`,
  'opening brackets': `http://a${'('.repeat(3992)}`,
  'alternating brackets': `http://a${'()'.repeat(1996)}`,
  'opening, then closing brackets': `http://a${'('.repeat(1996)}${')'.repeat(1996)}`,
  'beginnings of addresses': 'http://'.repeat(571),
  'addresses of one letter': 'http://a '.repeat(444),
  'addresses with a bracket': 'http://a) '.repeat(400),
  'letters, then incomplete addresses': `${'h'.repeat(2000)}${'http:/'.repeat(333)}`,
  'percent signs': `http://a/${'%'.repeat(3990)}`,
  'references to the parent folder': `http://a/${'../'.repeat(1330)}`,
  'letters of many scripts': `http://${'ааß'.repeat(1331)}`,
  'combining marks': `http://a${'\u0301'.repeat(3992)}`,
};

/**
 * Runs `pieces` 100 times on each text, in a thread that is terminated at the deadline. Resolves to the name of the
 * text that was being parsed at the deadline, or null if all texts were parsed in time.
 */
function stoppedAt(texts) {
  const module = JSON.stringify(new URL('../../web/page/text.js', import.meta.url));
  const worker = new Worker(`
    const { parentPort, workerData } = require('node:worker_threads');
    import(${module}).then(({ pieces }) => {
      for (const [name, text] of Object.entries(workerData)) {
        parentPort.postMessage(name);
        for (let time = 0; time < 100; time++) pieces(text);
      }
      parentPort.postMessage(null);
    });`, { eval: true, workerData: texts });
  return new Promise((resolve, reject) => {
    let at = 'the start';
    const timer = setTimeout(() => worker.terminate().then(() => resolve(at)), DEADLINE);
    worker.on('error', reject);
    worker.on('message', name => {
      at = name;
      if (name === null) {
        clearTimeout(timer);
        worker.terminate().then(() => resolve(null));
      }
    });
  });
}

test('Text_WhenHostile_IsParsedInLinearTime', async () => {
  for (const text of Object.values(HOSTILE)) assert.ok(text.length <= 4000 && text.length > 3980);
  assert.equal(await stoppedAt(HOSTILE), null, 'the deadline passed at this text');
});

test('Text_WhenHostile_IsReturnedWhole', () => {
  for (const [name, text] of Object.entries(HOSTILE)) assert.equal(pieces(text).map(piece => piece.text).join(''), text, name);
});

test('Links_WhenAnAddressEndsWithABracket_KeepOnlyAMatchedOne', () => {
  const links = text => pieces(text).filter(piece => piece.href).map(piece => piece.text);
  assert.deepEqual(links('(see http://a.example/x_(y)).'), ['http://a.example/x_(y)']);
  assert.deepEqual(links('http://a.example/((x)))), next'), ['http://a.example/((x))']);
  assert.deepEqual(links('http://a.example/x)?!'), ['http://a.example/x']);
  assert.deepEqual(links('http://a.example/[x]'), ['http://a.example/[x']);
});

test('Links_WhenAnAddressExceeds2048Characters_LeaveItAsText', () => {
  const address = `http://a.example/${'x'.repeat(2031)}`;
  assert.equal(address.length, 2048);
  assert.deepEqual(pieces(address).map(piece => Boolean(piece.href)), [true]);
  assert.deepEqual(pieces(`${address}x and http://b.example`).map(piece => Boolean(piece.href)), [false, true]);
});
