import assert from 'node:assert/strict';
import { test } from 'node:test';
import { faultOfUser, parseRoom, titleOf } from '../../web/page/names.js';
import { dayName, pieces, typingLine } from '../../web/page/text.js';
import { MOST, Timeline } from '../../web/page/timeline.js';
import { event, events } from './fakes.mjs';

const filled = (from, to) => {
  const timeline = new Timeline();
  for (const each of events(from, to)) timeline.push(each);
  return timeline;
};
const about = (seq, kind, ref, parts) => event(seq, { kind, ref, text: undefined, ...parts });

test('Only http and https become links, and what ends the sentence stays outside', () => {
  assert.deepEqual(pieces('see https://a.example/x_(y), or javascript:alert(1)'), [
    { text: 'see ' }, { text: 'https://a.example/x_(y)', href: 'https://a.example/x_(y)' }, { text: ', or javascript:alert(1)' }]);
  assert.deepEqual(pieces('(http://a.example).').map(piece => piece.text), ['(', 'http://a.example', ').']);
  assert.deepEqual(pieces('https:// http://').filter(piece => piece.href), []);
  assert.deepEqual(pieces('<img src=x>'), [{ text: '<img src=x>' }]);
  for (const text of ['', 'plain', 'a https://x.example b https://y.example', 'https://x.example/"><script>']) {
    assert.equal(pieces(text).map(piece => piece.text).join(''), text);
  }
});

test('Room names are read as people type them', () => {
  assert.deepEqual(parseRoom(' #Lobby '), { room: 'lobby' });
  assert.deepEqual(parseRoom('@Zoë'), { room: '@Zoë' });
  for (const typed of ['', '#', '@', 'two words', 'ünder', 'x'.repeat(65), '@a b', '@@a']) assert.ok(parseRoom(typed).fault, typed);
  assert.equal(titleOf('@ann', 'ann'), 'Notes to yourself');
});

test('User names keep to the protocol', () => {
  for (const name of ['ann', 'Zoë', '李雷', '🦉', 'x'.repeat(64)]) assert.equal(faultOfUser(name), null, name);
  for (const name of ['', 'a b', 'a@b', 'a:b', 'a\u0000', '\ud800', 'x'.repeat(65)]) assert.ok(faultOfUser(name), JSON.stringify(name));
});

test('Days are called as people call them', () => {
  const noon = new Date(2026, 2, 1, 12).getTime();
  assert.equal(dayName(noon, noon), 'Today');
  assert.equal(dayName(new Date(2026, 1, 28, 23, 59).getTime(), noon), 'Yesterday');
  assert.match(dayName(new Date(2025, 1, 28).getTime(), noon), /2025/);
});

test('A few who type are named, many are not', () => {
  assert.equal(typingLine([]), '');
  assert.equal(typingLine(['a', 'b']), 'a and b are typing…');
  assert.equal(typingLine(['a', 'b', 'c']), 'Several people are typing…');
});

test('Edits, deletions and reactions change the message that they name', () => {
  const timeline = filled(1, 3);
  timeline.push(about(4, 'edit', 1, { text: 'new' }));
  timeline.push(about(5, 'delete', 2));
  timeline.push(about(6, 'react', 3, { text: '👍', from: 'ann' }));
  timeline.push(about(7, 'react', 3, { text: '👍', from: 'bob' }));
  timeline.push(about(8, 'unreact', 3, { text: '👍', from: 'ann' }));
  timeline.push(about(9, 'edit', 3, { text: 'not the author', from: 'eve' }));
  const [first, second, third] = timeline.entries();
  assert.deepEqual([first.text, first.edited], ['new', true]);
  assert.deepEqual([second.text, second.deleted], [null, true]);
  assert.deepEqual([third.text, ...third.reactions], ['text 3', ['👍', ['bob']]]);
});

test('A text from history is newer than the edits that it already holds', () => {
  const timeline = new Timeline();
  timeline.merge([event(1, { text: 'second', edited: true }), about(2, 'edit', 1, { text: 'first' })], 5);
  assert.equal(timeline.entries()[0].text, 'second');
  timeline.push(event(3));
});

test('A deleted message of history is a deleted message', () => {
  const timeline = new Timeline();
  timeline.merge([event(1, { text: undefined })], 1);
  assert.equal(timeline.entries()[0].deleted, true);
});

test('A page that overlaps what is there adds nothing twice', () => {
  const timeline = filled(51, 60);
  timeline.merge(events(31, 55), 60);
  timeline.merge(events(58, 70), 70);
  assert.deepEqual(timeline.entries().map(entry => entry.seq), events(31, 70).map(each => each.seq));
});

test('The window is bounded at both ends, and knows which end is open', () => {
  const timeline = filled(1, MOST + 1);
  timeline.trimOldest();
  assert.ok(timeline.size <= MOST && timeline.last === MOST + 1 && !timeline.atStart && !timeline.detached);
  const back = filled(1, MOST + 1);
  back.push(about(MOST + 2, 'react', 1, { text: '👍' }));
  back.trimNewest();
  assert.ok(back.size <= MOST && back.first === 1 && back.detached && back.atStart);
  back.push(event(MOST + 3));
  assert.notEqual(back.last, MOST + 3, 'a live event does not make a hole in a detached window');
  assert.equal(back.entries()[0].reactions.size, 1, 'what was said about a message in sight stays');
});
