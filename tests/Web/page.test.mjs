import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { faultOfNewName, faultOfUser, nameInText, parseRoom, piecesOfName, titleOf } from '../../web/page/names.js';
import { pieces, typingLine } from '../../web/page/text.js';
import { MOST, Timeline } from '../../web/page/timeline.js';
import { event, events } from './fakes.mjs';

const filled = (from, to) => {
  const timeline = new Timeline();
  for (const each of events(from, to)) timeline.push(each);
  return timeline;
};
const about = (seq, kind, ref, parts) => event(seq, { kind, ref, text: undefined, ...parts });

test('Links_WhenTextHasAddresses_CoverOnlyHttpAndHttps', () => {
  assert.deepEqual(pieces('see https://a.example/x_(y), or javascript:alert(1)'), [
    { text: 'see ' }, { text: 'https://a.example/x_(y)', href: 'https://a.example/x_(y)' }, { text: ', or javascript:alert(1)' }]);
  assert.deepEqual(pieces('(http://a.example).').map(piece => piece.text), ['(', 'http://a.example', ').']);
  assert.deepEqual(pieces('https:// http://').filter(piece => piece.href), []);
  assert.deepEqual(pieces('<img src=x>'), [{ text: '<img src=x>' }]);
  for (const text of ['', 'plain', 'a https://x.example b https://y.example', 'https://x.example/"><script>']) {
    assert.equal(pieces(text).map(piece => piece.text).join(''), text);
  }
});

test('Names_WhenARoomIsTyped_AreParsed', () => {
  assert.deepEqual(parseRoom(' #Lobby '), { room: 'lobby' });
  assert.deepEqual(parseRoom('@Zoë'), { room: '@Zoë' });
  assert.deepEqual(parseRoom('@ann@x.org'), { room: '@ann@x.org' });
  assert.deepEqual(parseRoom('@guest-1'), { room: '@guest-1' });
  for (const typed of ['', '#', '@', 'two words', 'ünder', 'x'.repeat(65), '@a b', '@@a']) assert.ok(parseRoom(typed).fault, typed);
  assert.equal(titleOf('@ann', 'ann'), 'Notes to yourself');
});

test('Names_WhenAUserIdBreaksTheProtocol_AreRefused', () => {
  for (const name of ['ann', 'Zoë', '李雷', '🦉', 'ann@x.org', 'a:b', 'x'.repeat(128)]) assert.equal(faultOfUser(name), null, name);
  for (const name of ['', 'a b', '@a', 'a\u0000', '\ud800', 'x'.repeat(129)]) assert.ok(faultOfUser(name), JSON.stringify(name));
  assert.ok(faultOfNewName('guest-1'));
});

test('Text_WhenADayIsNear_NamesItInTheLanguageOfTheDates', () => {
  const module = new URL('../../web/page/text.js', import.meta.url);
  const days = locale => execFileSync(process.execPath, ['--input-type=module', '-e', `
    import { dayName } from ${JSON.stringify(module)};
    const noon = new Date(2026, 2, 1, 12).getTime();
    const days = [noon, new Date(2026, 1, 28, 23, 59), new Date(2026, 1, 24), new Date(2025, 1, 28)];
    console.log(days.map(day => dayName(day, noon)).join('|'));
  `], { env: { ...process.env, LC_ALL: locale, LANG: locale }, encoding: 'utf8' }).trim().split('|');
  assert.deepEqual(days('en_GB.UTF-8'), ['Today', 'Yesterday', 'Tuesday 24 February', '28 February 2025']);
  assert.deepEqual(days('de_DE.UTF-8'), ['Heute', 'Gestern', 'Dienstag, 24. Februar', '28. Februar 2025']);
  assert.deepEqual(days('ja_JP.UTF-8').slice(0, 2), ['今日', '昨日']);
});

test('Text_WhenFewUsersType_NamesThem', () => {
  assert.equal(typingLine([]), '');
  assert.equal(typingLine(['a', 'b']), `${nameInText('a')} and ${nameInText('b')} are typing…`);
  assert.equal(typingLine(['a', 'b', 'c']), 'Several people are typing…');
});

test('Names_WhenTheyDifferOnlyInHiddenCharacters_LookDifferent', () => {
  const shown = name => piecesOfName(name).map(piece => piece.text).join('');
  const hidden = {
    'zero width space': '\u200B', 'soft hyphen': '\u00AD', joiner: '\u200D', 'byte order mark': '\uFEFF', 'Hangul filler': '\u3164', 'no-break space': '\u00A0',
    'invisible separator': '\u2063', override: '\u202E', isolate: '\u2066', 'end of isolate': '\u2069', tag: '\u{E0061}', 'private use': '\uE000', unassigned: '\uFFFF',
    replacement: '\uFFFD', 'Braille blank': '\u2800', 'variation selector': '\uFE0F', 'lone surrogate': '\uD800', 'combining grapheme joiner': '\u034F', newline: '\n',
  };
  const names = ['alice', ...Object.values(hidden).map(character => `al${character}ice`)];
  assert.equal(new Set(names.map(shown)).size, names.length);
  for (const [what, character] of Object.entries(hidden)) {
    const code = character.codePointAt(0).toString(16).toUpperCase().padStart(4, '0');
    assert.deepEqual(piecesOfName(`al${character}ice`).map(piece => [piece.text, piece.hidden]), [['al', false], [`‹U+${code}›`, true], ['ice', false]], what);
    assert.ok(faultOfNewName(`al${character}ice`), what);
  }
  assert.deepEqual(piecesOfName('\u0301ann').map(piece => piece.hidden), [true, false], 'a combining mark at the start of a name');
});

test('Names_WhenInAnyScript_AreShownUnchanged', () => {
  for (const name of ['ann', 'Zoë', '李雷', '🦉', 'שלום', 'علي', 'हिन्दी', 'Ζωή', 'x'.repeat(64)]) {
    assert.deepEqual(piecesOfName(name), [{ text: name, hidden: false }]);
    assert.equal(faultOfNewName(name), null);
  }
});

test('Names_WhenInASentence_DoNotChangeItsDirection', () => {
  for (const name of ['ann', 'שלום', 'a\u202Eb', 'a\u2069b']) {
    const controls = [...nameInText(name)].filter(character => /\p{Bidi_Control}/u.test(character));
    assert.deepEqual(controls, ['\u2068', '\u2069'], JSON.stringify(name));
  }
});

test('Links_WhenTheServerNameIsDeceptive_ShowAsciiOrStayText', () => {
  const links = text => pieces(text).filter(piece => piece.href).map(piece => piece.text);
  assert.deepEqual(links('see http://аррӏе.com/x, and http://münchen.de:8080/ü?x'), ['http://xn--80ak6aa92e.com/x', 'http://xn--mnchen-3ya.de:8080/ü?x']);
  assert.deepEqual(links('http://%D0%B0.com http://ｅvil.com'), ['http://xn--80a.com', 'http://evil.com']);
  assert.deepEqual(links('https://a.example:8443/x http://[::1]/ HTTP://A_b.example'), ['https://a.example:8443/x', 'http://[::1]/', 'HTTP://A_b.example']);
  assert.deepEqual(links('http://apple.com@evil.example http://apple.com:80@evil.example/'), []);
  assert.deepEqual(links('http://evil.example/\u202Emoc.elppa'), ['http://evil.example/']);
});

test('Timeline_WhenChangesArrive_AppliesThemToTheirMessages', () => {
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

test('Timeline_WhenHistoryIncludesAnEdit_DoesNotApplyItAgain', () => {
  const timeline = new Timeline();
  timeline.merge([event(1, { text: 'second', edited: true }), about(2, 'edit', 1, { text: 'first' })], 5);
  assert.equal(timeline.entries()[0].text, 'second');
  timeline.push(event(3));
});

test('Timeline_WhenHistoryHasADeletedMessage_ShowsItAsDeleted', () => {
  const timeline = new Timeline();
  timeline.merge([event(1, { text: undefined })], 1);
  assert.equal(timeline.entries()[0].deleted, true);
});

test('Timeline_WhenAPageOverlaps_AddsNoEventTwice', () => {
  const timeline = filled(51, 60);
  timeline.merge(events(31, 55), 60);
  timeline.merge(events(58, 70), 70);
  assert.deepEqual(timeline.entries().map(entry => entry.seq), events(31, 70).map(each => each.seq));
});

test('Timeline_WhenTrimmed_IsBoundedAndKnowsItsOpenEnd', () => {
  const timeline = filled(1, MOST + 1);
  timeline.trimOldest();
  assert.ok(timeline.size <= MOST && timeline.last === MOST + 1 && !timeline.atStart && !timeline.detached);
  const back = filled(1, MOST + 1);
  back.push(about(MOST + 2, 'react', 1, { text: '👍' }));
  back.trimNewest();
  assert.ok(back.size <= MOST && back.first === 1 && back.detached && back.atStart);
  back.push(event(MOST + 3));
  assert.notEqual(back.last, MOST + 3, 'a detached window does not take a pushed event, which would leave a gap');
  assert.equal(back.entries()[0].reactions.size, 1, 'a reaction to a message in the window stays');
});
