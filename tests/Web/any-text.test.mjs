import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Timeline } from '../../web/page/timeline.js';
import { event, EPOCH, stage } from './fakes.mjs';

/** Valid room names that are also property names of JavaScript objects. */
const ROOMS = ['__proto__', 'constructor', 'tostring', '0', '@__proto__', '@toString'];

test('Session_WhenARoomHasAnyName_ResumesIt', async () => {
  for (const name of ROOMS) {
    const s = stage();
    s.session.join(name);
    s.session.connect();
    await s.welcome();
    await s.joined(name, { seq: 7, after: 7 });
    await s.again();
    await s.welcome();
    const { rooms } = s.socket.last('hello');
    assert.deepEqual(Object.getOwnPropertyDescriptor(rooms, name)?.value, { seq: 7, epoch: EPOCH }, name);
  }
});

test('Timeline_WhenAReactionIsAnyText_KeepsItAndItsAuthor', () => {
  for (const odd of ['__proto__', 'constructor', '"]', '\\', '\n', '\u0000', '</button>']) {
    const timeline = new Timeline();
    timeline.push(event(1));
    timeline.push(event(2, { kind: 'react', ref: 1, text: odd, from: odd }));
    assert.deepEqual([...timeline.entries()[0].reactions], [[odd, [odd]]]);
  }
});
